//! Records that revoke notifications: on `dispatch` those of read or recalled messages, on `push-<vendor>` those of one
//! notifier.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::is_zero;
use crate::{
    domain::{
        binding::DeviceToken,
        id::{AppKey, DeviceId, GroupId, MessageId, NotifierName, TaskId, UserId},
        profile::Conversation,
        recall::MessageTarget,
        time::Timestamp,
        vendor::Vendor,
    },
    ports::error::StoreError,
};

/// Maximum devices of a [`RevokeRequest`] and of a [`RevokeJob`]. Their records stay far below what a queue takes.
pub const MAX_REVOKED_DEVICES: usize = 500;

/// Asks check-presence to revoke the notifications of messages that a user has read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeRequest {
    /// the app
    pub app: AppKey,
    /// the user who read them
    pub user: UserId,
    /// the messages
    pub messages: Vec<PushedMessage>,
    /// when the user read them
    pub read_at: Timestamp,
    /// how often it was retried
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
}

/// A message, and where its pushes were accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushedMessage {
    /// the message
    pub msg_id: MessageId,
    /// the task that pushed it, if one did
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// the devices that may show its notification
    pub devices: Vec<PushedTo>,
}

/// A device whose push was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushedTo {
    /// the device
    pub device_id: DeviceId,
    /// the notifier of the push
    pub notifier: NotifierName,
}

/// Asks check-presence to revoke the notifications of a recalled message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecallJob {
    /// the app
    pub app: AppKey,
    /// to whom the message was sent
    pub to: MessageTarget,
    /// the message
    pub msg_id: MessageId,
    /// of a group message: where to read on
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// how often everything was looked at
    #[serde(default, skip_serializing_if = "is_zero")]
    pub looks: u32,
    /// how often this look was retried
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
}

/// A notification to revoke on some devices through one notifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeJob {
    /// the app
    pub app: AppKey,
    /// the notifier
    pub notifier: NotifierName,
    /// the message
    pub msg_id: MessageId,
    /// the conversation, for notifiers whose notifications replace each other by conversation
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<RevokedConversation>,
    /// the task that pushed it, whose id its notification has
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// 1 to [`MAX_REVOKED_DEVICES`] device tokens
    pub tokens: Vec<DeviceToken>,
    /// no call after this
    pub expires_at: Timestamp,
    /// how many attempts
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
}

/// The conversation of a message, as its notification names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokedConversation {
    /// one-to-one, with this sender
    User(UserId),
    /// in this group
    Group(GroupId),
}

impl From<Conversation> for RevokedConversation {
    fn from(conversation: Conversation) -> Self {
        match conversation {
            Conversation::User(user) => Self::User(user),
            Conversation::Group(group) => Self::Group(group),
        }
    }
}

/// Puts requests to revoke notifications on the queue `dispatch`.
#[async_trait]
pub trait RequestRevocation: Send + Sync {
    /// Queues the request.
    async fn request_revocation(&self, request: &RevokeRequest, delay: Duration) -> Result<(), StoreError>;
}

/// Puts recalled messages on the queue `dispatch`.
#[async_trait]
pub trait QueueRecalls: Send + Sync {
    /// Queues the job.
    async fn queue_recall(&self, job: &RecallJob, delay: Duration) -> Result<(), StoreError>;
}

/// Puts notifications to revoke on a vendor's queue.
#[async_trait]
pub trait QueueRevocations: Send + Sync {
    /// Queues all jobs. After an error some may be queued.
    async fn queue_revocations(&self, vendor: Vendor, jobs: &[RevokeJob], delay: Duration) -> Result<(), StoreError>;
}
