//! The rows of members in the table `Groups`: one under the group and one under the user, which come and go in one transaction.
//!
//! A member of versions before has the first row alone, without `joined_at`, until the backfill (`make backfill`) adds what is missing.
//! Whoever leaves loses both, whichever there are.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, builders::DeleteBuilder};

use super::{
    GroupsTable,
    groups::MEMBER,
    item::{Item, ItemReader, group_pk, number, row, text},
    memberships::{JOINED_AT, NAME, membership_key},
};
use crate::{
    domain::{
        group::Member,
        id::{AppKey, GroupId, UserId},
        time::Timestamp,
    },
    ports::error::StoreError,
};

/// How many members change at once: a transaction takes 100 items, of which one is the group and a member takes two. Source: DynamoDB
/// API reference, "TransactWriteItems".
pub(super) const MAX_AT_ONCE: usize = 49;

impl GroupsTable {
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
    pub(super) fn delete_member(
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

pub(super) fn read_member(item: &Item) -> Result<Member, StoreError> {
    let reader = ItemReader(item);
    let user = reader.parsed("sk", |sk| UserId::parse(sk.strip_prefix(MEMBER).unwrap_or_default()))?;
    Ok(Member { user, joined_at: reader.optional_time(JOINED_AT).unwrap_or(Timestamp::from_millis(0)) })
}
