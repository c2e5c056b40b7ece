//! Acknowledgements in the table `Messages`: a row for each message that was acknowledged, which expires with it.
//!
//! Versions before this one wrote the row beside the message, and one row with the message up to which all were acknowledged. Both
//! are read until they expire.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;

use super::{
    MessagesTable,
    item::{Item, Reader, corrupt, row, text, user_pk},
    messages::expiry,
    store_error,
};
use crate::{
    domain::{
        ack::{Inbox, MAX_LISTED, OlderMark},
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
const ACK: &str = "k#";
/// What the row of an older version has behind the key of its message.
const OLDER_ACK: &str = "#ack";
/// The sort key of an older version's mark.
const OLDER_MARK: &str = "acked";
const OLDER_MARK_ATTRIBUTE: &str = "up_to";

#[async_trait]
impl AcknowledgeMessages for MessagesTable {
    async fn inbox(&self, app: &AppKey, user: &UserId, now: Timestamp) -> Result<Inbox, StoreError> {
        let mut inbox = Inbox::empty(now);
        if let Some(item) = self.item(row(user_pk(app, user), OLDER_MARK)).await? {
            let mark = read_mark(&item)?;
            inbox.up_to = inbox.up_to.max(mark.end());
            inbox.acknowledged.extend(Some(mark.0).filter(|id| *id > inbox.up_to));
        }
        let mut rows = self.newest_keys(app, user, ACK, inbox.up_to).into_paginator().items().send();
        while let Some(item) = rows.next().await {
            inbox.acknowledged.insert(read_key(&item.map_err(store_error)?, ACK)?.0);
        }
        // Newest first, so that the oldest are left out when there are too many.
        let mut rows = self.newest_keys(app, user, MESSAGE, inbox.up_to).into_paginator().items().send();
        while let Some(item) = rows.next().await {
            let (id, is_ack) = read_key(&item.map_err(store_error)?, MESSAGE)?;
            if is_ack {
                inbox.acknowledged.insert(id);
            } else if !inbox.acknowledged.contains(&id) {
                // The row of an older acknowledgement sorts behind its message, so it was seen before.
                inbox.waiting.insert(id);
                if inbox.waiting.len() == MAX_LISTED {
                    break;
                }
            }
        }
        Ok(inbox)
    }

    async fn acknowledge(&self, app: &AppKey, user: &UserId, ids: &[MessageId]) -> Result<(), StoreError> {
        let ids: BTreeSet<&MessageId> = ids.iter().collect();
        let rows = ids.into_iter().map(|id| {
            let mut item = row(user_pk(app, user), format!("{ACK}{id}"));
            item.insert("expires_at".into(), expiry(*id));
            item
        });
        self.put_all(rows.collect(), &|| Ok(())).await
    }
}

impl MessagesTable {
    /// A query of the user's sort keys of a kind whose ids are behind `after`, the newest first.
    fn newest_keys(&self, app: &AppKey, user: &UserId, kind: &str, after: MessageId) -> QueryFluentBuilder {
        self.0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND sk BETWEEN :after AND :last")
            .expression_attribute_values(":pk", text(user_pk(app, user)))
            .expression_attribute_values(":after", text(format!("{kind}{after}~")))
            .expression_attribute_values(":last", text(format!("{kind}~")))
            .projection_expression("sk")
            .scan_index_forward(false)
            .consistent_read(true)
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

/// The message of a row of this kind, and whether the row is an older version's acknowledgement.
fn read_key(item: &Item, kind: &str) -> Result<(MessageId, bool), StoreError> {
    let key = Reader(item).text("sk")?.strip_prefix(kind).ok_or_else(|| corrupt("sk"))?;
    let (id, is_ack) = key.strip_suffix(OLDER_ACK).map_or((key, false), |id| (id, true));
    Ok((MessageId::parse(id).map_err(|_| corrupt("sk"))?, is_ack))
}

fn read_mark(item: &Item) -> Result<OlderMark, StoreError> {
    Reader(item).parsed(OLDER_MARK_ATTRIBUTE, MessageId::parse).map(OlderMark)
}
