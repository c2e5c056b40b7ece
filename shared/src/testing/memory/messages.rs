//! The offline store in memory.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Mutex,
};

use async_trait::async_trait;

use super::{Faults, acks::OfUser, group_messages::GroupMessages, lock};
use crate::{
    domain::{
        decision::{Decision, RecordedDecision},
        id::{AppKey, DeviceId, GroupId, MessageId, NotifierName, UserId},
        message::{Content, OFFLINE_RETENTION, Receiver},
        outcome::DeviceOutcome,
        recall::MessageTarget,
        receipt::{DeviceReceipt, Event},
        time::Timestamp,
    },
    ports::{
        clock::Clock,
        error::StoreError,
        messages::{
            FindStored, ReadMessage, RecordDecision, RecordOutcomes, RecordReceipt, StoreMessages, StoredMessage,
            TooOld, can_have_receipts,
        },
        traces::MessageTrace,
    },
    testing::chance::FixedClock,
};

/// Messages with their decisions and outcomes.
#[derive(Debug)]
pub struct MemoryMessages {
    /// failures on demand
    pub faults: Faults,
    pub(super) clock: FixedClock,
    rows: Mutex<HashMap<Key, Row>>,
    pub(super) groups: Mutex<GroupMessages>,
    pub(super) acks: Mutex<HashMap<(AppKey, UserId), OfUser>>,
    pub(super) recalled: Mutex<HashMap<(AppKey, MessageTarget, MessageId), Timestamp>>,
}

type Key = (AppKey, UserId, MessageId);

#[derive(Debug, Clone)]
struct Row {
    content: Content,
    decision: Option<RecordedDecision>,
    outcomes: BTreeMap<(DeviceId, NotifierName), DeviceOutcome>,
    receipts: BTreeMap<(DeviceId, NotifierName, Event), DeviceReceipt>,
}

impl MemoryMessages {
    /// Creates an empty store.
    pub fn new(clock: FixedClock) -> Self {
        let (rows, groups, acks, recalled) = Default::default();
        Self { faults: Faults::default(), clock, rows, groups, acks, recalled }
    }

    /// Returns whether the user has such a message, or such an instant push.
    pub(super) fn has_row(&self, app: &AppKey, user: &UserId, msg_id: MessageId) -> bool {
        lock(&self.rows).contains_key(&key(app, user, msg_id))
    }

    /// Returns every message of the app, also expired ones.
    pub fn all(&self, app: &AppKey) -> Vec<(Receiver, StoredMessage)> {
        let rows = lock(&self.rows);
        let mut found: Vec<_> = rows
            .iter()
            .filter(|((owner, ..), _)| owner == app)
            .map(|((_, user, msg_id), row)| (Receiver { user: user.clone(), msg_id: *msg_id }, row.stored()))
            .collect();
        found.sort_by(|(a, _), (b, _)| (a.msg_id, &a.user).cmp(&(b.msg_id, &b.user)));
        found
    }

    /// Removes all messages except those that `keep` accepts.
    pub(super) fn retain_rows(&self, mut keep: impl FnMut(&AppKey, &UserId, MessageId) -> bool) {
        lock(&self.rows).retain(|(app, user, id), _| keep(app, user, *id));
    }

    /// Applies a change to a message, and returns its result. Returns `None` if there is no such message.
    fn change<T>(&self, app: &AppKey, receiver: &Receiver, change: impl FnOnce(&mut Row) -> T) -> Option<T> {
        lock(&self.rows).get_mut(&key(app, &receiver.user, receiver.msg_id)).map(change)
    }

    pub(super) fn outcomes_of(&self, app: &AppKey, user: &UserId, msg_id: MessageId) -> Vec<(DeviceId, NotifierName)> {
        self.row(app, user, msg_id).map(|row| row.outcomes.into_keys().collect()).unwrap_or_default()
    }

    pub(super) fn trace_of(&self, app: &AppKey, user: &UserId, msg_id: MessageId) -> MessageTrace {
        let stored = self.row(app, user, msg_id).map(|row| row.stored());
        stored.map(|stored| MessageTrace { decision: stored.decision, outcomes: stored.outcomes }).unwrap_or_default()
    }

    pub(super) fn content_of(&self, app: &AppKey, receiver: &Receiver) -> Option<Content> {
        self.row(app, &receiver.user, receiver.msg_id).map(|row| row.content)
    }

    fn row(&self, app: &AppKey, user: &UserId, msg_id: MessageId) -> Option<Row> {
        lock(&self.rows).get(&key(app, user, msg_id)).cloned()
    }
}

impl Row {
    fn stored(&self) -> StoredMessage {
        StoredMessage {
            content: self.content.clone(),
            decision: self.decision.as_ref().and_then(RecordedDecision::read),
            outcomes: self.outcomes.values().cloned().collect(),
            receipts: self.receipts.values().cloned().collect(),
        }
    }
}

