//! What a task may become.

use serde::{Deserialize, Serialize};

use super::Task;
use crate::domain::{invalid::Invalid, time::Timestamp};

/// The state of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// it waits for its start
    Scheduled,
    /// it walks its users
    Running,
    /// the app stopped it for a while
    Paused,
    /// every user is walked
    Done,
    /// the app ended it
    Cancelled,
}

impl TaskState {
    /// Returns whether no more users are walked, whatever the app asks for.
    pub const fn has_ended(self) -> bool {
        match self {
            Self::Scheduled | Self::Running | Self::Paused => false,
            Self::Done | Self::Cancelled => true,
        }
    }
}

/// A state that an app may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedState {
    /// stop for a while
    Paused,
    /// go on
    Running,
    /// end
    Cancelled,
}

impl AskedState {
    /// Parses the name in the API.
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        match name {
            "paused" => Ok(Self::Paused),
            "running" => Ok(Self::Running),
            "cancelled" => Ok(Self::Cancelled),
            _ => Err(Invalid::new("state", "must be paused, running or cancelled")),
        }
    }
}

/// The task is done or cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the task has ended")]
pub struct NotChangeable;

impl Task {
    /// Returns the task as the app asks for it. A task that goes on before its start waits for the start.
    pub fn asked(&self, state: AskedState, now: Timestamp) -> Result<Self, NotChangeable> {
        if self.state.has_ended() {
            return Err(NotChangeable);
        }
        let state = match state {
            AskedState::Paused => TaskState::Paused,
            AskedState::Running if now < self.starts_at => TaskState::Scheduled,
            AskedState::Running => TaskState::Running,
            AskedState::Cancelled => TaskState::Cancelled,
        };
        let ended_at = state.has_ended().then_some(now);
        Ok(Self { state, ended_at, ..self.changed(now) })
    }

    /// Returns the task that starts now, if it waits for its start and the start has come.
    pub fn started(&self, now: Timestamp) -> Option<Self> {
        let is_due = self.state == TaskState::Scheduled && now >= self.starts_at;
        is_due.then(|| Self { state: TaskState::Running, ..self.changed(now) })
    }

    /// Returns the next version of the task.
    pub(super) fn changed(&self, now: Timestamp) -> Self {
        let mut task = Self { version: self.version + 1, ..self.clone() };
        task.walk.changed_at = now;
        task
    }
}
