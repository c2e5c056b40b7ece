//! Messages to groups: the body once, and what became of it a page of receivers at a time.

use async_trait::async_trait;

use super::{clock::Clock, error::StoreError, messages::StoredMessage};
use crate::domain::{
    decision::Decision,
    group::{GroupMessage, GroupPage, GroupRecord},
    id::{AppKey, GroupId, MessageId, UserId},
};

/// Stores accepted group messages.
#[async_trait]
pub trait StoreGroupMessages: Send + Sync {
    /// Stores the message of a group; storing it again changes nothing. Fails with [`TooOld`](super::messages::TooOld) if too much time
    /// went by since it got its id.
    async fn store_for_group(&self, app: &AppKey, message: &GroupMessage, clock: &dyn Clock) -> Result<(), StoreError>;
}

/// Records what became of a page.
#[async_trait]
pub trait RecordPage: Send + Sync {
    /// Records some of the page's receivers together. The same records again change nothing; others add up.
    async fn record_page(
        &self,
        app: &AppKey,
        page: &GroupPage,
        msg_id: MessageId,
        records: &[GroupRecord],
    ) -> Result<(), StoreError>;
}

/// Records a decision that holds for every member.
#[async_trait]
pub trait RecordForAll: Send + Sync {
    /// Records it; the last one stays.
    async fn record_for_all(
        &self,
        app: &AppKey,
        group: &GroupId,
        msg_id: MessageId,
        decision: &Decision,
    ) -> Result<(), StoreError>;
}

/// Reads what became of a group message.
#[async_trait]
pub trait ReadGroupMessage: Send + Sync {
    /// Returns the message with what became of it for this receiver, or `None` if there is no such message or it has expired.
    ///
    /// Without the group it is found once something is recorded for the receiver's page or for all; with it, also before, and
    /// also what versions before recorded that knew no partition of a message.
    async fn group_message(
        &self,
        app: &AppKey,
        group: Option<&GroupId>,
        msg_id: MessageId,
        receiver: &UserId,
    ) -> Result<Option<StoredMessage>, StoreError>;
}
