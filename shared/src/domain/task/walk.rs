//! Where a task stands among its users.
//!
//! A page of users is begun, pushed, and ended. A begun page is stored before anybody of it is pushed to, so after a
//! crash the same users are pushed to again, under the same ids.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Task, TaskState};
use crate::domain::{
    directory::Shard,
    id::{MessageId, UserId},
    message::{Content, MAX_ID_AGE, MAX_PUSH_TTL, OFFLINE_RETENTION},
    time::Timestamp,
};

/// Maximum ids of a page, see [`BegunPage::ids`].
const MAX_IDS: usize = 8;
/// Maximum users of a page.
pub const MAX_PAGE_USERS: usize = 500;
/// The least users of a page, so that a slow task costs few writes for each user.
const MIN_PAGE_USERS: usize = 25;
/// For how many seconds of pushes a page suffices.
const PAGE_SECONDS: usize = 5;
/// Age from which on a begun page may be repeated: whoever began it cannot store rows any more, because their id is too
/// old, and its last requests are over.
const REPEATED_FROM: Duration = Duration::from_secs(MAX_ID_AGE.as_secs() + 10);

/// Where a task stands among its users. It walks the shards of the directory in their order, and a shard in the order
/// of its users. A page may span several shards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// how many pages have ended
    pub step: u64,
    /// where the next page begins, or what is left of the begun page; the start, once the task has ended
    pub place: Place,
    /// how many users were walked
    pub done: u64,
    /// the page that was begun and has not ended
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<BegunPage>,
    /// when the next page begins, as the app's rate asks for; not before
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// when the task was last changed
    pub changed_at: Timestamp,
}

/// A place among the users.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// the shard
    pub shard: Shard,
    /// the users who sort after this one follow; `None` for the beginning of the shard
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<UserId>,
}

impl Place {
    /// The beginning of the walk.
    pub const START: Self = Self { shard: Shard::FIRST, after: None };

    /// Returns the place behind a user.
    pub fn behind(user: &UserId) -> Self {
        Self { shard: Shard::of(user), after: Some(user.clone()) }
    }
}

/// A page that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BegunPage {
    /// ids of its messages, the newest last: one for all users. Rows of the offline store are only written under fresh
    /// ids, so a page that is repeated gets one more, for the users without a row
    pub ids: Vec<MessageId>,
    /// where it ends, or `None` if it reaches to the last user
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Place>,
}

impl BegunPage {
    /// Returns its newest id.
    pub fn newest(&self) -> Option<MessageId> {
        self.ids.last().copied()
    }

    /// Returns whether the users without a row need a new id. Rows outside the offline store may be written late, but
    /// not after they would have expired.
    pub fn needs_id(&self, content: &Content, now: Timestamp) -> bool {
        self.newest().is_none_or(|newest| match content.is_beside_store() {
            true => now.since(newest.accepted_at()) >= OFFLINE_RETENTION.saturating_sub(MAX_PUSH_TTL),
            false => !newest.is_fresh(now),
        })
    }
}

impl Walk {
    /// Returns a walk that has not begun.
    pub fn new(now: Timestamp) -> Self {
        Self { step: 0, place: Place::START, done: 0, page: None, due_at: None, changed_at: now }
    }
}

/// Returns how many users a page has under this setting.
pub fn page_users(pushes_per_second: u32) -> usize {
    let users = usize::try_from(pushes_per_second).unwrap_or(MAX_PAGE_USERS).saturating_mul(PAGE_SECONDS);
    users.clamp(MIN_PAGE_USERS, MAX_PAGE_USERS)
}

/// Returns how long so many users take under this setting.
pub fn time_for(users: u64, pushes_per_second: u32) -> Duration {
    Duration::from_millis(users.saturating_mul(1000) / u64::from(pushes_per_second.max(1)))
}

impl Task {
    /// Returns when the next page may begin, or when the begun page may be repeated.
    pub fn next_due_at(&self) -> Timestamp {
        match (&self.walk.page, self.walk.due_at) {
            (Some(_), _) => self.walk.changed_at.plus(REPEATED_FROM),
            (None, Some(due_at)) => due_at,
            (None, None) => self.walk.changed_at,
        }
    }

    /// Returns the task with a begun page that ends at this place.
    pub fn begin_page(&self, msg_id: MessageId, end: Option<Place>, now: Timestamp) -> Self {
        let mut task = self.changed(now);
        task.walk.page = Some(BegunPage { ids: vec![msg_id], end });
        task
    }

    /// Returns the task whose begun page somebody repeats under the same ids.
    pub fn claim_page(&self, now: Timestamp) -> Self {
        self.changed(now)
    }

    /// Returns whether another version of the task is in the same page, at the same place.
    pub fn is_in_same_page(&self, other: &Self) -> bool {
        let (own, other) = (&self.walk, &other.walk);
        own.page.is_some() && (own.step, &own.place, &own.page) == (other.step, &other.place, &other.page)
    }

    /// Returns the task with one more id of its begun page. Of the former ids it keeps those in `used`, under which
    /// somebody has a row: nobody is sought under the others. So only a page whose rows were interrupted
    /// again and again has too many, and drops the oldest.
    pub fn renew_page(&self, used: &[MessageId], msg_id: MessageId, now: Timestamp) -> Self {
        let mut task = self.changed(now);
        if let Some(page) = &mut task.walk.page {
            page.ids.retain(|id| used.contains(id));
            page.ids.push(msg_id);
            if page.ids.len() > MAX_IDS {
                page.ids.remove(0);
            }
        }
        task
    }

    /// Returns the task after the first `users` users of its begun page, the last of whom stands before `place`. A page
    /// grows when many users join while it waits to be repeated.
    pub fn advance_page(&self, users: u64, place: Place, now: Timestamp) -> Self {
        let mut task = self.changed(now);
        task.walk.place = place;
        task.walk.done += users;
        task
    }

    /// Returns the task after its begun page, which had `users` users. The next one begins at `due_at`. A task that was
    /// paused or cancelled meanwhile stays so; a paused one is done after its last page.
    pub fn end_page(&self, users: u64, due_at: Timestamp, now: Timestamp) -> Self {
        let mut task = self.changed(now);
        let walk = &mut task.walk;
        walk.step += 1;
        walk.done += users;
        walk.due_at = Some(due_at);
        match walk.page.take().and_then(|page| page.end) {
            Some(end) => walk.place = end,
            None => return task.done(now),
        }
        task.without_place()
    }

    /// Returns the task that has nobody left to walk, because its label was deleted.
    pub fn without_users(&self, now: Timestamp) -> Self {
        let mut task = self.changed(now);
        task.walk.page = None;
        task.done(now)
    }

    fn done(self, now: Timestamp) -> Self {
        let done = match self.state {
            TaskState::Cancelled => self,
            _ => Self { state: TaskState::Done, ended_at: Some(now), ..self },
        };
        done.without_place()
    }

    /// Returns the task without its place, if it has ended. The place names a user, who may be erased. It is still
    /// needed while a begun page is pushed.
    pub(super) fn without_place(mut self) -> Self {
        if self.state.has_ended() && self.walk.page.is_none() {
            self.walk.place = Place::START;
        }
        self
    }
}