#[async_trait]
impl StoreMessages for MemoryMessages {
    async fn store(
        &self,
        app: &AppKey,
        messages: &[(&Content, &[Receiver])],
        clock: &dyn Clock,
    ) -> Result<(), StoreError> {
        self.faults.before("store").await?;
        {
            let mut rows = lock(&self.rows);
            let all = messages.iter().flat_map(|(content, to)| to.iter().map(move |receiver| (content, receiver)));
            for (content, receiver) in all {
                self.faults.meet_row("store")?;
                if !content.is_beside_store() {
                    TooOld::check(receiver.msg_id, clock)?;
                }
                rows.entry(key(app, &receiver.user, receiver.msg_id)).or_insert_with(|| Row {
                    content: (*content).clone(),
                    decision: None,
                    outcomes: BTreeMap::new(),
                    receipts: BTreeMap::new(),
                });
            }
        }
        self.faults.after("store")
    }
}

#[async_trait]
impl FindStored for MemoryMessages {
    async fn stored(&self, app: &AppKey, receivers: &[Receiver]) -> Result<Vec<bool>, StoreError> {
        self.faults.before("stored").await?;
        let rows = lock(&self.rows);
        let stored =
            |to: &Receiver| rows.get(&key(app, &to.user, to.msg_id)).is_some_and(|row| !row.content.is_beside_store());
        Ok(receivers.iter().map(stored).collect())
    }

    async fn stored_for_groups(
        &self,
        app: &AppKey,
        messages: &[(GroupId, MessageId)],
    ) -> Result<Vec<bool>, StoreError> {
        self.faults.before("stored_for_groups").await?;
        let groups = lock(&self.groups);
        Ok(messages.iter().map(|(group, msg_id)| groups.has(app, group, *msg_id)).collect())
    }
}

#[async_trait]
impl RecordDecision for MemoryMessages {
    async fn record_decision(
        &self,
        app: &AppKey,
        receiver: &Receiver,
        decision: &Decision,
    ) -> Result<bool, StoreError> {
        self.faults.before("record_decision").await?;
        let is_first = self.change(app, receiver, |row| {
            let is_first = row.decision.is_none();
            row.decision.get_or_insert_with(|| decision.into());
            is_first
        });
        self.faults.after("record_decision")?;
        Ok(is_first.unwrap_or(true))
    }
}

#[async_trait]
impl RecordOutcomes for MemoryMessages {
    async fn record_outcomes(
        &self,
        app: &AppKey,
        receiver: &Receiver,
        decision: &RecordedDecision,
        outcomes: &[DeviceOutcome],
    ) -> Result<Vec<bool>, StoreError> {
        self.faults.before("record_outcomes").await?;
        let are_first = self.change(app, receiver, |row| {
            row.decision.get_or_insert_with(|| decision.clone());
            let named = |outcome: &DeviceOutcome| (outcome.device_id.clone(), outcome.notifier.clone());
            let are_first = outcomes.iter().map(|outcome| !row.outcomes.contains_key(&named(outcome))).collect();
            row.outcomes.extend(outcomes.iter().map(|outcome| (named(outcome), outcome.clone())));
            are_first
        });
        self.faults.after("record_outcomes")?;
        Ok(are_first.unwrap_or_else(|| vec![true; outcomes.len()]))
    }
}

#[async_trait]
impl RecordReceipt for MemoryMessages {
    async fn record_receipt(
        &self,
        app: &AppKey,
        receiver: &Receiver,
        receipt: &DeviceReceipt,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.faults.before("record_receipt").await?;
        let is_first = if !can_have_receipts(receiver.msg_id, now) {
            false
        } else if receiver.msg_id.is_of_group() {
            lock(&self.groups).add_receipt(app, receiver, receipt)
        } else {
            let is_first = self.change(app, receiver, |row| {
                let slot = (receipt.device_id.clone(), receipt.notifier.clone(), receipt.event);
                let is_first = !row.receipts.contains_key(&slot);
                row.receipts.entry(slot).or_insert_with(|| receipt.clone());
                is_first
            });
            is_first.unwrap_or(true)
        };
        self.faults.after("record_receipt")?;
        Ok(is_first)
    }
}

#[async_trait]
impl ReadMessage for MemoryMessages {
    async fn message(
        &self,
        app: &AppKey,
        user: &UserId,
        msg_id: MessageId,
    ) -> Result<Option<StoredMessage>, StoreError> {
        self.faults.before("message").await?;
        let fresh = |row: &Row| self.clock.now().since(row.content.accepted_at) < OFFLINE_RETENTION;
        Ok(self.row(app, user, msg_id).filter(fresh).map(|row| row.stored()))
    }
}

fn key(app: &AppKey, user: &UserId, msg_id: MessageId) -> Key {
    (app.clone(), user.clone(), msg_id)
}
