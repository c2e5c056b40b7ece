//! The time of a sweep, step by step.

use std::sync::atomic::{AtomicBool, Ordering};

use shared::lambda::deadline::Deadline;

/// Says whether another step may begin, and whether any did.
pub(crate) struct Work {
    end: Deadline,
    begun: AtomicBool,
}

impl Work {
    /// Steps begin until then.
    pub(crate) fn until(end: Deadline) -> Self {
        Self { end, begun: AtomicBool::new(false) }
    }

    /// Whether another step may begin; whoever asks begins it.
    pub(crate) fn may_begin(&self) -> bool {
        let may = !self.end.left().is_zero();
        self.begun.fetch_or(may, Ordering::Relaxed);
        may
    }

    /// Whether the time was over before any step began.
    pub(crate) fn is_nothing(&self) -> bool {
        !self.begun.load(Ordering::Relaxed)
    }
}
