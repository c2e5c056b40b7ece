//! Acknowledgements in the table `Messages`: a row beside each message that was acknowledged by itself, which one query reads
//! together with the messages, and a row with the message up to which all are.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{
    MessagesTable,
    item::{Item, Reader, corrupt, row, text, user_pk},
    messages::expiry,
    store_error,
};
use crate::{
    domain::{
        ack::{Inbox, MAX_OFFLINE},
        id::{AppKey, MessageId, UserId},
        message::Receiver,
        time::Timestamp,
    },
    ports::{
        acks::{AcknowledgeMessages, ReadAck},
        error::StoreError,
    },
};

const MESSAGE: &str = "m#";
const ACK: &str = "#ack";
const UP_TO: &str = "acked";

#[async_trait]
impl AcknowledgeMessages for MessagesTable {
    async fn inbox(&self, app: &AppKey, user: &UserId, now: Timestamp) -> Result<Inbox, StoreError> {
        let mut inbox = Inbox::empty(now);
        if let Some(up_to) = self.up_to(app, user).await? {
            inbox.up_to = inbox.up_to.max(up_to);
        }
        // Newest first, so that the oldest are left out when there are too many.
        let query = self
            .0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND sk BETWEEN :after AND :last")
            .expression_attribute_values(":pk", text(user_pk(app, user)))
            .expression_attribute_values(":after", text(format!("{MESSAGE}{}~", inbox.up_to)))
            .expression_attribute_values(":last", text(format!("{MESSAGE}~")))
            .projection_expression("sk")
            .scan_index_forward(false)
            .consistent_read(true);
        let mut rows = query.into_paginator().items().send();
        while let Some(item) = rows.next().await {
            let (id, is_ack) = read_key(&item.map_err(store_error)?)?;
            if is_ack {
                inbox.acknowledged.insert(id);
            } else if !inbox.acknowledged.contains(&id) {
                // An acknowledgement sorts behind its message, so it was seen before.
                inbox.waiting.insert(id);
                if inbox.waiting.len() == MAX_OFFLINE {
                    break;
                }
            }
        }
        Ok(inbox)
    }

    async fn acknowledge(&self, app: &AppKey, user: &UserId, ids: &[MessageId]) -> Result<(), StoreError> {
        let ids: BTreeSet<&MessageId> = ids.iter().collect();
        let rows = ids.into_iter().map(|id| {
            let mut item = ack_key(app, user, *id);
            item.insert("expires_at".into(), expiry(*id));
            item
        });
        self.put_all(rows.collect()).await
    }

    async fn acknowledge_up_to(&self, app: &AppKey, user: &UserId, id: MessageId) -> Result<(), StoreError> {
        let result = self
            .0
            .client
            .update_item()
            .table_name(&self.0.name)
            .set_key(Some(row(user_pk(app, user), UP_TO)))
            .update_expression("SET up_to = :id, expires_at = :end")
            .condition_expression("attribute_not_exists(up_to) OR up_to < :id")
            .expression_attribute_values(":id", text(id.to_string()))
            .expression_attribute_values(":end", expiry(id))
            .send()
            .await
            .map_err(store_error);
        match result {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl MessagesTable {
    async fn up_to(&self, app: &AppKey, user: &UserId) -> Result<Option<MessageId>, StoreError> {
        let found = self.item(row(user_pk(app, user), UP_TO)).await?;
        found.map(|item| read_up_to(&item)).transpose()
    }
}

#[async_trait]
impl ReadAck for MessagesTable {
    async fn is_acknowledged(&self, app: &AppKey, receiver: &Receiver) -> Result<bool, StoreError> {
        let Receiver { user, msg_id } = receiver;
        let mut rows = self.0.items(&[ack_key(app, user, *msg_id), row(user_pk(app, user), UP_TO)]).await?;
        let up_to = rows.remove(1).map(|item| read_up_to(&item)).transpose()?;
        Ok(rows.remove(0).is_some() || up_to >= Some(*msg_id))
    }
}

// ---- rows ----

const UP_TO_ATTRIBUTE: &str = "up_to";

fn ack_key(app: &AppKey, user: &UserId, id: MessageId) -> Item {
    row(user_pk(app, user), format!("{MESSAGE}{id}{ACK}"))
}

/// The message of a row, and whether the row is its acknowledgement.
fn read_key(item: &Item) -> Result<(MessageId, bool), StoreError> {
    let key = Reader(item).text("sk")?.strip_prefix(MESSAGE).ok_or_else(|| corrupt("sk"))?;
    let (id, is_ack) = key.strip_suffix(ACK).map_or((key, false), |id| (id, true));
    Ok((MessageId::parse(id).map_err(|_| corrupt("sk"))?, is_ack))
}

fn read_up_to(item: &Item) -> Result<MessageId, StoreError> {
    Reader(item).parsed(UP_TO_ATTRIBUTE, MessageId::parse)
}
