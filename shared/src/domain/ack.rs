//! Acknowledgements: what a client has received, and what that leaves.

use std::collections::BTreeSet;

use super::{id::MessageId, message::OFFLINE_RETENTION, time::Timestamp};

/// The most one-to-one messages that a user's offline store is good for. Source: Easemob, "Limitations", offline messages.
pub const MAX_OFFLINE: usize = 500;
/// The most message ids of one acknowledgement.
pub const MAX_ACKED: usize = 100;

/// What a client has received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ack {
    /// these messages
    Messages(BTreeSet<MessageId>),
    /// this message and every earlier one, also of groups
    UpTo(MessageId),
}

/// What a user has acknowledged, and what waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    /// everything up to here is acknowledged, or no longer kept
    pub up_to: MessageId,
    /// later messages that are acknowledged one by one
    pub acknowledged: BTreeSet<MessageId>,
    /// later one-to-one messages that are not, the newest [`MAX_OFFLINE`]
    pub waiting: BTreeSet<MessageId>,
}

/// What an acknowledgement changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acked {
    /// to be kept from now on
    pub news: News,
    /// how many messages were not acknowledged before
    pub acked: usize,
    /// how many one-to-one messages still wait
    pub remaining: usize,
}

/// What is to be kept of an acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// nothing that was not known
    Nothing,
    /// these messages
    Messages(Vec<MessageId>),
    /// everything up to this message
    UpTo(MessageId),
}

impl Inbox {
    /// Nothing acknowledged, nothing waiting.
    pub fn empty(now: Timestamp) -> Self {
        let up_to = MessageId::new(now.minus(OFFLINE_RETENTION), 0);
        Self { up_to, acknowledged: BTreeSet::new(), waiting: BTreeSet::new() }
    }

    /// What `ack` changes. An id that is no message of the user changes nothing; whether one of a group is, cannot be seen here.
    pub fn take(&self, ack: &Ack) -> Acked {
        match ack {
            Ack::UpTo(id) => {
                let acked = self.waiting.range(..=id).count();
                let news = if *id > self.up_to { News::UpTo(*id) } else { News::Nothing };
                Acked { news, acked, remaining: self.waiting.len() - acked }
            }
            Ack::Messages(ids) => {
                let is_new = |id: &&MessageId| {
                    **id > self.up_to
                        && !self.acknowledged.contains(id)
                        && (id.is_of_group() || self.waiting.contains(id))
                };
                let new: Vec<MessageId> = ids.iter().filter(is_new).copied().collect();
                let taken = new.iter().filter(|id| !id.is_of_group()).count();
                let acked = new.len();
                let news = if new.is_empty() { News::Nothing } else { News::Messages(new) };
                Acked { news, acked, remaining: self.waiting.len() - taken }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(second: i64) -> MessageId {
        MessageId::new(Timestamp::from_millis(second * 1000), 7)
    }

    fn group_id(second: i64) -> MessageId {
        MessageId::of_group(Timestamp::from_millis(second * 1000), 7)
    }

    fn inbox(waiting: &[i64]) -> Inbox {
        Inbox {
            up_to: id(10),
            acknowledged: BTreeSet::from([id(12), group_id(13)]),
            waiting: waiting.iter().copied().map(id).collect(),
        }
    }

    fn messages(ids: &[MessageId]) -> Ack {
        Ack::Messages(ids.iter().copied().collect())
    }

    #[test]
    fn a_message_that_waits_is_taken_once() {
        let taken = inbox(&[11, 14]).take(&messages(&[id(11), id(12)]));
        assert_eq!(taken, Acked { news: News::Messages(vec![id(11)]), acked: 1, remaining: 1 });
    }

    #[test]
    fn ids_that_are_old_or_unknown_change_nothing() {
        let taken = inbox(&[11]).take(&messages(&[id(9), id(99), group_id(9), group_id(13)]));
        assert_eq!(taken, Acked { news: News::Nothing, acked: 0, remaining: 1 });
    }

    #[test]
    fn a_group_message_is_kept_and_leaves_the_one_to_one_messages_waiting() {
        let taken = inbox(&[11]).take(&messages(&[group_id(15)]));
        assert_eq!(taken, Acked { news: News::Messages(vec![group_id(15)]), acked: 1, remaining: 1 });
    }

    #[test]
    fn up_to_takes_what_is_earlier_and_leaves_what_is_later() {
        let taken = inbox(&[11, 14, 16]).take(&Ack::UpTo(id(14)));
        assert_eq!(taken, Acked { news: News::UpTo(id(14)), acked: 2, remaining: 1 });
    }

    #[test]
    fn up_to_never_goes_back() {
        let taken = inbox(&[11]).take(&Ack::UpTo(id(10)));
        assert_eq!(taken, Acked { news: News::Nothing, acked: 0, remaining: 1 });
    }
}
