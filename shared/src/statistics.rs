//! Counts of pushes: each process counts in memory, and writes from time to time.
//!
//! A push is counted after its end is recorded, and only if the record is new. Counts that were surely not written wait
//! for the next flush. Counts that may have been written are dropped: counts may be lost, but are never doubled.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{StreamExt, stream};

use crate::{
    config::SettingsReader,
    domain::{
        id::AppKey,
        statistics::{Counted, CountedRow, FlushCredit, Hour, Tally, WaitingRow},
        time::Timestamp,
    },
    lambda::deadline::Deadline,
    name_ports,
    ports::{
        clock::{Clock, Entropy},
        error::StoreError,
        names::NoPort,
        statistics::{AddCounts, SHARDS},
    },
};

/// The variable with the seconds between two flushes of a busy process, at most 60.
const STATISTICS_FLUSH_SECONDS: &str = "STATISTICS_FLUSH_SECONDS";
/// New rows that cause a flush, whatever the time of the last one. Writing them takes about a second, because each
/// costs about 1.1 ms of CPU time.
const FULL: usize = 500;
/// Maximum rows of an app in memory: all subjects for a day. A busy app has one or two hours of some subjects.
const MAX_ROWS_OF_APP: usize = 288;
/// Maximum rows in memory, about 1 MB.
const MAX_ROWS: usize = 4000;
/// Maximum duration of a flush.
const FLUSH: Duration = Duration::from_secs(1);
/// Apps written at the same time, so that an app with slow rows delays no other.
const PARALLEL_APPS: usize = 32;
/// Rows of an app written at the same time.
const PARALLEL_ROWS: usize = 4;

/// Reads how long counts are kept in memory.
pub fn flush_interval(reader: &SettingsReader<'_>) -> Duration {
    let seconds =
        |text: &str| text.parse().ok().filter(|seconds| *seconds <= 60).ok_or("must be a number from 0 to 60");
    Duration::from_secs(reader.parsed(STATISTICS_FLUSH_SECONDS, seconds).unwrap_or_default())
}

/// The counts of a process.
pub struct Statistics {
    store: Arc<dyn AddCounts>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    state: Mutex<State>,
}

name_ports! { Statistics { store, clock, entropy } without { state } }

struct State {
    /// counted since the last flush
    new: Tally,
    /// surely not written by earlier flushes
    kept: Tally,
    /// what flushes may cost
    credit: FlushCredit,
    /// counts that did not fit into memory
    dropped: u64,
}

impl NoPort for State {}

/// The rows of an app that were not written, and how many may have been written.
type Flushed = (AppKey, Vec<WaitingRow>, usize);

impl Statistics {
    /// Creates empty counts. The first batch after an idle time flushes them; a busy process flushes every `every`, and
    /// less often with many rows. See [`FlushCredit`].
    pub fn new(store: Arc<dyn AddCounts>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, every: Duration) -> Self {
        let credit = FlushCredit::full(every);
        let state = State { new: Tally::default(), kept: Tally::default(), credit, dropped: 0 };
        Self { store, clock, entropy, state: Mutex::new(state) }
    }

    /// Adds `times` to a count, for messages accepted at this time.
    pub fn count(&self, app: &AppKey, accepted_at: Timestamp, counted: Counted, times: u64) {
        let row = CountedRow::of(Hour::of(accepted_at), counted, times);
        let waiting = WaitingRow { row, since: self.clock.now() };
        let mut state = self.lock();
        let max_rows = if state.new.rows() < MAX_ROWS { MAX_ROWS_OF_APP } else { 0 };
        if !state.new.add(app, waiting, max_rows) {
            state.dropped = state.dropped.saturating_add(times);
        }
    }

