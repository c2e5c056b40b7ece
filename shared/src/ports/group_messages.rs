//! Messages to groups: the body once, and what became of it a page of receivers at a time.

use std::collections::HashSet;

use async_trait::async_trait;

use super::{
    clock::Clock,
    error::StoreError,
    messages::{EndedDevice, StoredMessage},
};
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
    /// Records some of the page's receivers together. The same records again change nothing, and are `false`; others add up.
    async fn record_page(
        &self,
        app: &AppKey,
        page: &GroupPage,
        msg_id: MessageId,
        records: &[GroupRecord],
    ) -> Result<bool, StoreError>;
}

/// What is recorded of a page already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordedPage {
    /// whether a decision is recorded that holds for every member
    pub for_all: bool,
    /// of whom a decision is recorded
    pub users: HashSet<UserId>,
    /// whose pushes ended, and through which notifier
    pub ended: HashSet<EndedDevice>,
}

impl RecordedPage {
    /// What these records say.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a GroupRecord>) -> Self {
        let mut page = Self::default();
        for record in records {
            page.users.insert(record.user.clone());
            page.ended.extend(record.ended());
        }
        page
    }
}

/// Finds what earlier checks recorded of a page.
#[async_trait]
pub trait FindRecorded: Send + Sync {
    /// What is recorded of the page. Strongly consistent.
    async fn recorded_of_page(
        &self,
        app: &AppKey,
        page: &GroupPage,
        msg_id: MessageId,
    ) -> Result<RecordedPage, StoreError>;
}

/// Records a decision that holds for every member.
#[async_trait]
pub trait RecordForAll: Send + Sync {
    /// Records it; the last one stays. Returns whether it is the first.
    async fn record_for_all(
        &self,
        app: &AppKey,
        group: &GroupId,
        msg_id: MessageId,
        decision: &Decision,
    ) -> Result<bool, StoreError>;
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
