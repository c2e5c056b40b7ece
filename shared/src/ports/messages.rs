//! The offline store: one row for each receiver's message, with its decision and outcomes.

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
    /// Stores the messages of all these receivers. What was recorded about an already stored message stays.
    ///
    /// It reads the clock before each write. No row is written under an id older than [`MAX_ID_AGE`]; then the error is
    /// [`TooOld`].
    async fn store(
        &self,
        app: &AppKey,
        messages: &[(&Content, &[Receiver])],
        clock: &dyn Clock,
    ) -> Result<(), StoreError>;
}

/// The id is so old that no row may be written under it.
#[derive(Debug, thiserror::Error)]
#[error("a message was not stored within {} s of its id", MAX_ID_AGE.as_secs())]
pub struct TooOld;

impl TooOld {
    /// Fails if the id is too old now.
    pub fn check(msg_id: MessageId, clock: &dyn Clock) -> Result<(), StoreError> {
        if msg_id.is_fresh(clock.now()) { Ok(()) } else { Err(StoreError::unavailable(Self)) }
    }
}

/// Reads what an earlier try of a call has stored.
#[async_trait]
pub trait FindStored: Send + Sync {
    /// Returns whether each message is stored for its receiver, in the given order, which must not name one twice.
    /// Strongly consistent.
    async fn stored(&self, app: &AppKey, receivers: &[Receiver]) -> Result<Vec<bool>, StoreError>;

    /// Returns whether each message is stored for its group, in the given order, which must not name one twice.
    /// Strongly consistent.
    async fn stored_for_groups(&self, app: &AppKey, messages: &[(GroupId, MessageId)])
    -> Result<Vec<bool>, StoreError>;
}

/// Records decisions that ended without a vendor job.
#[async_trait]
pub trait RecordDecision: Send + Sync {
    /// Records the decision. Returns `false` if one is already recorded. A decision on a message that is not stored is
    /// never read.
    async fn record_decision(&self, app: &AppKey, receiver: &Receiver, decision: &Decision)
    -> Result<bool, StoreError>;
}

/// Records the results of pushes.
#[async_trait]
pub trait RecordOutcomes: Send + Sync {
    /// Records outcomes with their decision, in one write. Returns for each outcome whether it is the first of its
    /// device and notifier.
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

/// Reads which pushes ended, so that a redelivered job does not push again.
#[async_trait]
pub trait FindEnded: Send + Sync {
    /// Returns the devices of a receiver whose pushes ended.
    async fn ended(
        &self,
        app: &AppKey,
        user: &UserId,
        msg_id: MessageId,
    ) -> Result<Vec<(DeviceId, NotifierName)>, StoreError>;

    /// Returns the devices whose pushes ended, for a page of a group message.
    async fn ended_of_page(
        &self,
        app: &AppKey,
        page: &GroupPage,
        msg_id: MessageId,
    ) -> Result<Vec<EndedDevice>, StoreError>;
}

/// Reads the content of a message.
#[async_trait]
pub trait ReadContent: Send + Sync {
    /// Returns the content of the receiver's message, or of the group's. `None` if there is no such message.
    async fn content(
        &self,
        app: &AppKey,
        receiver: &Receiver,
        group: Option<&GroupId>,
    ) -> Result<Option<Content>, StoreError>;
}

/// Maximum delay of a clock, compared with the clock that dated a message.
const MAX_AHEAD: Duration = Duration::from_secs(600);

/// Returns whether a message can have receipts: by its id, it was accepted and has not expired.
pub fn can_have_receipts(msg_id: MessageId, now: Timestamp) -> bool {
    let accepted = msg_id.accepted_at();
    accepted <= now.plus(MAX_AHEAD) && now.since(accepted) < OFFLINE_RETENTION
}

/// Records vendors' receipts.
#[async_trait]
pub trait RecordReceipt: Send + Sync {
    /// Records a receipt. Returns `false` if one of the same device, notifier and event is recorded already; the first
    /// one stays. Also returns `false`, and records nothing, if the message [cannot have receipts](can_have_receipts)
    /// at `now`, because a vendor's report may name any id. Receipts of a message that is not stored are never read.
    async fn record_receipt(
        &self,
        app: &AppKey,
        receiver: &Receiver,
        receipt: &DeviceReceipt,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// A stored message with its decision, outcomes and receipts.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredMessage {
    /// the message
    pub content: Content,
    /// the decision, once there is one
    pub decision: Option<Decision>,
    /// the results of its pushes
    pub outcomes: Vec<DeviceOutcome>,
    /// the vendors' receipts, by device, notifier and event
    pub receipts: Vec<DeviceReceipt>,
}

/// Reads one message with its decision and outcomes.
#[async_trait]
pub trait ReadMessage: Send + Sync {
    /// Returns the receiver's message, or `None` if there is no such message or it has expired.
    async fn message(
        &self,
        app: &AppKey,
        user: &UserId,
        msg_id: MessageId,
    ) -> Result<Option<StoredMessage>, StoreError>;
}
