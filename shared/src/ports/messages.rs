//! The offline store: one row a receiver's message, with its decision and outcomes.

use std::time::Duration;

use async_trait::async_trait;

use super::{clock::Clock, error::StoreError};
use crate::domain::{
    decision::{Decision, RecordedDecision},
    group::GroupPage,
    id::{AppKey, DeviceId, GroupId, MessageId, NotifierName, UserId},
    message::{Content, MAX_ID_AGE, OFFLINE_RETENTION, Receiver},
    outcome::DeviceOutcome,
    receipt::DeviceReceipt,
    time::Timestamp,
};

/// Stores accepted messages.
#[async_trait]
pub trait StoreMessages: Send + Sync {
    /// Stores the messages of all these receivers. What was recorded of a message that is stored already stays as it is.
    ///
    /// Before each write the clock is asked: no row is written under an id older than [`MAX_ID_AGE`], and the failure is [`TooOld`].
    async fn store(
        &self,
        app: &AppKey,
        messages: &[(&Content, &[Receiver])],
        clock: &dyn Clock,
    ) -> Result<(), StoreError>;
}

/// So much time went by that no row may be written any more under an id.
#[derive(Debug, thiserror::Error)]
#[error("a message was not stored within {} s of its id", MAX_ID_AGE.as_secs())]
pub struct TooOld;

impl TooOld {
    /// Fails if the id is too old by now.
    pub fn check(msg_id: MessageId, clock: &dyn Clock) -> Result<(), StoreError> {
        if msg_id.is_fresh(clock.now()) { Ok(()) } else { Err(StoreError::unavailable(Self)) }
    }
}

/// Finds out what an earlier try of a call has stored.
#[async_trait]
pub trait FindStored: Send + Sync {
    /// Whether each of the messages is stored for its receiver, in their order, none of them twice. Strongly consistent.
    async fn stored(&self, app: &AppKey, receivers: &[Receiver]) -> Result<Vec<bool>, StoreError>;

    /// The same for messages of groups.
    async fn stored_for_groups(&self, app: &AppKey, messages: &[(GroupId, MessageId)])
    -> Result<Vec<bool>, StoreError>;
}

/// Records decisions that ended without a vendor job.
#[async_trait]
pub trait RecordDecision: Send + Sync {
    /// Records the decision, unless one is recorded already: then `false`. Nobody reads it of a message that is not stored.
    async fn record_decision(&self, app: &AppKey, receiver: &Receiver, decision: &Decision)
    -> Result<bool, StoreError>;
}

/// Records what became of pushes.
#[async_trait]
pub trait RecordOutcomes: Send + Sync {
    /// Records outcomes together with the decision they follow from, in one write. Returns of each, in its place, whether it is the first
    /// of its device and notifier.
    async fn record_outcomes(
        &self,
        app: &AppKey,
        receiver: &Receiver,
        decision: &RecordedDecision,
        outcomes: &[DeviceOutcome],
    ) -> Result<Vec<bool>, StoreError>;
}

/// A device of a receiver through one notifier.
pub type EndedDevice = (UserId, DeviceId, NotifierName);

/// Finds pushes that ended, so that a repeated job does not push again.
#[async_trait]
pub trait FindEnded: Send + Sync {
    /// The devices of a receiver whose push ended.
    async fn ended(
        &self,
        app: &AppKey,
        user: &UserId,
        msg_id: MessageId,
    ) -> Result<Vec<(DeviceId, NotifierName)>, StoreError>;

    /// The same for a page of a group message.
    async fn ended_of_page(
        &self,
        app: &AppKey,
        page: &GroupPage,
        msg_id: MessageId,
    ) -> Result<Vec<EndedDevice>, StoreError>;
}

/// Reads what a message says.
#[async_trait]
pub trait ReadContent: Send + Sync {
    /// The receiver's message, or the one that the group got; `None` if there is no such message.
    async fn content(
        &self,
        app: &AppKey,
        receiver: &Receiver,
        group: Option<&GroupId>,
    ) -> Result<Option<Content>, StoreError>;
}

/// How far a clock may be behind the one that dated a message.
const MAX_AHEAD: Duration = Duration::from_secs(600);

/// Whether a message can have receipts: its id says that it was accepted already, and has not expired.
pub fn can_have_receipts(msg_id: MessageId, now: Timestamp) -> bool {
    let accepted = msg_id.accepted_at();
    accepted <= now.plus(MAX_AHEAD) && now.since(accepted) < OFFLINE_RETENTION
}

/// Records what vendors report.
#[async_trait]
pub trait RecordReceipt: Send + Sync {
    /// Records a receipt. The first of each device, notifier and event stays: of a later one `false`. Of a message that
    /// [can have none](can_have_receipts) by `now` nothing is recorded, `false` as well: a vendor's report may name any id. Nobody reads
    /// the receipts of one that is not stored.
    async fn record_receipt(
        &self,
        app: &AppKey,
        receiver: &Receiver,
        receipt: &DeviceReceipt,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// A stored message with all that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredMessage {
    /// the message
    pub content: Content,
    /// the decision, once there is one
    pub decision: Option<Decision>,
    /// what became of its pushes
    pub outcomes: Vec<DeviceOutcome>,
    /// what vendors reported of them since, by device, notifier and event
    pub receipts: Vec<DeviceReceipt>,
}

/// Reads one message with its decision and outcomes.
#[async_trait]
pub trait ReadMessage: Send + Sync {
    /// The receiver's message, or `None` if there is no such message or it has expired.
    async fn message(
        &self,
        app: &AppKey,
        user: &UserId,
        msg_id: MessageId,
    ) -> Result<Option<StoredMessage>, StoreError>;
}
