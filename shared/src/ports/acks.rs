//! Acknowledgements of messages.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    ack::Inbox,
    id::{AppKey, MessageId, UserId},
    message::Receiver,
    time::Timestamp,
};

/// Keeps what a user has received.
#[async_trait]
pub trait AcknowledgeMessages: Send + Sync {
    /// What the user acknowledged, and what waits, strongly consistent.
    async fn inbox(&self, app: &AppKey, user: &UserId, now: Timestamp) -> Result<Inbox, StoreError>;

    /// Keeps that these messages were received.
    async fn acknowledge(&self, app: &AppKey, user: &UserId, ids: &[MessageId]) -> Result<(), StoreError>;
}

/// Tells whether a message was received.
#[async_trait]
pub trait ReadAck: Send + Sync {
    /// Whether the receiver acknowledged the message, strongly consistent.
    async fn is_acknowledged(&self, app: &AppKey, receiver: &Receiver) -> Result<bool, StoreError>;
}
