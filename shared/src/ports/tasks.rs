//! Tasks, what became of their pushes, and pushes that wait for their broadcast.

use std::time::Duration;

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    id::{AppKey, StoredPushId, TaskId},
    instant::StoredPush,
    message::Content,
    task::{NoRoom, Task, TaskCounts},
    time::Timestamp,
};

/// Reads a task.
#[async_trait]
pub trait ReadTask: Send + Sync {
    /// Returns the task, or `None` if there is none; strongly consistent. It may have expired, or be of an earlier app
    /// with the same name, see [`Task::is_of`].
    async fn task(&self, app: &AppKey, id: TaskId) -> Result<Option<Task>, StoreError>;
}

/// Reads what a task pushes.
#[async_trait]
pub trait ReadTaskContent: Send + Sync {
    /// Returns the content that all receivers share; strongly consistent.
    async fn task_content(&self, app: &AppKey, id: TaskId) -> Result<Option<Content>, StoreError>;
}

/// Changes a task.
#[async_trait]
pub trait ChangeTask: ReadTask {
    /// Replaces the version before `task` by `task`. Returns `false` if the task has another version by now, or is gone.
    /// A task that has ended makes room for another one of the app.
    async fn change_task(&self, app: &AppKey, task: &Task) -> Result<bool, StoreError>;
}

/// Creates tasks.
#[async_trait]
pub trait CreateTask: Send + Sync {
    /// Creates a task with its content, and lists it for `run-schedule` at its start. Creating it again changes nothing.
    async fn create_task(&self, app: &AppKey, task: &Task, content: &Content) -> Result<TaskCreation, StoreError>;
}

/// The result of a task's creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskCreation {
    /// the task is created
    Created,
    /// an earlier try created it
    Exists,
    /// the app must not create another one now
    NoRoom(NoRoom),
}

/// Lists tasks of an app.
#[async_trait]
pub trait ListTasks: Send + Sync {
    /// Returns up to `most` tasks that were created before `before`, the newest first; strongly consistent. As
    /// [`ReadTask::task`] it may return tasks that the app must not see. It skips a task whose row cannot be read, and
    /// logs it.
    async fn tasks(&self, app: &AppKey, before: Option<TaskId>, most: usize) -> Result<Vec<Task>, StoreError>;
}

/// Finds the tasks that need `run-schedule`: every task until it ends, each at its own time.
#[async_trait]
pub trait FindDueTasks: Send + Sync {
    /// Returns up to `most` tasks that are due, those that have been due for longest first.
    async fn due_tasks(&self, now: Timestamp, most: usize) -> Result<Vec<DueTask>, StoreError>;

    /// Makes a task due at a later time. Returns `false` if another call did so since it was read, or unlisted it.
    async fn postpone_task(&self, task: &DueTask, until: Timestamp) -> Result<bool, StoreError>;

    /// Removes a task that has ended or is gone.
    async fn unlist_task(&self, task: &DueTask) -> Result<(), StoreError>;
}

/// A task that needs `run-schedule`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueTask {
    /// when
    pub due_at: Timestamp,
    /// the app
    pub app: AppKey,
    /// its id
    pub id: TaskId,
}

/// Counts the pushes of a task.
#[async_trait]
pub trait CountTaskPushes: Send + Sync {
    /// Adds counts, unless there is no such task: its id may be made up, or its app is deleted. It tries once, because
    /// a retry could count twice.
    async fn add_task_counts(&self, app: &AppKey, id: TaskId, counts: &TaskCounts) -> Result<(), StoreError>;
}

/// Reads what became of a task's pushes.
#[async_trait]
pub trait ReadTaskCounts: Send + Sync {
    /// Returns the counts of a task.
    async fn task_counts(&self, app: &AppKey, id: TaskId) -> Result<TaskCounts, StoreError>;
}

/// Spreads the pages of an app's tasks over time.
#[async_trait]
pub trait ReservePage: Send + Sync {
    /// Reserves `length` for a page, after all that is reserved for the app. Returns when it begins, not before `now`.
    async fn reserve_page(&self, app: &AppKey, now: Timestamp, length: Duration) -> Result<Timestamp, StoreError>;
}

/// Stores pushes for broadcasts.
#[async_trait]
pub trait StorePushes: Send + Sync {
    /// Stores a push. Storing it again changes nothing. Returns `false` if the app stored
    /// [`MAX_STORED_PUSHES`](crate::domain::instant::MAX_STORED_PUSHES) others on that day.
    async fn store_push(&self, app: &AppKey, push: &StoredPush) -> Result<bool, StoreError>;

    /// Returns a push, or `None` if there is none; strongly consistent. It may have expired, or be of an earlier app
    /// with the same name, see [`StoredPush::is_of`].
    async fn stored_push(&self, app: &AppKey, id: StoredPushId) -> Result<Option<StoredPush>, StoreError>;
}

/// Removes what tasks store about an app.
#[async_trait]
pub trait EraseTasks: Send + Sync {
    /// Removes up to `most` rows: tasks with their contents and counts, and stored pushes. Returns `true` if more may be
    /// left. `run-schedule` unlists the tasks.
    async fn erase_tasks(&self, app: &AppKey, most: usize) -> Result<bool, StoreError>;
}
