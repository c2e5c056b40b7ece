//! What is stored when a run is over.

use serde::{Deserialize, Serialize};
use shared::domain::{
    decision::Verdict,
    id::{AppKey, DeviceId, GroupId, MessageId, NotifierName, UserId},
    outcome::PushStatus,
    reason::Reason,
    time::Timestamp,
};

/// The decision of one receiver's message, with what became of its pushes. A decision that is stored once for all
/// members of a group is an event for each of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// the app that shows it
    pub app: AppKey,
    /// the receiver
    pub user: UserId,
    /// the message
    pub message: MessageId,
    /// the message's text, where no answer named its id: that of a task, or of a call without an answer
    pub text: Option<String>,
    /// its group
    pub group: Option<GroupId>,
    /// when it was made, if that is known
    pub decided_at: Option<Timestamp>,
    /// pushed or suppressed
    pub verdict: Verdict,
    /// the receiver's bindings and devices
    pub devices: Vec<DecidedDevice>,
}

/// The decision for one binding, or for a device without one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecidedDevice {
    /// the device
    pub device: DeviceId,
    /// the notifier of the binding
    pub notifier: Option<NotifierName>,
    /// pushed or suppressed
    pub verdict: Verdict,
    /// how the push ended, if that is recorded
    pub end: Option<DeviceEnd>,
}

/// The recorded end of a push.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceEnd {
    /// when it ended
    pub at: Timestamp,
    /// how it ended
    pub status: PushStatus,
    /// why it failed
    pub reason: Option<Reason>,
    /// how many attempts it took
    pub attempts: u32,
}

/// A record that was dead-lettered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// the queue it came from
    pub queue: String,
    /// why, if the product dead-lettered it; SQS gives no reason
    pub reason: Option<String>,
    /// its body
    pub body: String,
}

/// A binding as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredBinding {
    /// the app
    pub app: AppKey,
    /// the user
    pub user: UserId,
    /// the device
    pub device: DeviceId,
    /// the notifier
    pub notifier: NotifierName,
    /// the device token
    pub token: String,
}
