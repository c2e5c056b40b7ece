//! Groups and their members.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    group::{Group, GroupHead, GroupState, Member, Membership},
    group_profile::{GroupChange, GroupInfo},
    id::{AppKey, GroupId, MessageId, UserId},
    time::Timestamp,
};

/// Reads the members of a group, a page at a time.
#[async_trait]
pub trait ReadMembers: Send + Sync {
    /// Returns how many members the group has and whether it is switched off, or `None` if there is no such group.
    async fn state(&self, app: &AppKey, group: &GroupId) -> Result<Option<GroupState>, StoreError>;

    /// Returns how many members the group has, or `None` if there is no such group.
    async fn size(&self, app: &AppKey, group: &GroupId) -> Result<Option<u32>, StoreError> {
        Ok(self.state(app, group).await?.map(|state| state.members))
    }

    /// Returns up to `most` members that sort after `after`, in their order; strongly consistent.
    async fn members(
        &self,
        app: &AppKey,
        group: &GroupId,
        after: Option<&UserId>,
        most: usize,
    ) -> Result<Vec<UserId>, StoreError>;
}

/// Creates, changes and removes groups. The stored number of members is always exact.
#[async_trait]
pub trait ManageGroups: ReadMembers {
    /// Creates a group with its owner and at most [`MAX_FIRST_MEMBERS`](crate::domain::group::MAX_FIRST_MEMBERS)
    /// members, each named once. They join at the time of its creation. Readers see all of them or no group. Fails with
    /// [`StoreError::Conflict`] if the group exists.
    async fn create_group(
        &self,
        app: &AppKey,
        group: &Group,
        info: &GroupInfo,
        members: &[UserId],
    ) -> Result<(), StoreError>;

    /// Returns the group, or `None` if there is no such group.
    async fn group(&self, app: &AppKey, group: &GroupId) -> Result<Option<Group>, StoreError>;

    /// Removes a group with its members. Returns `false` if there is none. The first step hides the group from all
    /// readers. If a later step fails, the next call finishes it, or the next creation or removal of a group with that
    /// id.
    async fn delete_group(&self, app: &AppKey, group: &GroupId) -> Result<bool, StoreError>;

    /// Removes a group as it was read. Returns `false` if it was removed or created anew since, or has another owner.
    async fn delete_as_read(&self, app: &AppKey, group: &Group) -> Result<bool, StoreError>;

    /// Adds members, each named once, who join at `at`. Present members keep the time when they joined. A group at its
    /// `max_users` accepts nobody. If other calls fill it meanwhile, some users of this call may have joined.
    async fn add_members(
        &self,
        app: &AppKey,
        group: &GroupId,
        users: &[UserId],
        at: Timestamp,
    ) -> Result<MembersChange, StoreError>;

    /// Removes the members among these users. If the owner is among them, removes nobody.
    async fn remove_members(
        &self,
        app: &AppKey,
        group: &GroupId,
        users: &[UserId],
    ) -> Result<MembersChange, StoreError>;
}

/// The result of a change of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MembersChange {
    /// these users joined or left
    Changed(Vec<UserId>),
    /// there is no such group
    NoGroup,
    /// the group would have more members than its `max_users`
    Full,
    /// the owner is among the users to remove
    IsOwner,
}

/// Reads and changes the texts and settings of groups.
#[async_trait]
pub trait DescribeGroups: Send + Sync {
    /// Returns the groups in the given order, which must not name one twice. A missing group is `None`. Strongly
    /// consistent.
    async fn find_groups(&self, app: &AppKey, groups: &[GroupId]) -> Result<Vec<Option<Group>>, StoreError>;

    /// Returns the texts about each of these groups, in their order; strongly consistent.
    async fn infos(&self, app: &AppKey, groups: &[Group]) -> Result<Vec<GroupInfo>, StoreError>;

    /// Changes a group. Returns `false` if there is no such group.
    async fn change_group(&self, app: &AppKey, group: &GroupId, change: &GroupChange) -> Result<bool, StoreError>;
}

/// Reads when members joined a group, and their roles.
#[async_trait]
pub trait ManageRoles: Send + Sync {
    /// Returns all members of the group, in the order of their ids; strongly consistent.
    async fn all_members(&self, app: &AppKey, group: &GroupId) -> Result<Vec<Member>, StoreError>;

    /// Returns the user's membership, or `None` if the user is no member or there is no such group; strongly
    /// consistent.
    async fn member(&self, app: &AppKey, group: &GroupId, user: &UserId) -> Result<Option<Member>, StoreError>;

    /// Returns the administrators of the group, in the order of their ids; strongly consistent. A member who leaves is
    /// no administrator any more.
    async fn admins(&self, app: &AppKey, group: &GroupId, now: Timestamp) -> Result<Vec<UserId>, StoreError>;

    /// Makes a member an administrator. Returns `false` if there is no such member.
    async fn add_admin(&self, app: &AppKey, group: &GroupId, user: &UserId) -> Result<bool, StoreError>;

    /// Makes an administrator a plain member. Returns `false` if there is no such administrator.
    async fn remove_admin(&self, app: &AppKey, group: &GroupId, user: &UserId) -> Result<bool, StoreError>;

    /// Makes a member the owner, and no administrator. The previous owner stays a member. Returns `false` if there is
    /// no such member.
    async fn assign_group(&self, app: &AppKey, group: &GroupId, owner: &UserId) -> Result<bool, StoreError>;
}

/// Reads the groups of a user, and the newest message of each.
#[async_trait]
pub trait ReadMemberships: Send + Sync {
    /// Returns the user's groups, in the order of their ids; strongly consistent. The creation of a group may not be
    /// complete yet.
    async fn groups_of(&self, app: &AppKey, user: &UserId) -> Result<Vec<Membership>, StoreError>;

    /// Returns the newest message of each group in the given order, which must not name one twice; `None` for a group
    /// without messages. Messages of the last moment may be missing: the read is not strongly consistent, because it is
    /// half the cost of a user's return.
    async fn heads(&self, app: &AppKey, groups: &[GroupId]) -> Result<Vec<Option<GroupHead>>, StoreError>;
}

/// Counts the messages of groups.
#[async_trait]
pub trait RaiseHead: Send + Sync {
    /// Counts a message of a group before it is stored, and returns its sequence number. A message that is counted
    /// twice gets a second number.
    async fn raise_head(&self, app: &AppKey, group: &GroupId, msg_id: MessageId) -> Result<u64, StoreError>;
}
