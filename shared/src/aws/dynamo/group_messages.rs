//! Group messages in the table `Messages`, under their group: the body in one row, and a row for what was written at once of a
//! page of receivers. Rows cost by their size, so records are compressed; device ids and rules repeat a lot.
//!
//! A row of records is named by its content: writing it again changes nothing, and writers do not meet. Receipts come one at
//! a time and stand under their receiver.

use async_trait::async_trait;

use super::{
    content::{CONTENT, pack, unpack},
    item::{Item, Reader, bytes, compressed, corrupt, decompressed, group_pk, json, row, text},
    messages::{
        DECISION, MessageReader, MessagesTable, expiry, message_key, read_outcomes, read_receipts, receipts_key,
        trace_key,
    },
    store_error,
};
use crate::{
    crypto::encoding::sha256_hex,
    domain::{
        decision::Decision,
        group::{GroupPage, GroupRecord},
        id::{AppKey, DeviceId, GroupId, MessageId, NotifierName, UserId},
        message::{Content, Receiver},
    },
    ports::{
        clock::Clock,
        error::StoreError,
        group_messages::{ReadGroupMessage, RecordForAll, RecordPage, StoreGroupMessages},
        messages::{EndedDevice, FindEnded, ReadContent, StoredMessage},
    },
};

/// The most bytes of compressed records in a row. A row has at most 400 KB. Source: Amazon DynamoDB, "quotas".
const MAX_RECORD_BYTES: usize = 300_000;
/// What records may grow to when they are read.
const MAX_PLAIN_BYTES: usize = 64 << 20;

#[async_trait]
impl StoreGroupMessages for MessagesTable {
    async fn store_for_group(
        &self,
        app: &AppKey,
        group: &GroupId,
        msg_id: MessageId,
        content: &Content,
    ) -> Result<(), StoreError> {
        let mut item = row(group_pk(app, group), format!("m#{msg_id}"));
        item.insert(CONTENT.into(), pack(content)?);
        item.insert("expires_at".into(), expiry(msg_id));
        self.put(item).await
    }
}

#[async_trait]
impl RecordPage for MessagesTable {
    async fn record_page(
        &self,
        app: &AppKey,
        page: &GroupPage,
        msg_id: MessageId,
        records: &[GroupRecord],
    ) -> Result<(), StoreError> {
        let mut waiting = vec![records];
        while let Some(part) = waiting.pop() {
            let plain = serde_json::to_vec(part).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            let packed = compressed(&plain);
            if packed.len() > MAX_RECORD_BYTES && part.len() > 1 {
                let (first, second) = part.split_at(part.len() / 2);
                waiting.extend([second, first]);
                continue;
            }
            let sk = format!("{}{}", page_prefix(msg_id, page), &sha256_hex(&plain)[..16]);
            let mut item = row(group_pk(app, &page.group), sk);
            item.insert("records".into(), bytes(&packed));
            item.insert("expires_at".into(), expiry(msg_id));
            self.put(item).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl RecordForAll for MessagesTable {
    async fn record_for_all(
        &self,
        app: &AppKey,
        group: &GroupId,
        msg_id: MessageId,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let mut item = row(group_pk(app, group), for_all(msg_id));
        item.insert(DECISION.into(), json(decision)?);
        item.insert("expires_at".into(), expiry(msg_id));
        self.put(item).await
    }
}

#[async_trait]
impl FindEnded for MessagesTable {
    async fn ended(
        &self,
        app: &AppKey,
        user: &UserId,
        msg_id: MessageId,
    ) -> Result<Vec<(DeviceId, NotifierName)>, StoreError> {
        let trace = self.item(trace_key(app, &Receiver { user: user.clone(), msg_id })).await?;
        let outcomes = trace.map(|item| read_outcomes(&item)).transpose()?.unwrap_or_default();
        Ok(outcomes.into_iter().map(|outcome| (outcome.device_id, outcome.notifier)).collect())
    }

    async fn ended_of_page(
        &self,
        app: &AppKey,
        page: &GroupPage,
        msg_id: MessageId,
    ) -> Result<Vec<EndedDevice>, StoreError> {
        let rows = self.group_rows(app, &page.group, &page_prefix(msg_id, page)).await?;
        let mut ended = Vec::new();
        for record in read_records(&rows)? {
            let user = record.user;
            ended
                .extend(record.outcomes.into_iter().map(|outcome| (user.clone(), outcome.device_id, outcome.notifier)));
        }
        Ok(ended)
    }
}

#[async_trait]
impl ReadContent for MessagesTable {
    async fn content(
        &self,
        app: &AppKey,
        receiver: &Receiver,
        group: Option<&GroupId>,
    ) -> Result<Option<Content>, StoreError> {
        let key = match group {
            Some(group) => row(group_pk(app, group), format!("m#{}", receiver.msg_id)),
            None => message_key(app, &receiver.user, receiver.msg_id),
        };
        self.item(key).await?.map(|item| unpack(&item)).transpose()
    }
}

impl MessagesTable {
    /// The group's rows whose sort keys begin with `prefix`.
    async fn group_rows(&self, app: &AppKey, group: &GroupId, prefix: &str) -> Result<Vec<Item>, StoreError> {
        self.0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", text(group_pk(app, group)))
            .expression_attribute_values(":prefix", text(prefix))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<_, _>>()
            .await
            .map_err(store_error)
    }
}

#[async_trait]
impl<C: Clock> ReadGroupMessage for MessageReader<C> {
    async fn group_message(
        &self,
        app: &AppKey,
        group: &GroupId,
        msg_id: MessageId,
        receiver: &UserId,
    ) -> Result<Option<StoredMessage>, StoreError> {
        let Some(item) = self.table.item(row(group_pk(app, group), format!("m#{msg_id}"))).await? else {
            return Ok(None);
        };
        let reader = Reader(&item);
        if reader.has_expired(self.clock.now()) {
            return Ok(None);
        }
        let content = unpack(&item)?;
        let rows = self.table.group_rows(app, group, &for_all(msg_id)).await?;
        let decision_for_all = rows.iter().find(|item| item.contains_key(DECISION));
        let decision_for_all = decision_for_all.map(|item| Reader(item).json(DECISION)).transpose()?;
        let own = read_records(&rows)?.into_iter().filter(|record| record.user == *receiver);
        let (decision, outcomes) = match GroupRecord::merge(own).pop() {
            Some(record) => (record.decision.read(), record.outcomes),
            None => (decision_for_all, Vec::new()),
        };
        let receipts = self.table.item(receipts_key(app, &Receiver { user: receiver.clone(), msg_id })).await?;
        let receipts = receipts.map(|item| read_receipts(&item)).transpose()?.unwrap_or_default();
        Ok(Some(StoredMessage { content, decision, outcomes, receipts }))
    }
}

// ---- rows ----

fn for_all(msg_id: MessageId) -> String {
    format!("t#{msg_id}")
}

fn page_prefix(msg_id: MessageId, page: &GroupPage) -> String {
    format!("t#{msg_id}#{}#", page.page)
}

fn read_records(rows: &[Item]) -> Result<Vec<GroupRecord>, StoreError> {
    let mut records = Vec::new();
    for item in rows.iter().filter(|item| item.contains_key("records")) {
        let plain = decompressed(item, "records", MAX_PLAIN_BYTES)?;
        let read: Vec<GroupRecord> = serde_json::from_slice(&plain).map_err(|_| corrupt("records"))?;
        records.extend(read);
    }
    Ok(records)
}
