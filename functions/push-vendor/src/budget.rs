//! Divides the time of an invocation among the stages of a batch.

use std::time::Duration;

use shared::lambda::deadline::Deadline;

/// Maximum duration of a vendor call. After that it is unknown whether the vendor accepted the push.
pub(crate) const CALL_LIMIT: Duration = Duration::from_secs(14);
/// Time reserved for settling. One request to a table or a queue ends within 9 s.
const SETTLE_TIME: Duration = Duration::from_secs(10);
/// Time between the end of the look-up of repeats and the last start of a call. It keeps an app with slow rows from
/// delaying the pushes of other apps.
const AFTER_LOOK_UP: Duration = Duration::from_secs(3);
/// Time between the end of reading token owners and the last start of a call.
const AFTER_OWNERS: Duration = Duration::from_secs(2);
/// Time between the end of opening notifiers and the last start of a call.
const AFTER_OPENING: Duration = Duration::from_secs(1);
/// Time that queueing on `dispatch` needs after the messages are read: one request.
const DISPATCH_TIME: Duration = Duration::from_secs(9);

/// Delay of a delivery for which a table could not be read. It keeps retries from adding load to a table that fails.
pub(crate) const UNREADABLE_DELAY: Duration = Duration::from_secs(30);
/// Delay of a delivery that was not begun for lack of time.
pub(crate) const NOT_BEGUN_DELAY: Duration = Duration::from_secs(5);
/// Maximum parallel reads, or writes: those of a whole batch.
pub(crate) const PARALLEL: usize = 128;

/// The deadlines of the stages of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget(Deadline);

impl Budget {
    /// Divides the time of an invocation.
    pub(crate) fn of(invocation: Deadline) -> Self {
        Self(invocation)
    }

    /// Returns the deadline of the look-up of repeats.
    pub(crate) fn look_up_by(self) -> Deadline {
        self.begin_calls_by().leaving(AFTER_LOOK_UP)
    }

    /// Returns the deadline of reading token owners.
    pub(crate) fn read_owners_by(self) -> Deadline {
        self.begin_calls_by().leaving(AFTER_OWNERS)
    }

    /// Returns the deadline of opening notifiers.
    pub(crate) fn open_notifiers_by(self) -> Deadline {
        self.begin_calls_by().leaving(AFTER_OPENING)
    }

    /// Returns the time until which a call may begin. Such a call can still end, and its results can be settled.
    pub(crate) fn begin_calls_by(self) -> Deadline {
        self.0.leaving(SETTLE_TIME + CALL_LIMIT)
    }

    /// Returns the deadline of reading the messages of outdated pushes.
    pub(crate) fn read_messages_by(self) -> Deadline {
        self.queue_dispatch_by().leaving(DISPATCH_TIME)
    }

    /// Returns the deadline of queueing outdated pushes on `dispatch`.
    pub(crate) fn queue_dispatch_by(self) -> Deadline {
        self.0.leaving(SETTLE_TIME)
    }

    /// Returns the deadline of all writes.
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
