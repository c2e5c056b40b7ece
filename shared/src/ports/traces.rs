//! Traces of messages: decisions and outcomes without the content.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    decision::Decision,
    id::{AppKey, MessageId, UserId},
    outcome::DeviceOutcome,
};

/// Maximum one-to-one messages of one read.
pub const MAX_TRACES: usize = 100;

/// The recorded decision and outcomes of a message for one receiver.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MessageTrace {
    /// the decision, once there is one
    pub decision: Option<Decision>,
    /// the results of its pushes
    pub outcomes: Vec<DeviceOutcome>,
}

/// Reads traces with eventually consistent reads, at half the cost: records of the last moment may be missing. A record
/// that cannot be read counts as missing. The result does not show whether a message is stored or has expired.
#[async_trait]
pub trait ReadTraces: Send + Sync {
    /// Returns the trace of each of these one-to-one messages of the user, in their order; at most [`MAX_TRACES`], none
    /// twice.
    async fn traces(&self, app: &AppKey, user: &UserId, ids: &[MessageId]) -> Result<Vec<MessageTrace>, StoreError>;

    /// Returns the trace of a group message for this receiver. Records of earlier versions under the group are not
    /// read.
    async fn group_trace(&self, app: &AppKey, user: &UserId, msg_id: MessageId) -> Result<MessageTrace, StoreError>;
}
