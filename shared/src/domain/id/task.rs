//! Ids of tasks, and of pushes that are stored for them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::MessageId;
use crate::domain::{invalid::Invalid, time::Timestamp};

/// The id of a task. It is a ULID, so tasks sort by the time of their creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(MessageId);

impl TaskId {
    /// Creates an id from the time of creation and 79 random bits.
    pub fn new(at: Timestamp, random: u128) -> Self {
        Self(MessageId::new(at, random))
    }

    /// Parses the 26 characters of an id.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        MessageId::parse(text).map(Self).map_err(|_| Invalid::new("taskId", "must be the 26 characters of a task id"))
    }

    /// Creates an id from its 128 bits.
    pub fn from_bits(bits: u128) -> Self {
        Self(MessageId::from_bits(bits))
    }

    /// Returns the 128 bits of the id.
    pub fn bits(self) -> u128 {
        self.0.bits()
    }

    /// Returns when the task was created.
    pub fn created_at(self) -> Timestamp {
        self.0.accepted_at()
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id of a push that is stored for broadcasts. It is a ULID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoredPushId(MessageId);

impl StoredPushId {
    /// Creates an id from the time at which the push is stored and 79 random bits.
    pub fn new(at: Timestamp, random: u128) -> Self {
        Self(MessageId::new(at, random))
    }

    /// Parses the 26 characters of an id.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = |_| Invalid::new("pushMsgId", "must be the 26 characters of a stored push's id");
        MessageId::parse(text).map(Self).map_err(invalid)
    }

    /// Returns when the push was stored.
    pub fn created_at(self) -> Timestamp {
        self.0.accepted_at()
    }
}

impl fmt::Display for StoredPushId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
