//! Connections of devices to us: who they are of, what is posted to them, and the queue that leads there.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    effect::Effect,
    error::StoreError,
    queue::{DeferredPush, NotQueued, PushedDevice, SeenConnections, is_zero},
};
use crate::domain::{
    connection::{EndReason, HANDSHAKE},
    group::GroupPage,
    id::{AppKey, DeviceId, MessageId, SessionId, UserId},
    message::{Content, Receiver},
    presence::{Presence, PresenceEvent, PresenceStatus},
    time::Timestamp,
};

/// Whose a connection is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// its id, which is also the session of the device's presence
    pub id: SessionId,
    /// the app
    pub app: AppKey,
    /// whose device
    pub user: UserId,
    /// which device
    pub device_id: DeviceId,
}

impl Connection {
    /// That it ended then.
    pub fn offline(&self, at: Timestamp) -> PresenceEvent {
        PresenceEvent {
            user: self.user.clone(),
            device_id: self.device_id.clone(),
            session: self.id.clone(),
            status: PresenceStatus::Offline,
            at,
            platform: None,
            gateway: None,
        }
    }

    /// The record that ends it.
    pub fn end(self, reason: EndReason) -> DirectRecord {
        DirectRecord::End(DirectEnd { connection: self, reason, not_before: None, attempts: 0, tried_at: None })
    }
}

/// What is kept of an open connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenConnection {
    /// whose it is
    pub connection: Connection,
    /// the key that verified its access token
    pub token_key: String,
    /// when its access token ends
    pub token_until: Option<Timestamp>,
    /// whether what waited was looked at. Then presence knows it as live
    pub backlog_read: bool,
    /// whether it is known to be open: a post to it succeeded, or a frame came from it. Then presence knows it as live, too
    pub live: bool,
    /// when it was opened
    pub since: Timestamp,
}

impl OpenConnection {
    /// Whether its handshake may still last, so that a post is refused as if it were gone.
    pub fn may_open_yet(&self, now: Timestamp) -> bool {
        !self.live && now < self.since.plus(HANDSHAKE)
    }
}

/// Keeps which connection is whose. Strongly consistent.
#[async_trait]
pub trait KeepConnections: Send + Sync {
    /// Keeps a connection for as long as one can last.
    async fn open(&self, connection: &OpenConnection) -> Result<(), StoreError>;

    /// Returns the connection, or `None` if there is none of this id, or it is older than one can be.
    async fn find(&self, id: &SessionId, now: Timestamp) -> Result<Option<OpenConnection>, StoreError>;

    /// Notes that what waited for the connection was looked at. One that is not kept stays unknown.
    async fn note_backlog_read(&self, id: &SessionId) -> Result<(), StoreError>;

    /// Notes that the connection is known to be open. One that is not kept stays unknown.
    async fn note_live(&self, id: &SessionId) -> Result<(), StoreError>;

    /// Forgets a connection.
    async fn forget(&self, id: &SessionId) -> Result<(), StoreError>;
}

/// Keeps presence where it knows of connections to us.
#[async_trait]
pub trait TrackConnections: Send + Sync {
    /// Applies the `online` event of a new connection whose access token this key verified, as [`TrackPresence::apply`](super::users::TrackPresence::apply) does.
    async fn connect(
        &self,
        app: &AppKey,
        event: &PresenceEvent,
        lease: Duration,
        token_key: &str,
        max: usize,
    ) -> Result<Effect, StoreError>;

    /// Applies any other event in the same way.
    async fn apply_to_connections(
        &self,
        app: &AppKey,
        event: &PresenceEvent,
        lease: Duration,
        max: usize,
    ) -> Result<Effect, StoreError>;

    /// Removes devices that make room, once the end of their connections is queued. A device that was heard of since stays.
    async fn make_room(&self, app: &AppKey, user: &UserId, surplus: &[(DeviceId, Presence)]) -> Result<(), StoreError>;

    /// Notes that a connection is closed: its device is offline, unless the connection is not the device's any more. The effect names the
    /// device's other connections that may still be open.
    async fn end(&self, connection: &Connection, at: Timestamp) -> Result<Effect, StoreError>;

    /// The presence of the connection's device, if the connection is the device's. Strongly consistent.
    async fn held(&self, connection: &Connection) -> Result<Option<Presence>, StoreError>;

