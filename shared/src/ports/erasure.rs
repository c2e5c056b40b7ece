//! Erasure of users: who was erased, and what removes all that is kept of a user.

use std::time::Duration;

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    id::{AppKey, GroupId, UserId},
    time::Timestamp,
};

/// How long it is remembered that a user was erased: a day longer than the offline store keeps a message.
pub const ERASURE_RETENTION: Duration = Duration::from_secs(8 * 86_400);

/// Tells when a user was erased. What is older than that is nobody's any more, though a row may still be there.
#[async_trait]
pub trait ReadErasure: Send + Sync {
    /// When the user was erased, or `None` if that was not within the last 8 days; strongly consistent.
    async fn erased_at(&self, app: &AppKey, user: &UserId) -> Result<Option<Timestamp>, StoreError>;
}

/// Notes when a user was erased.
#[async_trait]
pub trait NoteErasure: ReadErasure {
    /// Notes an erasure, and returns the time that counts from now on: of two at once the later one.
    async fn note_erasure(&self, app: &AppKey, user: &UserId, at: Timestamp) -> Result<Timestamp, StoreError>;
}

/// Removes what a decision needs of a user.
#[async_trait]
pub trait ForgetUser: Send + Sync {
    /// Removes the user's settings, bindings with the ownership of their tokens, presence and marks, and then the directory's row.
    /// What is written meanwhile either goes as well or keeps its user listed. `false` if nothing was there.
    async fn forget_user(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError>;
}

/// Removes what the offline store keeps.
#[async_trait]
pub trait EraseMessages: Send + Sync {
    /// Whether anything is kept under the user.
    async fn keeps_messages(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError>;

    /// Removes up to about `most` rows of the user's messages that were accepted at `until` or before, with traces, receipts and
    /// acknowledgements. `true` if more may be left.
    async fn erase_messages(
        &self,
        app: &AppKey,
        user: &UserId,
        until: Timestamp,
        most: usize,
    ) -> Result<bool, StoreError>;

    /// Removes up to about `most` rows of a group's messages. `true` if more may be left.
    async fn erase_group_messages(&self, app: &AppKey, group: &GroupId, most: usize) -> Result<bool, StoreError>;
}
