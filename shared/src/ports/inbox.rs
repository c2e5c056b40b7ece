//! The marks of users.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    id::{AppKey, UserId},
    inbox::Marks,
    time::Timestamp,
};

/// Stores a user's marks, so that messages that are done are not read again.
#[async_trait]
pub trait TrackInbox: Send + Sync {
    /// Returns the user's marks, or `None` if they never moved; strongly consistent.
    async fn marks(&self, app: &AppKey, user: &UserId) -> Result<Option<Marks>, StoreError>;

    /// Moves the marks at `now`. Marks never go back: the call changes nothing if a stored mark is later. It does not
    /// create the user.
    async fn move_marks(&self, app: &AppKey, user: &UserId, marks: Marks, now: Timestamp) -> Result<(), StoreError>;
}
