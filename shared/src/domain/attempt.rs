//! Attempts at a push that did not end it.

use serde::{Deserialize, Serialize};

/// How often a push is tried while the vendor's answers leave open whether it was taken.
pub const UNCLEAR_ATTEMPTS: u32 = 5;

/// Why an attempt did not end a push, so that there is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setback {
    /// too many for the vendor, or for the device
    Throttled,
    /// the vendor cannot serve now, and did not take the push
    Unavailable,
    /// no answer after the request was sent, or none that makes sense: the vendor may have taken the push
    Unclear,
    /// nothing was sent: the notifier could not be read
    NotSent,
}

impl Setback {
    /// How many attempts there may be in all; without it the message's expiry is the end.
    ///
    /// Every push carries a replace id, so a repeat shows no second notification. It may alert a second time, though, so a
    /// vendor that never says what it did is not asked all day.
    pub fn most_attempts(self) -> Option<u32> {
        match self {
            Self::Unclear => Some(UNCLEAR_ATTEMPTS),
            Self::Throttled | Self::Unavailable | Self::NotSent => None,
        }
    }
}
