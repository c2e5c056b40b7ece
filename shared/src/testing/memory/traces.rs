//! Traces of messages in memory.

use async_trait::async_trait;

use super::{MemoryMessages, lock};
use crate::{
    domain::id::{AppKey, MessageId, UserId},
    ports::{
        error::StoreError,
        traces::{MAX_TRACES, MessageTrace, ReadTraces},
    },
};

#[async_trait]
impl ReadTraces for MemoryMessages {
    async fn traces(&self, app: &AppKey, user: &UserId, ids: &[MessageId]) -> Result<Vec<MessageTrace>, StoreError> {
        self.faults.before("traces").await?;
        assert!(ids.len() <= MAX_TRACES, "{} at once", ids.len());
        Ok(ids.iter().map(|msg_id| self.trace_of(app, user, *msg_id)).collect())
    }

    async fn group_trace(&self, app: &AppKey, user: &UserId, msg_id: MessageId) -> Result<MessageTrace, StoreError> {
        self.faults.before("group_trace").await?;
        let groups = lock(&self.groups);
        let group = groups.group_of(app, msg_id).cloned();
        let trace = group.map(|group| groups.trace(&(app.clone(), group, msg_id), user, false));
        Ok(trace.unwrap_or_default())
    }
}
