//! What looks at all that waits have shown of ids that no group of the user's points to, in the memory of one process.
//!
//! Such an id is of a message that a version before stored, or of no message of the user's. Nothing is stored under an old id, so what a look
//! did not meet waits never. One that was met counts without a further look. What is left are ids younger than the last look: few looks a
//! minute are made for them in vain.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::view::Whose;
use crate::domain::{
    ack::MAX_OF_GROUPS,
    id::{AppKey, MessageId, UserId},
    time::Timestamp,
};

/// The most looks in vain for one user within [`WINDOW`].
pub const MAX_IN_VAIN: u32 = 5;
/// When looks in vain are forgotten.
const WINDOW: Duration = Duration::from_secs(60);
/// Of so many users a process remembers what it saw: each takes 4 KB at most, most take a tenth of it.
const MAX_USERS: usize = 4_000;

/// What is remembered of users.
#[derive(Debug, Default)]
pub struct Walks(Mutex<HashMap<(AppKey, UserId), Walk>>);

/// What is remembered of one user.
#[derive(Debug, Clone)]
struct Walk {
    /// up to here only these wait, of those that no group points to
    up_to: MessageId,
    waiting: BTreeSet<MessageId>,
    /// looks in vain since then
    in_vain: u32,
    since: Timestamp,
}

/// What a look showed.
pub(super) struct Seen {
    /// everything up to here was looked at; `None` if that is not sure
    pub(super) up_to: Option<MessageId>,
    /// what waits, of those messages that no group points to
    pub(super) waiting: BTreeSet<MessageId>,
    /// whether nothing was found that was looked for
    pub(super) in_vain: bool,
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
    /// Tells which of the ids are to be looked for.
    pub(super) fn known(&self, whose: Whose<'_>, ids: BTreeSet<MessageId>, now: Timestamp) -> Known {
        let walks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(walk) = walks.get(&key(whose)) else {
            return Known { waiting: BTreeSet::new(), unknown: ids, after: MessageId::MIN, exhausted: false };
        };
        Known {
            waiting: ids.intersection(&walk.waiting).copied().collect(),
            unknown: ids.into_iter().filter(|id| *id > walk.up_to && !walk.waiting.contains(id)).collect(),
            after: walk.up_to,
            exhausted: walk.in_vain >= MAX_IN_VAIN && (walk.since..walk.since.plus(WINDOW)).contains(&now),
        }
    }

    /// Remembers what a look showed that began at the end of what was known.
    pub(super) fn remember(&self, whose: Whose<'_>, seen: Seen, now: Timestamp) {
        let mut walks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(whose);
        if walks.len() >= MAX_USERS && !walks.contains_key(&key) {
            walks.clear();
        }
        let new = Walk { up_to: MessageId::MIN, waiting: BTreeSet::new(), in_vain: 0, since: now };
        let walk = walks.entry(key).or_insert(new);
        if let Some(up_to) = seen.up_to {
            walk.up_to = walk.up_to.max(up_to);
            walk.waiting.extend(seen.waiting);
            while walk.waiting.len() > MAX_OF_GROUPS {
                walk.waiting.pop_first();
            }
        }
        if now.since(walk.since) >= WINDOW || now < walk.since {
            (walk.in_vain, walk.since) = (0, now);
        }
        walk.in_vain += u32::from(seen.in_vain);
    }
}

fn key(whose: Whose<'_>) -> (AppKey, UserId) {
    (whose.app.clone(), whose.user.clone())
}
