//! A message as clients get it.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::{
    id::{GroupId, MessageId, UserId},
    message::{Content, MessageType},
    time::Timestamp,
};

/// A message that waited for a user; the field names are the API's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfflineMessage {
    /// its id
    pub msg_id: MessageId,
    /// who sent it
    pub from: UserId,
    /// who receives it
    pub to: UserId,
    /// whether it was sent to a group
    pub chat_type: ChatType,
    /// the group
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
    /// the message type
    #[serde(rename = "type")]
    pub kind: MessageType,
    /// the fields of this type
    pub body: Map<String, Value>,
    /// free fields
    pub ext: Map<String, Value>,
    /// when it was accepted
    pub timestamp: Timestamp,
}

/// Type of the receiver of a message: a user or a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ChatType {
    /// to one user
    #[serde(rename = "chat")]
    Chat,
    /// to a group
    #[serde(rename = "groupchat")]
    GroupChat,
}

impl OfflineMessage {
    /// Returns a message as this user gets it.
    pub fn new(user: &UserId, msg_id: MessageId, content: Content) -> Self {
        let chat_type = if content.group.is_some() { ChatType::GroupChat } else { ChatType::Chat };
        let Content { from, group, kind, body, ext, accepted_at, .. } = content;
        Self { msg_id, from, to: user.clone(), chat_type, group_id: group, kind, body, ext, timestamp: accepted_at }
    }
}
