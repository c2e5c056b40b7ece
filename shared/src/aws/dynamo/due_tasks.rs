//! The list of tasks for `run-schedule`, in the table `Runtime`: one row for each, under the time at which it is due.

use async_trait::async_trait;

use super::{
    RuntimeTable,
    item::{Item, ItemReader, corrupt, row, text},
    store_error,
    tasks::expiry,
    writes::{deletes, puts},
};
use crate::{
    domain::{
        id::{AppKey, TaskId},
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        tasks::{DueTask, FindDueTasks},
    },
};

/// Partition of the list.
const DUE: &str = "due-tasks";
/// Sorts behind every app.
const END: &str = "#~";

#[async_trait]
impl FindDueTasks for RuntimeTable {
    async fn due_tasks(&self, now: Timestamp, most: usize) -> Result<Vec<DueTask>, StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND sk < :end")
            .expression_attribute_values(":pk", text(DUE))
            .expression_attribute_values(":end", text(format!("{}{END}", due_key(now))))
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .consistent_read(true);
        let found = query.send().await.map_err(store_error)?;
        let readable = found.items().iter().filter_map(|item| {
            // A row of a newer version stays for its function.
            read_due(item).inspect_err(|error| tracing::warn!(error = error.chain(), "a due task is unreadable")).ok()
        });
        Ok(readable.collect())
    }

    async fn postpone_task(&self, task: &DueTask, until: Timestamp) -> Result<bool, StoreError> {
        let read = self.0.delete_of(key(task)).condition_expression("attribute_exists(pk)");
        let later = DueTask { due_at: until, ..task.clone() };
        match self.0.transact(vec![deletes(read)?, puts(self.0.put_of(due_row(&later)))?]).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn unlist_task(&self, task: &DueTask) -> Result<(), StoreError> {
        let delete = self.0.client.delete_item().table_name(&self.0.name).set_key(Some(key(task)));
        delete.send().await.map(drop).map_err(store_error)
    }
}

/// Returns a time with a fixed number of digits, so that keys sort by it.
fn due_key(due: Timestamp) -> String {
    format!("{:013}", due.as_millis().max(0))
}

fn key(task: &DueTask) -> Item {
    row(DUE, format!("{}#{}#{}", due_key(task.due_at), task.app, task.id))
}

/// Returns the row of a task in the list.
pub(super) fn due_row(task: &DueTask) -> Item {
    let mut item = key(task);
    item.insert("expires_at".into(), expiry(task.due_at));
    item
}

fn read_due(item: &Item) -> Result<DueTask, StoreError> {
    let place = || corrupt("sk");
    let (due, rest) = ItemReader(item).text("sk")?.split_once('#').ok_or_else(place)?;
    let (app, id) = rest.rsplit_once('#').ok_or_else(place)?;
    Ok(DueTask {
        due_at: Timestamp::from_millis(due.parse().map_err(|_| place())?),
        app: AppKey::parse(app).map_err(|_| place())?,
        id: TaskId::parse(id).map_err(|_| place())?,
    })
}
