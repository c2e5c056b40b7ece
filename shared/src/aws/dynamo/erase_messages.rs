//! Removal of a user's rows from the table `Messages`. Each sort key holds the message's id, and the id holds the time.
//! A range of keys therefore leaves newer rows out, without a condition on each row.

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

/// The ranges of sort keys: where each begins, and the prefix before the message id. The first begins with the mark of
/// earlier versions, `acked`.
const KINDS: [(&str, &str); 5] = [("acked", "k#"), ("m#", "m#"), ("p#", "p#"), ("r#", "r#"), ("t#", "t#")];
/// Prefix of the sort keys of messages, and a key that sorts after all of them.
const MESSAGE: &str = "m#";
const MESSAGES_END: &str = "m#~";
/// Number of characters of a message id that hold its time.
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
            // `~` sorts after every character of an id and of its suffixes.
            let last = format!("{kind}{time}~");
            let (keys, more) = self.keys(&user_pk(app, user), (first, &last), room).await?;
            room = room.saturating_sub(keys.len());
            self.0.delete_all(keys).await?;
            if more || room == 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn erase_group_messages(&self, app: &AppKey, group: &GroupId, most: usize) -> Result<bool, StoreError> {
        let (keys, more) = self.keys(&group_pk(app, group), ("", "~"), most).await?;
        self.0.delete_all(keys).await?;
        Ok(more)
    }
}

impl MessagesTable {
    /// Returns up to `most` keys of a partition, from `first` to `last`, and whether more may follow. Reads eventually
    /// consistent, at half the price: an erasure sweeps again and finds the newest rows.
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

/// Returns the first characters of message ids of this time.
fn time_of(at: Timestamp) -> String {
    MessageId::new(at, 0).to_string().chars().take(TIME_CHARS).collect()
}
