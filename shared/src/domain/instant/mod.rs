//! Instant pushes: notifications without a chat message, such as notices of the service and campaigns.
//!
//! An instant push is decided, sent and recorded as a message is. Its texts and options stand in the fields of a
//! [`Content`](super::message::Content) by which a message sets them, and [`InstantPush`] says what differs.
//!
//! | file | holds |
//! |---|---|
//! | `strategy` | which channels may carry it |
//! | `message` | `pushMessage`: the common part, checked |
//! | `blocks` | the vendors' blocks: where each has what a message may set |
//! | `taps` | what a tap does, in the common part and in each block |
//! | `read` | fields by their paths |
//! | `stored` | a push that waits for its broadcasts |
//!
//! Source of all names, limits and defaults: Easemob, "configure push notifications".

mod blocks;
mod message;
mod read;
mod stored;
mod strategy;
mod taps;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::id::TaskId;

pub use self::{
    blocks::{OPTIONS, own_content, own_title},
    message::{
        DEFAULT_CONTENT, MAX_CONTENT_WIDTH, MAX_EXT_CHARS, MAX_EXT_PAIRS, MAX_SUB_TITLE_CHARS, MAX_TITLE_WIDTH,
        PushMessage, SENDER,
    },
    stored::{MAX_STORED_PUSHES, STORED_PUSH_RETENTION, StoredPush},
    strategy::Strategy,
    taps::TAPS,
};

/// What distinguishes an instant push from a message.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct InstantPush {
    /// which channels may carry it
    pub strategy: Strategy,
    /// the task that pushes it to many users, if one does
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// whether it adds one to the number on the app's icon; `None`: as the app's settings say
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub badge: Option<bool>,
    /// a second title, which only clients on their own connection get
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_title: Option<String>,
    /// what a tap does and the badge, as the sender wrote it, for the same clients
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub config: Map<String, Value>,
    /// the block of the own channel, as the sender wrote it
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub easemob: Map<String, Value>,
}
