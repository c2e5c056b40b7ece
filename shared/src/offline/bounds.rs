//! Bounds of a call's reads. Messages that are done, or that were for other members, cost a read each and are not
//! returned. A user may have thousands of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::{
    domain::time::Timestamp,
    ports::{clock::Clock, names::NoPort},
};

/// Maximum reads of one call. A call that reaches a bound returns what it has, and where the next call continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// about how many messages and acknowledgements
    pub rows: usize,
    /// how long after its start the call begins another read
    pub time: Duration,
}

impl NoPort for Bounds {}

impl Default for Bounds {
    /// 2 000 messages of half a KB are 125 read units; functions behind the API have 10 s.
    fn default() -> Self {
        Self { rows: 2_000, time: Duration::from_secs(5) }
    }
}

/// The reads that are left to a call.
pub struct Budget {
    rows: AtomicUsize,
    until: Timestamp,
    clock: Arc<dyn Clock>,
}

impl Budget {
    /// Creates the budget of a call that began at `begun`.
    pub fn new(bounds: Bounds, begun: Timestamp, clock: Arc<dyn Clock>) -> Self {
        Self { rows: AtomicUsize::new(bounds.rows), until: begun.plus(bounds.time), clock }
    }

    /// Counts a read of so many rows. A read without a result counts, too.
    pub fn spend(&self, rows: usize) {
        let left = self.rows.load(Ordering::Relaxed);
        self.rows.store(left.saturating_sub(rows.max(1)), Ordering::Relaxed);
    }

    /// Returns how many rows to read at once, if the rest is shared by so many reads; at most `most`.
    pub fn share(&self, most: usize, reads: usize) -> usize {
        most.min(self.rows.load(Ordering::Relaxed) / reads.max(1)).max(1)
    }

    /// Returns whether the call must begin no other read.
    pub fn is_spent(&self) -> bool {
        self.rows.load(Ordering::Relaxed) == 0 || self.is_late()
    }

    /// Returns whether the call's time is over.
    pub fn is_late(&self) -> bool {
        self.until <= self.clock.now()
    }
}
