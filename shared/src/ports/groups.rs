//! Groups and who is in them.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    group::{Group, GroupHead, GroupState, Member, Membership},
    group_profile::{GroupChange, GroupInfo},
    id::{AppKey, GroupId, MessageId, UserId},
    time::Timestamp,
};

/// Reads who is in a group, a page at a time.
#[async_trait]
pub trait ReadMembers: Send + Sync {
    /// How many members the group has and whether it is switched off, or `None` if there is no such group.
    async fn state(&self, app: &AppKey, group: &GroupId) -> Result<Option<GroupState>, StoreError>;

    /// How many members the group has, or `None` if there is no such group.
    async fn size(&self, app: &AppKey, group: &GroupId) -> Result<Option<u32>, StoreError> {
        Ok(self.state(app, group).await?.map(|state| state.members))
    }

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
    async fn create_group(
        &self,
        app: &AppKey,
        group: &Group,
        info: &GroupInfo,
        members: &[UserId],
    ) -> Result<(), StoreError>;

    /// The group, or `None` if there is no such group.
    async fn group(&self, app: &AppKey, group: &GroupId) -> Result<Option<Group>, StoreError>;

    /// Removes a group with its members; `false` if there is none. It is unknown to everybody from the first step on. What fails in between
    /// is finished by the next call, or by whoever creates or forgets a group of that id.
    async fn delete_group(&self, app: &AppKey, group: &GroupId) -> Result<bool, StoreError>;

    /// The same for a group as it was read: `false` if it went meanwhile, began anew or has another owner.
    async fn delete_as_read(&self, app: &AppKey, group: &Group) -> Result<bool, StoreError>;

    /// Adds members, each once, who have joined at `at`. Whoever is a member already keeps the time of joining. A group at its `max_users`
    /// takes nobody; only if it fills up meanwhile, some of the call may have come.
    async fn add_members(
        &self,
        app: &AppKey,
        group: &GroupId,
        users: &[UserId],
        at: Timestamp,
    ) -> Result<MembersChange, StoreError>;

    /// Removes those of them who are members, but for the owner: then it removes nobody.
    async fn remove_members(
        &self,
        app: &AppKey,
        group: &GroupId,
        users: &[UserId],
    ) -> Result<MembersChange, StoreError>;
}

/// What became of a change of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MembersChange {
    /// these came or went
    Changed(Vec<UserId>),
    /// there is no such group
    NoGroup,
    /// the group would have more members than its `max_users`
    Full,
    /// the owner is among those who are to go
    IsOwner,
}

/// Reads and changes what is said of groups.
#[async_trait]
pub trait DescribeGroups: Send + Sync {
    /// The groups in the order asked, none of them twice; `None` for one that there is not. Strongly consistent.
    async fn find_groups(&self, app: &AppKey, groups: &[GroupId]) -> Result<Vec<Option<Group>>, StoreError>;

    /// What is said of each of these groups, in their order; strongly consistent.
    async fn infos(&self, app: &AppKey, groups: &[Group]) -> Result<Vec<GroupInfo>, StoreError>;

    /// Makes a change; `false` if there is no such group.
    async fn change_group(&self, app: &AppKey, group: &GroupId, change: &GroupChange) -> Result<bool, StoreError>;
}

/// Reads since when members are in a group, and what they are in it.
#[async_trait]
pub trait ManageRoles: Send + Sync {
    /// All members of the group, in the order of their ids; strongly consistent.
    async fn all_members(&self, app: &AppKey, group: &GroupId) -> Result<Vec<Member>, StoreError>;

    /// Since when the user is a member, or `None` for nobody who is and in a group that there is not; strongly consistent.
    async fn member(&self, app: &AppKey, group: &GroupId, user: &UserId) -> Result<Option<Member>, StoreError>;

    /// Who the administrators of the group are, in the order of their ids; strongly consistent. Whoever leaves is none any more.
    async fn admins(&self, app: &AppKey, group: &GroupId, now: Timestamp) -> Result<Vec<UserId>, StoreError>;

    /// Makes a member an administrator, also one who is; `false` if there is no such member.
    async fn add_admin(&self, app: &AppKey, group: &GroupId, user: &UserId) -> Result<bool, StoreError>;

    /// Makes an administrator a plain member; `false` if there is no such administrator.
    async fn remove_admin(&self, app: &AppKey, group: &GroupId, user: &UserId) -> Result<bool, StoreError>;

    /// Makes a member the owner, who is no administrator then; the owner before stays a member. `false` if there is no such member.
    async fn assign_group(&self, app: &AppKey, group: &GroupId, owner: &UserId) -> Result<bool, StoreError>;
}

/// Reads which groups a user is in, and which of them have something new.
#[async_trait]
pub trait ReadMemberships: Send + Sync {
    /// The user's groups, in the order of their ids, strongly consistent. One that is still being created may be among them.
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
