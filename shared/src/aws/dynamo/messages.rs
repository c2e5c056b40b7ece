//! The table `Messages`: a message of one receiver with its decision and the outcomes of its pushes, in one row.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, PutRequest, WriteRequest},
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    Table,
    item::{Item, Reader, binding_name, corrupt, json, number, row, user_pk},
    store_error,
};
use crate::{
    domain::{
        decision::Decision,
        id::{AppKey, DeviceId, MessageId, NotifierName, UserId},
        message::{Content, OFFLINE_RETENTION, Receiver},
        outcome::DeviceOutcome,
        receipt::DeviceReceipt,
        time::Timestamp,
    },
    ports::{
        clock::Clock,
        error::StoreError,
        messages::{ReadMessage, RecordDecision, RecordOutcomes, RecordReceipt, StoreMessages, StoredMessage},
    },
};

/// The most rows of one batch write.
const BATCH_ROWS: usize = 25;
/// How many requests of one call are under way at once.
const PARALLEL_WRITES: usize = 8;
/// How often rows that the table did not take are written again.
const UNPROCESSED_TRIES: u32 = 6;

/// The table `Messages`.
#[derive(Debug, Clone)]
pub struct MessagesTable(pub(super) Table);

impl MessagesTable {
    /// The table of this name.
    pub fn new(client: &Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    pub(super) async fn put_if_absent(&self, item: Item) -> Result<(), StoreError> {
        let result = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await
            .map_err(store_error);
        match result {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Puts rows, whatever stands there.
    pub(super) async fn put_all(&self, items: Vec<Item>) -> Result<(), StoreError> {
        let batches: Vec<Vec<Item>> = items.chunks(BATCH_ROWS).map(<[Item]>::to_vec).collect();
        stream::iter(batches).map(|batch| self.put_batch(batch)).buffer_unordered(PARALLEL_WRITES).try_collect().await
    }

    async fn put_batch(&self, items: Vec<Item>) -> Result<(), StoreError> {
        let mut left: Vec<WriteRequest> = items
            .into_iter()
            .map(|item| {
                let put = PutRequest::builder().set_item(Some(item)).build().map_err(StoreError::unavailable)?;
                Ok(WriteRequest::builder().put_request(put).build())
            })
            .collect::<Result<_, StoreError>>()?;
        for attempt in 0..UNPROCESSED_TRIES {
            let output =
                self.0.client.batch_write_item().request_items(&self.0.name, left).send().await.map_err(store_error)?;
            left = output.unprocessed_items.unwrap_or_default().remove(&self.0.name).unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
        }
        Err(StoreError::Throttled)
    }

    async fn get(&self, app: &AppKey, user: &UserId, msg_id: MessageId) -> Result<Option<Item>, StoreError> {
        let found = self
            .0
            .client
            .get_item()
            .table_name(&self.0.name)
            .set_key(Some(key(app, user, msg_id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(store_error)?;
        Ok(found.item)
    }
}

#[async_trait]
impl StoreMessages for MessagesTable {
    async fn store(
        &self,
        app: &AppKey,
        content: &Content,
        receivers: &[Receiver],
        maybe_stored: bool,
    ) -> Result<(), StoreError> {
        let shared = json(content)?;
        let expires_at = number(content.accepted_at.plus(OFFLINE_RETENTION).as_seconds());
        let items: Vec<Item> = receivers
            .iter()
            .map(|receiver| {
                let mut item = key(app, &receiver.user, receiver.msg_id);
                item.insert("content".into(), shared.clone());
                item.insert("outcomes".into(), AttributeValue::M(HashMap::new()));
                item.insert("expires_at".into(), expires_at.clone());
                item
            })
            .collect();
        if maybe_stored || items.len() == 1 {
            // A batch write knows no conditions: it would wipe the outcomes of a message that is stored already.
            stream::iter(items)
                .map(|item| self.put_if_absent(item))
                .buffer_unordered(PARALLEL_WRITES)
                .try_collect()
                .await
        } else {
            self.put_all(items).await
        }
    }
}

#[async_trait]
impl RecordDecision for MessagesTable {
    async fn record_decision(&self, app: &AppKey, receiver: &Receiver, decision: &Decision) -> Result<(), StoreError> {
        let result = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(key(app, &receiver.user, receiver.msg_id)))
            .update_expression("SET decision = if_not_exists(decision, :decision)")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":decision", json(decision)?)
            .send()
            .await
            .map_err(store_error);
        ignore_missing(result.map(drop))
    }
}

#[async_trait]
impl RecordOutcomes for MessagesTable {
    async fn record_outcomes(
        &self,
        app: &AppKey,
        receiver: &Receiver,
        decision: &Decision,
        outcomes: &[DeviceOutcome],
    ) -> Result<(), StoreError> {
        let mut update = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(key(app, &receiver.user, receiver.msg_id)))
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":decision", json(decision)?);
        let mut expression = "SET decision = if_not_exists(decision, :decision)".to_owned();
        for (index, outcome) in outcomes.iter().enumerate() {
            expression.push_str(&format!(", outcomes.#device{index} = :outcome{index}"));
            update = update
                .expression_attribute_names(
                    format!("#device{index}"),
                    binding_name(&outcome.device_id, &outcome.notifier),
                )
                .expression_attribute_values(format!(":outcome{index}"), json(outcome)?);
        }
        let result = update.update_expression(expression).send().await.map_err(store_error);
        ignore_missing(result.map(drop))
    }

    async fn ended(
        &self,
        app: &AppKey,
        user: &UserId,
        msg_id: MessageId,
    ) -> Result<Vec<(DeviceId, NotifierName)>, StoreError> {
        let item = self.get(app, user, msg_id).await?;
        let outcomes = item.map(|item| read_outcomes(&item)).transpose()?.unwrap_or_default();
        Ok(outcomes.into_iter().map(|outcome| (outcome.device_id, outcome.notifier)).collect())
    }
}

#[async_trait]
impl RecordReceipt for MessagesTable {
    async fn record_receipt(
        &self,
        app: &AppKey,
        receiver: &Receiver,
        receipt: &DeviceReceipt,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if receiver.msg_id.is_of_group() {
            return self.record_group_receipt(app, receiver, receipt, now).await;
        }
        let result = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(key(app, &receiver.user, receiver.msg_id)))
            .update_expression("SET #receipt = if_not_exists(#receipt, :receipt)")
            .condition_expression("expires_at > :now")
            .expression_attribute_names("#receipt", receipt_name(receipt))
            .expression_attribute_values(":receipt", json(receipt)?)
            .expression_attribute_values(":now", number(now.as_seconds()))
            .send()
            .await
            .map_err(store_error);
        ignore_missing(result.map(drop))
    }
}

/// Reads the table with a clock, because expired rows may still be there.
#[derive(Debug, Clone)]
pub struct MessageReader<C> {
    pub(super) table: MessagesTable,
    pub(super) clock: C,
}

impl<C> MessageReader<C> {
    /// A reader of the table.
    pub fn new(table: MessagesTable, clock: C) -> Self {
        Self { table, clock }
    }
}

#[async_trait]
impl<C: Clock> ReadMessage for MessageReader<C> {
    async fn message(
        &self,
        app: &AppKey,
        user: &UserId,
        msg_id: MessageId,
    ) -> Result<Option<StoredMessage>, StoreError> {
        let Some(item) = self.table.get(app, user, msg_id).await? else {
            return Ok(None);
        };
        let reader = Reader(&item);
        if reader.has_expired(self.clock.now()) {
            return Ok(None);
        }
        Ok(Some(StoredMessage {
            content: reader.json("content")?,
            decision: item.contains_key("decision").then(|| reader.json("decision")).transpose()?,
            outcomes: read_outcomes(&item)?,
            receipts: read_receipts(&item)?,
        }))
    }
}

// ---- rows ----

fn key(app: &AppKey, user: &UserId, msg_id: MessageId) -> Item {
    row(user_pk(app, user), format!("m#{msg_id}"))
}

const RECEIPT: &str = "receipt#";

/// Receipts are attributes of their own, not a map, so that rows need nothing beforehand to take one.
pub(super) fn receipt_name(receipt: &DeviceReceipt) -> String {
    format!("{RECEIPT}{}#{}", receipt.event.name(), binding_name(&receipt.device_id, &receipt.notifier))
}

pub(super) fn read_receipts(item: &Item) -> Result<Vec<DeviceReceipt>, StoreError> {
    let reader = Reader(item);
    let names = item.keys().filter(|name| name.starts_with(RECEIPT));
    let mut read: Vec<DeviceReceipt> = names.map(|name| reader.json(name)).collect::<Result<_, _>>()?;
    read.sort_by(|a, b| (&a.device_id, &a.notifier, a.event).cmp(&(&b.device_id, &b.notifier, b.event)));
    Ok(read)
}

fn read_outcomes(item: &Item) -> Result<Vec<DeviceOutcome>, StoreError> {
    let Some(AttributeValue::M(outcomes)) = item.get("outcomes") else {
        return Err(corrupt("outcomes"));
    };
    let mut read: Vec<DeviceOutcome> = outcomes
        .values()
        .map(|value| {
            value.as_s().ok().and_then(|json| serde_json::from_str(json).ok()).ok_or_else(|| corrupt("outcomes"))
        })
        .collect::<Result<_, _>>()?;
    read.sort_by(|a, b| (&a.device_id, &a.notifier).cmp(&(&b.device_id, &b.notifier)));
    Ok(read)
}

/// A message that is not stored (any more) has nothing to record.
fn ignore_missing(result: Result<(), StoreError>) -> Result<(), StoreError> {
    match result {
        Err(StoreError::Conflict) => Ok(()),
        other => other,
    }
}
