//! The walk of `watch-credentials` through all apps: one round an hour, in slices of an invocation each.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use crate::domain::{id::AppKey, time::Timestamp};

/// The name of the walk.
pub const CREDENTIALS: &str = "credentials";

/// How long a slice belongs to its invocation: its time in Lambda's own queue, and its timeout.
pub const HOLD: Duration = Duration::from_secs(240);

/// A part of a round that one invocation walks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchSlice {
    /// when the round began
    pub round: Timestamp,
    /// the app after which it goes on; `None` at the beginning
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<AppKey>,
    /// when this slice was taken; it names the slice
    pub taken: Timestamp,
}

/// Hands out slices. At any time at most one is under way.
#[async_trait]
pub trait TakeWatch: Send + Sync {
    /// Takes the next slice of this walk if it is due, and holds it for this time. If nobody moves it by then, its
    /// invocation died, and the slice is due again. The first round of a walk begins an hour after it was first asked for.
    async fn take_watch(&self, walk: &str, now: Timestamp, hold: Duration) -> Result<Option<WatchSlice>, StoreError>;
}

/// Moves a round on.
#[async_trait]
pub trait MoveWatch: Send + Sync {
    /// Stores the app after which the round goes on, and when. `None` ends the round. Returns `false` if the slice was
    /// taken by another invocation meanwhile, which goes on instead.
    async fn move_watch(
        &self,
        walk: &str,
        slice: &WatchSlice,
        after: Option<&AppKey>,
        due: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// Starts `watch-credentials`.
#[async_trait]
pub trait StartWatch: Send + Sync {
    /// Starts it on a slice, and does not wait for it.
    async fn start_watch(&self, slice: &WatchSlice) -> Result<(), StoreError>;
}
