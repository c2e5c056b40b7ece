//! The records of the queues, in versioned forms, and the ports that send them.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use crate::domain::{
    attempt::JobAttempt,
    binding::DeviceToken,
    decision::RecordedDecision,
    group::GroupPage,
    id::{AppKey, DeviceId, MessageId, NotifierName, UserId},
    message::{Content, Receiver},
    push::Notification,
    time::Timestamp,
    vendor::Vendor,
};

/// Maximum receivers of one [`DispatchRecord`]. They share the content, and one invocation can decide for all of them
/// in time.
pub const DISPATCH_RECEIVERS: usize = 25;

/// Maximum bytes of a record of any queue, as we write it. SQS bills each 64 KiB as a request, and takes 1 MiB for all
/// records of a batch.
pub const MAX_RECORD_BYTES: usize = 240 * 1024;

/// Maximum bytes that the attempts add to a [`PushJob`] of a thousand devices, see [`attempt`](crate::domain::attempt).
pub const MAX_ATTEMPTS_BYTES: usize = 48 * 1024;

/// A record of the queue `dispatch`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum DispatchRecord {
    /// decide messages for some of their receivers
    #[serde(rename = "1")]
    V1 {
        /// at least one
        jobs: Vec<DispatchJob>,
    },
    /// read a page of a group's members, and decide a message for them
    #[serde(rename = "group-1")]
    Group1(Box<GroupJob>),
}

/// A message to decide for some of its receivers. The job contains the content, because reading it would cost a read
/// for each push.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DispatchJob {
    /// the app
    pub app: AppKey,
    /// the message
    pub content: Content,
    /// of a group message: the page of members that the receivers are from
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<GroupPage>,
    /// of a group message: how many members the group has; of a message to some members, only after it was read. `None`
    /// if the group does not exist or is switched off
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<u32>,
    /// 1 to [`DISPATCH_RECEIVERS`] receivers, or those of a page
    pub receivers: Vec<Receiver>,
    /// the time of a recheck, if the receivers have stale presence; not earlier
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recheck_at: Option<Timestamp>,
    /// the earlier attempts, if their pushes were deferred and are decided again
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited: Option<Box<DeferredPush>>,
    /// what is known about their connections, if they are connected to us and rechecked
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<SeenConnections>,
    /// devices of the receivers that got a push at earlier checks, while others were connected
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pushed: Vec<PushedDevice>,
    /// how often it was retried
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// whether an earlier try may have done more than it recorded
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeat: bool,
}

/// A device whose push was queued at an earlier check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushedDevice {
    /// its user
    pub user: UserId,
    /// the device
    pub device_id: DeviceId,
}

/// What earlier checks found about receivers' connections to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeenConnections {
    /// when the receivers were first checked
    pub first_at: Timestamp,
    /// the message was posted to connections that began at this time or earlier
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried_at: Option<Timestamp>,
    /// how often the receivers were checked
    pub looks: u32,
}

/// A deferred push: the attempts so far, and the devices that are left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeferredPush {
    /// the notifier that was tried
    pub notifier: NotifierName,
    /// its vendor; records of earlier versions lack it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Vendor>,
    /// how many attempts
    pub attempts: u32,
    /// the stored attempts
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rounds: Vec<JobAttempt>,
    /// what was known about the receivers' connections at the decision
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<SeenConnections>,
    /// of a group message: whether the group existed then; records of earlier versions lack it
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub group_exists: bool,
    /// the devices, each of a receiver of the job
    pub devices: Vec<DeferredDevice>,
}

/// A device whose push was deferred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeferredDevice {
    /// its user
    pub user: UserId,
    /// the device
    pub device_id: DeviceId,
    /// the places of its answers in the attempts
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<usize>,
}

/// Maximum bytes of a record with several jobs. SQS bills each 64 KiB as a request.
const RECORD_BYTES: usize = 60 * 1024;

impl DispatchRecord {
    /// Returns the app of the record.
    pub fn app(&self) -> Option<&AppKey> {
        match self {
            Self::V1 { jobs } => jobs.first().map(|job| &job.app),
            Self::Group1(job) => Some(&job.app),
        }
    }

