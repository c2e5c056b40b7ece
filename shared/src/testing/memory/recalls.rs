//! Recalls in memory.

use async_trait::async_trait;

use super::{MemoryMessages, lock};
use crate::{
    domain::{
        id::{AppKey, MessageId},
        recall::MessageTarget,
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        recalls::{ReadRecalls, ReadRecords, RecallMessage, RecordsChunk},
    },
};

impl MemoryMessages {
    pub(super) fn is_recalled(&self, app: &AppKey, to: MessageTarget, msg_id: MessageId) -> bool {
        lock(&self.recalled).contains_key(&(app.clone(), to, msg_id))
    }
}

#[async_trait]
impl RecallMessage for MemoryMessages {
    async fn recall(
        &self,
        app: &AppKey,
        to: &MessageTarget,
        msg_id: MessageId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.faults.before("recall").await?;
        let is_there = match to {
            MessageTarget::User(user) => self.has_row(app, user, msg_id),
            MessageTarget::Group(group) => lock(&self.groups).has(app, group, msg_id),
        };
        if is_there {
            lock(&self.recalled).entry((app.clone(), to.clone(), msg_id)).or_insert(at);
        }
        self.faults.after("recall")?;
        Ok(is_there)
    }
}

#[async_trait]
impl ReadRecalls for MemoryMessages {
    async fn recalled(
        &self,
        app: &AppKey,
        messages: &[(MessageTarget, MessageId)],
    ) -> Result<Vec<Option<Timestamp>>, StoreError> {
        self.faults.before("recalled").await?;
        let recalled = lock(&self.recalled);
        Ok(messages.iter().map(|(to, msg_id)| recalled.get(&(app.clone(), to.clone(), *msg_id)).copied()).collect())
    }
}

#[async_trait]
impl ReadRecords for MemoryMessages {
    /// Returns one write at a time.
    async fn records(&self, app: &AppKey, msg_id: MessageId, after: Option<&str>) -> Result<RecordsChunk, StoreError> {
        self.faults.before("records").await?;
        let place: usize = after.map_or(0, |after| after.parse().unwrap_or(usize::MAX));
        let writes = lock(&self.groups).writes_of(app, msg_id);
        let rest = (place + 1 < writes.len()).then(|| (place + 1).to_string());
        Ok(RecordsChunk { records: writes.into_iter().nth(place).unwrap_or_default(), rest })
    }
}
