//! What became of messages, in the table `Messages`: of one-to-one messages from the rows beside them, of a group message from the rows
//! of its own partition.

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

/// A record that cannot be read counts as none: the others are worth more than this one.
fn unless_corrupt(msg_id: MessageId, read: Result<MessageTrace, StoreError>) -> Result<MessageTrace, StoreError> {
    match read {
        Err(error @ StoreError::Corrupt(_)) => {
            tracing::error!(message.id = %msg_id, error = error.chain(), "what became of a message cannot be read");
            Ok(MessageTrace::default())
        }
        read => read,
    }
}

fn read_trace(item: &Item) -> Result<MessageTrace, StoreError> {
    let decision = item.contains_key(DECISION).then(|| ItemReader(item).json(DECISION)).transpose()?;
    Ok(MessageTrace { decision, outcomes: read_outcomes(item)? })
}
