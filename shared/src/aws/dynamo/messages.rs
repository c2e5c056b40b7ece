//! One-to-one messages in the table `Messages`. The receiver's message is one row that never changes. The decision and
//! the delivery results share a second row, receipts a third. A write costs by the size of its whole row, so the rows
//! that change stay small.

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{AttributeValue, ReturnValue},
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    BATCH_KEYS, Table,
    batch_writes::{BATCH_ROWS, MayGoOn, PARALLEL_WRITES, put_request},
    content::{CONTENT, pack, unpack},
    item::{Item, ItemReader, binding_name, group_pk, json, number, row, user_pk},
    store_error,
    timelines::INSTANT_PUSH,
};
use crate::{
    domain::{
        decision::{Decision, RecordedDecision},
        id::{AppKey, GroupId, MessageId, UserId},
        message::{Content, OFFLINE_RETENTION, Receiver},
        outcome::DeviceOutcome,
        receipt::DeviceReceipt,
        time::Timestamp,
    },
    ports::{
        clock::Clock,
        error::StoreError,
        messages::{
            FindStored, ReadMessage, RecordDecision, RecordOutcomes, RecordReceipt, StoreMessages, StoredMessage,
            TooOld, can_have_receipts,
        },
    },
};

/// The table `Messages`.
#[derive(Debug, Clone)]
pub struct MessagesTable(pub(super) Table);

impl MessagesTable {
    /// Returns the table with this name.
    pub fn new(client: &Client, name: String) -> Self {
        Self(Table::new(client, name))
    }

    pub(super) async fn put(&self, item: Item) -> Result<(), StoreError> {
        let put = self.0.client.put_item().table_name(&self.0.name).set_item(Some(item));
        put.send().await.map(drop).map_err(store_error)
    }

    /// Writes a row, also over an existing one. Returns `false` if a row existed.
    pub(super) async fn put_as_first(&self, item: Item) -> Result<bool, StoreError> {
        let put = self.0.client.put_item().table_name(&self.0.name).set_item(Some(item));
        let put = put.return_values(ReturnValue::AllOld).send().await.map_err(store_error)?;
        Ok(put.attributes.is_none_or(|before| before.is_empty()))
    }

    /// Writes rows, also over existing ones. Calls `may_go_on` before each request.
    pub(super) async fn put_all(&self, items: Vec<Item>, may_go_on: &MayGoOn<'_>) -> Result<(), StoreError> {
        let batches: Vec<Vec<Item>> = items.chunks(BATCH_ROWS).map(<[Item]>::to_vec).collect();
        let written = stream::iter(batches).map(|batch| self.put_batch(batch, may_go_on));
        written.buffer_unordered(PARALLEL_WRITES).try_collect().await
    }

    async fn put_batch(&self, items: Vec<Item>, may_go_on: &MayGoOn<'_>) -> Result<(), StoreError> {
        self.0.write_batch(items.into_iter().map(put_request).collect::<Result<_, StoreError>>()?, may_go_on).await
    }

    async fn are_there(&self, keys: Vec<Item>) -> Result<Vec<bool>, StoreError> {
        let mut there = Vec::with_capacity(keys.len());
        for keys in keys.chunks(BATCH_KEYS) {
            there.extend(self.0.items(keys).await?.iter().map(Option::is_some));
        }
        Ok(there)
    }

    pub(super) async fn item(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let get = self.0.client.get_item().table_name(&self.0.name).set_key(Some(key)).consistent_read(true);
        Ok(get.send().await.map_err(store_error)?.item)
    }

    /// Returns an update of a row that expires together with its message.
    fn update(&self, key: Item, msg_id: MessageId) -> UpdateItemFluentBuilder {
        let update = self.0.client.update_item().table_name(&self.0.name).set_key(Some(key));
        update.expression_attribute_values(":end", expiry(msg_id))
    }

    /// Sends an update and returns the row as it was before. DynamoDB returns the row at no cost.
    async fn row_before(&self, update: UpdateItemFluentBuilder) -> Result<Item, StoreError> {
        let updated = update.return_values(ReturnValue::AllOld).send().await.map_err(store_error)?;
        Ok(updated.attributes.unwrap_or_default())
    }
}

