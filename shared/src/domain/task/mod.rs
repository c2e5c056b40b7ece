//! Tasks: instant pushes to all users of an app, or to the users of a label.
//!
//! A task walks its users in pages. It is stored as a whole, and every change of it replaces the version that was read.
//! So of two functions that change it at once, one must read it again.
//!
//! | file | holds |
//! |---|---|
//! | `state` | what a task may become |
//! | `walk` | where it stands among its users |
//! | `counts` | what became of its pushes |

mod counts;
mod state;
mod walk;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::{id::TaskId, instant::Strategy, push_label::LabelKey, time::Timestamp};

pub use self::{
    counts::TaskCounts,
    state::{AskedState, NotChangeable, TaskState},
    walk::{BegunPage, MAX_PAGE_USERS, Place, Walk, page_users, time_for},
};

/// A push to many users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// its id
    pub id: TaskId,
    /// whom it is for
    pub audience: Audience,
    /// the title of the push, for lists of tasks
    pub title: String,
    /// which channels may carry the push
    pub strategy: Strategy,
    /// its state
    pub state: TaskState,
    /// when it starts, or started
    pub starts_at: Timestamp,
    /// when it was done or cancelled
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// where it stands among its users
    pub walk: Walk,
    /// how often it was changed
    pub version: u64,
}

/// The users that a task is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// all users of the app
    Everyone,
    /// the users who have a label when the task walks them
    Label(LabelKey),
}

impl Task {
    /// Returns how many users it has, once all are walked.
    pub fn total(&self) -> Option<u64> {
        (self.state == TaskState::Done).then_some(self.walk.done)
    }
}
