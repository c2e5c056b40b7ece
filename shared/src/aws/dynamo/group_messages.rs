//! Group messages in the table `Messages`. The body is one row under its group. Decisions and delivery results are rows
//! under the message.
//!
//! Each write of a page of receivers is a row, so a busy group's partition takes one write a message. A row costs by
//! its size. Records are compressed, because device ids and rules repeat often.
//!
//! The sort key of a row of records holds where its page begins, and a hash of its content. The user's id finds the
//! rows of the user's page, a repeated write changes nothing, and two writers never collide. Receipts come one at a
//! time and are stored under their receiver.
//!
//! Earlier versions wrote the records under the group. They are read until they expire.

use async_trait::async_trait;
use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::AttributeValue};

use super::{
    all_rows,
    content::{CONTENT, pack, unpack},
    item::{Item, ItemReader, bytes, compressed, corrupt, decompressed, group_pk, json, message_pk, number, row, text},
    messages::{
        DECISION, MessageReader, MessagesTable, expiry, group_message_key, instant_key, message_key, read_outcomes,
        read_receipts, receipts_key, trace_key,
    },
    store_error,
};
use crate::{
    crypto::encoding::sha256_hex,
    domain::{
        decision::Decision,
        group::{GroupMessage, GroupPage, GroupRecord},
        id::{AppKey, DeviceId, GroupId, MessageId, NotifierName, UserId},
        message::{Content, Receiver},
    },
    ports::{
        clock::Clock,
        error::StoreError,
        group_messages::{FindRecorded, ReadGroupMessage, RecordForAll, RecordPage, RecordedPage, StoreGroupMessages},
        messages::{EndedDevice, FindEnded, ReadContent, StoredMessage, TooOld},
        traces::MessageTrace,
    },
};

/// Maximum bytes of compressed records in a row. A row has at most 400 KB. Source: Amazon DynamoDB, "quotas".
const MAX_RECORD_BYTES: usize = 300_000;
/// Maximum bytes of decompressed records of a row.
const MAX_PLAIN_BYTES: usize = 64 << 20;

#[async_trait]
impl StoreGroupMessages for MessagesTable {
    async fn store_for_group(&self, app: &AppKey, message: &GroupMessage, clock: &dyn Clock) -> Result<(), StoreError> {
        let mut item = group_message_key(app, &message.group, message.msg_id);
        item.insert(CONTENT.into(), pack(&message.content)?);
        item.insert(NUMBER.into(), number(message.n.try_into().unwrap_or(i64::MAX)));
        if let Some(users) = &message.users {
            item.insert(USERS.into(), AttributeValue::L(users.iter().map(|user| text(user.as_str())).collect()));
        }
        item.insert("expires_at".into(), expiry(message.msg_id));
        TooOld::check(message.msg_id, clock)?;
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
    ) -> Result<bool, StoreError> {
        let (pk, prefix) = match page_key(page) {
            Some(prefix) => (message_pk(app, msg_id), prefix),
            None => (group_pk(app, &page.group), older_page(msg_id, page)),
        };
        let (mut waiting, mut is_new) = (vec![records], true);
        while let Some(part) = waiting.pop() {
            let plain = serde_json::to_vec(part).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            let packed = compressed(&plain);
            if packed.len() > MAX_RECORD_BYTES && part.len() > 1 {
                let (first, second) = part.split_at(part.len() / 2);
                waiting.extend([second, first]);
                continue;
            }
            let mut item = row(pk.clone(), format!("{prefix}{}", &sha256_hex(&plain)[..16]));
            item.insert(GROUP.into(), text(page.group.as_str()));
            item.insert("records".into(), bytes(&packed));
            item.insert("expires_at".into(), expiry(msg_id));
            is_new &= self.put_as_first(item).await?;
        }
        Ok(is_new)
    }
}

