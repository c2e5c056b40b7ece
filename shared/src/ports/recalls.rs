//! Recalls of messages.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    group::GroupRecord,
    id::{AppKey, MessageId},
    recall::MessageTarget,
    time::Timestamp,
};

/// Recalls messages.
#[async_trait]
pub trait RecallMessage: Send + Sync {
    /// Stores that the message was recalled. From then on it waits for nobody. Returns `false`, and stores nothing, if
    /// there is no such message. A repeat returns `true`, and keeps the first time.
    async fn recall(
        &self,
        app: &AppKey,
        to: &MessageTarget,
        msg_id: MessageId,
        at: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// Reads which messages were recalled.
#[async_trait]
pub trait ReadRecalls: Send + Sync {
    /// Returns when each of these messages was recalled, in their order; strongly consistent. No message may occur
    /// twice.
    async fn recalled(
        &self,
        app: &AppKey,
        messages: &[(MessageTarget, MessageId)],
    ) -> Result<Vec<Option<Timestamp>>, StoreError>;
}

/// Some of the records of a group message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RecordsChunk {
    /// the records; a receiver may have several
    pub records: Vec<GroupRecord>,
    /// where to read on, if others may follow
    pub rest: Option<String>,
}

/// Reads everything that was recorded about a group message.
#[async_trait]
pub trait ReadRecords: Send + Sync {
    /// Returns the records that follow `after`: those of a page or a few. Records that cannot be read are left out.
    async fn records(&self, app: &AppKey, msg_id: MessageId, after: Option<&str>) -> Result<RecordsChunk, StoreError>;
}
