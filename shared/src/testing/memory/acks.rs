//! Acknowledgements in memory.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{MemoryMessages, lock};
use crate::{
    domain::{
        ack::OlderMark,
        id::{AppKey, MessageId, UserId},
        message::Receiver,
        recall::MessageTarget,
    },
    ports::{
        acks::{AckSpan, AcknowledgeMessages, Acks, NoteTaken, ReadAck},
        error::StoreError,
        timelines::Order,
    },
};

/// The acknowledged messages of one user.
pub(super) type OfUser = BTreeSet<MessageId>;

impl MemoryMessages {
    /// Returns the messages that the user acknowledged, in the order of the ids.
    pub fn acknowledged_ids(&self, app: &AppKey, user: &UserId) -> Vec<MessageId> {
        lock(&self.acks).get(&(app.clone(), user.clone())).into_iter().flatten().copied().collect()
    }
}

#[async_trait]
impl AcknowledgeMessages for MemoryMessages {
    async fn acknowledged(&self, app: &AppKey, user: &UserId, span: &AckSpan) -> Result<Acks, StoreError> {
        self.faults.before("acknowledged").await?;
        let acks = lock(&self.acks);
        let known = acks.get(&(app.clone(), user.clone())).into_iter().flatten().copied();
        let mut found: Vec<MessageId> = known.filter(|id| span.after < *id && *id <= span.up_to).collect();
        if span.order == Order::NewestFirst {
            found.reverse();
        }
        found.truncate(span.limit);
        let rest = found.last().copied().filter(|_| found.len() == span.limit);
        Ok(Acks { ids: found.into_iter().collect(), rest })
    }

    async fn older_mark(&self, _: &AppKey, _: &UserId) -> Result<Option<OlderMark>, StoreError> {
        self.faults.before("older_mark").await?;
        Ok(None)
    }

    async fn acknowledge(&self, app: &AppKey, user: &UserId, ids: &[MessageId]) -> Result<(), StoreError> {
        self.faults.before("acknowledge").await?;
        lock(&self.acks).entry((app.clone(), user.clone())).or_default().extend(ids);
        self.faults.after("acknowledge")
    }
}

#[async_trait]
impl NoteTaken for MemoryMessages {
    async fn note_taken(&self, app: &AppKey, receiver: &Receiver) -> Result<(), StoreError> {
        self.faults.before("note_taken").await?;
        lock(&self.acks).entry((app.clone(), receiver.user.clone())).or_default().insert(receiver.msg_id);
        self.faults.after("note_taken")
    }
}

#[async_trait]
impl ReadAck for MemoryMessages {
    async fn is_acknowledged(&self, app: &AppKey, receiver: &Receiver) -> Result<bool, StoreError> {
        self.faults.before("is_acknowledged").await?;
        let is_recalled = self.is_recalled(app, MessageTarget::User(receiver.user.clone()), receiver.msg_id);
        let acks = lock(&self.acks);
        let known = acks.get(&(app.clone(), receiver.user.clone()));
        Ok(is_recalled || known.is_some_and(|acks| acks.contains(&receiver.msg_id)))
    }
}
