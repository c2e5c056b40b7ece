//! Group messages in memory, next to the messages of single receivers.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;

use super::{MemoryMessages, lock};
use crate::{
    domain::{
        decision::Decision,
        group::{GroupMessage, GroupPage, GroupRecord},
        id::{AppKey, DeviceId, GroupId, MessageId, NotifierName, UserId},
        message::{Content, OFFLINE_RETENTION, Receiver},
        receipt::{DeviceReceipt, Event},
    },
    ports::{
        clock::Clock,
        error::StoreError,
        group_messages::{FindRecorded, ReadGroupMessage, RecordForAll, RecordPage, RecordedPage, StoreGroupMessages},
        messages::{EndedDevice, FindEnded, ReadContent, StoredMessage, TooOld},
        timelines::Entry,
        traces::MessageTrace,
    },
};

/// Group messages with their records.
#[derive(Debug, Default)]
pub(super) struct GroupMessages {
    messages: HashMap<(AppKey, GroupId, MessageId), GroupMessage>,
    for_all: HashMap<(AppKey, GroupId, MessageId), Decision>,
    written: Vec<Written>,
    receipts: HashMap<(AppKey, UserId, MessageId), Receipts>,
}

type Receipts = BTreeMap<(DeviceId, NotifierName, Event), DeviceReceipt>;

/// The records of a page from one write.
#[derive(Debug, Clone, PartialEq)]
struct Written {
    app: AppKey,
    page: GroupPage,
    msg_id: MessageId,
    records: Vec<GroupRecord>,
}

impl GroupMessages {
    /// Adds a receipt. Returns whether it is the first of its kind.
    pub(super) fn add_receipt(&mut self, app: &AppKey, receiver: &Receiver, receipt: &DeviceReceipt) -> bool {
        let slot = (receipt.device_id.clone(), receipt.notifier.clone(), receipt.event);
        let of_receiver = self.receipts.entry((app.clone(), receiver.user.clone(), receiver.msg_id)).or_default();
        let is_first = !of_receiver.contains_key(&slot);
        of_receiver.entry(slot).or_insert_with(|| receipt.clone());
        is_first
    }

    /// Returns the messages for which a user has receipts.
    pub(super) fn receipts_of(&self, app: &AppKey, user: &UserId) -> impl Iterator<Item = MessageId> {
        self.receipts.keys().filter(move |(of, owner, _)| of == app && owner == user).map(|(.., id)| *id)
    }

    /// Removes all receipts except those that `keep` accepts.
    pub(super) fn retain_receipts(&mut self, mut keep: impl FnMut(&AppKey, &UserId, MessageId) -> bool) {
        self.receipts.retain(|(app, user, id), _| keep(app, user, *id));
    }

    /// Removes a group's messages.
    pub(super) fn erase(&mut self, app: &AppKey, group: &GroupId) {
        self.messages.retain(|(of, named, _), _| of != app || named != group);
    }

    /// Returns the messages of a group.
    pub(super) fn entries(&self, app: &AppKey, group: &GroupId) -> Vec<Entry> {
        let of_group = self.messages.iter().filter(|((owner, of, _), _)| (owner, of) == (app, group));
        let entry = |message: &GroupMessage| Entry {
            msg_id: message.msg_id,
            content: message.content.clone(),
            users: message.users.as_ref().map(|users| users.iter().cloned().collect()),
        };
        of_group.map(|(_, message)| entry(message)).collect()
    }
}

impl GroupMessages {
    pub(super) fn has(&self, app: &AppKey, group: &GroupId, msg_id: MessageId) -> bool {
        self.messages.contains_key(&(app.clone(), group.clone(), msg_id))
    }

