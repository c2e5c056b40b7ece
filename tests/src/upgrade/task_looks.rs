//! Reads single rows of tasks and stored pushes.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Map;
use shared::{
    domain::{
        id::{AppKey, StoredPushId, TaskId},
        instant::{MAX_STORED_PUSHES, StoredPush, Strategy},
        task::{Audience, NewTask, Task, TaskState},
        time::Timestamp,
    },
    ports::tasks::{
        ChangeTask, CreateTask, DueTask, FindDueTasks, ListTasks, ReadTask, ReadTaskContent, ReadTaskCounts,
        ReservePage, StorePushes, TaskCreation,
    },
    testing::sample::content,
};

use super::{
    looks::{Key, Looks, shown},
    rows::Row,
};

/// More tasks than a story has.
const ALL: usize = 1000;

impl Looks<'_> {
    /// Returns what is read of a row about an app's tasks.
    pub(super) async fn tasks(&self, kind: &str, row: &Row) -> String {
        let key = Key::of(row);
        let id = key.sk.split('#').nth(1).unwrap_or_default();
        let task = || TaskId::parse(id).expect("a task's id");
        match kind {
            "tasks/t#" => self.task(&key.app, task(), row).await,
            "tasks/c#" => shown(&self.runtime.task_content(&key.app, task()).await),
            "tasks/n#" => shown(&self.runtime.task_counts(&key.app, task()).await),
            "tasks/room" => self.one_more_task(&key.app, row).await,
            "tasks/rate" => self.one_more_page(&key.app, row).await,
            "tasks/m#" => {
                let id = StoredPushId::parse(id).expect("a stored push's id");
                shown(&self.runtime.stored_push(&key.app, id).await)
            }
            "tasks/stored#" => self.one_more_stored_push(&key.app, row).await,
            other => panic!("nothing looks at {other}"),
        }
    }

    /// Returns the tasks that are due at some time.
    pub(super) async fn due_tasks(&self) -> String {
        shown(&self.runtime.due_tasks(Timestamp::from_millis(9_999_999_999_999), ALL).await)
    }

    /// Returns the task, and whether it can be changed from the version that the row has.
    async fn task(&self, app: &AppKey, id: TaskId, row: &Row) -> String {
        let stored = self.stored("runtime", row).await;
        let (read, listed) = (self.runtime.task(app, id).await, self.runtime.tasks(app, None, ALL).await);
        let version: u64 = row["version"].as_n().expect("a number").parse().expect("a version");
        let mut changed = new_task(id, self.version.story.captured_at);
        (changed.version, changed.state) = (version + 1, TaskState::Paused);
        let is_changed = self.runtime.change_task(app, &changed).await;
        self.put("runtime", stored).await;
        shown(&(read, listed, is_changed))
    }

    /// Returns whether one task more can be created, and the room after it.
    async fn one_more_task(&self, app: &AppKey, row: &Row) -> String {
        let stored = self.stored("runtime", row).await;
        let now = self.version.story.captured_at;
        let id = TaskId::new(now, 1);
        let created = self.runtime.create_task(app, &new_task(id, now), &content("one more", now)).await;
        let left = matches!(created, Ok(TaskCreation::Created)).then_some(self.stored("runtime", row).await);
        self.put("runtime", stored).await;
        self.runtime.unlist_task(&DueTask { due_at: now, app: app.clone(), id }).await.expect("a task that can go");
        for sk in [format!("t#{id}"), format!("c#{id}")] {
            self.remove("runtime", row, sk).await;
        }
        shown(&(created, left.map(|room| room_of(&room))))
    }

    /// Returns when a page begins that is asked for before all others.
    async fn one_more_page(&self, app: &AppKey, row: &Row) -> String {
        let stored = self.stored("runtime", row).await;
        let begins = self.runtime.reserve_page(app, Timestamp::from_millis(1), Duration::from_secs(1)).await;
        self.put("runtime", stored).await;
        shown(&begins)
    }

    /// Returns whether one push more can be stored, where the app has stored one less than it may beside those that the row
    /// says.
    async fn one_more_stored_push(&self, app: &AppKey, row: &Row) -> String {
        let stored = self.stored("runtime", row).await;
        let mut full = stored.clone();
        if let Some(AttributeValue::N(number)) = full.get_mut("pushes") {
            let pushes: u32 = number.parse().expect("a number of pushes");
            *number = (pushes + MAX_STORED_PUSHES - 1).to_string();
        }
        self.put("runtime", full).await;
        let id = StoredPushId::new(self.version.story.captured_at, 1);
        let is_stored = self.runtime.store_push(app, &StoredPush { id, message: Map::new() }).await;
        self.put("runtime", stored).await;
        self.remove("runtime", row, format!("m#{id}")).await;
        shown(&is_stored)
    }
}

/// Returns the times of creation, the open tasks and the version, in a stable order.
fn room_of(row: &Row) -> String {
    let open: BTreeSet<&String> = row["open"].as_ss().expect("a set").iter().collect();
    shown(&(&row["created"], open, &row["version"]))
}

fn new_task(id: TaskId, now: Timestamp) -> Task {
    let (audience, strategy) = (Audience::Everyone, Strategy::default());
    Task::new(NewTask { id, audience, title: "one more".into(), strategy, starts_at: None }, now)
}
