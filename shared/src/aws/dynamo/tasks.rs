//! Tasks in the table `Runtime`: all tasks of an app under one partition key. A task has a row of its own, which is
//! replaced as a whole, and a second one with its content.

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    operation::query::QueryOutput,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};

use super::{
    RuntimeTable,
    content::{CONTENT, pack, unpack},
    item::{Item, ItemReader, VERSION, json, number, row, text},
    own::{put_check, unless_own},
    store_error,
    writes::{puts, updates},
};
use crate::{
    domain::{
        id::{AppKey, TaskId},
        message::Content,
        task::{TASK_ROWS_RETENTION, Task},
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        tasks::{ChangeTask, ListTasks, ReadTask, ReadTaskContent},
    },
};

/// Attribute with the task.
const TASK: &str = "task";
/// Beginning of the sort keys of tasks.
const TASKS: &str = "t#";
/// Sorts behind every id.
const END: &str = "~";
/// Condition that the row has the version before the new one.
const IS_BEFORE: &str = "#version = :before";

#[async_trait]
impl ReadTask for RuntimeTable {
    async fn task(&self, app: &AppKey, id: TaskId) -> Result<Option<Task>, StoreError> {
        self.row(task_key(app, id)).await?.map(|item| read_task(&item)).transpose()
    }
}

#[async_trait]
impl ReadTaskContent for RuntimeTable {
    async fn task_content(&self, app: &AppKey, id: TaskId) -> Result<Option<Content>, StoreError> {
        self.row(content_key(app, id)).await?.map(|item| unpack(&item)).transpose()
    }
}

#[async_trait]
impl ChangeTask for RuntimeTable {
    async fn change_task(&self, app: &AppKey, task: &Task) -> Result<bool, StoreError> {
        let changed =
            if task.state.has_ended() { self.end_task(app, task).await } else { self.replace_task(app, task).await };
        match changed {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl ListTasks for RuntimeTable {
    async fn tasks(&self, app: &AppKey, before: Option<TaskId>, most: usize) -> Result<Vec<Task>, StoreError> {
        let (mut tasks, mut next) = (Vec::new(), None);
        loop {
            // `before` belongs to the range, but not to the answer.
            let asked = most - tasks.len() + usize::from(before.is_some());
            let found = self.task_page(app, before, next, asked).await?;
            let readable = found.items().iter().filter_map(|item| {
                let unreadable =
                    |error: &StoreError| tracing::error!(%app, error = error.chain(), "the row of a task is skipped");
                read_task(item).inspect_err(unreadable).ok()
            });
            tasks.extend(readable.filter(|task| Some(task.id) != before));
            next = found.last_evaluated_key;
            if next.is_none() || tasks.len() >= most {
                tasks.truncate(most);
                return Ok(tasks);
            }
        }
    }
}

impl RuntimeTable {
    /// Reads a page of the tasks up to `before`, the newest first.
    async fn task_page(
        &self,
        app: &AppKey,
        before: Option<TaskId>,
        start: Option<Item>,
        most: usize,
    ) -> Result<QueryOutput, StoreError> {
        let last = before.map_or_else(|| END.to_owned(), |before| before.to_string());
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", text(tasks_pk(app)))
            .expression_attribute_values(":first", text(TASKS))
            .expression_attribute_values(":last", text(format!("{TASKS}{last}")))
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .consistent_read(true);
        query.send().await.map_err(store_error)
    }

    /// Returns a row, strongly consistent.
    pub(super) async fn row(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let get = self.0.client.get_item().table_name(&self.0.name).set_key(Some(key)).consistent_read(true);
        Ok(get.send().await.map_err(store_error)?.item)
    }

    async fn replace_task(&self, app: &AppKey, task: &Task) -> Result<(), StoreError> {
        let item = task_row(app, task)?;
        let put = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(item.clone()))
            .condition_expression(IS_BEFORE)
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":before", version(task.version.saturating_sub(1)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        unless_own(put.send().await.map(drop), put_check, |found| *found == item)
    }

    /// Replaces the task, and makes room for another one of the app.
    async fn end_task(&self, app: &AppKey, task: &Task) -> Result<(), StoreError> {
        let own = self
            .0
            .put_of(task_row(app, task)?)
            .condition_expression(IS_BEFORE)
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":before", version(task.version.saturating_sub(1)));
        let room = self
            .0
            .update_of(room_key(app))
            .update_expression("SET expires_at = :end DELETE #open :id ADD #version :one")
            .expression_attribute_names("#open", OPEN)
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":id", AttributeValue::Ss(vec![task.id.to_string()]))
            .expression_attribute_values(":end", expiry(task.walk.changed_at))
            .expression_attribute_values(":one", number(1));
        self.0.transact(vec![puts(own)?, updates(room)?]).await
    }
}

// ---- rows ----

/// Attribute with the ids of tasks that have not ended, in the row of the app's room.
pub(super) const OPEN: &str = "open";

/// Returns the partition key of everything about an app's tasks.
pub(super) fn tasks_pk(app: &AppKey) -> String {
    format!("tasks#{app}")
}

fn task_key(app: &AppKey, id: TaskId) -> Item {
    row(tasks_pk(app), format!("{TASKS}{id}"))
}

fn content_key(app: &AppKey, id: TaskId) -> Item {
    row(tasks_pk(app), format!("c#{id}"))
}

/// Returns the key of the row that says how many tasks the app may still have.
pub(super) fn room_key(app: &AppKey) -> Item {
    row(tasks_pk(app), "room")
}

/// Returns when a row that was written at this time has expired.
pub(super) fn expiry(at: Timestamp) -> AttributeValue {
    number(at.plus(TASK_ROWS_RETENTION).as_seconds())
}

fn version(version: u64) -> AttributeValue {
    AttributeValue::N(version.to_string())
}

/// Returns the row of a task.
pub(super) fn task_row(app: &AppKey, task: &Task) -> Result<Item, StoreError> {
    let mut item = task_key(app, task.id);
    item.insert(TASK.into(), json(task)?);
    item.insert(VERSION.into(), version(task.version));
    item.insert("expires_at".into(), number(task.expires_at().as_seconds()));
    Ok(item)
}

/// Returns the row with a task's content.
pub(super) fn content_row(app: &AppKey, id: TaskId, content: &Content) -> Result<Item, StoreError> {
    let mut item = content_key(app, id);
    item.insert(CONTENT.into(), pack(content)?);
    item.insert("expires_at".into(), expiry(id.created_at()));
    Ok(item)
}

fn read_task(item: &Item) -> Result<Task, StoreError> {
    ItemReader(item).json(TASK)
}
