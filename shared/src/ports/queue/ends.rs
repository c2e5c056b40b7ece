//! Records of the queues `push-<vendor>` about pushes that ended and could not be recorded. Nothing is sent again.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::is_zero;
use crate::{
    domain::{
        decision::RecordedDecision,
        group::GroupPage,
        id::{AppKey, TaskId},
        message::Receiver,
        outcome::DeviceOutcome,
        push::SemanticClass,
        time::Timestamp,
        vendor::Vendor,
    },
    ports::error::StoreError,
};

/// Ends of pushes to record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordJob {
    /// the app
    pub app: AppKey,
    /// of a group message: the page of members that the receivers are from
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<GroupPage>,
    /// at least one; those of a page are of one message
    pub ends: Vec<UnrecordedEnd>,
    /// no try after this
    pub until: Timestamp,
    /// how often it was tried
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
}

/// The ends of a receiver's pushes, with their decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnrecordedEnd {
    /// the user and the message
    #[serde(flatten)]
    pub receiver: Receiver,
    /// the class of the push
    pub class: SemanticClass,
    /// the task that pushed it, if one did
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// the decision to push
    pub decision: RecordedDecision,
    /// the results of the devices
    pub outcomes: Vec<DeviceOutcome>,
}

/// Puts ends to record on a vendor's queue.
#[async_trait]
pub trait QueueEnds: Send + Sync {
    /// Queues all jobs. After an error some may be queued.
    async fn queue_ends(&self, vendor: Vendor, jobs: &[RecordJob], delay: Duration) -> Result<(), StoreError>;
}