    /// Packs jobs into records. Jobs of one app with few receivers share a record, because each record costs. A retried
    /// job gets its own record, so that it cannot fail other jobs.
    pub fn of(jobs: &[DispatchJob]) -> Vec<Self> {
        let mut records: Vec<(Vec<DispatchJob>, usize, usize)> = Vec::new();
        for job in jobs {
            let receivers = job.receivers.len();
            let bytes = serde_json::to_vec(job).map_or(RECORD_BYTES, |json| json.len());
            let room = |(jobs, bytes_before, receivers_before): &&mut (Vec<DispatchJob>, usize, usize)| {
                !job.repeat
                    && jobs.iter().all(|other| !other.repeat && other.app == job.app)
                    && receivers_before.saturating_add(receivers) <= DISPATCH_RECEIVERS
                    && bytes_before.saturating_add(bytes) <= RECORD_BYTES
            };
            match records.last_mut().filter(room) {
                Some((jobs, bytes_before, receivers_before)) => {
                    jobs.push(job.clone());
                    *bytes_before += bytes;
                    *receivers_before += receivers;
                }
                None => records.push((vec![job.clone()], bytes, receivers)),
            }
        }
        records.into_iter().map(|(jobs, ..)| Self::V1 { jobs }).collect()
    }
}

/// A group message to decide for a page of the group's members. Then the next page is queued.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupJob {
    /// the app
    pub app: AppKey,
    /// the message
    pub content: Content,
    /// its id, for all members
    pub msg_id: MessageId,
    /// the page
    pub page: GroupPage,
    /// the last member of the previous page
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<UserId>,
    /// how many members the group has; read with the first page
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<u32>,
    /// how often it was retried
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// whether an earlier try may have done more than it recorded
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeat: bool,
}

/// A record of a queue `push-<vendor>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "v")]
pub enum PushRecord {
    /// send one notification to some devices
    #[serde(rename = "1")]
    V1(PushJob),
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

/// Puts jobs on a vendor's queue.
#[async_trait]
pub trait QueuePush: Send + Sync {
    /// Queues all jobs. After an error some may be queued.
    async fn queue_push(&self, vendor: Vendor, jobs: &[PushJob], delay: Duration) -> Result<(), StoreError>;
}

/// The attribute of a returned record with the number of its reads.
pub const READS: &str = "reads";

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

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::{group::PAGE_MEMBERS, message::MAX_CONTENT_BYTES},
        testing::sample,
    };

    fn job(number: usize, bytes: usize, receivers: usize, repeat: bool) -> DispatchJob {
        let at = Timestamp::from_millis(0);
        let receiver = |index: usize| Receiver {
            user: sample::user(&format!("u{index}")),
            msg_id: MessageId::new(at, (number * 1000 + index) as u128),
        };
        DispatchJob {
            app: sample::app_key("acme#chat"),
            content: sample::content(&"x".repeat(bytes), at),
            page: None,
            members: None,
            receivers: (0..receivers).map(receiver).collect(),
            recheck_at: None,
            waited: None,
            connections: None,
            pushed: Vec::new(),
            attempts: 0,
            repeat,
        }
    }

    proptest! {
        #[test]
        fn jobs_are_packed_in_order_and_within_the_limits_and_a_repeated_one_alone(
            shapes in proptest::collection::vec((0usize..30_000, 1usize..30, prop::bool::weighted(0.2)), 0..40),
        ) {
            let jobs: Vec<DispatchJob> = shapes
                .iter()
                .enumerate()
                .map(|(number, (bytes, receivers, repeat))| job(number, *bytes, *receivers, *repeat))
                .collect();
            let packed: Vec<Vec<DispatchJob>> = DispatchRecord::of(&jobs)
                .into_iter()
                .map(|record| match record {
                    DispatchRecord::V1 { jobs } => jobs,
                    DispatchRecord::Group1(_) => Vec::new(),
                })
                .collect();
            for jobs in packed.iter().filter(|jobs| jobs.len() > 1) {
                let receivers: usize = jobs.iter().map(|job| job.receivers.len()).sum();
                prop_assert!(receivers <= DISPATCH_RECEIVERS && jobs.iter().all(|job| !job.repeat));
                let record = DispatchRecord::V1 { jobs: jobs.clone() };
                let bytes = serde_json::to_vec(&record).unwrap().len();
                prop_assert!(bytes < 64 * 1024);
            }
            prop_assert_eq!(packed.concat(), jobs);
        }
    }

    #[test]
    fn the_largest_page_of_a_group_is_within_what_a_queue_takes() {
        let mut largest = job(0, MAX_CONTENT_BYTES, PAGE_MEMBERS, true);
        for (number, receiver) in largest.receivers.iter_mut().enumerate() {
            receiver.user = sample::user(&format!("{number:064}"));
        }
        let bytes = serde_json::to_vec(&DispatchRecord::V1 { jobs: vec![largest] }).unwrap().len();
        assert!(bytes <= MAX_RECORD_BYTES, "{bytes}");
    }

    #[test]
    fn messages_of_one_receiver_each_share_a_record() {
        let jobs: Vec<DispatchJob> = (0..100).map(|number| job(number, 200, 1, false)).collect();
        assert_eq!(DispatchRecord::of(&jobs).len(), 4);
    }
}
