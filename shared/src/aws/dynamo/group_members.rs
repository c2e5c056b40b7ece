//! The rows of members in the table `Groups`: one under the group and one under the user. Both are written and removed
//! in one transaction.
//!
//! Earlier versions wrote only the first row, without `joined_at`. The backfill (`make backfill`) adds the rest.
//! Leaving deletes whichever rows exist.

use aws_sdk_dynamodb::types::TransactWriteItem;

use super::{
    GroupsTable,
    groups::MEMBER,
    item::{Item, ItemReader, group_pk, number, row, text},
    memberships::{JOINED_AT, NAME, membership_key},
    writes::{deletes, puts},
};
use crate::{
    domain::{
        group::Member,
        id::{AppKey, GroupId, UserId},
        time::Timestamp,
    },
    ports::error::StoreError,
};

/// Maximum members of one transaction. It takes 100 items: one is the group, and a member takes two. Source: DynamoDB
/// API reference, "TransactWriteItems".
pub(super) const MAX_AT_ONCE: usize = 49;

impl GroupsTable {
    /// Returns the writes of both rows of a new member.
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
        Ok([self.0.put_new(member)?, puts(self.0.put_of(membership))?])
    }

    /// Returns the writes that delete both rows of a member.
    pub(super) fn delete_member(
        &self,
        app: &AppKey,
        group: &GroupId,
        user: &UserId,
    ) -> Result<[TransactWriteItem; 2], StoreError> {
        let member = self.0.delete_of(member_key(app, group, user)).condition_expression("attribute_exists(pk)");
        Ok([deletes(member)?, deletes(self.0.delete_of(membership_key(app, user, group)))?])
    }
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
