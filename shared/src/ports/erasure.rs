//! Erasure of users: when a user was erased, and what removes the user's data.

use std::time::Duration;

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    app::MAX_TOKEN_SECONDS,
    group::Membership,
    id::{AppKey, GroupId, UserId},
    time::Timestamp,
};

/// Time for which an erasure is stored. It is a day longer than any token is valid, and longer than any message is
/// stored.
pub const ERASURE_RETENTION: Duration = Duration::from_secs(MAX_TOKEN_SECONDS as u64 + 86_400);

/// The maximum time until a group is created. It is longer than any request.
pub const CREATION_TIME: Duration = Duration::from_secs(60);

/// Reads when a user was erased. Older rows belong to nobody, even if they are still stored.
#[async_trait]
pub trait ReadErasure: Send + Sync {
    /// Returns when the user was erased, or `None` if that was not within [`ERASURE_RETENTION`]; strongly consistent.
    async fn erased_at(&self, app: &AppKey, user: &UserId) -> Result<Option<Timestamp>, StoreError>;
}

/// Which messages an app may show to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisibleSince {
    /// older messages belong to nobody
    pub at: Option<Timestamp>,
    /// whether the user's groups and their newest messages are all known. In an app of an earlier version they are not
    /// until the backfill is complete. Until then marks must not cover messages of unknown groups
    pub groups_complete: bool,
}

impl VisibleSince {
    /// Returns whether the app may not show a message that was accepted at this time.
    pub fn hides(self, accepted_at: Timestamp) -> bool {
        self.at.is_some_and(|since| accepted_at < since)
    }
}

/// Reads since when messages belong to a user.
#[async_trait]
pub trait ReadVisibleSince: Send + Sync {
    /// Returns what the app may show to this user. Erasures are read strongly consistently.
    async fn visible_since(&self, app: &AppKey, user: &UserId) -> Result<VisibleSince, StoreError>;
}

/// A value that was already read.
#[async_trait]
impl ReadVisibleSince for VisibleSince {
    async fn visible_since(&self, _: &AppKey, _: &UserId) -> Result<VisibleSince, StoreError> {
        Ok(*self)
    }
}

/// Stores when a user was erased.
#[async_trait]
pub trait NoteErasure: ReadErasure {
    /// Stores an erasure, and returns the time that counts: the later one of two concurrent erasures.
    async fn note_erasure(&self, app: &AppKey, user: &UserId, at: Timestamp) -> Result<Timestamp, StoreError>;
}

/// Removes what decisions read about a user.
#[async_trait]
pub trait ForgetUser: Send + Sync {
    /// Returns whether [`Self::forget_user`] has anything to remove.
    async fn knows_user(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError>;

    /// Removes the user's settings, bindings with their token ownership, presence and marks, and then the directory's
    /// row. A concurrent write is either removed as well, or keeps its user listed. Returns `false` if nothing was
    /// stored.
    async fn forget_user(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError>;
}

/// Reads whether the offline store has anything of a user.
#[async_trait]
pub trait KeepsMessages: Send + Sync {
    /// Returns whether any row is stored under the user, or any message that was accepted after `since`. Rows of the
    /// last moment may be missing.
    async fn keeps_messages(&self, app: &AppKey, user: &UserId, since: Option<Timestamp>) -> Result<bool, StoreError>;
}

/// Removes rows from the offline store.
#[async_trait]
pub trait EraseMessages: Send + Sync {
    /// Removes up to about `most` rows of the user's messages that were accepted up to `until`, with traces, receipts
    /// and acknowledgements. Returns `true` if more may be left.
    async fn erase_messages(
        &self,
        app: &AppKey,
        user: &UserId,
        until: Timestamp,
        most: usize,
    ) -> Result<bool, StoreError>;

    /// Removes up to about `most` rows of a group's messages. Returns `true` if more may be left.
    async fn erase_group_messages(&self, app: &AppKey, group: &GroupId, most: usize) -> Result<bool, StoreError>;
}

/// Removes what groups store about a user or an app.
#[async_trait]
pub trait EraseGroups: Send + Sync {
    /// Ends a membership as it was read. A membership that began since stays. If the group was never completed or is
    /// being removed, the group goes, too. A group that began within [`CREATION_TIME`] before `now` may still be
    /// completed, and stays.
    async fn leave(
        &self,
        app: &AppKey,
        user: &UserId,
        membership: &Membership,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Removes the rest of a removed group: an incomplete creation, its message counter, and its row in the directory.
    async fn forget_group(&self, app: &AppKey, group: &GroupId, created_at: Timestamp) -> Result<(), StoreError>;
}
