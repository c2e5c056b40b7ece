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
//! | `limits` | how many an app may have, and for how long |

mod counts;
mod limits;
mod state;
mod walk;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::{
    id::{LabelName, TaskId},
    instant::Strategy,
    push_label::LabelKey,
    time::Timestamp,
};

pub use self::{
    counts::TaskCounts,
    limits::{
        MAX_AHEAD, MAX_NEW_TASKS, MAX_OPEN_TASKS, MAX_TASK_LIFE, MIN_AHEAD, NEW_TASKS_WINDOW, NoRoom, TASK_RETENTION,
        TASK_ROWS_RETENTION, TaskRoom, parse_start,
    },
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

impl Audience {
    /// Returns the name of the label, if it is for the users of one.
    pub fn label(&self) -> Option<&LabelName> {
        match self {
            Self::Everyone => None,
            Self::Label(label) => Some(&label.name),
        }
    }
}

/// A task to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// its id
    pub id: TaskId,
    /// whom it is for
    pub audience: Audience,
    /// the title of the push
    pub title: String,
    /// which channels may carry the push
    pub strategy: Strategy,
    /// when it starts; `None` for at once
    pub starts_at: Option<Timestamp>,
}

impl Task {
    /// Returns the first version of a task.
    pub fn new(new: NewTask, now: Timestamp) -> Self {
        let NewTask { id, audience, title, strategy, starts_at } = new;
        let state = if starts_at.is_some() { TaskState::Scheduled } else { TaskState::Running };
        let starts_at = starts_at.unwrap_or(now);
        Self { id, audience, title, strategy, state, starts_at, ended_at: None, walk: Walk::new(now), version: 0 }
    }

    /// Returns how many users it has, once all are walked.
    pub fn total(&self) -> Option<u64> {
        (self.state == TaskState::Done).then_some(self.walk.done)
    }
}
