//! The port of statistics: counts of pushes, by app and hour.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    id::AppKey,
    statistics::{CountedRow, HoursOfDay},
    time::Timestamp,
};

/// Rows for each hour and subject of an app, so that no row takes the writes of all processes. The number is part of
/// stored keys.
pub const SHARDS: u8 = 4;

/// Adds counts.
#[async_trait]
pub trait AddCounts: Send + Sync {
    /// Adds one row to the stored counts, in the shard `shard` below [`SHARDS`]. It tries once, because a retry could
    /// count twice.
    ///
    /// [`StoreError::Throttled`] means that nothing was added. After any other error the counts may have been added.
    async fn add_counts(&self, app: &AppKey, row: &CountedRow, shard: u8) -> Result<(), StoreError>;
}

/// Reads counts.
#[async_trait]
pub trait ReadCounts: Send + Sync {
    /// Returns the counts of an app in these hours, one row for each hour and subject with any, in their order. Counts
    /// that have expired at `now` are omitted. Counts of the last moment may be missing.
    ///
    /// A day keeps the result small: at most 24 hours of each vendor and each class. Counts of a deleted app look the
    /// same as those of a later app with its name. So callers must not ask for hours before the app's creation.
    async fn counts(&self, app: &AppKey, hours: HoursOfDay, now: Timestamp) -> Result<Vec<CountedRow>, StoreError>;
}

/// Removes counts.
#[async_trait]
pub trait EraseCounts: Send + Sync {
    /// Removes the counts of an app in these hours.
    async fn erase_counts(&self, app: &AppKey, hours: HoursOfDay) -> Result<(), StoreError>;
}
