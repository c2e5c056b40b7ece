//! Acknowledgements of messages.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{error::StoreError, timelines::Order};
use crate::domain::{
    ack::OlderMark,
    id::{AppKey, MessageId, UserId},
    message::Receiver,
};

/// Which acknowledgements are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AckSpan {
    /// only of messages behind this one
    pub after: MessageId,
    /// up to this one, itself included
    pub up_to: MessageId,
    /// from which end
    pub order: Order,
    /// at most so many
    pub limit: usize,
}

/// Some of what a user acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acks {
    /// the messages
    pub ids: BTreeSet<MessageId>,
    /// the last that was read, if others may follow
    pub rest: Option<MessageId>,
}

/// Keeps what a user has received.
#[async_trait]
pub trait AcknowledgeMessages: Send + Sync {
    /// What the user acknowledged of the span, strongly consistent.
    async fn acknowledged(&self, app: &AppKey, user: &UserId, span: &AckSpan) -> Result<Acks, StoreError>;

    /// Up to where a version before noted everything as acknowledged.
    async fn older_mark(&self, app: &AppKey, user: &UserId) -> Result<Option<OlderMark>, StoreError>;

    /// Keeps that these messages were received.
    async fn acknowledge(&self, app: &AppKey, user: &UserId, ids: &[MessageId]) -> Result<(), StoreError>;
}

/// Tells whether a message was received.
#[async_trait]
pub trait ReadAck: Send + Sync {
    /// Whether the receiver acknowledged the message, strongly consistent. What [`Marks`](crate::domain::inbox::Marks) say is among
    /// the facts of the receiver.
    async fn is_acknowledged(&self, app: &AppKey, receiver: &Receiver) -> Result<bool, StoreError>;
}
