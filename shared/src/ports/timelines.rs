//! Timelines: the messages of a user or a group in the order of their ids.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    id::{AppKey, GroupId, MessageId, UserId},
    message::Content,
};

/// A timeline of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Timeline {
    /// the one-to-one messages that a user received
    User(UserId),
    /// the messages of a group
    Group(GroupId),
    /// the instant pushes to a user that wait for nobody, which stand beside the offline store
    InstantPushes(UserId),
}

/// From which end a span is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// the oldest message first
    OldestFirst,
    /// the newest message first
    NewestFirst,
}

/// A range of a timeline to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// only messages after this one
    pub after: MessageId,
    /// up to this message, included
    pub up_to: MessageId,
    /// from which end
    pub order: Order,
    /// about so many messages, at least one
    pub limit: usize,
    /// whether the read is strongly consistent, which costs twice as much
    pub strong: bool,
}

/// A stored message of a timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// its id
    pub msg_id: MessageId,
    /// its content
    pub content: Content,
    /// of a message to some members of a group: these members
    pub users: Option<BTreeSet<UserId>>,
}

/// Some messages of a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chunk {
    /// the messages in the requested order
    pub entries: Vec<Entry>,
    /// the last message that was read, if others may follow
    pub rest: Option<MessageId>,
}

/// Reads messages in the order of their ids.
#[async_trait]
pub trait ReadTimeline: Send + Sync {
    /// Returns the first messages of the span. Messages that cannot be read are omitted, and so are those that an
    /// earlier version marked as acknowledged in their own rows.
    async fn timeline(&self, app: &AppKey, timeline: &Timeline, span: &Span) -> Result<Chunk, StoreError>;
}
