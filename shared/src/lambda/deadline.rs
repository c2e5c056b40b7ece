//! Deadlines of invocations and of their stages.
//!
//! Lambda ends a function at its timeout, and SQS then redelivers the whole batch. So every stage asks the deadline
//! before it begins work. Work that cannot end in time is not begun. It returns to the queue, and does not count as an
//! attempt.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, timeout_at};

use crate::domain::time::Timestamp;

/// Time that the runtime needs after the last stage, to respond and to write metrics.
const ANSWER: Duration = Duration::from_millis(500);

/// The instant by which an invocation's work, or a stage of it, must be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// Returns the deadline of an invocation that Lambda ends at `end`, in Unix milliseconds as in the invocation's
    /// context.
    pub fn of_invocation(end: u64, now: Timestamp) -> Self {
        let end = Timestamp::from_millis(i64::try_from(end).unwrap_or(i64::MAX));
        Self::after(end.since(now).saturating_sub(ANSWER))
    }

    /// Returns the deadline that is this far away.
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// Returns the deadline of a stage that must leave `reserve` for what follows.
    pub fn leaving(self, reserve: Duration) -> Self {
        Self(self.0.checked_sub(reserve).unwrap_or_else(Instant::now))
    }

    /// Returns how much time is left.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Returns whether work of this duration ends in time.
    pub fn allows(self, work: Duration) -> bool {
        self.left() >= work
    }

    /// Waits for `work`, at most until the deadline. Returns `None` if the work did not end by then. Does not begin
    /// work after the deadline.
    pub async fn wait<F: Future>(self, work: F) -> Option<F::Output> {
        if self.left().is_zero() {
            return None;
        }
        timeout_at(self.0, work).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn work_that_lasts_longer_is_left_and_none_is_begun_after_the_end() {
        let deadline = Deadline::after(Duration::from_secs(5));
        assert_eq!(deadline.wait(async { 7 }).await, Some(7));
        assert_eq!(deadline.wait(tokio::time::sleep(Duration::from_secs(9))).await, None);
        assert_eq!(deadline.left(), Duration::ZERO);
        let begun = AtomicBool::new(false);
        assert_eq!(deadline.wait(async { begun.store(true, Ordering::SeqCst) }).await, None);
        assert!(!begun.load(Ordering::SeqCst));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stage_leaves_time_for_what_follows() {
        let now = Timestamp::from_millis(1_000);
        let deadline = Deadline::of_invocation(31_000, now);
        assert_eq!(deadline.left(), Duration::from_millis(29_500));
        let stage = deadline.leaving(Duration::from_secs(20));
        assert!(stage.allows(Duration::from_millis(9_500)) && !stage.allows(Duration::from_millis(9_501)));
        assert_eq!(Deadline::of_invocation(0, now).left(), Duration::ZERO);
    }
}
