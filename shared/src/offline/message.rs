//! A message as clients get it.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::{
    id::{GroupId, MessageId, TaskId, UserId},
    instant::InstantPush,
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
    /// of an instant push: what to show
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push: Option<PushShown>,
    /// when it was accepted
    pub timestamp: Timestamp,
}

/// What a client shows for an instant push, as its sender wrote it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PushShown {
    /// the title
    pub title: String,
    /// the text
    pub content: String,
    /// the second title
    #[serde(rename = "subTitle", skip_serializing_if = "Option::is_none")]
    pub sub_title: Option<String>,
    /// what a tap does, and the badge
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub config: Map<String, Value>,
    /// the block of the own channel
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub easemob: Map<String, Value>,
    /// the task that pushes it to many users
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
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
        let Content { from, group, kind, body, mut ext, accepted_at, instant, .. } = content;
        let push = instant.map(|instant| {
            let (shown, custom) = PushShown::of(*instant, &ext);
            ext = custom;
            shown
        });
        let (to, group_id) = (user.clone(), group);
        Self { msg_id, from, to, chat_type, group_id, kind, body, ext, push, timestamp: accepted_at }
    }
}

impl PushShown {
    /// Returns what to show for a push with these fields of a message, and the sender's own `ext`.
    fn of(instant: InstantPush, ext: &Map<String, Value>) -> (Self, Map<String, Value>) {
        let field = |name: &str| ext.get("em_push_ext").and_then(|shown| shown.get(name));
        let text = |name: &str| field(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let custom = field("custom").and_then(Value::as_object).cloned().unwrap_or_default();
        let InstantPush { sub_title, config, easemob, task, .. } = instant;
        (Self { title: text("title"), content: text("content"), sub_title, config, easemob, task_id: task }, custom)
    }
}