#[async_trait]
impl FindRecorded for MessagesTable {
    async fn recorded_of_page(
        &self,
        app: &AppKey,
        page: &GroupPage,
        msg_id: MessageId,
    ) -> Result<RecordedPage, StoreError> {
        let pk = message_pk(app, msg_id);
        let mut rows = match page_key(page) {
            // The rows of the first page sort next to the decision for all, so one query reads both.
            Some(_) if page.after.is_none() => self.rows_between(pk, FOR_ALL, FIRST_PAGE_END).await?,
            // Rows of earlier versions under the group are not read here: earlier versions counted nothing.
            Some(prefix) => self.rows_and_for_all((pk.clone(), &prefix), pk).await?,
            None => self.rows_and_for_all((group_pk(app, &page.group), &older_page(msg_id, page)), pk).await?,
        };
        let of_group = |item: &Item| ItemReader(item).optional_text(GROUP) == Some(page.group.as_str());
        rows.retain(of_group);
        let for_all = rows.iter().any(|item| item.contains_key(DECISION));
        Ok(RecordedPage { for_all, ..RecordedPage::of(&read_records(&rows)?) })
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
    ) -> Result<bool, StoreError> {
        let mut item = row(message_pk(app, msg_id), FOR_ALL);
        item.insert(GROUP.into(), text(group.as_str()));
        item.insert(DECISION.into(), json(decision)?);
        item.insert("expires_at".into(), expiry(msg_id));
        self.put_as_first(item).await
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
        let records = read_records(&self.page_rows(app, page, msg_id).await?)?;
        Ok(records.iter().flat_map(GroupRecord::ended).collect())
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
        let found = match group {
            Some(group) => self.item(group_message_key(app, group, receiver.msg_id)).await?,
            None => match self.item(message_key(app, &receiver.user, receiver.msg_id)).await? {
                None => self.item(instant_key(app, receiver)).await?,
                found => found,
            },
        };
        found.map(|item| unpack(&item)).transpose()
    }
}

impl MessagesTable {
    /// A query of a partition, for the sort keys of this condition.
    fn query(&self, pk: String, sort_keys: &str) -> QueryFluentBuilder {
        self.0
            .client
            .query()
            .table_name(&self.0.name)
            .key_condition_expression(format!("pk = :pk AND {sort_keys}"))
            .expression_attribute_values(":pk", text(pk))
    }

    /// Returns the rows of a partition whose sort keys begin with `prefix`.
    async fn rows(&self, pk: String, prefix: &str) -> Result<Vec<Item>, StoreError> {
        let query = self
            .query(pk, "begins_with(sk, :prefix)")
            .expression_attribute_values(":prefix", text(prefix))
            .consistent_read(true);
        all_rows(query).await
    }

    /// Returns the rows of a partition from one sort key to another.
    async fn rows_between(&self, pk: String, first: &str, last: &str) -> Result<Vec<Item>, StoreError> {
        let query = self
            .query(pk, "sk BETWEEN :first AND :last")
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":last", text(last))
            .consistent_read(true);
        all_rows(query).await
    }

    /// Returns the rows of a partition whose sort keys begin with a prefix, and a message's decision for all.
    async fn rows_and_for_all(&self, of: (String, &str), message_pk: String) -> Result<Vec<Item>, StoreError> {
        let for_all = [row(message_pk, FOR_ALL)];
        let (mut rows, for_all) = futures::try_join!(self.rows(of.0, of.1), self.0.items(&for_all))?;
        rows.extend(for_all.into_iter().flatten());
        Ok(rows)
    }

    /// Returns the rows of a page.
    async fn page_rows(&self, app: &AppKey, page: &GroupPage, msg_id: MessageId) -> Result<Vec<Item>, StoreError> {
        // During a deployment, an earlier version may have recorded a part.
        let mut rows = self.rows(group_pk(app, &page.group), &older_page(msg_id, page)).await?;
        if let Some(prefix) = page_key(page) {
            let of_group = |item: &Item| ItemReader(item).optional_text(GROUP) == Some(page.group.as_str());
            rows.extend(self.rows(message_pk(app, msg_id), &prefix).await?.into_iter().filter(of_group));
        }
        Ok(rows)
    }

    /// Returns the rows of the user's page: the last page that begins before the user. Returns the row for all members
    /// if there is no such page.
    async fn rows_of_page(
        &self,
        app: &AppKey,
        msg_id: MessageId,
        user: &UserId,
        strong: bool,
    ) -> Result<Vec<Item>, StoreError> {
        let query = self
            .query(message_pk(app, msg_id), "sk BETWEEN :first AND :user")
            .expression_attribute_values(":first", text(FOR_ALL))
            .expression_attribute_values(":user", text(format!("{PAGE}{user}#")))
            .scan_index_forward(false)
            .limit(ROWS_AT_ONCE)
            .consistent_read(strong);
        let mut rows: Vec<Item> = Vec::new();
        let mut found = query.into_paginator().items().send();
        while let Some(item) = found.next().await {
            let item = item.map_err(store_error)?;
            let page = |item: &Item| {
                ItemReader(item).text("sk").map(|sk| sk.rsplit_once('#').map(|(page, _)| page.to_owned()))
            };
            if let Some(first) = rows.first()
                && page(first)? != page(&item)?
            {
                break;
            }
            rows.push(item);
        }
        Ok(rows)
    }

    /// Returns the records of a message for a user. With `group`, reads also what earlier versions wrote.
    pub(super) async fn trace(
        &self,
        app: &AppKey,
        group: Option<&GroupId>,
        msg_id: MessageId,
        user: &UserId,
        strong: bool,
    ) -> Result<Trace, StoreError> {
        let mut rows = self.rows_of_page(app, msg_id, user, strong).await?;
        if let Some(group) = group {
            rows.extend(self.rows(group_pk(app, group), &older_trace(msg_id)).await?);
        }
        let own = read_records(&rows)?.into_iter().filter(|record| record.user == *user);
        let own = GroupRecord::merge(own).pop();
        if own.is_none() && rows.iter().all(|item| item.contains_key("records")) {
            let for_all = [row(message_pk(app, msg_id), FOR_ALL)];
            rows.extend(self.0.items_as(&for_all, strong).await?.into_iter().flatten());
        }
        let named = rows.iter().find_map(|item| ItemReader(item).optional_text(GROUP));
        let named = named.map(GroupId::parse).transpose().map_err(|_| corrupt(GROUP))?;
        let recorded = match own {
            Some(record) => MessageTrace { decision: record.decision.read(), outcomes: record.outcomes },
            None => {
                let for_all = rows.iter().find(|item| item.contains_key(DECISION));
                let decision = for_all.map(|item| ItemReader(item).json(DECISION)).transpose()?;
                MessageTrace { decision, outcomes: Vec::new() }
            }
        };
        Ok(Trace { group: named, recorded })
    }
}