    /// Returns the trace of a message for a receiver. With `by_group` it includes records of earlier versions.
    pub(super) fn trace(&self, key: &(AppKey, GroupId, MessageId), receiver: &UserId, by_group: bool) -> MessageTrace {
        let (app, group, msg_id) = key;
        let of_message = self
            .written
            .iter()
            .filter(|written| (&written.app, &written.page.group, &written.msg_id) == (app, group, msg_id));
        let (placed, older): (Vec<&Written>, Vec<&Written>) = of_message.partition(|written| written.page.is_placed());
        let begins_before = |written: &&Written| written.page.after.as_ref() < Some(receiver);
        let page = placed.iter().copied().filter(begins_before).map(|written| &written.page.after).max();
        let of_page = placed.into_iter().filter(|written| Some(&written.page.after) == page);
        let readable = of_page.chain(older.into_iter().filter(|_| by_group));
        let own = readable.flat_map(|written| written.records.clone()).filter(|record| record.user == *receiver);
        match GroupRecord::merge(own).pop() {
            Some(record) => MessageTrace { decision: record.decision.read(), outcomes: record.outcomes },
            None => MessageTrace { decision: self.for_all.get(key).cloned(), outcomes: Vec::new() },
        }
    }

    /// Returns the records of a page.
    fn of_page(&self, app: &AppKey, page: &GroupPage, msg_id: MessageId) -> impl Iterator<Item = &GroupRecord> {
        self.written_of_page(app, page, msg_id).flat_map(|written| &written.records)
    }

    /// Returns the writes of a page.
    fn written_of_page(&self, app: &AppKey, page: &GroupPage, msg_id: MessageId) -> impl Iterator<Item = &Written> {
        let of_page = move |written: &&Written| {
            (&written.app, &written.page.group, written.page.page, written.msg_id)
                == (app, &page.group, page.page, msg_id)
        };
        self.written.iter().filter(of_page)
    }

    /// Returns the records of a message, by write.
    pub(super) fn writes_of(&self, app: &AppKey, msg_id: MessageId) -> Vec<Vec<GroupRecord>> {
        let of_message = self.written.iter().filter(|written| (&written.app, written.msg_id) == (app, msg_id));
        of_message.map(|written| written.records.clone()).collect()
    }

    /// Returns the group of a message, if it has any record.
    pub(super) fn group_of(&self, app: &AppKey, msg_id: MessageId) -> Option<&GroupId> {
        let written = self.written.iter().find(|written| (&written.app, written.msg_id) == (app, msg_id));
        let for_all = || self.for_all.keys().find(|(of, _, id)| (of, *id) == (app, msg_id)).map(|(_, group, _)| group);
        written.map(|written| &written.page.group).or_else(for_all)
    }
}

impl MemoryMessages {
    /// Returns every message of the group in the order of their ids, including expired ones.
    pub fn all_of_group(&self, app: &AppKey, group: &GroupId) -> Vec<GroupMessage> {
        let groups = lock(&self.groups);
        let of_group = groups.messages.iter().filter(|((of, named, _), _)| (of, named) == (app, group));
        let mut found: Vec<GroupMessage> = of_group.map(|(_, message)| message.clone()).collect();
        found.sort_by_key(|message| message.msg_id);
        found
    }

    /// Returns how many receivers each write of a page of this message recorded, in the order of the writes.
    pub fn page_writes(&self, msg_id: MessageId) -> Vec<usize> {
        let groups = lock(&self.groups);
        groups.written.iter().filter(|written| written.msg_id == msg_id).map(|written| written.records.len()).collect()
    }
}

#[async_trait]
impl StoreGroupMessages for MemoryMessages {
    async fn store_for_group(&self, app: &AppKey, message: &GroupMessage, clock: &dyn Clock) -> Result<(), StoreError> {
        self.faults.before("store_for_group").await?;
        TooOld::check(message.msg_id, clock)?;
        let key = (app.clone(), message.group.clone(), message.msg_id);
        lock(&self.groups).messages.entry(key).or_insert_with(|| message.clone());
        self.faults.after("store_for_group")
    }
}

#[async_trait]
impl RecordPage for MemoryMessages {
    async fn record_page(
        &self,
        app: &AppKey,
        page: &GroupPage,
        msg_id: MessageId,
        records: &[GroupRecord],
    ) -> Result<bool, StoreError> {
        self.faults.before("record_page").await?;
        let written = Written { app: app.clone(), page: page.clone(), msg_id, records: records.to_vec() };
        let is_new = {
            let mut groups = lock(&self.groups);
            let is_new = !groups.written.contains(&written);
            if is_new {
                groups.written.push(written);
            }
            is_new
        };
        self.faults.after("record_page")?;
        Ok(is_new)
    }
}

