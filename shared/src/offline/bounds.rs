//! How much a call looks at. Messages that are done, or that were for others, cost a read each and are not shown; a user may have
//! thousands of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::{domain::time::Timestamp, ports::clock::Clock};

/// How much one call looks at. A call that reaches a bound answers what it has, and where the next call goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// messages, and acknowledgements, about
    pub rows: usize,
    /// for how long another read is begun
    pub time: Duration,
}

impl Default for Bounds {
    /// 2 000 messages of half a KB are 125 read units; functions behind the API have 10 s.
    fn default() -> Self {
        Self { rows: 2_000, time: Duration::from_secs(5) }
    }
}

/// What a call may still look at.
pub struct Budget {
    rows: AtomicUsize,
    until: Timestamp,
    clock: Arc<dyn Clock>,
}

impl Budget {
    /// What a call that began then may look at.
    pub fn new(bounds: Bounds, begun: Timestamp, clock: Arc<dyn Clock>) -> Self {
        Self { rows: AtomicUsize::new(bounds.rows), until: begun.plus(bounds.time), clock }
    }

    /// Counts a read of so many rows. One that finds nothing counts as well.
    pub fn spend(&self, rows: usize) {
        let left = self.rows.load(Ordering::Relaxed);
        self.rows.store(left.saturating_sub(rows.max(1)), Ordering::Relaxed);
    }

    /// How many rows to read at once, of those that are left for so many reads, and of `most`.
    pub fn share(&self, most: usize, reads: usize) -> usize {
        most.min(self.rows.load(Ordering::Relaxed) / reads.max(1)).max(1)
    }

    /// Whether nothing more is begun.
    pub fn is_spent(&self) -> bool {
        self.rows.load(Ordering::Relaxed) == 0 || self.is_late()
    }

    /// Whether the call's time is over.
    pub fn is_late(&self) -> bool {
        self.until <= self.clock.now()
    }
}
