//! Decisions and delivery results of messages in the table `Messages`. Those of a one-to-one message are rows beside
//! it. Those of a group message have a partition of their own.

use async_trait::async_trait;

use super::{
    MessagesTable,
    item::{Item, ItemReader},
    messages::{DECISION, read_outcomes, trace_key},
};
use crate::{
    domain::{
        id::{AppKey, MessageId, UserId},
        message::Receiver,
    },
    ports::{
        error::StoreError,
        traces::{MessageTrace, ReadTraces},
    },
};

#[async_trait]
impl ReadTraces for MessagesTable {
    async fn traces(&self, app: &AppKey, user: &UserId, ids: &[MessageId]) -> Result<Vec<MessageTrace>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let key = |msg_id: &MessageId| trace_key(app, &Receiver { user: user.clone(), msg_id: *msg_id });
        let rows = self.0.items_as(&ids.iter().map(key).collect::<Vec<_>>(), false).await?;
        let read = ids.iter().zip(&rows).map(|(msg_id, row)| match row {
            Some(row) => unless_corrupt(*msg_id, read_trace(row)),
            None => Ok(MessageTrace::default()),
        });
        read.collect()
    }

    async fn group_trace(&self, app: &AppKey, user: &UserId, msg_id: MessageId) -> Result<MessageTrace, StoreError> {
        let trace = self.trace(app, None, msg_id, user, false).await;
        unless_corrupt(msg_id, trace.map(|trace| trace.recorded))
    }
}

/// Replaces a record that cannot be read with an empty one, so the others are still returned.
fn unless_corrupt(msg_id: MessageId, read: Result<MessageTrace, StoreError>) -> Result<MessageTrace, StoreError> {
    match read {
        Err(error @ StoreError::Corrupt(_)) => {
            tracing::error!(message.id = %msg_id, error = error.chain(), "the trace of a message cannot be read");
            Ok(MessageTrace::default())
        }
        read => read,
    }
}

fn read_trace(item: &Item) -> Result<MessageTrace, StoreError> {
    let decision = item.contains_key(DECISION).then(|| ItemReader(item).json(DECISION)).transpose()?;
    Ok(MessageTrace { decision, outcomes: read_outcomes(item)? })
}
