//! The records of the queues, in versioned forms, and the ports that send them.

mod dispatch;
mod ends;
mod push;
mod revoke;

use std::time::Duration;

use async_trait::async_trait;

pub use self::{
    dispatch::{
        DISPATCH_RECEIVERS, DeferredDevice, DeferredPush, DispatchJob, DispatchRecord, GroupJob, OtherDevices,
        PushedDevice, SeenConnections, TaskJob,
    },
    ends::{QueueEnds, RecordJob, UnrecordedEnd},
    push::{MAX_ATTEMPTS_BYTES, PushDevice, PushJob, PushReceiver, PushRecord},
    revoke::{
        MAX_REVOKED_DEVICES, PushedMessage, PushedTo, QueueRecalls, QueueRevocations, RecallJob, RequestRevocation,
        RevokeJob, RevokeRequest, RevokedConversation,
    },
};
use super::error::StoreError;
use crate::domain::vendor::Vendor;

/// Maximum bytes of a record of any queue, as we write it. SQS bills each 64 KiB as a request, and takes 1 MiB for all
/// records of a batch.
pub const MAX_RECORD_BYTES: usize = 240 * 1024;

/// The error of a queue call, with the records that the queue may not have.
#[derive(Debug)]
pub struct NotQueued {
    /// the places of these records, in ascending order; at least one
    pub places: Vec<usize>,
    /// the error
    pub error: StoreError,
}

/// Drops the places, for callers that repeat the whole call.
impl From<NotQueued> for StoreError {
    fn from(failed: NotQueued) -> Self {
        failed.error
    }
}

/// Puts jobs on the queue `dispatch`.
#[async_trait]
pub trait QueueDispatch: Send + Sync {
    /// Queues all jobs. After an error some may be queued.
    async fn queue_dispatch(&self, jobs: &[DispatchJob], delay: Duration) -> Result<(), StoreError>;

    /// Queues all jobs for pages of groups. After an error some may be queued.
    async fn queue_groups(&self, jobs: &[GroupJob], delay: Duration) -> Result<(), StoreError>;
}

/// Puts tasks on the queue `dispatch`.
#[async_trait]
pub trait QueueTask: Send + Sync {
    /// Queues the next page of a task. After an error it may be queued.
    async fn queue_task(&self, job: &TaskJob, delay: Duration) -> Result<(), StoreError>;
}

/// Puts jobs on a vendor's queue.
#[async_trait]
pub trait QueuePush: Send + Sync {
    /// Queues all jobs. After an error some may be queued.
    async fn queue_push(&self, vendor: Vendor, jobs: &[PushJob], delay: Duration) -> Result<(), StoreError>;
}

/// The attribute of a returned record with the number of its reads.
pub const READS: &str = "reads";

/// The attribute of a record that `make redrive` moved back from the dead-letter queue, with the number of its returns.
pub const REDRIVEN: &str = "redriven";

/// Returns an unreadable record to its queue.
#[async_trait]
pub trait ReturnRecord: Send + Sync {
    /// Puts the raw record back with the number of its reads. SQS delivers it after `delay`.
    async fn return_record(&self, body: &str, reads: u32, delay: Duration) -> Result<(), StoreError>;
}

/// Dead-letters a record that nobody can process.
#[async_trait]
pub trait DeadLetterRecord: Send + Sync {
    /// Puts the raw record on the dead-letter queue, with the reason.
    async fn dead_letter(&self, body: &str, reason: &str) -> Result<(), StoreError>;
}

/// The maximum delay of a queue.
pub const MAX_DELAY: Duration = Duration::from_secs(900);

/// Returns a delay in whole seconds, at most [`MAX_DELAY`]. It is rounded up, so that the record is not delivered
/// before it is due.
pub fn delay_seconds(delay: Duration) -> u64 {
    delay.min(MAX_DELAY).as_millis().div_ceil(1000).try_into().unwrap_or(MAX_DELAY.as_secs())
}

pub(super) fn is_zero(count: &u32) -> bool {
    *count == 0
}
