//! Acknowledgements in the table `Messages`. Each acknowledged message has a row, which expires with the message.
//!
//! Earlier versions wrote the row beside the message. They also wrote one mark: the message up to which everything is
//! acknowledged. Both are read until they expire.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{
    MessagesTable,
    item::{Item, ItemReader, row, text, user_pk},
    messages::expiry,
    store_error,
    timelines::{MESSAGE, OLDER_ACK},
};
use crate::{
    domain::{
        ack::OlderMark,
        id::{AppKey, MessageId, UserId},
        message::Receiver,
    },
    ports::{
        acks::{AckSpan, AcknowledgeMessages, Acks, NoteTaken, ReadAck},
        error::StoreError,
        timelines::Order,
    },
};

const ACK: &str = "k#";
/// The sort key of an earlier version's mark.
const OLDER_MARK: &str = "acked";
const OLDER_MARK_ATTRIBUTE: &str = "up_to";

#[async_trait]
impl AcknowledgeMessages for MessagesTable {
    async fn acknowledged(&self, app: &AppKey, user: &UserId, span: &AckSpan) -> Result<Acks, StoreError> {
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND sk BETWEEN :after AND :last")
            .expression_attribute_values(":pk", text(user_pk(app, user)))
            // `~` sorts after the id itself, so the query leaves the id out.
            .expression_attribute_values(":after", text(format!("{ACK}{}~", span.after)))
            .expression_attribute_values(":last", text(format!("{ACK}{}~", span.up_to)))
            .projection_expression("sk")
            .scan_index_forward(span.order == Order::OldestFirst)
            .limit(i32::try_from(span.limit).unwrap_or(i32::MAX))
            .consistent_read(true);
        let mut rows = query.into_paginator().items().send();
        let mut acks = Acks::default();
        while let Some(item) = rows.next().await {
            let id = read_key(&item.map_err(store_error)?)?;
            acks.ids.insert(id);
            if acks.ids.len() == span.limit {
                acks.rest = Some(id);
                break;
            }
        }
        Ok(acks)
    }

    async fn older_mark(&self, app: &AppKey, user: &UserId) -> Result<Option<OlderMark>, StoreError> {
        self.item(row(user_pk(app, user), OLDER_MARK)).await?.map(|item| read_mark(&item)).transpose()
    }

    async fn acknowledge(&self, app: &AppKey, user: &UserId, ids: &[MessageId]) -> Result<(), StoreError> {
        let ids: BTreeSet<&MessageId> = ids.iter().collect();
        let rows = ids.into_iter().map(|id| ack_row(app, user, *id));
        self.put_all(rows.collect(), &|| Ok(())).await
    }
}

#[async_trait]
impl NoteTaken for MessagesTable {
    async fn note_taken(&self, app: &AppKey, receiver: &Receiver) -> Result<(), StoreError> {
        self.put(ack_row(app, &receiver.user, receiver.msg_id)).await
    }
}

#[async_trait]
impl ReadAck for MessagesTable {
    async fn is_acknowledged(&self, app: &AppKey, receiver: &Receiver) -> Result<bool, StoreError> {
        let Receiver { user, msg_id } = receiver;
        let keys = [format!("{ACK}{msg_id}"), format!("{MESSAGE}{msg_id}{OLDER_ACK}"), OLDER_MARK.to_owned()];
        let mut rows = self.0.items(&keys.map(|sk| row(user_pk(app, user), sk))).await?;
        let mark = rows.remove(2).map(|item| read_mark(&item)).transpose()?;
        Ok(rows.iter().any(Option::is_some) || mark.is_some_and(|mark| mark.covers(*msg_id)))
    }
}

// ---- rows ----

fn ack_row(app: &AppKey, user: &UserId, id: MessageId) -> Item {
    let mut item = row(user_pk(app, user), format!("{ACK}{id}"));
    item.insert("expires_at".into(), expiry(id));
    item
}

fn read_key(item: &Item) -> Result<MessageId, StoreError> {
    ItemReader(item).parsed("sk", |sk| MessageId::parse(sk.strip_prefix(ACK).unwrap_or_default()))
}

fn read_mark(item: &Item) -> Result<OlderMark, StoreError> {
    ItemReader(item).parsed(OLDER_MARK_ATTRIBUTE, MessageId::parse).map(OlderMark)
}
