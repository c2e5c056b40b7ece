//! Members come and go in the table `Groups`: the row under the group, the row under the user and the group's number of members change
//! in one transaction, so that the number is right without counting, and a user's groups are read strongly consistent.
//!
//! A member of versions before has the first row alone, without `joined_at`, until the backfill (`make backfill`) adds what is missing.
//! Whoever leaves loses both, whichever there are.

use std::collections::{BTreeSet, HashSet};

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update, builders::DeleteBuilder};

use super::{
    CONFLICT_TRIES, GroupsTable,
    groups::{MEMBER, META},
    item::{Item, Reader, group_pk, number, row, text},
    memberships::{JOINED_AT, NAME, membership_key},
};
use crate::{
    domain::{
        id::{AppKey, GroupId, UserId},
        time::Timestamp,
    },
    ports::error::StoreError,
};

/// How many members change at once: a transaction takes 100 items, of which one is the group and a member takes two. Source: DynamoDB
/// API reference, "TransactWriteItems".
pub(super) const MAX_AT_ONCE: usize = 49;

/// What becomes of users.
pub(super) enum Change<'a> {
    /// they become members
    Join {
        /// what people call the group
        name: &'a str,
        /// since when they are members
        at: Timestamp,
    },
    /// they are members no longer
    Leave,
}

impl GroupsTable {
    /// Makes the change for those users whom it changes; `false` if the group went meanwhile.
    pub(super) async fn set(
        &self,
        app: &AppKey,
        group: &GroupId,
        users: &[UserId],
        change: &Change<'_>,
    ) -> Result<bool, StoreError> {
        // A request must not name a key twice.
        let users: Vec<UserId> = users.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        for part in users.chunks(MAX_AT_ONCE) {
            if !self.set_part(app, group, part, change).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// As [`Self::set`], for at most [`MAX_AT_ONCE`] users.
    pub(super) async fn set_part(
        &self,
        app: &AppKey,
        group: &GroupId,
        users: &[UserId],
        change: &Change<'_>,
    ) -> Result<bool, StoreError> {
        let join = matches!(change, Change::Join { .. });
        for _ in 0..CONFLICT_TRIES {
            let known = self.known(app, group, users).await?;
            let changed: Vec<&UserId> = users.iter().filter(|user| known.contains(*user) != join).collect();
            if changed.is_empty() {
                return Ok(true);
            }
            match self.change(app, group, &changed, change).await {
                Err(StoreError::Conflict) if self.meta(app, group).await?.is_none() => return Ok(false),
                Err(StoreError::Conflict) => {}
                done => return done.map(|()| true),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Those of the users who are members.
    async fn known(&self, app: &AppKey, group: &GroupId, users: &[UserId]) -> Result<HashSet<UserId>, StoreError> {
        let keys: Vec<Item> = users.iter().map(|user| member_key(app, group, user)).collect();
        let rows = self.0.items(&keys).await?;
        rows.iter().flatten().map(read_member).collect()
    }

    /// Changes members in one transaction with their number. [`StoreError::Conflict`] if the group is gone, or if somebody else
    /// added or removed one of them meanwhile.
    async fn change(
        &self,
        app: &AppKey,
        group: &GroupId,
        users: &[&UserId],
        change: &Change<'_>,
    ) -> Result<(), StoreError> {
        let count = i64::try_from(users.len()).unwrap_or_default();
        let count = if matches!(change, Change::Leave) { -count } else { count };
        let update = Update::builder()
            .table_name(&self.0.name)
            .set_key(Some(row(group_pk(app, group), META)))
            .update_expression("ADD members :count")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(creating)")
            .expression_attribute_values(":count", number(count))
            .build()
            .map_err(StoreError::unavailable)?;
        let mut writes = vec![TransactWriteItem::builder().update(update).build()];
        for user in users {
            writes.extend(match change {
                Change::Join { name, at } => self.put_member(app, (group, name), user, *at)?,
                Change::Leave => self.delete_member(app, group, user)?,
            });
        }
        self.0.transact(writes).await
    }

    /// Puts both rows of somebody who must not be a member.
    pub(super) fn put_member(
        &self,
        app: &AppKey,
        (group, name): (&GroupId, &str),
        user: &UserId,
        at: Timestamp,
    ) -> Result<[TransactWriteItem; 2], StoreError> {
        let mut member = member_key(app, group, user);
        member.insert(JOINED_AT.into(), number(at.as_millis()));
        let mut membership = membership_key(app, user, group);
        membership.insert(JOINED_AT.into(), number(at.as_millis()));
        membership.insert(NAME.into(), text(name));
        let put = Put::builder().table_name(&self.0.name).set_item(Some(membership));
        let put = put.build().map_err(StoreError::unavailable)?;
        Ok([self.put_new(member)?, TransactWriteItem::builder().put(put).build()])
    }

    /// Puts a row that must not be there.
    pub(super) fn put_new(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.0.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(StoreError::unavailable)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Deletes both rows of somebody who must be a member.
    fn delete_member(
        &self,
        app: &AppKey,
        group: &GroupId,
        user: &UserId,
    ) -> Result<[TransactWriteItem; 2], StoreError> {
        let member = self.delete_of(member_key(app, group, user)).condition_expression("attribute_exists(pk)");
        Ok([deletes(member)?, deletes(self.delete_of(membership_key(app, user, group)))?])
    }

    pub(super) fn delete_of(&self, key: Item) -> DeleteBuilder {
        Delete::builder().table_name(&self.0.name).set_key(Some(key))
    }
}

/// The delete as an item of a transaction.
pub(super) fn deletes(delete: DeleteBuilder) -> Result<TransactWriteItem, StoreError> {
    let delete = delete.build().map_err(StoreError::unavailable)?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

// ---- rows ----

pub(super) fn member_key(app: &AppKey, group: &GroupId, user: &UserId) -> Item {
    row(group_pk(app, group), format!("{MEMBER}{user}"))
}

pub(super) fn read_member(item: &Item) -> Result<UserId, StoreError> {
    Reader(item).parsed("sk", |sk| UserId::parse(sk.strip_prefix(MEMBER).unwrap_or_default()))
}
