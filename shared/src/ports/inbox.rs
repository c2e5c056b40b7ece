//! How far users are done with messages.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    id::{AppKey, UserId},
    inbox::Marks,
    time::Timestamp,
};

/// Keeps a user's marks, so that what is done is not read again.
#[async_trait]
pub trait TrackInbox: Send + Sync {
    /// The user's marks, or `None` if they never moved; strongly consistent.
    async fn marks(&self, app: &AppKey, user: &UserId) -> Result<Option<Marks>, StoreError>;

    /// Moves the marks at `now`. Marks never go back: nothing changes if one of them is later already. A user does not become known
    /// by this.
    async fn move_marks(&self, app: &AppKey, user: &UserId, marks: Marks, now: Timestamp) -> Result<(), StoreError>;
}
