//! What a run does to the product.

use serde::{Deserialize, Serialize};
use shared::domain::{
    id::{AppKey, MessageId, NotifierName, UserId},
    vendor::Vendor,
};

/// What fails, is slow, or is overloaded. Everything outside of it works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultScope {
    /// AWS, the network, a queue or the machine: everything may be delayed or repeated, and records may be lost
    Everything,
    /// this queue delivers records late, or again after they were deleted; nothing is lost. Those of all vendors are `push`
    Queue(String),
    /// a vendor
    Vendor(Vendor),
    /// one notifier's account at its vendor
    Notifier(AppKey, NotifierName),
    /// one app: its rows cannot be read, or it sends much
    App(AppKey),
    /// one user
    User(AppKey, UserId),
    /// the message with this text
    Text(String),
    /// the app's own server
    CallbackServer(AppKey),
}

/// A record that the run put into a queue, beside those of the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Planted {
    /// a record that no version can read
    Malformed {
        /// the queue
        queue: String,
        /// its body; a part of it that no other record has is enough
        body: String,
    },
    /// a record as another version of the product writes it
    OtherVersion {
        /// the queue
        queue: String,
        /// which version
        version: String,
        /// the app of its message
        app: AppKey,
        /// the receivers of its message, which must end decided
        receivers: Vec<(UserId, MessageId)>,
        /// the text of its message
        text: String,
    },
}
