//! The walk of a task: each record of the queue pushes one page of users, and queues the next page.
//!
//! The task itself says where it stands. So a record that comes twice, or too late, does nothing. A page that crashed is
//! repeated by a record that comes later. If none is left, `run-schedule` queues one.

use std::time::Duration;

use shared::{
    domain::{
        retry::DISPATCH,
        task::{Task, TaskState},
        time::Timestamp,
    },
    lambda::deadline::Deadline,
    ports::{apps::AppConfig, error::StoreError, queue::TaskJob},
};

use crate::{
    dispatch::{Dispatch, FINISH, PUT_BACK},
    walk_page::PageWalk,
};

/// Maximum attempts of a record. `run-schedule` queues another one for a task that stands still.
const MAX_ATTEMPTS: u32 = 6;

impl Dispatch {
    /// Pushes the next page of a task. Returns `false` if SQS must redeliver the record.
    pub(crate) async fn walk_task(&self, job: TaskJob, deadline: Deadline) -> bool {
        let next = match deadline.leaving(FINISH).wait(self.task_step(&job)).await {
            Some(Ok(next)) => next,
            failed => self.retried_task(&job, failed.and_then(Result::err)),
        };
        let Some(next) = next else {
            return true;
        };
        let delay = next.not_before.map_or(Duration::ZERO, |at| at.since(self.ports.clock.now()));
        let queued = deadline.leaving(PUT_BACK).wait(self.ports.walk.queue.queue_task(&next, delay)).await;
        matches!(queued, Some(Ok(())))
    }

    /// Returns the record for another try, unless there were too many.
    fn retried_task(&self, job: &TaskJob, error: Option<StoreError>) -> Option<TaskJob> {
        let attempts = job.attempts + 1;
        let is_corrupt = matches!(error, Some(StoreError::Corrupt(_)));
        let error = error.map_or_else(|| "no time was left".to_owned(), |error| error.chain());
        if attempts >= MAX_ATTEMPTS || is_corrupt {
            tracing::error!(app = %job.app, task.id = %job.task, step = job.step, error, "a task stands still");
            return None;
        }
        tracing::warn!(app = %job.app, task.id = %job.task, step = job.step, error, attempts, "a page of a task is tried again");
        let delay = DISPATCH.delay(attempts, None, self.ports.entropy.fraction());
        Some(TaskJob { attempts, not_before: Some(self.ports.clock.now().plus(delay)), ..job.clone() })
    }

    /// Returns the record that follows, if one does.
    async fn task_step(&self, job: &TaskJob) -> Result<Option<TaskJob>, StoreError> {
        let now = self.ports.clock.now();
        let later = |at: Timestamp| Ok(Some(TaskJob { not_before: Some(at), ..job.clone() }));
        if let Some(at) = job.not_before.filter(|at| now < *at) {
            return later(at);
        }
        let Some(config) = self.decider.configs.get(&job.app).await? else {
            return Ok(None);
        };
        let Some(task) = self.running_task(job, &config).await? else {
            return Ok(None);
        };
        let pushes_per_second = config.app.settings.task_pushes_per_second;
        let walk = PageWalk { dispatch: self, app: &job.app, pushes_per_second };
        let due_at = task.next_due_at();
        let walked = match &task.walk.page {
            _ if now < due_at => return later(due_at),
            None => walk.new_page(&task).await?,
            Some(page) => walk.repeated_page(&task, page).await?,
        };
        let next = walked.filter(|task| task.state == TaskState::Running);
        Ok(next.map(|task| TaskJob {
            step: task.walk.step,
            not_before: Some(task.next_due_at()),
            attempts: 0,
            ..job.clone()
        }))
    }

    /// Reads the task of a record. Returns `None` if nothing is to do: it is gone or of an earlier app of the name, it
    /// does not run, or the page of the record has ended.
    async fn running_task(&self, job: &TaskJob, config: &AppConfig) -> Result<Option<Task>, StoreError> {
        if job.task.created_at() < config.app.created_at {
            return Ok(None);
        }
        let task = self.ports.walk.tasks.task(&job.app, job.task).await?;
        Ok(task.filter(|task| task.state == TaskState::Running && task.walk.step == job.step))
    }
}
