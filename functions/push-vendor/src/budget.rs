//! How the time of an invocation is shared out among the stages of a batch.

use std::time::Duration;

use shared::lambda::deadline::Deadline;

/// Longest time of a vendor call. After it nobody knows whether the vendor took the push.
pub(crate) const CALL_LIMIT: Duration = Duration::from_secs(14);
/// Time that settling needs at the end: one request to a table or a queue ends within 9 s.
const SETTLE_TIME: Duration = Duration::from_secs(10);
/// Time between the end of the look-up of repeats and the last begin of a call. An app whose rows are slow keeps no other app's pushes
/// waiting.
const AFTER_LOOK_UP: Duration = Duration::from_secs(3);
/// The same for reading the owners of tokens.
const AFTER_OWNERS: Duration = Duration::from_secs(2);
/// The same for opening notifiers.
const AFTER_OPENING: Duration = Duration::from_secs(1);
/// Time that queueing on `dispatch` needs after the messages are read: one request.
const DISPATCH_TIME: Duration = Duration::from_secs(9);

/// Delay of a delivery for which a table could not be read. A table that fails is not helped by being asked at every moment.
pub(crate) const UNREADABLE_DELAY: Duration = Duration::from_secs(30);
/// Delay of a delivery that was not begun for lack of time.
pub(crate) const NOT_BEGUN_DELAY: Duration = Duration::from_secs(5);
/// Maximum reads, or writes, under way at once: those of a whole batch.
pub(crate) const PARALLEL: usize = 128;

/// When each stage of a batch must be done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget(Deadline);

impl Budget {
    /// Shares out the time of an invocation.
    pub(crate) fn of(invocation: Deadline) -> Self {
        Self(invocation)
    }

    /// Returns when the look-up of repeats ends.
    pub(crate) fn look_up_by(self) -> Deadline {
        self.begin_calls_by().leaving(AFTER_LOOK_UP)
    }

    /// Returns when reading the owners of tokens ends.
    pub(crate) fn read_owners_by(self) -> Deadline {
        self.begin_calls_by().leaving(AFTER_OWNERS)
    }

    /// Returns when opening notifiers ends.
    pub(crate) fn open_notifiers_by(self) -> Deadline {
        self.begin_calls_by().leaving(AFTER_OPENING)
    }

    /// Returns until when a call may begin: it can still end, and its results can be settled.
    pub(crate) fn begin_calls_by(self) -> Deadline {
        self.0.leaving(SETTLE_TIME + CALL_LIMIT)
    }

    /// Returns when reading the messages of outdated pushes ends.
    pub(crate) fn read_messages_by(self) -> Deadline {
        self.queue_dispatch_by().leaving(DISPATCH_TIME)
    }

    /// Returns when queueing outdated pushes on `dispatch` ends.
    pub(crate) fn queue_dispatch_by(self) -> Deadline {
        self.0.leaving(SETTLE_TIME)
    }

    /// Returns when everything that is written ends.
    pub(crate) fn write_by(self) -> Deadline {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use vendors::{reporting::MAX_TIME, transport::Limits};

    use super::CALL_LIMIT;

    #[test]
    fn a_call_that_looks_for_refused_tokens_ends_before_it_is_given_up() {
        assert!(MAX_TIME + Limits::USUAL.total <= CALL_LIMIT);
    }
}
