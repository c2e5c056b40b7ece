//! Acknowledgements of messages.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{error::StoreError, timelines::Order};
use crate::domain::{
    ack::OlderMark,
    id::{AppKey, MessageId, UserId},
    message::Receiver,
};

/// A range of acknowledgements to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AckSpan {
    /// only of messages after this one
    pub after: MessageId,
    /// up to this message, included
    pub up_to: MessageId,
    /// from which end
    pub order: Order,
    /// at most so many
    pub limit: usize,
}

/// Some of a user's acknowledgements.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acks {
    /// the messages
    pub ids: BTreeSet<MessageId>,
    /// the last one that was read, if others may follow
    pub rest: Option<MessageId>,
}

/// Stores which messages a user has received.
#[async_trait]
pub trait AcknowledgeMessages: Send + Sync {
    /// Returns the user's acknowledgements of the span; strongly consistent.
    async fn acknowledged(&self, app: &AppKey, user: &UserId, span: &AckSpan) -> Result<Acks, StoreError>;

    /// Returns the message up to which an earlier version noted everything as acknowledged.
    async fn older_mark(&self, app: &AppKey, user: &UserId) -> Result<Option<OlderMark>, StoreError>;

    /// Stores that the user received these messages.
    async fn acknowledge(&self, app: &AppKey, user: &UserId, ids: &[MessageId]) -> Result<(), StoreError>;
}

/// Stores which instant pushes no longer wait for their receivers.
#[async_trait]
pub trait NoteTaken: Send + Sync {
    /// Stores that a vendor took the push. It has the effect of the receiver's acknowledgement.
    async fn note_taken(&self, app: &AppKey, receiver: &Receiver) -> Result<(), StoreError>;
}

/// Reads whether a message was received.
#[async_trait]
pub trait ReadAck: Send + Sync {
    /// Returns whether the receiver acknowledged the message; strongly consistent.
    /// [`Marks`](crate::domain::inbox::Marks) are not read here: they are among the receiver's facts.
    async fn is_acknowledged(&self, app: &AppKey, receiver: &Receiver) -> Result<bool, StoreError>;
}
