//! Events for apps' servers that wait for a later try, or that could not be delivered, in the table `Runtime`.
//!
//! The sort key of an event that waits begins with its due time. That of an event that only the app can have sent again
//! begins with a letter, and so sorts after them.

use async_trait::async_trait;

use super::{
    RuntimeTable,
    batch_writes::{delete_request, put_request},
    callback_endpoints,
    item::{Item, ItemReader, corrupt, json, number, row, text},
    store_error,
};
use crate::{
    domain::{callback::schedule::STORED, hash::fnv_1a, id::AppKey, time::Timestamp},
    ports::{
        callbacks::{
            EraseCallbacks, ListCallbacks, RemoveCallbacks, StoreCallbacks, StoredCallback, TakeCallbacks, WaitingApp,
        },
        error::StoreError,
    },
};

/// Partitions of an app's events, so that a long outage makes no hot key.
const SHARDS: u64 = 4;
/// Partition of the list of apps with events.
const WAITING: &str = "callbacks";
/// Beginning of the sort keys of events that only the app can have sent again.
const NEVER_DUE: &str = "x#";
/// Sorts before every due time.
const FIRST: &str = "0";
/// Sorts after every due time.
const AFTER_DUE: &str = "a";

#[async_trait]
impl StoreCallbacks for RuntimeTable {
    async fn list_waiting(&self, app: &AppKey, now: Timestamp) -> Result<(), StoreError> {
        let mut item = row(WAITING, app.as_str());
        item.insert("listed_at".into(), number(now.as_millis()));
        item.insert("expires_at".into(), number(now.plus(STORED).as_seconds()));
        let put = self.0.client.put_item().table_name(&self.0.name).set_item(Some(item));
        put.send().await.map(drop).map_err(store_error)
    }

    async fn store_callbacks(
        &self,
        app: &AppKey,
        callbacks: &[StoredCallback],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let put = |one: &StoredCallback| {
            let mut item = key(app, one);
            item.insert("event".into(), json(&one.event)?);
            item.insert("expires_at".into(), number(one.due.unwrap_or(now).plus(STORED).as_seconds()));
            put_request(item)
        };
        self.0.write_all(&callbacks.iter().map(put).collect::<Result<Vec<_>, StoreError>>()?).await
    }
}

