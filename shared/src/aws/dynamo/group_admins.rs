//! The names of a group's administrators, in the group's own row in the table `Groups`. A reader of the names does not
//! have to read all members.
//!
//! A transaction that makes or unmakes an administrator changes the names too. So does one that removes a member.
//!
//! Earlier versions write only the members' rows, so the names are valid only once no such version runs. The first read
//! notes a time one hour ahead. The first read after that time reads all members and writes the names.
//!
//! A name is valid only if the member's row agrees. An earlier version that runs again may leave a name that does not,
//! perhaps of an erased user. The next read removes it.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};

use super::{
    BATCH_KEYS, GroupsTable,
    group_members::{member_key, read_member},
    groups::META,
    item::{Item, ItemReader, corrupt, group_pk, number, row},
    member_changes::IS_WHOLE,
    store_error,
    writes::{checks, updates},
};
use crate::{
    domain::{
        id::{AppKey, GroupId, UserId},
        time::Timestamp,
    },
    ports::error::StoreError,
};

/// Attribute of the row of a member who is an administrator.
pub(super) const ADMIN: &str = "admin";
/// Attribute of the group's row: the set of names.
const NAMES: &str = "admins";
/// Attribute of the group's row: the time from which the names may be written.
const FROM: &str = "admins_from";
/// Attribute of the group's row: whether the names are complete.
const WHOLE: &str = "admins_whole";

/// Time for which an earlier version may still run beside this one.
const SIDE_BY_SIDE: Duration = Duration::from_secs(3600);
/// Maximum names that one read removes. Each is a write of the transaction.
const MAX_TAKEN_OUT: usize = 25;
/// Number of members that a query reads for the price of one read by key.
const MEMBERS_A_UNIT: usize = 40;

impl GroupsTable {
    /// Returns the administrators of a group, sorted by id.
    pub(super) async fn find_admins(
        &self,
        app: &AppKey,
        group: &GroupId,
        now: Timestamp,
    ) -> Result<Vec<UserId>, StoreError> {
        let Some(meta) = self.meta(app, group).await? else {
            return Ok(Vec::new());
        };
        let reader = ItemReader(&meta);
        let names = names_in(&meta)?;
        let members = reader.optional_number("members").and_then(|count| count.try_into().ok()).unwrap_or(usize::MAX);
        let by_name = reader.flag(WHOLE) && names.len().saturating_mul(MEMBERS_A_UNIT) < members;
        let admins = match by_name {
            true => self.admins_among(app, group, &names).await?,
            false => self.admins_of_all(app, group).await?,
        };
        let noted = match reader.optional_time(FROM) {
            _ if reader.flag(WHOLE) => self.take_out(app, group, &names, &admins).await,
            None => self.note_time(app, group, now.plus(SIDE_BY_SIDE)).await,
            Some(from) if from <= now => self.note_names(app, group, &meta, &admins).await,
            Some(_) => Ok(()),
        };
        match noted {
            // The group has changed. The next read writes the names.
            Ok(()) | Err(StoreError::Conflict) => Ok(admins),
            Err(error) => Err(error),
        }
    }

    /// Returns the write that changes the names in the group's row. Its condition is that the group exists.
    pub(super) fn name_admin(
        &self,
        app: &AppKey,
        group: &GroupId,
        naming: &AdminChange<'_>,
    ) -> Result<TransactWriteItem, StoreError> {
        let (expression, user) = match naming {
            AdminChange::Add(user) => ("ADD", user),
            AdminChange::Remove(user) => ("DELETE", user),
        };
        let update = self.0.update_of(row(group_pk(app, group), META));
        let update = update.update_expression(format!("{expression} {NAMES} :admins"));
        updates(update.condition_expression(IS_WHOLE).expression_attribute_values(":admins", set_of([*user])))
    }

    /// Returns those of `users` whose rows say that they are administrators.
    async fn admins_among(&self, app: &AppKey, group: &GroupId, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let keys: Vec<Item> = users.iter().map(|user| member_key(app, group, user)).collect();
        let mut admins = Vec::with_capacity(users.len());
        for keys in keys.chunks(BATCH_KEYS) {
            for member in self.0.items(keys).await?.iter().flatten().filter(|row| row.contains_key(ADMIN)) {
                admins.push(read_member(member)?.user);
            }
        }
        Ok(admins)
    }

