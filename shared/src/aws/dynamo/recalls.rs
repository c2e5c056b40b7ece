//! Recalls in the table `Messages`. A recalled message keeps its row, for its trace. A row beside it says that it was
//! recalled.
//!
//! The key is that of an earlier version's acknowledgement. So readers of every version leave such a message out of the
//! timeline of its user or its group. An instant push that waits for nobody has the same mark, and stays in the
//! timeline of such pushes.

use async_trait::async_trait;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;

use super::{
    BATCH_KEYS, MessagesTable,
    group_messages::read_records,
    item::{Item, ItemReader, group_pk, message_pk, number, row, text, user_pk},
    messages::{expiry, instant_key},
    store_error,
    timelines::{MESSAGE, OLDER_ACK},
};
use crate::{
    domain::{
        id::{AppKey, MessageId},
        message::Receiver,
        recall::MessageTarget,
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        recalls::{ReadRecalls, ReadRecords, RecallMessage, RecordsChunk},
    },
};

const RECALLED_AT: &str = "recalled_at";
/// Prefix of the sort keys of a group message's records, and the end of those keys: `$` follows `#`.
const RECORDS: &str = "t#";
const RECORDS_END: &str = "t$";
/// Rows that one read takes. A row has up to a page of receivers.
const ROWS_AT_ONCE: i32 = 2;

#[async_trait]
impl RecallMessage for MessagesTable {
    async fn recall(
        &self,
        app: &AppKey,
        to: &MessageTarget,
        msg_id: MessageId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        if !self.is_there(app, to, msg_id).await? {
            return Ok(false);
        }
        let mut item = row(partition(app, to), mark(msg_id));
        item.insert(RECALLED_AT.into(), number(at.as_millis()));
        item.insert("expires_at".into(), expiry(msg_id));
        let put = self.0.client.put_item().table_name(&self.0.name).set_item(Some(item));
        match put.condition_expression("attribute_not_exists(pk)").send().await {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(true),
            Err(error) => Err(store_error(error)),
        }
    }
}

impl MessagesTable {
    /// Returns whether there is such a message, or an instant push that waits for nobody.
    async fn is_there(&self, app: &AppKey, to: &MessageTarget, msg_id: MessageId) -> Result<bool, StoreError> {
        if self.item(row(partition(app, to), format!("{MESSAGE}{msg_id}"))).await?.is_some() {
            return Ok(true);
        }
        let MessageTarget::User(user) = to else { return Ok(false) };
        let receiver = Receiver { user: user.clone(), msg_id };
        Ok(self.item(instant_key(app, &receiver)).await?.is_some())
    }
}

#[async_trait]
impl ReadRecalls for MessagesTable {
    async fn recalled(
        &self,
        app: &AppKey,
        messages: &[(MessageTarget, MessageId)],
    ) -> Result<Vec<Option<Timestamp>>, StoreError> {
        let keys: Vec<Item> = messages.iter().map(|(to, msg_id)| row(partition(app, to), mark(*msg_id))).collect();
        let mut found = Vec::with_capacity(keys.len());
        for keys in keys.chunks(BATCH_KEYS) {
            let marks = self.0.items(keys).await?;
            // An earlier version's acknowledgement has no such time.
            found.extend(marks.iter().map(|item| ItemReader(item.as_ref()?).optional_time(RECALLED_AT)));
        }
        Ok(found)
    }
}

#[async_trait]
impl ReadRecords for MessagesTable {
    async fn records(&self, app: &AppKey, msg_id: MessageId, after: Option<&str>) -> Result<RecordsChunk, StoreError> {
        // `~` sorts after the key itself, so the query leaves the row out.
        let first = after.map_or_else(|| RECORDS.to_owned(), |after| format!("{after}~"));
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", text(message_pk(app, msg_id)))
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":last", text(RECORDS_END))
            .limit(ROWS_AT_ONCE)
            .consistent_read(true);
        let found = query.send().await.map_err(store_error)?;
        let rest = found.last_evaluated_key.and_then(|key| key.get("sk").and_then(|sk| sk.as_s().ok().cloned()));
        let mut records = Vec::new();
        for item in found.items.unwrap_or_default() {
            match read_records(std::slice::from_ref(&item)) {
                Ok(read) => records.extend(read),
                Err(error) => {
                    tracing::error!(message.id = %msg_id, error = error.chain(), "records of a message cannot be read");
                }
            }
        }
        Ok(RecordsChunk { records, rest })
    }
}

// ---- rows ----

fn partition(app: &AppKey, to: &MessageTarget) -> String {
    match to {
        MessageTarget::User(user) => user_pk(app, user),
        MessageTarget::Group(group) => group_pk(app, group),
    }
}

fn mark(msg_id: MessageId) -> String {
    format!("{MESSAGE}{msg_id}{OLDER_ACK}")
}
