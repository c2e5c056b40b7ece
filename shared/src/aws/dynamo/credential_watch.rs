//! The walk of `watch-credentials`, in the table `Runtime`: a row, whose slice belongs to who took it last.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    RuntimeTable,
    item::{Item, ItemReader, number, row, text},
    store_error,
};
use crate::{
    domain::{credential_check::CHECKED_EVERY, id::AppKey, time::Timestamp},
    ports::{
        credential_watch::{MoveWatch, TakeWatch, WatchSlice},
        error::StoreError,
    },
};

const DUE: &str = "due";
const TAKEN: &str = "taken";
const ROUND: &str = "round";
const AFTER: &str = "after_app";
/// Time after which the TTL removes the row of a stack that watches no more.
const RETENTION: Duration = Duration::from_secs(30 * 86_400);

fn key(walk: &str) -> Item {
    row(format!("watch#{walk}"), "watch")
}

#[async_trait]
impl TakeWatch for RuntimeTable {
    async fn take_watch(&self, walk: &str, now: Timestamp, hold: Duration) -> Result<Option<WatchSlice>, StoreError> {
        // The condition of the write makes up for a read that is not strongly consistent.
        let get = self.0.client.get_item().table_name(&self.0.name).set_key(Some(key(walk)));
        let Some(stored) = get.send().await.map_err(store_error)?.item else {
            let first = WatchSlice { round: now, after: None, taken: now };
            self.put_walk(watch_row(walk, &first, None, now.plus(CHECKED_EVERY)), None).await?;
            return Ok(None);
        };
        let reader = ItemReader(&stored);
        let due = reader.time(DUE)?;
        if now < due {
            return Ok(None);
        }
        let slice = read_slice(&reader, now);
        let row = watch_row(walk, &slice, slice.after.as_ref(), now.plus(hold));
        Ok(self.put_walk(row, Some((DUE, due))).await?.then_some(slice))
    }
}

#[async_trait]
impl MoveWatch for RuntimeTable {
    async fn move_watch(
        &self,
        walk: &str,
        slice: &WatchSlice,
        after: Option<&AppKey>,
        due: Timestamp,
    ) -> Result<bool, StoreError> {
        self.put_walk(watch_row(walk, slice, after, due), Some((TAKEN, slice.taken))).await
    }
}

impl RuntimeTable {
    /// Writes the row of a walk in which this attribute has this time, or that does not exist. Returns `false` if another
    /// write came first.
    async fn put_walk(&self, row: Item, seen: Option<(&str, Timestamp)>) -> Result<bool, StoreError> {
        let put = self.0.client.put_item().table_name(&self.0.name).set_item(Some(row));
        let put = match seen {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some((attribute, at)) => put
                .condition_expression(format!("{attribute} = :seen"))
                .expression_attribute_values(":seen", number(at.as_millis())),
        };
        match put.send().await.map_err(store_error) {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Returns the slice that is taken now. A place that this version cannot read begins the round again.
fn read_slice(reader: &ItemReader<'_>, now: Timestamp) -> WatchSlice {
    let after = reader.optional_text(AFTER).and_then(|after| AppKey::parse(after).ok());
    let round = reader.optional_time(ROUND).filter(|_| after.is_some());
    WatchSlice { round: round.unwrap_or(now), after, taken: now }
}

fn watch_row(walk: &str, slice: &WatchSlice, after: Option<&AppKey>, due: Timestamp) -> Item {
    let mut item = key(walk);
    item.insert(DUE.into(), number(due.as_millis()));
    item.insert(TAKEN.into(), number(slice.taken.as_millis()));
    item.insert(ROUND.into(), number(slice.round.as_millis()));
    item.insert("expires_at".into(), number(due.plus(RETENTION).as_seconds()));
    if let Some(after) = after {
        item.insert(AFTER.into(), text(after.as_str()));
    }
    item
}
