//! Erasure of users: who was erased, and what removes all that is kept of a user.

use std::time::Duration;

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    app::MAX_TOKEN_SECONDS,
    group::Membership,
    id::{AppKey, GroupId, UserId},
    time::Timestamp,
};

/// How long it is remembered that a user was erased: a day longer than any token lasts, and so longer than a message is kept.
pub const ERASURE_RETENTION: Duration = Duration::from_secs(MAX_TOKEN_SECONDS as u64 + 86_400);

/// How long a group may take to be created: longer than any request.
pub const CREATION_TIME: Duration = Duration::from_secs(60);

/// Tells when a user was erased. What is older than that is nobody's any more, though a row may still be there.
#[async_trait]
pub trait ReadErasure: Send + Sync {
    /// When the user was erased, or `None` if that was not within [`ERASURE_RETENTION`]; strongly consistent.
    async fn erased_at(&self, app: &AppKey, user: &UserId) -> Result<Option<Timestamp>, StoreError>;
}

/// What an app may show a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisibleSince {
    /// what is older is nobody's any more
    pub at: Option<Timestamp>,
    /// whether the user's groups and the last message of each are known. They are not in an app of a version before, until the
    /// backfill is through: a message that nobody could find must not count as done
    pub groups_complete: bool,
}

/// Tells since when messages are a user's.
#[async_trait]
pub trait ReadVisibleSince: Send + Sync {
    /// What the app may show this user; strongly consistent where an erasure is concerned.
    async fn visible_since(&self, app: &AppKey, user: &UserId) -> Result<VisibleSince, StoreError>;
}

/// A beginning that was read already.
#[async_trait]
impl ReadVisibleSince for VisibleSince {
    async fn visible_since(&self, _: &AppKey, _: &UserId) -> Result<VisibleSince, StoreError> {
        Ok(*self)
    }
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
    /// Whether anything is there that [`Self::forget_user`] removes.
    async fn knows_user(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError>;

    /// Removes the user's settings, bindings with the ownership of their tokens, presence and marks, and then the directory's row.
    /// What is written meanwhile either goes as well or keeps its user listed. `false` if nothing was there.
    async fn forget_user(&self, app: &AppKey, user: &UserId) -> Result<bool, StoreError>;
}

/// Tells whether the offline store keeps anything of a user.
#[async_trait]
pub trait KeepsMessages: Send + Sync {
    /// Whether anything is kept under the user, or any message that was accepted after `since`. What was written within the last moment
    /// may be missing.
    async fn keeps_messages(&self, app: &AppKey, user: &UserId, since: Option<Timestamp>) -> Result<bool, StoreError>;
}

/// Removes what the offline store keeps.
#[async_trait]
pub trait EraseMessages: Send + Sync {
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

/// Removes what groups hold of a user or of an app.
#[async_trait]
pub trait EraseGroups: Send + Sync {
    /// Ends a membership as it was read; one that began since stays. One in a group that was never completed, or is being removed, goes
    /// with the group; a group that began within [`CREATION_TIME`] before `now` may still be completed, and stays.
    async fn leave(
        &self,
        app: &AppKey,
        user: &UserId,
        membership: &Membership,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Removes what a group that is gone left behind: half a creation, how many messages it had, and its row in the directory.
    async fn forget_group(&self, app: &AppKey, group: &GroupId, created_at: Timestamp) -> Result<(), StoreError>;
}
