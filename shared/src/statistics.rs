//! Counts of pushes on their way to the table: a process keeps them in memory and writes them now and then.
//!
//! Something is counted once its end is recorded, and only if the record says that it is new. What was surely not written is kept for the
//! next flush. What may have been written is dropped: counts may be lost, but are never doubled.

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
        statistics::{AddCounts, SHARDS},
    },
};

/// The variable that says how many seconds lie between two flushes of a busy process, at most a minute.
const STATISTICS_FLUSH_SECONDS: &str = "STATISTICS_FLUSH_SECONDS";
/// So many new rows are flushed at once, however long ago the last flush was.
/// They are written in a second: each takes some 1.1 ms of the processor.
const FULL: usize = 500;
/// Maximum rows of an app in memory: all subjects for a day. A busy app has one or two hours of some of them.
const MAX_ROWS_OF_APP: usize = 288;
/// Maximum rows in memory, about 1 MB.
const MAX_ROWS: usize = 4000;
/// How long a flush may take.
const FLUSH: Duration = Duration::from_secs(1);
/// How many apps are written at once, so that one whose rows are slow holds up no other.
const PARALLEL_APPS: usize = 32;
/// How many rows of an app are written at once.
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
    /// how many could not be kept in memory
    dropped: u64,
}

/// What became of the rows of an app: those that were not written, and how many may have been.
type Flushed = (AppKey, Vec<WaitingRow>, usize);

impl Statistics {
    /// Counts that are flushed by the next batch after a silence, and every `every` by a busy process, more seldom with many rows:
    /// see [`FlushCredit`].
    pub fn new(store: Arc<dyn AddCounts>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, every: Duration) -> Self {
        let credit = FlushCredit::full(every);
        let state = State { new: Tally::default(), kept: Tally::default(), credit, dropped: 0 };
        Self { store, clock, entropy, state: Mutex::new(state) }
    }

    /// Counts something of a message that was accepted at a time, and happened `times`.
    pub fn count(&self, app: &AppKey, accepted_at: Timestamp, counted: Counted, times: u64) {
        let row = CountedRow::of(Hour::of(accepted_at), counted, times);
        let waiting = WaitingRow { row, since: self.clock.now() };
        let mut state = self.lock();
        let max_rows = if state.new.rows() < MAX_ROWS { MAX_ROWS_OF_APP } else { 0 };
        if !state.new.add(app, waiting, max_rows) {
            state.dropped = state.dropped.saturating_add(times);
        }
    }

    /// Writes what is due, in the time that is left and at most in [`FLUSH`]. It never fails: what follows does not depend on it.
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

    /// What is to be written now, by app, the newest rows first. What waited too long is dropped.
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
                "statistics are lost, since they waited too long or there is too much to keep"
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

    /// Keeps what was not written, of each app at most [`MAX_ROWS_OF_APP`] and together at most [`MAX_ROWS`] rows.
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

/// Whether a row was added.
enum Added {
    Yes,
    No,
    Uncertain,
}

#[cfg(all(test, feature = "testing"))]
#[path = "statistics_tests.rs"]
mod tests;
