//! Acknowledgements in memory.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{MemoryMessages, lock};
use crate::{
    domain::{
        ack::{Inbox, MAX_LISTED},
        id::{AppKey, MessageId, UserId},
        message::Receiver,
        time::Timestamp,
    },
    ports::{
        acks::{AcknowledgeMessages, ReadAck},
        error::StoreError,
    },
};

/// What one user acknowledged.
pub(super) type Acks = BTreeSet<MessageId>;

#[async_trait]
impl AcknowledgeMessages for MemoryMessages {
    async fn inbox(&self, app: &AppKey, user: &UserId, now: Timestamp) -> Result<Inbox, StoreError> {
        self.faults.before("inbox").await?;
        let mut inbox = Inbox::empty(now);
        if let Some(acks) = lock(&self.acks).get(&(app.clone(), user.clone())) {
            inbox.acknowledged = acks.iter().filter(|id| **id > inbox.up_to).copied().collect();
        }
        let stored = self.all(app).into_iter().filter(|(receiver, _)| receiver.user == *user);
        let waits = |id: &MessageId| *id > inbox.up_to && !inbox.acknowledged.contains(id);
        let mut waiting: Vec<MessageId> = stored.map(|(receiver, _)| receiver.msg_id).filter(waits).collect();
        waiting.sort();
        inbox.waiting = waiting.into_iter().rev().take(MAX_LISTED).collect();
        Ok(inbox)
    }

    async fn acknowledge(&self, app: &AppKey, user: &UserId, ids: &[MessageId]) -> Result<(), StoreError> {
        self.faults.before("acknowledge").await?;
        lock(&self.acks).entry((app.clone(), user.clone())).or_default().extend(ids);
        self.faults.after("acknowledge")
    }
}

#[async_trait]
impl ReadAck for MemoryMessages {
    async fn is_acknowledged(&self, app: &AppKey, receiver: &Receiver) -> Result<bool, StoreError> {
        self.faults.before("is_acknowledged").await?;
        let acks = lock(&self.acks);
        let known = acks.get(&(app.clone(), receiver.user.clone()));
        Ok(known.is_some_and(|acks| acks.contains(&receiver.msg_id)))
    }
}
