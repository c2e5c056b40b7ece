//! Records of the queues `push-<vendor>`: notifications to send.

use serde::{Deserialize, Serialize};

use super::{RecordJob, RevokeJob, SeenConnections, is_zero};
use crate::domain::{
    attempt::JobAttempt,
    binding::{DeviceToken, TokenMark},
    decision::RecordedDecision,
    group::GroupPage,
    id::{AppKey, DeviceId, NotifierName, TaskId},
    message::Receiver,
    push::Notification,
    time::Timestamp,
};

/// Maximum bytes that the attempts add to a [`PushJob`] of a thousand devices, see [`attempt`](crate::domain::attempt).
pub const MAX_ATTEMPTS_BYTES: usize = 48 * 1024;

/// A record of a queue `push-<vendor>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "v")]
#[expect(clippy::large_enum_variant, reason = "nearly all records are jobs to send")]
pub enum PushRecord {
    /// send one notification to some devices
    #[serde(rename = "1")]
    V1(PushJob),
    /// revoke one notification on some devices
    #[serde(rename = "revoke-1")]
    Revoke1(RevokeJob),
    /// record pushes that ended, without sending anything
    #[serde(rename = "record-1")]
    Record1(RecordJob),
}

impl PushRecord {
    /// Returns the app of the record.
    pub fn app(&self) -> &AppKey {
        match self {
            Self::V1(job) => &job.app,
            Self::Revoke1(job) => &job.app,
            Self::Record1(job) => &job.app,
        }
    }
}

/// A notification to send to some devices through one notifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PushJob {
    /// the app
    pub app: AppKey,
    /// the notifier
    pub notifier: NotifierName,
    /// the notification
    pub notification: Notification,
    /// no push after this
    pub expires_at: Timestamp,
    /// of a group message: the page of members that the receivers are from
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<GroupPage>,
    /// of a group message: whether the group existed at the decision
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub group_exists: bool,
    /// whether it is an instant push that waits for its receivers until a vendor takes it
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits_for_login: bool,
    /// the task that pushes it, if one does
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// at least one receiver
    pub receivers: Vec<PushReceiver>,
    /// when it was decided; records of earlier versions lack it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// what was known about the receivers' connections at the decision
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<SeenConnections>,
    /// how many attempts
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// the stored attempts
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rounds: Vec<JobAttempt>,
    /// not before this time, which may be further away than a queue's maximum delay
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// whether an earlier try may have sent it
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeat: bool,
    /// whether its caller waited for the push and got no answer: nothing is sent, and a push without a recorded end ends
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unanswered: bool,
}

/// A receiver of a push, with its decision. push-vendor records the decision with the outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PushReceiver {
    /// the user and the message
    #[serde(flatten)]
    pub receiver: Receiver,
    /// the decision to push
    pub decision: RecordedDecision,
    /// the devices
    pub devices: Vec<PushDevice>,
    /// the tokens of all devices that get the push, in this job or in another, if there are several
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<TokenMark>,
}

/// A device of a receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushDevice {
    /// the device
    pub device_id: DeviceId,
    /// the device token
    pub token: DeviceToken,
    /// the places of its answers in the job's attempts
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<usize>,
}
