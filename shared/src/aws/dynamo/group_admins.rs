//! The names of a group's administrators, in the group's own row in the table `Groups`, so that nobody reads the whole group to find them.
//!
//! Whoever becomes an administrator, or is none any more, is named or not in the same transaction; so is whoever leaves, is removed or erased.
//! Versions before write the rows of members alone, so the names count once no such version runs: the first check notes a time an hour
//! ahead, and the first check after that reads all members and writes the names down. A name counts if its member's row says so too. One
//! that does not was left by a version before that ran again, maybe of a user who was erased: whoever looks takes it out.

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

/// The attribute of a member who is an administrator.
pub(super) const ADMIN: &str = "admin";
/// The names, a set; in the group's row, as the following.
const NAMES: &str = "admins";
/// From when on the names can be written down.
const FROM: &str = "admins_from";
/// Whether they are.
const WHOLE: &str = "admins_whole";

/// For how long the version before may still run beside this one.
const SIDE_BY_SIDE: Duration = Duration::from_secs(3600);
/// Maximum names that one look takes out: each is a part of its transaction.
const MAX_TAKEN_OUT: usize = 25;
/// How many members are read for the price of one that is read by name.
const MEMBERS_A_UNIT: usize = 40;

impl GroupsTable {
    /// The administrators of a group, in the order of their ids.
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
            // The group changed meanwhile: the next look writes them down.
            Ok(()) | Err(StoreError::Conflict) => Ok(admins),
            Err(error) => Err(error),
        }
    }

    /// Changes the names in the group's row, if the group is there.
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

    /// Those of these users whose rows say that they are administrators.
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

    /// The administrators among all members.
    async fn admins_of_all(&self, app: &AppKey, group: &GroupId) -> Result<Vec<UserId>, StoreError> {
        let query = self.query_members(app, group).filter_expression("attribute_exists(#admin)");
        let admins = self.read_all(query.expression_attribute_names("#admin", ADMIN)).await?;
        Ok(admins.into_iter().map(|member| member.user).collect())
    }

    /// Takes the names of users out who are no administrators, if they still are none. The names that are left are taken out by the next look.
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

    /// Writes the names down, if neither the group's members nor the names changed since its row was read.
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

/// What becomes of a name.
pub(super) enum AdminChange<'a> {
    Add(&'a UserId),
    Remove(&'a UserId),
}

/// The part of an update of the group's row that takes users out of the names, as `:leaving`.
pub(super) fn unnaming() -> String {
    format!("DELETE {NAMES} :leaving")
}

/// Users as a set of names.
pub(super) fn set_of<'a>(users: impl IntoIterator<Item = &'a UserId>) -> AttributeValue {
    AttributeValue::Ss(users.into_iter().map(ToString::to_string).collect())
}

/// The names in the group's row, in the order of the ids.
fn names_in(meta: &Item) -> Result<Vec<UserId>, StoreError> {
    let names = meta.get(NAMES).and_then(|names| names.as_ss().ok()).map(Vec::as_slice).unwrap_or_default();
    let mut users: Vec<UserId> =
        names.iter().map(|name| UserId::parse(name)).collect::<Result<_, _>>().map_err(|_| corrupt(NAMES))?;
    users.sort();
    Ok(users)
}