#[async_trait]
impl FindRecorded for MemoryMessages {
    async fn recorded_of_page(
        &self,
        app: &AppKey,
        page: &GroupPage,
        msg_id: MessageId,
    ) -> Result<RecordedPage, StoreError> {
        self.faults.before("recorded_of_page").await?;
        let groups = lock(&self.groups);
        let as_placed = |written: &&Written| written.page.is_placed() == page.is_placed();
        let of_page = groups.written_of_page(app, page, msg_id).filter(as_placed);
        let records: Vec<&GroupRecord> = of_page.flat_map(|written| &written.records).collect();
        let for_all = groups.for_all.contains_key(&(app.clone(), page.group.clone(), msg_id));
        Ok(RecordedPage { for_all, ..RecordedPage::of(records) })
    }
}

#[async_trait]
impl RecordForAll for MemoryMessages {
    async fn record_for_all(
        &self,
        app: &AppKey,
        group: &GroupId,
        msg_id: MessageId,
        decision: &Decision,
    ) -> Result<bool, StoreError> {
        self.faults.before("record_for_all").await?;
        let key = (app.clone(), group.clone(), msg_id);
        let is_first = lock(&self.groups).for_all.insert(key, decision.clone()).is_none();
        self.faults.after("record_for_all")?;
        Ok(is_first)
    }
}

#[async_trait]
impl FindEnded for MemoryMessages {
    async fn ended(
        &self,
        app: &AppKey,
        user: &UserId,
        msg_id: MessageId,
    ) -> Result<Vec<(DeviceId, NotifierName)>, StoreError> {
        self.faults.before("ended").await?;
        Ok(self.outcomes_of(app, user, msg_id))
    }

    async fn ended_of_page(
        &self,
        app: &AppKey,
        page: &GroupPage,
        msg_id: MessageId,
    ) -> Result<Vec<EndedDevice>, StoreError> {
        self.faults.before("ended_of_page").await?;
        let groups = lock(&self.groups);
        Ok(groups.of_page(app, page, msg_id).flat_map(GroupRecord::ended).collect())
    }
}

#[async_trait]
impl ReadContent for MemoryMessages {
    async fn content(
        &self,
        app: &AppKey,
        receiver: &Receiver,
        group: Option<&GroupId>,
    ) -> Result<Option<Content>, StoreError> {
        self.faults.before("content").await?;
        Ok(match group {
            Some(group) => {
                let key = (app.clone(), group.clone(), receiver.msg_id);
                lock(&self.groups).messages.get(&key).map(|message| message.content.clone())
            }
            None => self.content_of(app, receiver),
        })
    }
}

impl MemoryMessages {
    /// Returns every message of the app's groups, oldest first.
    pub fn all_of_groups(&self, app: &AppKey) -> Vec<(GroupId, MessageId)> {
        let groups = lock(&self.groups);
        let of_app = groups.messages.keys().filter(|(owner, ..)| owner == app);
        let mut found: Vec<_> = of_app.map(|(_, group, msg_id)| (group.clone(), *msg_id)).collect();
        found.sort_by_key(|(_, msg_id)| *msg_id);
        found
    }
}

#[async_trait]
impl ReadGroupMessage for MemoryMessages {
    async fn group_message(
        &self,
        app: &AppKey,
        group: Option<&GroupId>,
        msg_id: MessageId,
        receiver: &UserId,
    ) -> Result<Option<StoredMessage>, StoreError> {
        self.faults.before("group_message").await?;
        if self.clock.now().since(msg_id.accepted_at()) >= OFFLINE_RETENTION {
            return Ok(None);
        }
        let groups = lock(&self.groups);
        let by_group = group.is_some();
        let Some(group) = group.or_else(|| groups.group_of(app, msg_id)) else {
            return Ok(None);
        };
        let key = (app.clone(), group.clone(), msg_id);
        let Some(message) = groups.messages.get(&key) else {
            return Ok(None);
        };
        let MessageTrace { decision, outcomes } = groups.trace(&key, receiver, by_group);
        let receipts = groups.receipts.get(&(app.clone(), receiver.clone(), msg_id));
        let receipts = receipts.map(|receipts| receipts.values().cloned().collect()).unwrap_or_default();
        Ok(Some(StoredMessage { content: message.content.clone(), decision, outcomes, receipts }))
    }
}
