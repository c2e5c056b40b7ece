//! Creation of a group with its first members. A transaction takes 100 items, and a member takes two. A larger group
//! needs several transactions and stays invisible until the last one. The next call for the same id removes what an
//! interrupted call left.

use aws_sdk_dynamodb::types::TransactWriteItem;

use super::{
    CONFLICT_TRIES, GroupsTable,
    group_directory::listed,
    group_members::MAX_AT_ONCE,
    groups::{META, group_attributes},
    item::{Item, group_pk, row, text},
    writes::{checks, puts, updates},
};
use crate::{
    crypto::encoding::sha256_hex,
    domain::{
        group::Group,
        group_profile::GroupInfo,
        id::{AppKey, GroupId, UserId},
    },
    ports::error::StoreError,
};

/// Attribute of a group whose creation or removal is not complete. It tells one creation from another, and from a
/// removal.
pub(super) const CREATING: &str = "creating";
/// Maximum members that are written together with the group. Its directory row and its description need the rest of the
/// transaction.
const MAX_AT_FIRST: usize = MAX_AT_ONCE - 1;

impl GroupsTable {
    pub(super) async fn create(
        &self,
        app: &AppKey,
        group: &Group,
        info: &GroupInfo,
        members: &[UserId],
    ) -> Result<(), StoreError> {
        let (first, rest) = members.split_at(members.len().min(MAX_AT_FIRST));
        let creation = creation(group, info, members);
        for _ in 0..CONFLICT_TRIES {
            let half = (!rest.is_empty()).then_some(creation.as_str());
            match self.begin(app, group, info, first, half).await {
                Ok(()) => return self.go_on(app, group, rest, &creation).await,
                Err(StoreError::Conflict) => self.discard(app, &group.id).await?,
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Writes the group and its first members. `half` is the creation's name if more members follow.
    async fn begin(
        &self,
        app: &AppKey,
        group: &Group,
        info: &GroupInfo,
        members: &[UserId],
        half: Option<&str>,
    ) -> Result<(), StoreError> {
        let mut item = meta_key(app, &group.id);
        item.extend(group_attributes(group));
        if let Some(creation) = half {
            item.insert(CREATING.into(), text(creation));
        }
        let listed = listed(app, group.created_at, &group.id);
        let mut writes = vec![self.0.put_new(item)?, puts(self.0.put_of(listed))?];
        if *info != GroupInfo::default() {
            writes.push(self.put_info(app, group, info)?);
        }
        self.write(app, group, members, writes).await
    }

    /// Writes the other members. The last transaction makes the group visible. Fails with [`StoreError::Conflict`] if
    /// another call discarded the group.
    async fn go_on(&self, app: &AppKey, group: &Group, members: &[UserId], creation: &str) -> Result<(), StoreError> {
        let parts = members.chunks(MAX_AT_ONCE);
        let last = parts.len();
        for (number, part) in (1..).zip(parts) {
            let still = if number == last {
                self.completed(app, &group.id, creation)?
            } else {
                self.still(app, &group.id, creation)?
            };
            self.write(app, group, part, vec![still]).await?;
        }
        Ok(())
    }

    /// Writes members together with the writes of their group.
    async fn write(
        &self,
        app: &AppKey,
        group: &Group,
        members: &[UserId],
        mut writes: Vec<TransactWriteItem>,
    ) -> Result<(), StoreError> {
        for user in members {
            writes.extend(self.put_member(app, (&group.id, &group.name), user, group.created_at)?);
        }
        self.0.transact(writes).await
    }

    /// Returns the check that the group still has this creation or removal.
    pub(super) fn still(&self, app: &AppKey, group: &GroupId, creation: &str) -> Result<TransactWriteItem, StoreError> {
        checks(
            self.0
                .check_of(meta_key(app, group))
                .condition_expression(IS_OF)
                .expression_attribute_values(":creation", text(creation)),
        )
    }

    /// Returns the write that makes the group visible.
    fn completed(&self, app: &AppKey, group: &GroupId, creation: &str) -> Result<TransactWriteItem, StoreError> {
        updates(
            self.0
                .update_of(meta_key(app, group))
                .update_expression("REMOVE creating")
                .condition_expression(IS_OF)
                .expression_attribute_values(":creation", text(creation)),
        )
    }
}

/// Condition that the group still has this creation or removal.
pub(super) const IS_OF: &str = "creating = :creation";

pub(super) fn meta_key(app: &AppKey, group: &GroupId) -> Item {
    row(group_pk(app, group), META)
}

/// Returns a name for a creation. Two calls that write the same group get the same name and may complete each other's
/// work.
fn creation(group: &Group, info: &GroupInfo, members: &[UserId]) -> String {
    sha256_hex(format!("{group:?}\n{info:?}\n{members:?}").as_bytes())
}
