//! The time limit of a sweep's steps.

use std::sync::atomic::{AtomicBool, Ordering};

use shared::lambda::deadline::Deadline;

/// Tells whether another step may begin, and whether any step has begun.
pub(crate) struct Work {
    end: Deadline,
    begun: AtomicBool,
}

impl Work {
    /// Creates a limit: steps may begin until `end`.
    pub(crate) fn until(end: Deadline) -> Self {
        Self { end, begun: AtomicBool::new(false) }
    }

    /// Returns whether another step may begin. A caller that gets `true` begins it.
    pub(crate) fn may_begin(&self) -> bool {
        let may = !self.end.left().is_zero();
        self.begun.fetch_or(may, Ordering::Relaxed);
        may
    }

    /// Returns whether the time ran out before any step began.
    pub(crate) fn is_nothing(&self) -> bool {
        !self.begun.load(Ordering::Relaxed)
    }
}
