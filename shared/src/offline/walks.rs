//! What looks at all that waits have shown of ids that no group of the user's points to, in the memory of one process.
//!
//! Such an id is of a message that a version before stored, or of no message of the user's. Nothing is stored under an old id, so what a look
//! did not meet waits never. One that was met counts without a further look. What is left are ids younger than the last look: few looks a
//! minute are made for them in vain.

use std::{collections::BTreeSet, time::Duration};

use super::view::AppUser;
use crate::{
    cache::BoundedCache,
    domain::{
        ack::MAX_OF_GROUPS,
        id::{AppKey, MessageId, UserId},
        time::Timestamp,
    },
};

/// Maximum looks in vain for one user within [`WINDOW`].
pub const MAX_IN_VAIN: u32 = 5;
/// When looks in vain are forgotten.
const WINDOW: Duration = Duration::from_secs(60);
/// Of so many users a process remembers what it saw: each takes 4 KB at most, most take a tenth of it.
const MAX_USERS: usize = 4_000;

/// What is remembered of users.
#[derive(Debug)]
pub struct Walks(BoundedCache<(AppKey, UserId), Walk>);

impl Default for Walks {
    fn default() -> Self {
        Self(BoundedCache::new(MAX_USERS))
    }
}

/// What is remembered of one user.
#[derive(Debug, Clone)]
struct Walk {
    /// up to here only these wait, of those that no group points to
    up_to: MessageId,
    waiting: BTreeSet<MessageId>,
    /// looks since then that found nothing, or did not end yet, or never will
    in_vain: u32,
    since: Timestamp,
}

/// What a look showed.
pub(super) struct Seen {
    /// behind which message it began
    pub(super) after: MessageId,
    /// everything up to here was looked at; `None` if that is not sure
    pub(super) up_to: Option<MessageId>,
    /// what waits, of those messages that no group points to
    pub(super) waiting: BTreeSet<MessageId>,
    /// whether something was found that was looked for
    pub(super) found: bool,
}

/// What is known of ids without a look.
pub(super) struct Known {
    /// of messages that wait
    pub(super) waiting: BTreeSet<MessageId>,
    /// to be looked for
    pub(super) unknown: BTreeSet<MessageId>,
    /// behind which message to look
    pub(super) after: MessageId,
    /// whether too many looks were in vain
    pub(super) exhausted: bool,
}

impl Walks {
    /// Tells which of the ids are to be looked for. That look counts as one in vain from now on, since it may fail, or be cut off; where it
    /// finds something, [`Self::remember`] takes it back.
    pub(super) fn begin(&self, whose: AppUser<'_>, ids: BTreeSet<MessageId>, now: Timestamp) -> Known {
        let mut walks = self.0.lock();
        let new = Walk { up_to: MessageId::MIN, waiting: BTreeSet::new(), in_vain: 0, since: now };
        let walk = walks.get_or_insert_mut(key(whose), || new);
        if !(walk.since..walk.since.plus(WINDOW)).contains(&now) {
            (walk.in_vain, walk.since) = (0, now);
        }
        let known = Known {
            waiting: ids.intersection(&walk.waiting).copied().collect(),
            unknown: ids.into_iter().filter(|id| *id > walk.up_to && !walk.waiting.contains(id)).collect(),
            after: walk.up_to,
            exhausted: walk.in_vain >= MAX_IN_VAIN,
        };
        walk.in_vain += u32::from(!known.exhausted && !known.unknown.is_empty());
        known
    }

    /// Remembers what a look showed.
    pub(super) fn remember(&self, whose: AppUser<'_>, seen: Seen) {
        let mut walks = self.0.lock();
        let Some(walk) = walks.get_mut(&key(whose)) else {
            return;
        };
        walk.in_vain = walk.in_vain.saturating_sub(u32::from(seen.found));
        // What lies below `after` may have been forgotten, and of more than are kept some would be lost.
        let waiting: BTreeSet<MessageId> = walk.waiting.union(&seen.waiting).copied().collect();
        if let Some(up_to) = seen.up_to.filter(|_| seen.after <= walk.up_to && waiting.len() <= MAX_OF_GROUPS) {
            walk.up_to = walk.up_to.max(up_to);
            walk.waiting = waiting;
        }
    }
}

fn key(whose: AppUser<'_>) -> (AppKey, UserId) {
    (whose.app.clone(), whose.user.clone())
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests {
    use std::ops::Range;

    use super::*;
    use crate::testing::sample;

    const NOW: Timestamp = Timestamp::from_millis(1_768_467_600_000);

    fn ids(numbers: Range<u64>) -> BTreeSet<MessageId> {
        numbers.map(|number| MessageId::of_group(NOW.plus(Duration::from_millis(number)), 7)).collect()
    }

    fn up_to(number: u64) -> Option<MessageId> {
        ids(number..number + 1).first().copied()
    }

    /// What is unknown of ids after such a look.
    fn unknown(walks: &Walks, whose: AppUser<'_>, seen: Seen, asked: Range<u64>) -> BTreeSet<MessageId> {
        walks.begin(whose, BTreeSet::new(), NOW);
        walks.remember(whose, seen);
        walks.begin(whose, ids(asked), NOW).unknown
    }

    #[test]
    fn of_more_messages_than_are_kept_none_is_taken_for_one_that_does_not_wait() {
        let (walks, app, user) = (Walks::default(), sample::app_key("acme#chat"), sample::user("ann"));
        let whose = AppUser { app: &app, user: &user };
        let first = Seen { after: MessageId::MIN, up_to: up_to(199), waiting: ids(0..150), found: true };
        assert_eq!(unknown(&walks, whose, first, 0..200), BTreeSet::new());
        let after = up_to(199).unwrap();
        let second = Seen { after, up_to: up_to(299), waiting: ids(200..260), found: true };
        assert_eq!(unknown(&walks, whose, second, 0..300), ids(200..300), "they are looked for again");
        assert_eq!(walks.begin(whose, ids(0..200), NOW).waiting, ids(0..150));
    }

    #[test]
    fn a_look_whose_beginning_was_forgotten_moves_nothing() {
        let (walks, app, user) = (Walks::default(), sample::app_key("acme#chat"), sample::user("ann"));
        let whose = AppUser { app: &app, user: &user };
        let seen = Seen { after: up_to(99).unwrap(), up_to: up_to(199), waiting: ids(100..150), found: false };
        assert_eq!(unknown(&walks, whose, seen, 0..200), ids(0..200));
    }
}
