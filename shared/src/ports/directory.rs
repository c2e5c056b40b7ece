//! The directory of an app: its users.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    directory::Shard,
    id::{AppKey, UserId},
};

/// Reads who the users of an app are. A user is listed in the step that makes the user known: the first binding, the first presence
/// or the first settings.
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
}

/// Lists users whom the directory lacks: those whom versions before it made known, and one whose first write met an erasure.
#[async_trait]
pub trait ListUser: Send + Sync {
    /// Lists the user, if anything is known of this user and the directory does not tell. `true` if this call did it.
    async fn list_user(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError>;
}
