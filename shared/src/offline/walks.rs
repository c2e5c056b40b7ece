//! Remembers, in one process, earlier searches for ids that point to no group of the user.
//!
//! Such an id is of a message that an earlier version stored, or of no message of the user. No message is stored under
//! an old id. So an id that a search did not find never waits, and one that was found needs no second search. Only ids
//! younger than the last search remain. A user may have few fruitless searches a minute for them.

use std::{collections::BTreeSet, time::Duration};

use super::view::AppUser;
use crate::{
    cache::BoundedCache,
    domain::{
        ack::MAX_OF_GROUPS,
        id::{AppKey, MessageId, UserId},
        time::Timestamp,
    },
    ports::names::NoPort,
};

/// Maximum fruitless searches for one user within `WINDOW`.
pub const MAX_IN_VAIN: u32 = 5;
/// Time for which a fruitless search counts.
const WINDOW: Duration = Duration::from_secs(60);
/// Maximum users that a process remembers. One user takes at most 4 KB, most take a tenth of it.
const MAX_USERS: usize = 4_000;

/// The earlier searches of all users.
#[derive(Debug)]
pub struct Walks(BoundedCache<(AppKey, UserId), Walk>);

impl NoPort for Walks {}

impl Default for Walks {
    fn default() -> Self {
        Self(BoundedCache::new(MAX_USERS))
    }
}

/// The earlier searches of one user.
#[derive(Debug, Clone)]
struct Walk {
    /// up to this message, `waiting` has every waiting message that points to no group
    up_to: MessageId,
    waiting: BTreeSet<MessageId>,
    /// searches since then that found nothing, have not ended, or never will
    in_vain: u32,
    since: Timestamp,
}

/// Result of a search.
pub(super) struct Seen {
    /// the search began after this message
    pub(super) after: MessageId,
    /// everything up to this message was read; `None` if that is uncertain
    pub(super) up_to: Option<MessageId>,
    /// the waiting messages that point to no group
    pub(super) waiting: BTreeSet<MessageId>,
    /// whether the search found an id that it looked for
    pub(super) found: bool,
}

/// Facts about ids that are known without a search.
pub(super) struct Known {
    /// ids of waiting messages
    pub(super) waiting: BTreeSet<MessageId>,
    /// ids to search for
    pub(super) unknown: BTreeSet<MessageId>,
    /// search after this message
    pub(super) after: MessageId,
    /// whether the user had too many fruitless searches
    pub(super) exhausted: bool,
}

impl Walks {
    /// Returns which ids to search for. The search counts as fruitless from now on, because it may fail or time out. If
    /// it finds something, [`Self::remember`] takes the count back.
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

    /// Remembers what a search found.
    pub(super) fn remember(&self, whose: AppUser<'_>, seen: Seen) {
        let mut walks = self.0.lock();
        let Some(walk) = walks.get_mut(&key(whose)) else {
            return;
        };
        walk.in_vain = walk.in_vain.saturating_sub(u32::from(seen.found));
        // Entries before `after` may have been dropped, and entries above the maximum would be lost.
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

    /// Returns which of the asked ids remain unknown after such a search.
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