    /// Reads all members and returns the administrators.
    async fn admins_of_all(&self, app: &AppKey, group: &GroupId) -> Result<Vec<UserId>, StoreError> {
        let query = self.query_members(app, group).filter_expression("attribute_exists(#admin)");
        let admins = self.read_all(query.expression_attribute_names("#admin", ADMIN)).await?;
        Ok(admins.into_iter().map(|member| member.user).collect())
    }

    /// Removes names whose users are not administrators, if that is still so. The next read removes what exceeds
    /// [`MAX_TAKEN_OUT`].
    async fn take_out(
        &self,
        app: &AppKey,
        group: &GroupId,
        names: &[UserId],
        admins: &[UserId],
    ) -> Result<(), StoreError> {
        let left: Vec<&UserId> = names.iter().filter(|name| !admins.contains(name)).take(MAX_TAKEN_OUT).collect();
        if left.is_empty() {
            return Ok(());
        }
        let update = updates(
            self.0
                .update_of(row(group_pk(app, group), META))
                .update_expression(unnaming())
                .condition_expression(IS_WHOLE)
                .expression_attribute_values(":leaving", set_of(left.iter().copied())),
        )?;
        let is_none = |user: &UserId| {
            let check = self.0.check_of(member_key(app, group, user));
            checks(
                check.condition_expression("attribute_not_exists(#admin)").expression_attribute_names("#admin", ADMIN),
            )
        };
        let mut writes = left.into_iter().map(is_none).collect::<Result<Vec<_>, _>>()?;
        writes.push(update);
        self.0.transact(writes).await
    }

    async fn note_time(&self, app: &AppKey, group: &GroupId, from: Timestamp) -> Result<(), StoreError> {
        let update =
            self.0.client.update_item().table_name(&self.0.name).set_key(Some(row(group_pk(app, group), META)));
        let update = update
            .update_expression(format!("SET {FROM} = :from"))
            .condition_expression(format!("{IS_WHOLE} AND attribute_not_exists({FROM})"))
            .expression_attribute_values(":from", number(from.as_millis()));
        update.send().await.map(drop).map_err(store_error)
    }

    /// Writes the names, unless the group's members or the names changed after its row was read.
    async fn note_names(
        &self,
        app: &AppKey,
        group: &GroupId,
        meta: &Item,
        admins: &[UserId],
    ) -> Result<(), StoreError> {
        let mut update =
            self.0.client.update_item().table_name(&self.0.name).set_key(Some(row(group_pk(app, group), META)));
        let mut conditions = vec![IS_WHOLE.to_owned()];
        for (place, name) in ["created_at", "changes", NAMES].into_iter().enumerate() {
            match meta.get(name) {
                Some(value) => {
                    conditions.push(format!("{name} = :read{place}"));
                    update = update.expression_attribute_values(format!(":read{place}"), value.clone());
                }
                None => conditions.push(format!("attribute_not_exists({name})")),
            }
        }
        let expression = match admins.is_empty() {
            true => format!("SET {WHOLE} = :yes REMOVE {NAMES}"),
            false => {
                update = update.expression_attribute_values(":admins", set_of(admins));
                format!("SET {WHOLE} = :yes, {NAMES} = :admins")
            }
        };
        let update = update
            .update_expression(expression)
            .condition_expression(conditions.join(" AND "))
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        update.send().await.map(drop).map_err(store_error)
    }
}

/// Change of one name.
pub(super) enum AdminChange<'a> {
    Add(&'a UserId),
    Remove(&'a UserId),
}

/// Returns the part of an update of the group's row that removes the users in `:leaving` from the names.
pub(super) fn unnaming() -> String {
    format!("DELETE {NAMES} :leaving")
}

/// Returns users as a set of names.
pub(super) fn set_of<'a>(users: impl IntoIterator<Item = &'a UserId>) -> AttributeValue {
    AttributeValue::Ss(users.into_iter().map(ToString::to_string).collect())
}

/// Returns the names in the group's row, sorted by id.
fn names_in(meta: &Item) -> Result<Vec<UserId>, StoreError> {
    let names = meta.get(NAMES).and_then(|names| names.as_ss().ok()).map(Vec::as_slice).unwrap_or_default();
    let mut users: Vec<UserId> =
        names.iter().map(|name| UserId::parse(name)).collect::<Result<_, _>>().map_err(|_| corrupt(NAMES))?;
    users.sort();
    Ok(users)
}
