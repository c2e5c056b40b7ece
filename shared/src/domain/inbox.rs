//! Marks of a user's inbox: the messages up to which nothing waits.

use std::time::Duration;

use super::{id::MessageId, message::MAX_ID_AGE, time::Timestamp};

/// Minimum age of a mark. Messages are not stored in the order of their ids. None is stored at an age above
/// [`MAX_ID_AGE`], and clocks may differ by as much again.
pub const SETTLED_AFTER: Duration = MAX_ID_AGE.saturating_mul(2);

/// Marks of a user: every message up to them is acknowledged, dropped or expired.
///
/// Each kind has its own mark, because group messages may be dropped while older one-to-one messages still wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// the last one-to-one message that no longer waits
    pub one_to_one: MessageId,
    /// the last group message that no longer waits
    pub group: MessageId,
}

impl Marks {
    /// Marks before every message.
    pub const NONE: Self = Self { one_to_one: MessageId::MIN, group: MessageId::MIN };

    /// Returns marks that cover everything older than `at`.
    pub fn before(at: Timestamp) -> Self {
        Self { one_to_one: MessageId::before(at), group: MessageId::before(at) }
    }

    /// Returns the later mark of each kind.
    pub fn later(self, other: Self) -> Self {
        Self { one_to_one: self.one_to_one.max(other.one_to_one), group: self.group.max(other.group) }
    }

    /// Returns the mark of the message's kind.
    pub fn of(self, id: MessageId) -> MessageId {
        if id.is_of_group() { self.group } else { self.one_to_one }
    }

    /// Returns whether the mark of its kind covers the message.
    pub fn cover(self, id: MessageId) -> bool {
        id <= self.of(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_of_one_kind_each_and_move_on_alone() {
        let at = |second: i64| Timestamp::from_millis(second * 1000);
        let (single, group) = (MessageId::new(at(5), 1), MessageId::of_group(at(5), 1));
        let marks = Marks { one_to_one: single, group: MessageId::before(at(5)) };
        assert_eq!((marks.cover(single), marks.cover(group)), (true, false));
        let later = marks.later(Marks::before(at(6)));
        assert_eq!(later, Marks::before(at(6)));
        assert!(later.cover(group));
        assert_eq!(marks.later(Marks::NONE), marks);
        assert!(!Marks::before(at(5)).cover(MessageId::new(at(5), 0)));
    }
}