/// Records of a message for a user.
pub(super) struct Trace {
    /// the group of the message, if a row names it
    group: Option<GroupId>,
    pub(super) recorded: MessageTrace,
}

#[async_trait]
impl<C: Clock> ReadGroupMessage for MessageReader<C> {
    async fn group_message(
        &self,
        app: &AppKey,
        group: Option<&GroupId>,
        msg_id: MessageId,
        receiver: &UserId,
    ) -> Result<Option<StoredMessage>, StoreError> {
        let trace = self.table.trace(app, group, msg_id, receiver, true).await?;
        let Some(group) = group.or(trace.group.as_ref()) else {
            return Ok(None);
        };
        let Some(item) = self.table.item(group_message_key(app, group, msg_id)).await? else {
            return Ok(None);
        };
        if ItemReader(&item).has_expired(self.clock.now()) {
            return Ok(None);
        }
        let receipts = self.table.item(receipts_key(app, &Receiver { user: receiver.clone(), msg_id })).await?;
        Ok(Some(StoredMessage {
            content: unpack(&item)?,
            decision: trace.recorded.decision,
            outcomes: trace.recorded.outcomes,
            receipts: receipts.map(|item| read_receipts(&item)).transpose()?.unwrap_or_default(),
        }))
    }
}

// ---- rows ----

/// Attribute with the number of a message in its group.
const NUMBER: &str = "n";
/// Attribute with the members that a message is for. A message for all members lacks it.
pub(super) const USERS: &str = "users";
/// Attribute with the group, in a row under a message.
const GROUP: &str = "group";
/// Sort key of a decision for all members.
const FOR_ALL: &str = "t";
/// Prefix of the sort keys of pages.
const PAGE: &str = "t#";
/// Key that sorts after the rows of the first page, which begins before every user: `$` follows `#`.
const FIRST_PAGE_END: &str = "t#$";
/// Rows of a message that one request reads. A page seldom has more.
const ROWS_AT_ONCE: i32 = 8;

/// Returns the prefix of the sort keys of a page's rows. It holds where the page begins. `#` sorts before every
/// character of a user id, so the keys are in the order of the pages. `None` for a later page that an earlier version
/// queued: it does not say where it begins.
fn page_key(page: &GroupPage) -> Option<String> {
    let after = page.after.as_ref().map_or("", UserId::as_str);
    page.is_placed().then(|| format!("{PAGE}{after}#"))
}

/// Returns the prefix of the sort keys that earlier versions wrote under the group for a message.
fn older_trace(msg_id: MessageId) -> String {
    format!("t#{msg_id}")
}

/// Returns the prefix of the sort keys that earlier versions wrote under the group for a page.
fn older_page(msg_id: MessageId, page: &GroupPage) -> String {
    format!("{}#{}#", older_trace(msg_id), page.page)
}

pub(super) fn read_records(rows: &[Item]) -> Result<Vec<GroupRecord>, StoreError> {
    let mut records = Vec::new();
    for item in rows.iter().filter(|item| item.contains_key("records")) {
        let plain = decompressed(item, "records", MAX_PLAIN_BYTES)?;
        let read: Vec<GroupRecord> = serde_json::from_slice(&plain).map_err(|_| corrupt("records"))?;
        records.extend(read);
    }
    Ok(records)
}
