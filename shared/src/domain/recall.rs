//! Recalls: messages that are taken back.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    id::{GroupId, UserId},
    message::Content,
};

/// Time within which a message can be recalled without force. Source: Easemob, "recall a message".
pub const RECALL_TIME: Duration = Duration::from_secs(120);
/// Maximum messages that one call recalls. Source: Easemob, "recall messages in batches".
pub const MAX_RECALLED: usize = 30;
/// Minimum age of a message when its decision looks whether it was recalled. Younger messages spare that read.
pub const LOOKED_AT_FROM: Duration = Duration::from_secs(5);

/// To whom a message was sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageTarget {
    /// to this user, one-to-one
    User(UserId),
    /// to this group
    Group(GroupId),
}

impl MessageTarget {
    /// Returns the target of a receiver's message.
    pub fn of(content: &Content, receiver: &UserId) -> Self {
        match &content.group {
            Some(group) => Self::Group(group.clone()),
            None => Self::User(receiver.clone()),
        }
    }
}
