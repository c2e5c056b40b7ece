//! Reads the counts of an app, a few days at a time.

use std::time::Duration;

use futures::{StreamExt, stream};
use shared::{
    domain::{
        app::App,
        statistics::{CountedRow, Hour, STATISTICS_RETENTION, hours_by_day},
    },
    lambda::deadline::Deadline,
    ports::error::StoreError,
};

use crate::handler::ExplainPush;

/// Days read at the same time. Each takes four parallel reads.
const PARALLEL_DAYS: usize = 2;
/// Maximum duration of the reads. The function has 10 s.
const READING: Duration = Duration::from_secs(7);

/// Passes every row from an hour until before another to `add`, in any order, and drops it afterwards. Hours before the
/// app's creation belong to an earlier app, and are not read.
pub(super) async fn read(
    state: &ExplainPush,
    app: &App,
    from: Hour,
    to: Hour,
    mut add: impl FnMut(&CountedRow),
) -> Result<(), StoreError> {
    let now = state.decider.clock.now();
    let oldest = Hour::of(app.created_at).max(Hour::of(now.minus(STATISTICS_RETENTION)));
    let mut days = stream::iter(hours_by_day(from.max(oldest), to))
        .map(|hours| state.counts.counts(&app.key, hours, now))
        .buffer_unordered(PARALLEL_DAYS);
    let reading = async {
        while let Some(rows) = days.next().await {
            rows?.iter().for_each(&mut add);
        }
        Ok(())
    };
    Deadline::after(READING).wait(reading).await.unwrap_or(Err(StoreError::Throttled))
}