#[async_trait]
impl StoreMessages for MessagesTable {
    async fn store(
        &self,
        app: &AppKey,
        messages: &[(&Content, &[Receiver])],
        clock: &dyn Clock,
    ) -> Result<(), StoreError> {
        // No mark is set behind instant pushes that wait for nobody, so their ids may be old.
        let waiting = messages.iter().filter(|(content, _)| !content.is_beside_store());
        let ids = waiting.flat_map(|(_, receivers)| receivers.iter().map(|receiver| receiver.msg_id));
        let oldest = ids.min();
        let in_time = || oldest.map_or(Ok(()), |oldest| TooOld::check(oldest, clock));
        let mut items: Vec<Item> = Vec::new();
        for (content, receivers) in messages {
            let packed = pack(content)?;
            for receiver in *receivers {
                let mut item = match content.is_beside_store() {
                    true => instant_key(app, receiver),
                    false => message_key(app, &receiver.user, receiver.msg_id),
                };
                item.insert(CONTENT.into(), packed.clone());
                item.insert("expires_at".into(), expiry(receiver.msg_id));
                items.push(item);
            }
        }
        match items.len() {
            0 => Ok(()),
            1 => {
                in_time()?;
                self.put(items.remove(0)).await
            }
            _ => self.put_all(items, &in_time).await,
        }
    }
}

#[async_trait]
impl FindStored for MessagesTable {
    async fn stored(&self, app: &AppKey, receivers: &[Receiver]) -> Result<Vec<bool>, StoreError> {
        let key = |receiver: &Receiver| message_key(app, &receiver.user, receiver.msg_id);
        self.are_there(receivers.iter().map(key).collect()).await
    }

    async fn stored_for_groups(
        &self,
        app: &AppKey,
        messages: &[(GroupId, MessageId)],
    ) -> Result<Vec<bool>, StoreError> {
        self.are_there(messages.iter().map(|(group, msg_id)| group_message_key(app, group, *msg_id)).collect()).await
    }
}

#[async_trait]
impl RecordDecision for MessagesTable {
    async fn record_decision(
        &self,
        app: &AppKey,
        receiver: &Receiver,
        decision: &Decision,
    ) -> Result<bool, StoreError> {
        let update = self
            .update(trace_key(app, receiver), receiver.msg_id)
            .update_expression(RECORD_DECISION)
            .expression_attribute_values(":decision", json(decision)?);
        Ok(!self.row_before(update).await?.contains_key(DECISION))
    }
}

#[async_trait]
impl RecordOutcomes for MessagesTable {
    async fn record_outcomes(
        &self,
        app: &AppKey,
        receiver: &Receiver,
        decision: &RecordedDecision,
        outcomes: &[DeviceOutcome],
    ) -> Result<Vec<bool>, StoreError> {
        let mut update = self
            .update(trace_key(app, receiver), receiver.msg_id)
            .expression_attribute_values(":decision", json(decision)?);
        let mut expression = RECORD_DECISION.to_owned();
        for (index, outcome) in outcomes.iter().enumerate() {
            expression.push_str(&format!(", #device{index} = :outcome{index}"));
            update = update
                .expression_attribute_names(format!("#device{index}"), outcome_name(outcome))
                .expression_attribute_values(format!(":outcome{index}"), json(outcome)?);
        }
        let before = self.row_before(update.update_expression(expression)).await?;
        Ok(outcomes.iter().map(|outcome| !before.contains_key(&outcome_name(outcome))).collect())
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
    ) -> Result<bool, StoreError> {
        if !can_have_receipts(receiver.msg_id, now) {
            return Ok(false);
        }
        let name = receipt_name(receipt);
        let update = self
            .update(receipts_key(app, receiver), receiver.msg_id)
            .update_expression("SET #receipt = if_not_exists(#receipt, :receipt), expires_at = :end")
            .expression_attribute_names("#receipt", &name)
            .expression_attribute_values(":receipt", json(receipt)?);
        Ok(!self.row_before(update).await?.contains_key(&name))
    }
}

/// Reader of the table with a clock, because the TTL deletes expired rows late.
#[derive(Debug, Clone)]
pub struct MessageReader<C> {
    pub(super) table: MessagesTable,
    pub(super) clock: C,
}

