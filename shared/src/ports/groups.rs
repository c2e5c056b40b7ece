//! Groups and who is in them.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    group::Group,
    id::{AppKey, GroupId, UserId},
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
    /// owner, each named once. It is seen with all of them or not at all; [`StoreError::Conflict`] if it exists.
    async fn create_group(&self, app: &AppKey, group: &Group, members: &[UserId]) -> Result<(), StoreError>;

    /// The group, or `None` if there is no such group.
    async fn group(&self, app: &AppKey, group: &GroupId) -> Result<Option<Group>, StoreError>;

    /// Removes a group with its members; `false` if there is none. What fails in between is finished by the next call.
    async fn delete_group(&self, app: &AppKey, group: &GroupId) -> Result<bool, StoreError>;

    /// Adds members, each once; `false` if there is no such group.
    async fn add_members(&self, app: &AppKey, group: &GroupId, users: &[UserId]) -> Result<bool, StoreError>;

    /// Removes those of them who are members; `false` if there is no such group.
    async fn remove_members(&self, app: &AppKey, group: &GroupId, users: &[UserId]) -> Result<bool, StoreError>;
}
