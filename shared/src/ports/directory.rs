//! The directory of an app: its users and its groups.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    directory::{Month, Shard},
    id::{AppKey, GroupId, UserId},
    time::Timestamp,
};

/// Reads who the users of an app are. A user is listed in every step that writes a row where none was: the creation, a device's binding or
/// presence, settings, the first settings of a conversation.
#[async_trait]
pub trait ReadDirectory: Send + Sync {
    /// Up to `most` users of a shard that sort behind `after`, in their order, strongly consistent.
    async fn users(
        &self,
        app: &AppKey,
        shard: Shard,
        after: Option<&UserId>,
        most: usize,
    ) -> Result<Vec<UserId>, StoreError>;

    /// Whether the user is listed, strongly consistent.
    async fn is_listed(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError>;
}

/// Lists users whom the directory lacks: versions before it made them known, or wrote a row that met an erasure.
#[async_trait]
pub trait ListUser: Send + Sync {
    /// Lists the user, if anything is known of this user and the directory does not tell. `true` if this call did it.
    async fn list_user(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError>;
}

/// Reads which groups an app has. A group is listed in the step that creates it.
#[async_trait]
pub trait ReadGroupDirectory: Send + Sync {
    /// Up to `most` groups of a month with their creation, the newest first, behind `after`; strongly consistent. One of them may still be
    /// in the making.
    async fn groups(
        &self,
        app: &AppKey,
        month: Month,
        after: Option<&(Timestamp, GroupId)>,
        most: usize,
    ) -> Result<Vec<(Timestamp, GroupId)>, StoreError>;
}
