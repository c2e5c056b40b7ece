//! Acknowledgements of messages.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    ack::OlderMark,
    id::{AppKey, MessageId, UserId},
    message::Receiver,
};

/// Keeps what a user has received.
#[async_trait]
pub trait AcknowledgeMessages: Send + Sync {
    /// What the user acknowledged behind this message, strongly consistent.
    async fn acknowledged(
        &self,
        app: &AppKey,
        user: &UserId,
        after: MessageId,
    ) -> Result<BTreeSet<MessageId>, StoreError>;

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
