//! The directory of an app: its users and its groups.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    directory::{Month, Shard},
    id::{AppKey, GroupId, UserId},
    time::Timestamp,
};

/// Reads the users of an app. Every step that writes the first row of a user also lists the user: the creation, a
/// device's binding or presence, settings, the first settings of a conversation.
#[async_trait]
pub trait ReadDirectory: Send + Sync {
    /// Returns up to `most` users of a shard that sort after `after`, in their order; strongly consistent. It fails at a
    /// row that cannot be read.
    async fn users(
        &self,
        app: &AppKey,
        shard: Shard,
        after: Option<&UserId>,
        most: usize,
    ) -> Result<Vec<UserId>, StoreError>;

    /// Returns users as [`Self::users`] does, and those behind a row that cannot be read. It skips such a row and logs
    /// it.
    async fn readable_users(
        &self,
        app: &AppKey,
        shard: Shard,
        after: Option<&UserId>,
        most: usize,
    ) -> Result<Vec<UserId>, StoreError>;

    /// Returns whether the user is listed; strongly consistent.
    async fn is_listed(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError>;
}

/// Reads of many users at once whether they are known.
#[async_trait]
pub trait FindListed: Send + Sync {
    /// Returns for each of at most 100 users, each named once, whether the directory lists the user; strongly
    /// consistent.
    async fn are_listed(&self, app: &AppKey, users: &[UserId]) -> Result<Vec<bool>, StoreError>;
}

/// Lists users whom the directory lacks, because of an earlier version or of a write during an erasure.
#[async_trait]
pub trait ListUser: Send + Sync {
    /// Lists the user if the user has rows and is not listed. Returns `true` if this call did it.
    async fn list_user(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError>;
}

/// Reads the groups of an app. The step that creates a group lists it.
#[async_trait]
pub trait ReadGroupDirectory: Send + Sync {
    /// Returns up to `most` groups of a month after `after`, with their creation times, the newest first; strongly
    /// consistent. The creation of a group may not be complete yet.
    async fn groups(
        &self,
        app: &AppKey,
        month: Month,
        after: Option<&(Timestamp, GroupId)>,
        most: usize,
    ) -> Result<Vec<(Timestamp, GroupId)>, StoreError>;
}
