//! Tasks, their counts, and pushes that wait for their broadcast, in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use async_trait::async_trait;

use super::{MemoryRuntime, lock};
use crate::{
    domain::{
        id::{AppKey, StoredPushId, TaskId},
        instant::{MAX_STORED_PUSHES, StoredPush},
        message::Content,
        statistics::Day,
        task::{Task, TaskCounts, TaskRoom},
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        tasks::{
            ChangeTask, CountTaskPushes, CreateTask, DueTask, EraseTasks, FindDueTasks, ListTasks, ReadTask,
            ReadTaskContent, ReadTaskCounts, ReservePage, StorePushes, TaskCreation,
        },
    },
};

/// What is stored about tasks.
#[derive(Debug, Default)]
pub(super) struct AllTasks {
    apps: BTreeMap<AppKey, OfApp>,
    due: BTreeSet<DueTask>,
}

#[derive(Debug, Default)]
struct OfApp {
    tasks: BTreeMap<TaskId, Task>,
    contents: BTreeMap<TaskId, Content>,
    counts: BTreeMap<TaskId, TaskCounts>,
    room: TaskRoom,
    reserved: Option<Timestamp>,
    pushes: BTreeMap<StoredPushId, StoredPush>,
}

impl OfApp {
    fn rows(&self) -> usize {
        self.tasks.len() + self.contents.len() + self.counts.len() + self.pushes.len()
    }

    /// Removes up to `most` rows.
    fn erase(&mut self, most: usize) {
        for _ in 0..most {
            let gone = self.tasks.pop_first().is_some()
                || self.contents.pop_first().is_some()
                || self.counts.pop_first().is_some()
                || self.pushes.pop_first().is_some();
            if !gone {
                return;
            }
        }
    }
}

impl MemoryRuntime {
    fn of_app<T>(&self, app: &AppKey, work: impl FnOnce(&mut OfApp) -> T) -> T {
        work(lock(&self.tasks).apps.entry(app.clone()).or_default())
    }

    /// Returns how many rows of tasks an app has, expired or not.
    pub fn task_rows(&self, app: &AppKey) -> usize {
        self.of_app(app, |of| of.rows())
    }

    /// Returns all tasks that are listed for `run-schedule`.
    pub fn listed_tasks(&self) -> Vec<DueTask> {
        lock(&self.tasks).due.iter().cloned().collect()
    }
}

#[async_trait]
impl ReadTask for MemoryRuntime {
    async fn task(&self, app: &AppKey, id: TaskId) -> Result<Option<Task>, StoreError> {
        self.faults.before("task").await?;
        self.faults.read("task", app.as_str())?;
        Ok(self.of_app(app, |of| of.tasks.get(&id).cloned()))
    }
}

#[async_trait]
impl ReadTaskContent for MemoryRuntime {
    async fn task_content(&self, app: &AppKey, id: TaskId) -> Result<Option<Content>, StoreError> {
        self.faults.before("task_content").await?;
        Ok(self.of_app(app, |of| of.contents.get(&id).cloned()))
    }
}

#[async_trait]
impl ChangeTask for MemoryRuntime {
    async fn change_task(&self, app: &AppKey, task: &Task) -> Result<bool, StoreError> {
        self.faults.before("change_task").await?;
        let changed = self.of_app(app, |of| {
            let stored = of.tasks.get_mut(&task.id).filter(|stored| stored.version + 1 == task.version);
            let Some(stored) = stored else { return false };
            stored.clone_from(task);
            if task.state.has_ended() {
                of.room.open.remove(&task.id);
            }
            true
        });
        self.faults.after("change_task")?;
        Ok(changed)
    }
}

#[async_trait]
impl CreateTask for MemoryRuntime {
    async fn create_task(&self, app: &AppKey, task: &Task, content: &Content) -> Result<TaskCreation, StoreError> {
        self.faults.before("create_task").await?;
        let creation = self.of_app(app, |of| {
            if of.tasks.contains_key(&task.id) {
                return TaskCreation::Exists;
            }
            match of.room.with(task.id, task.walk.changed_at) {
                Err(refused) => return TaskCreation::NoRoom(refused),
                Ok(room) => of.room = room,
            }
            of.tasks.insert(task.id, task.clone());
            of.contents.insert(task.id, content.clone());
            of.counts.insert(task.id, TaskCounts::default());
            TaskCreation::Created
        });
        if creation == TaskCreation::Created {
            lock(&self.tasks).due.insert(DueTask { due_at: task.starts_at, app: app.clone(), id: task.id });
        }
        self.faults.after("create_task")?;
        Ok(creation)
    }
}

