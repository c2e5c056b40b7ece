//! Acknowledgements: which messages a client has received.

use std::{collections::BTreeSet, time::Duration};

use super::id::MessageId;

/// Maximum one-to-one messages that wait for a user; the oldest are dropped first. Source: Easemob, "Limitations",
/// offline messages.
pub const MAX_ONE_TO_ONE: usize = 500;
/// Maximum group messages that wait for a user, of all groups together. Source: the same page.
pub const MAX_OF_GROUPS: usize = 200;
/// Maximum instant pushes that wait for a user, besides the messages: a campaign must not drop messages.
pub const MAX_PUSHES: usize = 100;
/// Maximum message ids of one acknowledgement.
pub const MAX_ACKED: usize = 100;

/// Messages that a client has received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ack {
    /// these messages
    Messages(BTreeSet<MessageId>),
    /// everything that waits now, up to this message
    UpTo(MessageId),
}

impl Ack {
    /// Returns whether the client has received this message.
    pub fn covers(&self, id: MessageId) -> bool {
        match self {
            Self::Messages(ids) => ids.contains(&id),
            Self::UpTo(last) => id <= *last,
        }
    }
}

/// Changes by an acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acked {
    /// the waiting messages that this call acknowledged
    pub ids: Vec<MessageId>,
    /// how many waiting messages this call acknowledged
    pub acked: usize,
    /// how many messages still wait; if more wait than one call reads, how many of the newest ones
    pub remaining: usize,
    /// whether acknowledged messages may still wait, because there are more than one call reads
    pub more: bool,
}

/// How long after an [`OlderMark`] an older message may still be stored. Messages are not stored in the order of their
/// ids.
const LATE: Duration = Duration::from_secs(60);

/// The message up to which an older version noted everything as acknowledged; its row expires with that message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OlderMark(pub MessageId);

impl OlderMark {
    /// Returns whether the mark covers a message: the one that it names, and those more than a minute older. Newer ones
    /// may have been stored after the mark, and would be hidden.
    pub fn covers(self, id: MessageId) -> bool {
        id == self.0 || id <= self.end()
    }

    /// Returns the last message of those that are older.
    pub fn end(self) -> MessageId {
        MessageId::new(self.0.accepted_at().minus(LATE), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    fn id(second: i64) -> MessageId {
        MessageId::new(Timestamp::from_millis(second * 1000), 7)
    }

    #[test]
    fn an_acknowledgement_covers_what_it_names_or_what_is_not_later() {
        let named = Ack::Messages(BTreeSet::from([id(1), id(3)]));
        assert_eq!([1, 2, 3, 4].map(|second| named.covers(id(second))), [true, false, true, false]);
        assert_eq!([1, 2, 3, 4].map(|second| Ack::UpTo(id(3)).covers(id(second))), [true, true, true, false]);
    }

    #[test]
    fn an_older_mark_covers_the_message_that_it_names_and_those_that_are_a_minute_older() {
        let mark = OlderMark(id(100));
        let covered = [100, 99, 41, 39].map(|second| mark.covers(id(second)));
        assert_eq!(covered, [true, false, false, true]);
        assert!(!mark.covers(id(101)));
    }
}