    /// Writes the due rows, within the deadline and at most `FLUSH`. It never fails, because nothing depends on it.
    pub async fn flush_if_due(&self, deadline: Deadline) {
        let Some(due) = self.due() else { return };
        let until = deadline.min(Deadline::after(FLUSH));
        let shard = self.shard();
        let flushed: Vec<Flushed> = stream::iter(due)
            .map(|(app, rows)| self.flush_app(app, rows, shard, until))
            .buffer_unordered(PARALLEL_APPS)
            .collect()
            .await;
        self.keep(flushed);
    }

    /// Returns the rows to write now, by app, the newest first. Rows that are too old are dropped.
    fn due(&self) -> Option<BTreeMap<AppKey, Vec<WaitingRow>>> {
        let now = self.clock.now();
        let mut state = self.lock();
        let rows = state.new.rows() + state.kept.rows();
        if rows == 0 || state.new.rows() < FULL && !state.credit.allows(rows, now) {
            return None;
        }
        state.credit.spend(rows, now);
        let (new, kept) = (std::mem::take(&mut state.new), std::mem::take(&mut state.kept));
        let dropped = std::mem::take(&mut state.dropped);
        drop(state);
        let (mut due, mut lost) = (Tally::default(), 0);
        for (app, rows) in new.into_apps().chain(kept.into_apps()) {
            let add = |row: WaitingRow| !row.is_outdated(now) && due.add(&app, row, MAX_ROWS_OF_APP);
            lost += rows.into_iter().map(add).filter(|added| !added).count();
        }
        if lost > 0 || dropped > 0 {
            tracing::warn!(
                rows = lost,
                counts = dropped,
                "statistics are lost: they waited too long, or exceed the maximum in memory"
            );
        }
        Some(due.into_apps().map(|(app, rows)| (app, rows.into_iter().rev().collect())).collect())
    }

    /// Writes rows of an app.
    async fn flush_app(&self, app: AppKey, rows: Vec<WaitingRow>, shard: u8, until: Deadline) -> Flushed {
        let of = &app;
        let written: Vec<(WaitingRow, Added)> = stream::iter(rows)
            .map(|waiting| async move {
                let added = self.add(of, &waiting.row, shard, until).await;
                (waiting, added)
            })
            .buffer_unordered(PARALLEL_ROWS)
            .collect()
            .await;
        let uncertain = written.iter().filter(|(_, added)| matches!(added, Added::Uncertain)).count();
        let left = written.into_iter().filter(|(_, added)| matches!(added, Added::No)).map(|(row, _)| row).collect();
        (app, left, uncertain)
    }

    async fn add(&self, app: &AppKey, row: &CountedRow, shard: u8, until: Deadline) -> Added {
        if until.left().is_zero() {
            return Added::No;
        }
        match until.wait(self.store.add_counts(app, row, shard)).await {
            Some(Ok(())) => Added::Yes,
            Some(Err(StoreError::Throttled)) => Added::No,
            Some(Err(error)) => {
                tracing::warn!(error = error.chain(), "statistics may not have been written");
                Added::Uncertain
            }
            None => Added::Uncertain,
        }
    }

    /// Keeps the rows that were not written: at most [`MAX_ROWS_OF_APP`] of an app, and [`MAX_ROWS`] in all.
    fn keep(&self, flushed: Vec<Flushed>) {
        let (mut kept, mut uncertain, mut lost) = (Tally::default(), 0, 0);
        for (app, rows, maybe_written) in flushed {
            uncertain += maybe_written;
            for row in rows {
                let max_rows = if kept.rows() < MAX_ROWS { MAX_ROWS_OF_APP } else { 0 };
                lost += usize::from(!kept.add(&app, row, max_rows));
            }
        }
        if uncertain + lost + kept.rows() > 0 {
            tracing::warn!(uncertain, lost, kept = kept.rows(), "statistics were not all written");
        }
        self.lock().kept = kept;
    }

    fn shard(&self) -> u8 {
        u8::try_from(self.entropy.bits() % u128::from(SHARDS)).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Result of adding a row.
enum Added {
    Yes,
    No,
    Uncertain,
}

#[cfg(all(test, feature = "testing"))]
#[path = "statistics_tests.rs"]
mod tests;