#[async_trait]
impl TakeCallbacks for RuntimeTable {
    async fn waiting_apps(&self, now: Timestamp) -> Result<Vec<WaitingApp>, StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(WAITING));
        let rows = super::all_rows(query).await?;
        let living = rows.iter().map(ItemReader).filter(|row| !row.has_expired(now));
        living
            .map(|row| Ok(WaitingApp { app: row.parsed("sk", AppKey::parse)?, listed_at: row.time("listed_at")? }))
            .collect()
    }

    async fn due_callbacks(
        &self,
        app: &AppKey,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<StoredCallback>, StoreError> {
        // TTL deletes late, so events that expired may still sort before those that are due.
        let first = due_key(now.minus(STORED));
        // A key of this very millisecond sorts behind its time.
        let last = due_key(now.plus(std::time::Duration::from_millis(1)));
        let of_shard = most.div_ceil(usize::try_from(SHARDS).unwrap_or(1));
        let keys = Some((first.as_str(), last.as_str()));
        let reads = (0..SHARDS).map(|shard| self.events(partition(app, shard), keys, of_shard, true));
        let shards: Vec<(Vec<Item>, bool)> = futures::future::try_join_all(reads).await?;
        Ok(living(shards.iter().flat_map(|(items, _)| items), now))
    }

    async fn has_waiting(&self, app: &AppKey) -> Result<bool, StoreError> {
        let reads = (0..SHARDS).map(|shard| self.events(partition(app, shard), Some((FIRST, AFTER_DUE)), 1, true));
        Ok(futures::future::try_join_all(reads).await?.iter().any(|(items, _)| !items.is_empty()))
    }

    async fn unlist_waiting(&self, app: &WaitingApp) -> Result<(), StoreError> {
        let delete = self
            .0
            .client
            .delete_item()
            .table_name(&self.0.name)
            .set_key(Some(row(WAITING, app.app.as_str())))
            .condition_expression("listed_at = :seen")
            .expression_attribute_values(":seen", number(app.listed_at.as_millis()));
        match delete.send().await.map_err(store_error) {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl RemoveCallbacks for RuntimeTable {
    async fn remove_callbacks(&self, app: &AppKey, callbacks: &[StoredCallback]) -> Result<(), StoreError> {
        let delete = |one: &StoredCallback| delete_request(key(app, one));
        self.0.write_all(&callbacks.iter().map(delete).collect::<Result<Vec<_>, StoreError>>()?).await
    }
}

#[async_trait]
impl ListCallbacks for RuntimeTable {
    async fn stored_callbacks(
        &self,
        app: &AppKey,
        now: Timestamp,
        most: usize,
    ) -> Result<(Vec<StoredCallback>, bool), StoreError> {
        let of_shard = most.div_ceil(usize::try_from(SHARDS).unwrap_or(1));
        let reads = (0..SHARDS).map(|shard| self.events(partition(app, shard), None, of_shard, false));
        let shards = futures::future::try_join_all(reads).await?;
        let more = shards.iter().any(|(_, more)| *more);
        Ok((living(shards.iter().flat_map(|(items, _)| items), now), more))
    }
}

#[async_trait]
impl EraseCallbacks for RuntimeTable {
    async fn erase_callbacks(&self, app: &AppKey, most: usize) -> Result<bool, StoreError> {
        let of_shard = most.div_ceil(usize::try_from(SHARDS).unwrap_or(1));
        let reads = (0..SHARDS).map(|shard| self.events(partition(app, shard), None, of_shard, false));
        let shards = futures::future::try_join_all(reads).await?;
        let more = shards.iter().any(|(_, more)| *more);
        let own_key = |item: Item| item.into_iter().filter(|(name, _)| name == "pk" || name == "sk").collect();
        let mut keys: Vec<Item> = shards.into_iter().flat_map(|(items, _)| items).map(own_key).collect();
        if !more {
            keys.extend([callback_endpoints::key(app), row(WAITING, app.as_str())]);
        }
        self.0.delete_all(keys).await?;
        Ok(more)
    }
}

impl RuntimeTable {
    /// Returns up to `most` rows of a partition, and whether more may follow: all, or those whose keys sort between two.
    async fn events(
        &self,
        pk: String,
        keys: Option<(&str, &str)>,
        most: usize,
        strong: bool,
    ) -> Result<(Vec<Item>, bool), StoreError> {
        let mut rows = Vec::new();
        let mut from = None;
        while rows.len() < most {
            let query = self
                .0
                .client
                .query()
                .table_name(&self.0.name)
                .expression_attribute_values(":pk", text(&pk))
                .consistent_read(strong)
                .limit(i32::try_from(most - rows.len()).unwrap_or(i32::MAX))
                .set_exclusive_start_key(from.take());
            let query = match keys {
                None => query.key_condition_expression("pk = :pk"),
                Some((first, last)) => query
                    .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                    .expression_attribute_values(":first", text(first))
                    .expression_attribute_values(":last", text(last)),
            };
            let found = query.send().await.map_err(store_error)?;
            rows.extend(found.items.unwrap_or_default());
            from = found.last_evaluated_key;
            if from.is_none() {
                return Ok((rows, false));
            }
        }
        Ok((rows, true))
    }
}

fn partition(app: &AppKey, shard: u64) -> String {
    format!("callback#{app}#{shard}")
}

/// Returns a due time with a fixed number of digits, so that keys sort by it.
fn due_key(due: Timestamp) -> String {
    format!("{:013}", due.as_millis().max(0))
}

fn key(app: &AppKey, one: &StoredCallback) -> Item {
    let shard = fnv_1a(one.id.bytes()) % SHARDS;
    let sk = match one.due {
        Some(due) => format!("{}#{}", due_key(due), one.id),
        None => format!("{NEVER_DUE}{}", one.id),
    };
    row(partition(app, shard), sk)
}

/// Returns the readable events of rows that have not expired. An unreadable row of a newer version stays for its
/// function.
fn living<'a>(items: impl Iterator<Item = &'a Item>, now: Timestamp) -> Vec<StoredCallback> {
    let read = |item: &Item| {
        let reader = ItemReader(item);
        let (due, id) = reader.text("sk")?.split_once('#').ok_or_else(|| corrupt("sk"))?;
        let due = due.parse().ok().map(Timestamp::from_millis);
        Ok::<_, StoreError>(StoredCallback { id: id.to_owned(), due, event: reader.json("event")? })
    };
    let living = items.filter(|item| !ItemReader(item).has_expired(now));
    let readable = living.filter_map(|item| {
        read(item).inspect_err(|error| tracing::warn!(error = error.chain(), "a stored callback is unreadable")).ok()
    });
    readable.collect()
}
