//! Where a task stands among its users.
//!
//! A page of users is begun, pushed, and ended. A begun page is stored before anybody of it is pushed to, so after a
//! crash the same users are pushed to again, under the same ids.

use serde::{Deserialize, Serialize};

use super::{Task, TaskState};
use crate::domain::{
    directory::Shard,
    id::{MessageId, UserId},
    time::Timestamp,
};

/// Maximum ids of a page, see [`BegunPage::ids`].
const MAX_IDS: usize = 8;

/// Where a task stands among its users. It walks the shards of the directory in their order, and a shard in the order
/// of its users. A page may span several shards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// how many pages have ended
    pub step: u64,
    /// where the next page begins
    pub place: Place,
    /// how many users were walked
    pub done: u64,
    /// the page that was begun and has not ended
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<BegunPage>,
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

/// A page that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BegunPage {
    /// ids of its messages, the newest last: one for all users. Rows are only written under fresh ids, so a page that
    /// is repeated late gets one more, for the users without a row
    pub ids: Vec<MessageId>,
    /// where it ends, or `None` if it reaches to the last user
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Place>,
}

/// The end of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WalkEnd {
    /// more users follow
    More,
    /// every user is walked
    All,
}

impl Walk {
    /// Returns a walk that has not begun.
    pub fn new(now: Timestamp) -> Self {
        let place = Place { shard: Shard::FIRST, after: None };
        Self { step: 0, place, done: 0, page: None, changed_at: now }
    }
}

impl Task {
    /// Returns the task with a begun page that ends at this place.
    pub fn begin_page(&self, msg_id: MessageId, end: Option<Place>, now: Timestamp) -> Self {
        let mut task = self.changed(now);
        task.walk.page = Some(BegunPage { ids: vec![msg_id], end });
        task
    }

    /// Returns the task with one more id of its begun page.
    pub fn renew_page(&self, msg_id: MessageId, now: Timestamp) -> Self {
        let mut task = self.changed(now);
        if let Some(page) = &mut task.walk.page {
            page.ids.push(msg_id);
            if page.ids.len() > MAX_IDS {
                page.ids.remove(0);
            }
        }
        task
    }

    /// Returns the task after its begun page, which had `users` users. A task that was paused or cancelled meanwhile
    /// stays so.
    pub fn end_page(&self, users: u64, now: Timestamp) -> (Self, WalkEnd) {
        let mut task = self.changed(now);
        let walk = &mut task.walk;
        walk.step += 1;
        walk.done += users;
        if let Some(end) = walk.page.take().and_then(|page| page.end) {
            walk.place = end;
            return (task, WalkEnd::More);
        }
        match task.state {
            TaskState::Cancelled => (task, WalkEnd::All),
            _ => (Self { state: TaskState::Done, ended_at: Some(now), ..task }, WalkEnd::All),
        }
    }
}
