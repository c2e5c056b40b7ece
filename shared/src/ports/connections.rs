//! Connections of devices to us: their devices, the posts to them, and the queue `direct` of such posts.

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

/// A connection, with the device that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// its id, which is also the session of the device's presence
    pub id: SessionId,
    /// the app
    pub app: AppKey,
    /// the user
    pub user: UserId,
    /// which device
    pub device_id: DeviceId,
}

impl Connection {
    /// Returns the event that it ended at this time.
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

    /// Returns the record that ends it.
    pub fn end(self, reason: EndReason) -> DirectRecord {
        DirectRecord::End(DirectEnd { connection: self, reason, not_before: None, attempts: 0, tried_at: None })
    }
}

/// An open connection as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenConnection {
    /// the connection
    pub connection: Connection,
    /// the key that verified its access token
    pub token_key: String,
    /// when its access token expires
    pub token_until: Option<Timestamp>,
    /// whether the messages that waited for it were read; presence then knows it as live
    pub backlog_read: bool,
    /// whether a post to it succeeded, or a frame came from it; presence then knows it as live, too
    pub live: bool,
    /// when it was opened
    pub since: Timestamp,
}

impl OpenConnection {
    /// Returns whether its handshake may still last. Until then API Gateway refuses a post as if the connection were
    /// gone.
    pub fn may_open_yet(&self, now: Timestamp) -> bool {
        !self.live && now < self.since.plus(HANDSHAKE)
    }
}

/// Stores connections. Reads are strongly consistent.
#[async_trait]
pub trait KeepConnections: Send + Sync {
    /// Stores a connection for its maximum lifetime.
    async fn open(&self, connection: &OpenConnection) -> Result<(), StoreError>;

    /// Returns the connection, or `None` if there is none with this id, or it is older than the maximum lifetime.
    async fn find(&self, id: &SessionId, now: Timestamp) -> Result<Option<OpenConnection>, StoreError>;

    /// Stores that the messages that waited for the connection were read. Does nothing if the connection is not stored.
    async fn note_backlog_read(&self, id: &SessionId) -> Result<(), StoreError>;

    /// Stores that the connection is open. Does nothing if the connection is not stored.
    async fn note_live(&self, id: &SessionId) -> Result<(), StoreError>;

    /// Removes a connection.
    async fn forget(&self, id: &SessionId) -> Result<(), StoreError>;
}

/// Updates presence from events of connections to us.
#[async_trait]
pub trait TrackConnections: Send + Sync {
    /// Applies the `online` event of a new connection whose access token this key verified, as
    /// [`TrackPresence::apply`](super::users::TrackPresence::apply) does.
    async fn connect(
        &self,
        app: &AppKey,
        event: &PresenceEvent,
        lease: Duration,
        token_key: &str,
        max: usize,
    ) -> Result<Effect, StoreError>;

    /// Applies any other event, as [`Self::connect`] does.
    async fn apply_to_connections(
        &self,
        app: &AppKey,
        event: &PresenceEvent,
        lease: Duration,
        max: usize,
    ) -> Result<Effect, StoreError>;

    /// Removes surplus devices, after the ends of their connections are queued. A device that has reported since stays.
    async fn make_room(&self, app: &AppKey, user: &UserId, surplus: &[(DeviceId, Presence)]) -> Result<(), StoreError>;

    /// Applies that a connection is closed: its device is offline, unless it has another connection by now. The effect
    /// names the device's other connections that may still be open.
    async fn end(&self, connection: &Connection, at: Timestamp) -> Result<Effect, StoreError>;

    /// Returns the presence of the connection's device, if it still uses this connection; strongly consistent.
    async fn held(&self, connection: &Connection) -> Result<Option<Presence>, StoreError>;

    /// Marks a connection as live. Returns `false` if its device no longer uses it, or if it was live already.
    async fn mark_live(&self, connection: &Connection) -> Result<bool, StoreError>;
}

/// Why a post did not reach a connection.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// the connection does not exist any more
    #[error("the connection is gone")]
    Gone,
    /// too many posts at once; the connection may still exist
    #[error("posts are throttled")]
    Throttled,
    /// no answer, or another failure
    #[error("the post failed: {0}")]
    Failed(String),
}

/// Posts to connections.
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
    /// post a page of waiting messages
    #[serde(rename = "page-1")]
    Page(DirectPage),
    /// end a connection
    #[serde(rename = "end-1")]
    End(DirectEnd),
}

impl DirectRecord {
    /// Returns the app that the record is of.
    pub fn app(&self) -> &AppKey {
        match self {
            Self::Message(message) => &message.app,
            Self::Page(page) => &page.connection.app,
            Self::End(end) => &end.connection.app,
        }
    }
}

/// A message to post to connections of some of its receivers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DirectMessage {
    /// the app
    pub app: AppKey,
    /// the message
    pub content: Content,
    /// of a group message: the page of members that the receivers are from
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<GroupPage>,
    /// of a group message: how many members the group has
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<u32>,
    /// at least one, each with all of its live connections
    pub receivers: Vec<DirectReceiver>,
    /// what is known about the connections, this try included
    pub seen: SeenConnections,
    /// set if the receivers' pushes were deferred: the earlier attempts, without devices whose push is on its way
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited: Option<Box<DeferredPush>>,
    /// devices of the receivers that got a push while others are connected
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pushed: Vec<PushedDevice>,
    /// whether check-presence decides again for a receiver who cannot be reached
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
    /// its device
    pub device_id: DeviceId,
    /// the key that verified its access token; records of earlier versions lack it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_key: Option<String>,
    /// when its access token or the connection expires; records of earlier versions lack it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A page of waiting messages to post to a new connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectPage {
    /// the connection
    pub connection: Connection,
    /// where the previous page ended
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// the last message that the client has
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<MessageId>,
    /// how many pages were posted before
    #[serde(default, skip_serializing_if = "is_zero")]
    pub page: u32,
    /// the last message of this page that was posted
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posted: Option<MessageId>,
    /// when the connection was opened; records of earlier versions lack it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Timestamp>,
    /// since when new messages are posted to the connection at once
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_at: Option<Timestamp>,
    /// whether a post to the connection has succeeded
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
    /// how often a post was refused as gone while the connection may not have been open yet
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refused: u32,
    /// how many tries failed since the last progress
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// how often it waited for time, or for throttled posts; each try with progress halves the number
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waits: u32,
}

impl DirectPage {
    /// Returns the first page for a connection.
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

/// A connection to end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectEnd {
    /// the connection
    pub connection: Connection,
    /// the reason for the client
    pub reason: EndReason,
    /// not before this time, which may be further away than a queue's maximum delay
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// how often it was tried
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// when it was first tried
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried_at: Option<Timestamp>,
}

/// Puts records on the queue `direct`.
#[async_trait]
pub trait QueueDirect: Send + Sync {
    /// Queues all records. An error names those that the queue may not have; it has all others.
    async fn queue_direct(&self, records: &[DirectRecord], delay: Duration) -> Result<(), NotQueued>;
}
