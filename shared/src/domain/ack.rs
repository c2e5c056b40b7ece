//! Acknowledgements: what a client has received, and what that leaves.

use std::{collections::BTreeSet, time::Duration};

use super::{id::MessageId, message::OFFLINE_RETENTION, time::Timestamp};

/// The most one-to-one messages that a user's offline store is good for. Source: Easemob, "Limitations", offline messages.
pub const MAX_OFFLINE: usize = 500;
/// The most message ids of one acknowledgement.
pub const MAX_ACKED: usize = 100;

/// The most waiting messages that are listed for one acknowledgement: as many as it takes, and as many as it counts beyond.
pub const MAX_LISTED: usize = 2 * MAX_OFFLINE;

/// What a client has received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ack {
    /// these messages
    Messages(BTreeSet<MessageId>),
    /// this message, and every one-to-one message that waits and is earlier
    UpTo(MessageId),
}

/// What a user has acknowledged, and what waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    /// nothing up to here waits: it is no longer kept, or an [`OlderMark`] covers it
    pub up_to: MessageId,
    /// later messages that are acknowledged
    pub acknowledged: BTreeSet<MessageId>,
    /// later one-to-one messages that are not, the newest [`MAX_LISTED`]
    pub waiting: BTreeSet<MessageId>,
}

/// What an acknowledgement changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acked {
    /// to be kept as acknowledged from now on
    pub ids: Vec<MessageId>,
    /// how many messages were not acknowledged before
    pub acked: usize,
    /// how many one-to-one messages still wait, at most [`MAX_OFFLINE`]
    pub remaining: usize,
}

impl Inbox {
    /// Nothing acknowledged, nothing waiting.
    pub fn empty(now: Timestamp) -> Self {
        let up_to = MessageId::new(now.minus(OFFLINE_RETENTION), 0);
        Self { up_to, acknowledged: BTreeSet::new(), waiting: BTreeSet::new() }
    }

    /// What `ack` changes. An id that is no message of the user changes nothing; whether one of a group is, cannot be seen here.
    pub fn take(&self, ack: &Ack) -> Acked {
        let is_new = |id: &MessageId| {
            *id > self.up_to && !self.acknowledged.contains(id) && (id.is_of_group() || self.waiting.contains(id))
        };
        let ids: Vec<MessageId> = match ack {
            Ack::UpTo(id) => {
                let of_group = Some(*id).filter(|id| id.is_of_group() && is_new(id));
                let earlier = self.waiting.range(..=id).rev().copied();
                of_group.into_iter().chain(earlier).take(MAX_OFFLINE).collect()
            }
            Ack::Messages(ids) => ids.iter().copied().filter(is_new).collect(),
        };
        let taken = ids.iter().filter(|id| !id.is_of_group()).count();
        Acked { acked: ids.len(), remaining: (self.waiting.len() - taken).min(MAX_OFFLINE), ids }
    }
}

/// How far behind an [`OlderMark`] a message may be stored. Ids do not commit in the order of their times.
const LATE: Duration = Duration::from_secs(60);

/// The message up to which an older version noted everything as acknowledged; its row expires with that message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OlderMark(pub MessageId);

impl OlderMark {
    /// Whether the mark counts for a message: for the one that it names, and for those that are more than a minute older. Others
    /// may have been stored after the mark was written, and would be hidden.
    pub fn covers(self, id: MessageId) -> bool {
        id == self.0 || id <= self.end()
    }

    /// The last message of those that are older.
    pub fn end(self) -> MessageId {
        MessageId::new(self.0.accepted_at().minus(LATE), 0)
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
        assert_eq!(taken, Acked { ids: vec![id(11)], acked: 1, remaining: 1 });
    }

    #[test]
    fn ids_that_are_old_or_unknown_change_nothing() {
        let taken = inbox(&[11]).take(&messages(&[id(9), id(99), group_id(9), group_id(13)]));
        assert_eq!(taken, Acked { ids: vec![], acked: 0, remaining: 1 });
    }

    #[test]
    fn a_group_message_is_kept_and_leaves_the_one_to_one_messages_waiting() {
        let taken = inbox(&[11]).take(&messages(&[group_id(15)]));
        assert_eq!(taken, Acked { ids: vec![group_id(15)], acked: 1, remaining: 1 });
    }

    #[test]
    fn up_to_takes_what_waits_and_leaves_what_is_later() {
        let taken = inbox(&[11, 14, 16]).take(&Ack::UpTo(id(14)));
        assert_eq!(taken, Acked { ids: vec![id(14), id(11)], acked: 2, remaining: 1 });
        let taken = inbox(&[11]).take(&Ack::UpTo(id(10)));
        assert_eq!(taken, Acked { ids: vec![], acked: 0, remaining: 1 });
    }

    #[test]
    fn up_to_a_group_message_takes_that_message_too() {
        let taken = inbox(&[11]).take(&Ack::UpTo(group_id(15)));
        assert_eq!(taken, Acked { ids: vec![group_id(15), id(11)], acked: 2, remaining: 0 });
        assert_eq!(inbox(&[11]).take(&Ack::UpTo(group_id(13))).ids, [id(11)]);
    }

    #[test]
    fn up_to_takes_five_hundred_at_once_the_newest_first() {
        let waiting: Vec<i64> = (11..11 + 700).collect();
        let taken = inbox(&waiting).take(&Ack::UpTo(id(1000)));
        assert_eq!((taken.ids.len(), taken.ids[0], taken.remaining), (MAX_OFFLINE, id(710), 200));
        let all = inbox(&(11..11 + 1000).collect::<Vec<_>>()).take(&messages(&[id(11)]));
        assert_eq!((all.acked, all.remaining), (1, MAX_OFFLINE));
    }

    #[test]
    fn an_older_mark_covers_the_message_that_it_names_and_those_that_are_a_minute_older() {
        let mark = OlderMark(id(100));
        let covered = [100, 99, 41, 39].map(|second| mark.covers(id(second)));
        assert_eq!(covered, [true, false, false, true]);
        assert!(!mark.covers(id(101)));
    }
}
