//! What a task may become.

use serde::{Deserialize, Serialize};

use super::{MAX_TASK_LIFE, Task};
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
        Ok(Self { state, ended_at, ..self.changed(now) }.without_place())
    }

    /// Returns the task that starts now, if it waits for its start and the start has come.
    pub fn started(&self, now: Timestamp) -> Option<Self> {
        let is_due = self.state == TaskState::Scheduled && now >= self.starts_at;
        is_due.then(|| Self { state: TaskState::Running, ..self.changed(now) })
    }

    /// Returns the task that is cancelled, if it has not ended in time.
    pub fn overdue(&self, now: Timestamp) -> Option<Self> {
        let is_overdue = !self.state.has_ended() && now.since(self.starts_at) >= MAX_TASK_LIFE;
        let cancelled = || Self { state: TaskState::Cancelled, ended_at: Some(now), ..self.changed(now) };
        is_overdue.then(|| cancelled().without_place())
    }

    /// Returns the next version of the task.
    pub(super) fn changed(&self, now: Timestamp) -> Self {
        let mut task = Self { version: self.version + 1, ..self.clone() };
        task.walk.changed_at = now;
        task
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{
        id::TaskId,
        instant::Strategy,
        task::{Audience, NewTask},
    };

    const NOW: Timestamp = Timestamp::from_millis(1_768_467_600_000);
    const HOUR: Duration = Duration::from_secs(3600);

    fn task(starts_at: Option<Timestamp>) -> Task {
        let id = TaskId::new(NOW, 7);
        let new = NewTask {
            id,
            audience: Audience::Everyone,
            title: "Sale".into(),
            strategy: Strategy::default(),
            starts_at,
        };
        Task::new(new, NOW)
    }

    fn later(by: Duration) -> Timestamp {
        NOW.plus(by)
    }

    #[test]
    fn a_task_without_a_start_runs_and_one_with_a_start_waits_for_it() {
        assert_eq!((task(None).state, task(None).starts_at), (TaskState::Running, NOW));
        let scheduled = task(Some(later(HOUR)));
        assert_eq!(scheduled.state, TaskState::Scheduled);
        assert_eq!(scheduled.started(later(HOUR).minus(Duration::from_millis(1))), None);
        let started = scheduled.started(later(HOUR)).unwrap();
        assert_eq!((started.state, started.version, started.walk.changed_at), (TaskState::Running, 1, later(HOUR)));
        assert_eq!(started.started(later(HOUR)), None);
    }

    #[test]
    fn a_task_that_goes_on_before_its_start_waits_for_it() {
        let paused = task(Some(later(HOUR))).asked(AskedState::Paused, NOW).unwrap();
        assert_eq!(paused.started(later(HOUR)), None, "a paused task does not start");
        assert_eq!(paused.asked(AskedState::Running, NOW).unwrap().state, TaskState::Scheduled);
        assert_eq!(paused.asked(AskedState::Running, later(HOUR)).unwrap().state, TaskState::Running);
    }

    #[test]
    fn an_ended_task_stays_as_it_is() {
        let cancelled = task(None).asked(AskedState::Cancelled, later(HOUR)).unwrap();
        assert_eq!((cancelled.state, cancelled.ended_at), (TaskState::Cancelled, Some(later(HOUR))));
        for state in [AskedState::Paused, AskedState::Running, AskedState::Cancelled] {
            assert_eq!(cancelled.asked(state, later(HOUR)), Err(NotChangeable));
        }
        assert_eq!(cancelled.overdue(later(MAX_TASK_LIFE * 2)), None);
    }

    #[test]
    fn a_task_that_does_not_end_in_time_is_cancelled() {
        let paused = task(None).asked(AskedState::Paused, NOW).unwrap();
        let last = later(MAX_TASK_LIFE);
        assert_eq!(paused.overdue(last.minus(Duration::from_millis(1))), None);
        assert_eq!(
            paused.overdue(last).map(|task| (task.state, task.ended_at)),
            Some((TaskState::Cancelled, Some(last)))
        );
    }
}