    /// Marks a connection as live; `false` if it is not the device's, or was live already.
    async fn mark_live(&self, connection: &Connection) -> Result<bool, StoreError>;
}

/// Why a post did not reach a connection.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// there is no such connection any more
    #[error("the connection is gone")]
    Gone,
    /// too many posts at once; the connection may well be there
    #[error("posts are throttled")]
    Throttled,
    /// no answer, or another failure
    #[error("the post failed: {0}")]
    Failed(String),
}

/// Speaks to connections.
#[async_trait]
pub trait PostToConnections: Send + Sync {
    /// Sends one frame.
    async fn post(&self, id: &SessionId, frame: &str) -> Result<(), PostError>;

    /// Closes a connection.
    async fn close(&self, id: &SessionId) -> Result<(), PostError>;
}

/// A record of the queue `direct`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum DirectRecord {
    /// post a message
    #[serde(rename = "message-1")]
    Message(Box<DirectMessage>),
    /// post a page of what waits
    #[serde(rename = "page-1")]
    Page(DirectPage),
    /// end a connection
    #[serde(rename = "end-1")]
    End(DirectEnd),
}

impl DirectRecord {
    /// The app that the record is of.
    pub fn app(&self) -> &AppKey {
        match self {
            Self::Message(message) => &message.app,
            Self::Page(page) => &page.connection.app,
            Self::End(end) => &end.connection.app,
        }
    }
}

/// Post one message to some of its receivers' connections.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DirectMessage {
    /// the app
    pub app: AppKey,
    /// the message
    pub content: Content,
    /// of a group message: which page of its members they are
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<GroupPage>,
    /// of a group message: how many members the group has
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<u32>,
    /// at least one, each with all of its live connections
    pub receivers: Vec<DirectReceiver>,
    /// what is known of the connections, this try included
    pub seen: SeenConnections,
    /// set when the receivers' pushes waited: what was tried so far of those that are not on their way
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited: Option<Box<DeferredPush>>,
    /// devices of the receivers that were pushed to while others are connected
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pushed: Vec<PushedDevice>,
    /// whether the decision is taken again for a receiver who cannot be reached
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub falls_back: bool,
    /// how often it was tried
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
}

/// A receiver of a message with live connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectReceiver {
    /// the user and the message
    #[serde(flatten)]
    pub receiver: Receiver,
    /// at least one
    pub connections: Vec<DirectConnection>,
}

/// A live connection of a receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectConnection {
    /// its id
    pub id: SessionId,
    /// whose it is
    pub device_id: DeviceId,
    /// the key that verified its access token. Versions before did not tell
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_key: Option<String>,
    /// when its access token ends, or the connection itself. Versions before did not tell
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Post a page of what waits to a new connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectPage {
    /// which connection
    pub connection: Connection,
    /// where the page before ended
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// what the client has
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<MessageId>,
    /// how many pages were posted before
    #[serde(default, skip_serializing_if = "is_zero")]
    pub page: u32,
    /// the last message of this page that was posted
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posted: Option<MessageId>,
    /// when the connection was opened; a version before does not say it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Timestamp>,
    /// since when messages are posted to the connection at once
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_at: Option<Timestamp>,
    /// whether something was posted to the connection
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
    /// how often it was refused as gone while the connection may not have been open yet
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refused: u32,
    /// how often it failed since it came further
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// how often it waited for time, or because posts were throttled; half as often for each try that came further
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waits: u32,
}

impl DirectPage {
    /// The first page of a connection.
    pub fn first(connection: Connection, since: Option<MessageId>, opened_at: Timestamp) -> Self {
        Self {
            connection,
            cursor: None,
            since,
            page: 0,
            posted: None,
            opened_at: Some(opened_at),
            live_at: None,
            open: false,
            refused: 0,
            attempts: 0,
            waits: 0,
        }
    }
}

/// End a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectEnd {
    /// which connection
    pub connection: Connection,
    /// what the client is told
    pub reason: EndReason,
    /// not before this; longer than a queue can delay
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// how often it was tried
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// when it was tried first
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried_at: Option<Timestamp>,
}

/// Puts work on the queue `direct`.
#[async_trait]
pub trait QueueDirect: Send + Sync {
    /// Queues all of them. A failure names those that the queue is not known to have taken; it has the others.
    async fn queue_direct(&self, records: &[DirectRecord], delay: Duration) -> Result<(), NotQueued>;
}
