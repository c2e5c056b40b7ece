//! Records of the queue `dispatch`: messages to decide for some of their receivers, or for a page of a group.

use serde::{Deserialize, Serialize};

use super::{RecallJob, RevokeRequest, is_zero};
use crate::domain::{
    attempt::JobAttempt,
    binding::TokenMark,
    decision::DeviceDecision,
    group::GroupPage,
    id::{AppKey, DeviceId, MessageId, NotifierName, TaskId, UserId},
    message::{Content, Receiver},
    time::Timestamp,
    vendor::Vendor,
};

/// Maximum receivers of one [`DispatchRecord`]. They share the content, and one invocation can decide for all of them
/// in time.
pub const DISPATCH_RECEIVERS: usize = 25;

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
    /// push a task to the next page of its users
    #[serde(rename = "task-1")]
    Task1(TaskJob),
    /// revoke the notifications of messages that a user has read
    #[serde(rename = "revoke-1")]
    Revoke1(Box<RevokeRequest>),
    /// revoke the notifications of a recalled message
    #[serde(rename = "recall-1")]
    Recall1(Box<RecallJob>),
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
    /// whether every vendor refused an instant push, so that only the own channel is left
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub vendor_failed: bool,
    /// how often it was retried
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// whether an earlier try may have done more than it recorded
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeat: bool,
}

impl DispatchJob {
    /// Returns the first check of a message to users. A repeat may follow a try that did more than it recorded.
    pub fn to_users(app: &AppKey, content: &Content, receivers: &[Receiver], repeat: bool) -> Self {
        Self {
            app: app.clone(),
            content: content.clone(),
            page: None,
            members: None,
            receivers: receivers.to_vec(),
            recheck_at: None,
            waited: None,
            connections: None,
            pushed: Vec::new(),
            vendor_failed: false,
            attempts: 0,
            repeat,
        }
    }
}

/// A device whose push was queued at an earlier check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushedDevice {
    /// its user
    pub user: UserId,
    /// the device
    pub device_id: DeviceId,
    /// its token, which another device may bind meanwhile; records of earlier versions lack it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenMark>,
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
    /// what was decided for the receivers' other devices
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherDevices>,
}

/// A device whose push was deferred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeferredDevice {
    /// its user
    pub user: UserId,
    /// the device
    pub device_id: DeviceId,
    /// its token, which another device may bind meanwhile; records of earlier versions lack it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenMark>,
    /// the places of its answers in the attempts
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<usize>,
}

/// The devices of a receiver that a deferred push is not for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherDevices {
    /// their user
    pub user: UserId,
    /// what was decided for each
    pub decided: Vec<DeviceDecision>,
    /// tokens that other jobs push to, or that were pushed to
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<TokenMark>,
}

/// Maximum bytes of a record with several jobs. SQS bills each 64 KiB as a request.
const RECORD_BYTES: usize = 60 * 1024;

impl DispatchRecord {
    /// Returns the app of the record.
    pub fn app(&self) -> Option<&AppKey> {
        match self {
            Self::V1 { jobs } => jobs.first().map(|job| &job.app),
            Self::Group1(job) => Some(&job.app),
            Self::Task1(job) => Some(&job.app),
            Self::Revoke1(request) => Some(&request.app),
            Self::Recall1(job) => Some(&job.app),
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

/// A task to push to the next page of its users. The task is read, so the job has only its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskJob {
    /// the app
    pub app: AppKey,
    /// the task
    pub task: TaskId,
    /// how many pages had ended when it was queued; a job of an earlier page does nothing
    pub step: u64,
    /// not before this time, which may be further away than a queue's maximum delay
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// how often it was retried
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::{group::PAGE_MEMBERS, message::MAX_CONTENT_BYTES},
        ports::queue::MAX_RECORD_BYTES,
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
            vendor_failed: false,
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
                    DispatchRecord::Group1(_)
                    | DispatchRecord::Task1(_)
                    | DispatchRecord::Revoke1(_)
                    | DispatchRecord::Recall1(_) => Vec::new(),
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
