//! Removal of a user's rows from the table `Messages`. Their sort keys hold the id of their message, and so its time: what is newer
//! stays without a condition on each row.

use async_trait::async_trait;

use super::{
    item::{Item, group_pk, text, user_pk},
    messages::MessagesTable,
    store_error,
};
use crate::{
    domain::{
        id::{AppKey, GroupId, MessageId, UserId},
        time::Timestamp,
    },
    ports::{
        erasure::{EraseMessages, KeepsMessages},
        error::StoreError,
    },
};

/// What sort keys begin with, and the message id behind it. The first range begins with the mark of older versions, `acked`.
const KINDS: [(&str, &str); 4] = [("acked", "k#"), ("m#", "m#"), ("r#", "r#"), ("t#", "t#")];
/// What the sort keys of messages begin with, and what is behind all of them.
const MESSAGE: &str = "m#";
const MESSAGES_END: &str = "m#~";
/// How many characters of a message id are its time.
const TIME_CHARS: usize = 10;

#[async_trait]
impl KeepsMessages for MessagesTable {
    async fn keeps_messages(&self, app: &AppKey, user: &UserId, since: Option<Timestamp>) -> Result<bool, StoreError> {
        let first = since.map_or(String::new(), |since| format!("{MESSAGE}{}~", time_of(since)));
        let (keys, _) = self.keys(&user_pk(app, user), (&first, MESSAGES_END), 1).await?;
        Ok(!keys.is_empty())
    }
}

#[async_trait]
impl EraseMessages for MessagesTable {
    async fn erase_messages(
        &self,
        app: &AppKey,
        user: &UserId,
        until: Timestamp,
        most: usize,
    ) -> Result<bool, StoreError> {
        let time = time_of(until);
        let mut room = most;
        for (first, kind) in KINDS {
            // `~` sorts behind every character of an id and of what stands behind one.
            let last = format!("{kind}{time}~");
            let (keys, more) = self.keys(&user_pk(app, user), (first, &last), room).await?;
            room = room.saturating_sub(keys.len());
            self.delete_all(keys).await?;
            if more || room == 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn erase_group_messages(&self, app: &AppKey, group: &GroupId, most: usize) -> Result<bool, StoreError> {
        let (keys, more) = self.keys(&group_pk(app, group), ("", "~"), most).await?;
        self.delete_all(keys).await?;
        Ok(more)
    }
}

impl MessagesTable {
    /// Up to `most` keys of a partition, from `first` to `last`, and whether more may follow. What was written within the last moment may
    /// be missing, at half the price: an erasure looks again.
    async fn keys(&self, pk: &str, (first, last): (&str, &str), most: usize) -> Result<(Vec<Item>, bool), StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .expression_attribute_values(":pk", text(pk))
            .projection_expression("pk, sk")
            .limit(i32::try_from(most).unwrap_or(i32::MAX));
        let query = match first {
            "" => query.key_condition_expression("pk = :pk"),
            first => query
                .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                .expression_attribute_values(":first", text(first))
                .expression_attribute_values(":last", text(last)),
        };
        let found = query.send().await.map_err(store_error)?;
        let more = found.last_evaluated_key.is_some();
        Ok((found.items.unwrap_or_default(), more))
    }
}

/// The time of message ids as their text begins with it.
fn time_of(at: Timestamp) -> String {
    MessageId::new(at, 0).to_string().chars().take(TIME_CHARS).collect()
}