#[async_trait]
impl ListTasks for MemoryRuntime {
    async fn tasks(&self, app: &AppKey, before: Option<TaskId>, most: usize) -> Result<Vec<Task>, StoreError> {
        self.faults.before("tasks").await?;
        let earlier = |id: &TaskId| before.is_none_or(|before| *id < before);
        Ok(self
            .of_app(app, |of| of.tasks.values().rev().filter(|task| earlier(&task.id)).take(most).cloned().collect()))
    }
}

#[async_trait]
impl FindDueTasks for MemoryRuntime {
    async fn due_tasks(&self, now: Timestamp, most: usize) -> Result<Vec<DueTask>, StoreError> {
        self.faults.before("due_tasks").await?;
        Ok(lock(&self.tasks).due.iter().take_while(|task| task.due_at <= now).take(most).cloned().collect())
    }

    async fn postpone_task(&self, task: &DueTask, until: Timestamp) -> Result<bool, StoreError> {
        self.faults.before("postpone_task").await?;
        let postponed = {
            let mut tasks = lock(&self.tasks);
            let was_listed = tasks.due.remove(task);
            if was_listed {
                tasks.due.insert(DueTask { due_at: until, ..task.clone() });
            }
            was_listed
        };
        self.faults.after("postpone_task")?;
        Ok(postponed)
    }

    async fn unlist_task(&self, task: &DueTask) -> Result<(), StoreError> {
        self.faults.before("unlist_task").await?;
        lock(&self.tasks).due.remove(task);
        self.faults.after("unlist_task")
    }
}

#[async_trait]
impl CountTaskPushes for MemoryRuntime {
    async fn add_task_counts(&self, app: &AppKey, id: TaskId, counts: &TaskCounts) -> Result<(), StoreError> {
        self.faults.before("add_task_counts").await?;
        self.of_app(app, |of| {
            let Some(sum) = of.counts.get_mut(&id) else { return };
            sum.accepted += counts.accepted;
            sum.delivered += counts.delivered;
            sum.clicked += counts.clicked;
            counts.refused.iter().for_each(|(reason, by)| *sum.refused.entry(*reason).or_default() += by);
        });
        self.faults.after("add_task_counts")
    }
}

#[async_trait]
impl ReadTaskCounts for MemoryRuntime {
    async fn task_counts(&self, app: &AppKey, id: TaskId) -> Result<TaskCounts, StoreError> {
        self.faults.before("task_counts").await?;
        Ok(self.of_app(app, |of| of.counts.get(&id).cloned().unwrap_or_default()))
    }
}

#[async_trait]
impl ReservePage for MemoryRuntime {
    async fn reserve_page(&self, app: &AppKey, now: Timestamp, length: Duration) -> Result<Timestamp, StoreError> {
        self.faults.before("reserve_page").await?;
        let begin = self.of_app(app, |of| {
            let begin = of.reserved.map_or(now, |end| end.max(now));
            of.reserved = Some(begin.plus(length));
            begin
        });
        self.faults.after("reserve_page")?;
        Ok(begin)
    }
}

#[async_trait]
impl StorePushes for MemoryRuntime {
    async fn store_push(&self, app: &AppKey, push: &StoredPush) -> Result<bool, StoreError> {
        self.faults.before("store_push").await?;
        let day = Day::of(push.id.created_at());
        let stored = self.of_app(app, |of| {
            let others = of.pushes.keys().filter(|id| Day::of(id.created_at()) == day && **id != push.id).count();
            let has_room = of.pushes.contains_key(&push.id) || others < MAX_STORED_PUSHES as usize;
            if has_room {
                of.pushes.entry(push.id).or_insert_with(|| push.clone());
            }
            has_room
        });
        self.faults.after("store_push")?;
        Ok(stored)
    }

    async fn stored_push(&self, app: &AppKey, id: StoredPushId) -> Result<Option<StoredPush>, StoreError> {
        self.faults.before("stored_push").await?;
        Ok(self.of_app(app, |of| of.pushes.get(&id).cloned()))
    }
}

#[async_trait]
impl EraseTasks for MemoryRuntime {
    async fn erase_tasks(&self, app: &AppKey, most: usize) -> Result<bool, StoreError> {
        self.faults.before("erase_tasks").await?;
        let more = self.of_app(app, |of| {
            of.erase(most);
            of.rows() > 0
        });
        if !more {
            lock(&self.tasks).apps.remove(app);
        }
        self.faults.after("erase_tasks")?;
        Ok(more)
    }
}
