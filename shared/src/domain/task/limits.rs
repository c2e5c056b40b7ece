//! How many tasks an app may have, and how long they are stored.

use std::{collections::BTreeSet, time::Duration};

use super::Task;
use crate::domain::{id::TaskId, invalid::Invalid, time::Timestamp, zone::TimeZone};

const DAY: Duration = Duration::from_secs(86_400);

/// Maximum tasks that an app creates within [`NEW_TASKS_WINDOW`]. Source: Easemob, "send push notifications".
pub const MAX_NEW_TASKS: usize = 3;
/// The time in which an app creates that many tasks. Source: the same page.
pub const NEW_TASKS_WINDOW: Duration = Duration::from_secs(300);
/// Maximum tasks of an app that have not ended.
pub const MAX_OPEN_TASKS: usize = 100;
/// Minimum time between the creation of a scheduled task and its start. Source: the same page.
pub const MIN_AHEAD: Duration = Duration::from_secs(3600);
/// Maximum time between the creation of a scheduled task and its start. Source: the same page.
pub const MAX_AHEAD: Duration = DAY.saturating_mul(30);
/// Time after its start in which a task must end. Then it is cancelled.
pub const MAX_TASK_LIFE: Duration = DAY.saturating_mul(30);
/// Time for which an ended task is shown.
pub const TASK_RETENTION: Duration = DAY.saturating_mul(30);
/// Time after its creation for which the rows of a task are stored. Every task has ended and is forgotten by then.
pub const TASK_ROWS_RETENTION: Duration = DAY.saturating_mul(91);

/// The newest tasks of an app, and those that have not ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskRoom {
    /// when the newest were created
    pub created: Vec<Timestamp>,
    /// those that have not ended
    pub open: BTreeSet<TaskId>,
}

/// An app must not create another task now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoom {
    /// it created too many in a short time
    TooMany,
    /// too many have not ended
    Full,
}

impl TaskRoom {
    /// Returns the room after the creation of a task.
    pub fn with(&self, id: TaskId, now: Timestamp) -> Result<Self, NoRoom> {
        let mut room = self.clone();
        room.created.retain(|at| now.since(*at) < NEW_TASKS_WINDOW);
        // The rows of older tasks have expired, whatever became of them.
        room.open.retain(|id| now.since(id.created_at()) < TASK_ROWS_RETENTION);
        if room.created.len() >= MAX_NEW_TASKS {
            return Err(NoRoom::TooMany);
        }
        if room.open.len() >= MAX_OPEN_TASKS {
            return Err(NoRoom::Full);
        }
        room.created.push(now);
        room.open.insert(id);
        Ok(room)
    }
}

/// Parses the time at which an app wants a task to start.
pub fn parse_start(text: &str, zone: &TimeZone, now: Timestamp) -> Result<Timestamp, Invalid> {
    const FIELD: &str = "startDate";
    let start = zone.instant(text).ok_or_else(|| Invalid::new(FIELD, "must be a time as yyyy-MM-dd HH:mm:ss"))?;
    if (now.plus(MIN_AHEAD)..=now.plus(MAX_AHEAD)).contains(&start) {
        return Ok(start);
    }
    let rule = format!("must be 1 hour to 30 days ahead, in the app's time zone {}", zone.name());
    Err(Invalid::new(FIELD, rule))
}

impl Task {
    /// Returns when its row may go.
    pub fn expires_at(&self) -> Timestamp {
        self.ended_at.map_or_else(|| self.id.created_at().plus(TASK_ROWS_RETENTION), |at| at.plus(TASK_RETENTION))
    }

    /// Returns whether an app that was created then has this task, and may see it. A task of an earlier app with the
    /// same name is never shown or walked.
    pub fn is_of(&self, app_created_at: Timestamp, now: Timestamp) -> bool {
        self.id.created_at() >= app_created_at && now < self.expires_at()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        instant::Strategy,
        task::{AskedState, Audience, NewTask},
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
    fn a_task_is_shown_to_its_app_and_until_a_month_after_its_end() {
        let running = task(None);
        assert!(running.is_of(NOW, NOW) && !running.is_of(later(Duration::from_millis(1)), later(HOUR)));
        let ended = running.asked(AskedState::Cancelled, later(HOUR)).unwrap();
        let gone = later(HOUR).plus(TASK_RETENTION);
        assert!(ended.is_of(NOW, gone.minus(Duration::from_millis(1))) && !ended.is_of(NOW, gone));
    }

    #[test]
    fn an_app_creates_so_many_tasks_within_some_minutes() {
        let with = |room: TaskRoom, number: u128, at| room.with(TaskId::new(at, number), at);
        let mut room = TaskRoom::default();
        for number in 0..3 {
            room = with(room, number, NOW).unwrap();
        }
        assert_eq!(with(room.clone(), 3, later(NEW_TASKS_WINDOW - Duration::from_millis(1))), Err(NoRoom::TooMany));
        assert_eq!(with(room, 3, later(NEW_TASKS_WINDOW)).unwrap().created, [later(NEW_TASKS_WINDOW)]);
    }

    #[test]
    fn an_app_has_so_many_tasks_that_have_not_ended_and_expired_ones_do_not_count() {
        let open = (0..MAX_OPEN_TASKS).map(|number| TaskId::new(NOW, number as u128)).collect();
        let room = TaskRoom { created: Vec::new(), open };
        assert_eq!(room.with(TaskId::new(NOW, 1000), later(HOUR)), Err(NoRoom::Full));
        let new = TaskId::new(later(TASK_ROWS_RETENTION), 1000);
        assert_eq!(room.with(new, later(TASK_ROWS_RETENTION)).unwrap().open, [new].into());
    }

    #[test]
    fn a_start_is_an_hour_to_thirty_days_ahead_in_the_app_s_zone() {
        let zone = TimeZone::parse("Asia/Shanghai").unwrap();
        let parse = |text: &str| parse_start(text, &zone, NOW).map_err(|invalid| invalid.to_string());
        // NOW is 2026-01-15 17:00:00 there.
        assert_eq!(parse("2026-01-15 18:00:00"), Ok(later(HOUR)));
        assert_eq!(parse("2026-02-14 17:00:00"), Ok(later(MAX_AHEAD)));
        let ahead = Err("startDate must be 1 hour to 30 days ahead, in the app's time zone Asia/Shanghai".to_owned());
        assert_eq!(parse("2026-01-15 17:59:59"), ahead);
        assert_eq!(parse("2026-02-14 17:00:01"), ahead);
        assert_eq!(parse("tomorrow"), Err("startDate must be a time as yyyy-MM-dd HH:mm:ss".to_owned()));
    }
}
