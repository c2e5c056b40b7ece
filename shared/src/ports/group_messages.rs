//! Messages to groups: one row for the content, and one record for the results of several receivers.

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
    /// Stores the message of a group. Storing it again changes nothing. Fails with [`TooOld`](super::messages::TooOld)
    /// if the id is too old.
    async fn store_for_group(&self, app: &AppKey, message: &GroupMessage, clock: &dyn Clock) -> Result<(), StoreError>;
}

/// Records the results of a page.
#[async_trait]
pub trait RecordPage: Send + Sync {
    /// Records the results of some receivers of the page together. Returns `false`, and changes nothing, if the same
    /// records are stored. Other records add up.
    async fn record_page(
        &self,
        app: &AppKey,
        page: &GroupPage,
        msg_id: MessageId,
        records: &[GroupRecord],
    ) -> Result<bool, StoreError>;
}

/// The results of a page that are already recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordedPage {
    /// whether a decision for every member is recorded
    pub for_all: bool,
    /// the users with a recorded decision
    pub users: HashSet<UserId>,
    /// the devices whose pushes ended, with their notifiers
    pub ended: HashSet<EndedDevice>,
}

impl RecordedPage {
    /// Returns the content of these records.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a GroupRecord>) -> Self {
        let mut page = Self::default();
        for record in records {
            page.users.insert(record.user.clone());
            page.ended.extend(record.ended());
        }
        page
    }
}

/// Reads what earlier checks recorded about a page.
#[async_trait]
pub trait FindRecorded: Send + Sync {
    /// Returns the recorded results of the page; strongly consistent.
    async fn recorded_of_page(
        &self,
        app: &AppKey,
        page: &GroupPage,
        msg_id: MessageId,
    ) -> Result<RecordedPage, StoreError>;
}

/// Records a decision for every member.
#[async_trait]
pub trait RecordForAll: Send + Sync {
    /// Records the decision, and replaces an earlier one. Returns whether it is the first.
    async fn record_for_all(
        &self,
        app: &AppKey,
        group: &GroupId,
        msg_id: MessageId,
        decision: &Decision,
    ) -> Result<bool, StoreError>;
}

/// Reads a group message with its results.
#[async_trait]
pub trait ReadGroupMessage: Send + Sync {
    /// Returns the message with its result for this receiver, or `None` if there is no such message or it has expired.
    ///
    /// Without `group`, it is only found after something was recorded for the receiver's page or for all members. With
    /// it, it is also found before, with records of earlier versions that used no partition for each message.
    async fn group_message(
        &self,
        app: &AppKey,
        group: Option<&GroupId>,
        msg_id: MessageId,
        receiver: &UserId,
    ) -> Result<Option<StoredMessage>, StoreError>;
}
