//! The port of statistics: counts of pushes, by app and hour.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    id::AppKey,
    statistics::{CountedRow, HoursOfDay},
    time::Timestamp,
};

/// In so many parts each hour of an app is counted, so that no row takes the writes of all processes. Part of the stored keys.
pub const SHARDS: u8 = 4;

/// Adds counts.
#[async_trait]
pub trait AddCounts: Send + Sync {
    /// Adds one row to what is counted already, in the part `shard` below [`SHARDS`]. It is tried once: a repeat could count twice.
    ///
    /// [`StoreError::Throttled`] means that nothing was added. After any other failure it may have been.
    async fn add_counts(&self, app: &AppKey, row: &CountedRow, shard: u8) -> Result<(), StoreError>;
}

/// Reads counts.
#[async_trait]
pub trait ReadCounts: Send + Sync {
    /// The counts of an app in these hours, one row for each hour and subject that has any, in their order. Without counts that have
    /// expired by `now`. They may lack the last moment.
    ///
    /// A day at once keeps it small: it has at most 24 hours of each vendor and each class. The counts of an app that was deleted are
    /// not told apart from those of one that was created later under its name: callers ask for no hour before the app's creation.
    async fn counts(&self, app: &AppKey, hours: HoursOfDay, now: Timestamp) -> Result<Vec<CountedRow>, StoreError>;
}

/// Removes counts.
#[async_trait]
pub trait EraseCounts: Send + Sync {
    /// Removes the counts of an app in these hours.
    async fn erase_counts(&self, app: &AppKey, hours: HoursOfDay) -> Result<(), StoreError>;
}