impl<C> MessageReader<C> {
    /// Returns a reader of the table.
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
        let receiver = Receiver { user: user.clone(), msg_id };
        let keys = [message_key(app, user, msg_id), trace_key(app, &receiver), receipts_key(app, &receiver)];
        let mut rows = self.table.0.items(&keys).await?;
        let message = match rows.remove(0) {
            None => self.table.item(instant_key(app, &receiver)).await?,
            message => message,
        };
        let Some(message) = message.filter(|item| !ItemReader(item).has_expired(self.clock.now())) else {
            return Ok(None);
        };
        let (trace, receipts) = (rows.remove(0), rows.remove(0));
        Ok(Some(StoredMessage {
            content: unpack(&message)?,
            decision: trace.as_ref().map(|item| ItemReader(item).json(DECISION)).transpose()?,
            outcomes: trace.as_ref().map(read_outcomes).transpose()?.unwrap_or_default(),
            receipts: receipts.as_ref().map(read_receipts).transpose()?.unwrap_or_default(),
        }))
    }
}

// ---- rows ----

pub(super) const DECISION: &str = "decision";
const OUTCOME: &str = "outcome#";
const RECORD_DECISION: &str = "SET decision = if_not_exists(decision, :decision), expires_at = :end";

fn outcome_name(outcome: &DeviceOutcome) -> String {
    format!("{OUTCOME}{}", binding_name(&outcome.device_id, &outcome.notifier))
}

pub(super) fn message_key(app: &AppKey, user: &UserId, msg_id: MessageId) -> Item {
    row(user_pk(app, user), format!("m#{msg_id}"))
}

/// Returns the key of an instant push that does not wait for its receiver. It stands beside the offline store, whose
/// readers do not see it.
pub(super) fn instant_key(app: &AppKey, receiver: &Receiver) -> Item {
    row(user_pk(app, &receiver.user), format!("{INSTANT_PUSH}{}", receiver.msg_id))
}

pub(super) fn group_message_key(app: &AppKey, group: &GroupId, msg_id: MessageId) -> Item {
    row(group_pk(app, group), format!("m#{msg_id}"))
}

pub(super) fn trace_key(app: &AppKey, receiver: &Receiver) -> Item {
    row(user_pk(app, &receiver.user), format!("t#{}", receiver.msg_id))
}

/// Returns the key of a message's receipts, also for a group message.
pub(super) fn receipts_key(app: &AppKey, receiver: &Receiver) -> Item {
    row(user_pk(app, &receiver.user), format!("r#{}", receiver.msg_id))
}

/// Returns the time at which all rows of a message expire.
pub(super) fn expiry(msg_id: MessageId) -> AttributeValue {
    number(msg_id.accepted_at().plus(OFFLINE_RETENTION).as_seconds())
}

const RECEIPT: &str = "receipt#";

/// Returns the attribute name of a receipt. Each receipt and delivery result is an attribute of its own instead of an
/// entry of a map, so a row needs no preparation.
fn receipt_name(receipt: &DeviceReceipt) -> String {
    format!("{RECEIPT}{}#{}", receipt.event.name(), binding_name(&receipt.device_id, &receipt.notifier))
}

pub(super) fn read_receipts(item: &Item) -> Result<Vec<DeviceReceipt>, StoreError> {
    let reader = ItemReader(item);
    let names = item.keys().filter(|name| name.starts_with(RECEIPT));
    let mut read: Vec<DeviceReceipt> = names.map(|name| reader.json(name)).collect::<Result<_, _>>()?;
    read.sort_by(|a, b| (&a.device_id, &a.notifier, a.event).cmp(&(&b.device_id, &b.notifier, b.event)));
    Ok(read)
}

pub(super) fn read_outcomes(item: &Item) -> Result<Vec<DeviceOutcome>, StoreError> {
    let reader = ItemReader(item);
    let names = item.keys().filter(|name| name.starts_with(OUTCOME));
    let mut read: Vec<DeviceOutcome> = names.map(|name| reader.json(name)).collect::<Result<_, _>>()?;
    read.sort_by(|a, b| (&a.device_id, &a.notifier).cmp(&(&b.device_id, &b.notifier)));
    Ok(read)
}
