//! Counts of a task's pushes in the table `Runtime`: four rows for each task, so that no row takes the writes of all
//! processes. The creation of the task writes them, and counting makes none. So made-up ids in receipts leave no rows.
//! Attribute names have one or two letters.

use async_trait::async_trait;
use aws_sdk_dynamodb::config;
use aws_smithy_types::retry::RetryConfig;

use super::{
    RuntimeTable,
    item::{Item, ItemReader, number, row},
    statistics::reason_letter,
    store_error,
    tasks::{expiry, tasks_pk},
};
use crate::{
    crypto::system::System,
    domain::{
        id::{AppKey, TaskId},
        reason::Reason,
        task::TaskCounts,
    },
    ports::{
        clock::Entropy,
        error::StoreError,
        tasks::{CountTaskPushes, ReadTaskCounts},
    },
};

/// Rows of a task. The number is part of stored keys.
const SHARDS: u8 = 4;
// Names of attributes are stored, so they must never change.
const ACCEPTED: &str = "a";
const DELIVERED: &str = "d";
const CLICKED: &str = "c";
const REFUSED: char = 'r';

#[async_trait]
impl CountTaskPushes for RuntimeTable {
    async fn add_task_counts(&self, app: &AppKey, id: TaskId, counts: &TaskCounts) -> Result<(), StoreError> {
        let shard = u8::try_from(System::default().bits() % u128::from(SHARDS)).unwrap_or_default();
        let mut update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(key(app, id, shard)))
            .condition_expression("attribute_exists(pk)");
        let mut terms = Vec::new();
        for (name, by) in figures(counts).into_iter().filter(|(_, by)| *by > 0) {
            terms.push(format!("#{name} :{name}"));
            update = update
                .expression_attribute_values(format!(":{name}"), number(i64::try_from(by).unwrap_or(i64::MAX)))
                .expression_attribute_names(format!("#{name}"), name);
        }
        if terms.is_empty() {
            return Ok(());
        }
        update = update.update_expression(format!("ADD {}", terms.join(", ")));
        // The SDK would repeat a request whose answer was lost, and count twice.
        let once = config::Builder::new().retry_config(RetryConfig::disabled());
        match update.customize().config_override(once).send().await.map_err(store_error) {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl ReadTaskCounts for RuntimeTable {
    async fn task_counts(&self, app: &AppKey, id: TaskId) -> Result<TaskCounts, StoreError> {
        let keys: Vec<Item> = (0..SHARDS).map(|shard| key(app, id, shard)).collect();
        let rows = self.0.items_as(&keys, false).await?;
        let mut sum = TaskCounts::default();
        rows.iter().flatten().for_each(|item| add_row(&mut sum, item));
        Ok(sum)
    }
}

/// Returns the rows that a new task's pushes are counted in.
pub(super) fn count_rows(app: &AppKey, id: TaskId) -> impl Iterator<Item = Item> {
    (0..SHARDS).map(move |shard| {
        let mut item = key(app, id, shard);
        item.insert("expires_at".into(), expiry(id.created_at()));
        item
    })
}

fn key(app: &AppKey, id: TaskId, shard: u8) -> Item {
    row(tasks_pk(app), format!("n#{id}#{shard}"))
}

fn refused(reason: Reason) -> String {
    format!("{REFUSED}{}", reason_letter(reason))
}

fn figures(counts: &TaskCounts) -> Vec<(String, u64)> {
    let TaskCounts { accepted, refused: failed, delivered, clicked } = counts;
    let sums = [(ACCEPTED, accepted), (DELIVERED, delivered), (CLICKED, clicked)];
    let sums = sums.into_iter().map(|(name, by)| (name.to_owned(), *by));
    sums.chain(failed.iter().map(|(reason, by)| (refused(*reason), *by))).collect()
}

/// Adds the counts of a row. A reason that only a newer version knows counts as unknown, so sums stay right.
fn add_row(sum: &mut TaskCounts, item: &Item) {
    let reader = ItemReader(item);
    for name in item.keys() {
        let by = reader.optional_number(name).and_then(|by| u64::try_from(by).ok()).unwrap_or_default();
        let count = match name.as_str() {
            ACCEPTED => &mut sum.accepted,
            DELIVERED => &mut sum.delivered,
            CLICKED => &mut sum.clicked,
            other if other.len() == 2 && other.starts_with(REFUSED) => {
                let reason = Reason::ALL.into_iter().find(|reason| refused(*reason) == other);
                sum.refused.entry(reason.unwrap_or(Reason::Unknown)).or_default()
            }
            _ => continue,
        };
        *count = count.saturating_add(by);
    }
}
