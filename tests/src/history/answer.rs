//! What the API answers.

use serde::{Deserialize, Serialize};
use shared::domain::id::{MessageId, UserId};

/// The answer to a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// 2xx, and the answer says nothing that is checked
    Accepted,
    /// 2xx to [`Send`](super::Request::Send): the message's ids
    Sent {
        /// the id of each receiver's copy; of a group message, or of a task, the same id for `None`
        ids: Vec<(Option<UserId>, MessageId)>,
        /// of a synchronous push: users of whom the answer says that a vendor took the push
        pushed: Vec<UserId>,
    },
    /// 2xx to [`Pull`](super::Request::Pull): what waits, on all pages
    Pulled {
        /// the messages, in the order of the answer
        messages: Vec<Seen>,
    },
    /// 2xx to [`Count`](super::Request::Count)
    Counted {
        /// how many messages wait
        waiting: u64,
    },
    /// 2xx of a presence call whose event did not count: `stale` or `invalid`
    Stale,
    /// 4xx: nothing happened
    Refused {
        /// the status
        status: u16,
    },
    /// 5xx, or no answer: it may have taken effect, or take effect later
    Unknown,
}

/// A message as a client sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// its id
    pub id: MessageId,
    /// its text
    pub text: String,
}

impl Answer {
    /// Returns whether the API answered 2xx.
    pub const fn is_success(&self) -> bool {
        match self {
            Self::Accepted | Self::Sent { .. } | Self::Pulled { .. } | Self::Counted { .. } | Self::Stale => true,
            Self::Refused { .. } | Self::Unknown => false,
        }
    }
}
