//! Messages in the order of their ids: those of a user, and those of a group.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    id::{AppKey, GroupId, MessageId, UserId},
    message::Content,
};

/// Whose messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Timeline {
    /// the one-to-one messages that a user received
    User(UserId),
    /// the messages of a group
    Group(GroupId),
}

/// From which end a span is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// the oldest message first
    OldestFirst,
    /// the newest message first
    NewestFirst,
}

/// Which messages of a timeline are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// only messages behind this one
    pub after: MessageId,
    /// up to this one, itself included
    pub up_to: MessageId,
    /// from which end
    pub order: Order,
    /// about so many at once, at least one
    pub limit: usize,
    /// whether the last moment counts; twice the price
    pub strong: bool,
}

/// A stored message.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// its id
    pub msg_id: MessageId,
    /// what it says
    pub content: Content,
    /// of a message to some members of a group: who they are
    pub users: Option<BTreeSet<UserId>>,
}

/// Some of a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chunk {
    /// the messages in the order asked for
    pub entries: Vec<Entry>,
    /// the last message that was looked at, if others may follow
    pub rest: Option<MessageId>,
}

/// Reads messages in the order of their ids.
#[async_trait]
pub trait ReadTimeline: Send + Sync {
    /// The first messages of the span. What cannot be read is left out, and so is what a version before noted as acknowledged beside
    /// the message.
    async fn timeline(&self, app: &AppKey, timeline: &Timeline, span: &Span) -> Result<Chunk, StoreError>;
}
