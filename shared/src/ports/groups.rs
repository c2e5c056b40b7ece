//! Groups and who is in them.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    group::{Group, GroupHead, Membership},
    id::{AppKey, GroupId, MessageId, UserId},
    time::Timestamp,
};

/// Reads who is in a group, a page at a time.
#[async_trait]
pub trait ReadMembers: Send + Sync {
    /// How many members the group has, or `None` if there is no such group.
    async fn size(&self, app: &AppKey, group: &GroupId) -> Result<Option<u32>, StoreError>;

    /// Up to `most` members that sort behind `after`, in their order, strongly consistent.
    async fn members(
        &self,
        app: &AppKey,
        group: &GroupId,
        after: Option<&UserId>,
        most: usize,
    ) -> Result<Vec<UserId>, StoreError>;
}

/// Creates, changes and removes groups. The number of members is right at any time.
#[async_trait]
pub trait ManageGroups: ReadMembers {
    /// Creates a group with its first members, at most [`MAX_FIRST_MEMBERS`](crate::domain::group::MAX_FIRST_MEMBERS) and the
    /// owner, each named once, who have joined when it was created. It is seen with all of them or not at all; [`StoreError::Conflict`] if it exists.
    async fn create_group(&self, app: &AppKey, group: &Group, members: &[UserId]) -> Result<(), StoreError>;

    /// The group, or `None` if there is no such group.
    async fn group(&self, app: &AppKey, group: &GroupId) -> Result<Option<Group>, StoreError>;

    /// Removes a group with its members; `false` if there is none. What fails in between is finished by the next call.
    async fn delete_group(&self, app: &AppKey, group: &GroupId) -> Result<bool, StoreError>;

    /// Adds members, each once, who have joined at `at`; `false` if there is no such group. Whoever is a member already keeps the
    /// time of joining.
    async fn add_members(
        &self,
        app: &AppKey,
        group: &GroupId,
        users: &[UserId],
        at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Removes those of them who are members; `false` if there is no such group.
    async fn remove_members(&self, app: &AppKey, group: &GroupId, users: &[UserId]) -> Result<bool, StoreError>;
}

/// Reads which groups a user is in, and which of them have something new.
#[async_trait]
pub trait ReadMemberships: Send + Sync {
    /// The user's groups, in the order of their ids, strongly consistent.
    async fn groups_of(&self, app: &AppKey, user: &UserId) -> Result<Vec<Membership>, StoreError>;

    /// What was last sent to each group, in the order asked, none of them twice; `None` for a group that never had one. What was
    /// sent within the last moment may be missing: a user's heads are half of what a return costs.
    async fn heads(&self, app: &AppKey, groups: &[GroupId]) -> Result<Vec<Option<GroupHead>>, StoreError>;
}

/// Counts the messages of groups.
#[async_trait]
pub trait RaiseHead: Send + Sync {
    /// Counts a message of a group before it is stored, and returns its running number. A message that is counted again gets another
    /// number.
    async fn raise_head(&self, app: &AppKey, group: &GroupId, msg_id: MessageId) -> Result<u64, StoreError>;
}
