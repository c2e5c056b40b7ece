//! What became of messages, without what they say.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    decision::Decision,
    id::{AppKey, MessageId, UserId},
    outcome::DeviceOutcome,
};

/// Maximum one-to-one messages of one read.
pub const MAX_TRACES: usize = 100;

/// What is recorded of a message for one receiver.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MessageTrace {
    /// the decision, once there is one
    pub decision: Option<Decision>,
    /// what became of its pushes
    pub outcomes: Vec<DeviceOutcome>,
}

/// Reads what became of messages at half the price: what was recorded within the last moment may be missing. What cannot be read counts
/// as not recorded. Says nothing of whether a message is stored, or has expired.
#[async_trait]
pub trait ReadTraces: Send + Sync {
    /// What is recorded of each of these one-to-one messages of the user, in their order; at most [`MAX_TRACES`], none of them twice.
    async fn traces(&self, app: &AppKey, user: &UserId, ids: &[MessageId]) -> Result<Vec<MessageTrace>, StoreError>;

    /// What is recorded of a group message for this receiver. What versions before recorded under the group is not read.
    async fn group_trace(&self, app: &AppKey, user: &UserId, msg_id: MessageId) -> Result<MessageTrace, StoreError>;
}
