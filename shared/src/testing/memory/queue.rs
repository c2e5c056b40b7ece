//! Queues in memory, with delays. Records stay until a test takes them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::Notify;

use super::{Faults, lock};
use crate::{
    domain::{time::Timestamp, vendor::Vendor},
    ports::{
        callbacks::{CallbackRecord, QueueCallbacks},
        clock::Clock,
        connections::{DirectRecord, QueueDirect},
        erase_queue::{EraseRecord, QueueErase},
        error::StoreError,
        queue::{
            DeadLetterRecord, DispatchJob, DispatchRecord, GroupJob, MAX_RECORD_BYTES, NotQueued, PushJob, PushRecord,
            QueueDispatch, QueueEnds, QueuePush, QueueRecalls, QueueRevocations, QueueTask, RecallJob, RecordJob,
            RequestRevocation, ReturnRecord, RevokeJob, RevokeRequest, TaskJob, delay_seconds,
        },
    },
    testing::chance::FixedClock,
};

/// One queue: the queue `dispatch`, the queue `direct`, a vendor's queue, or a dead-letter queue.
#[derive(Debug)]
pub struct MemoryQueue {
    /// failures on demand
    pub faults: Faults,
    clock: FixedClock,
    records: Mutex<Vec<Queued>>,
    room: AtomicUsize,
    changed: Notify,
}

/// A record in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// the record's text
    pub body: String,
    /// when a test can take it
    pub visible_at: Timestamp,
    /// why it was dead-lettered
    pub reason: Option<String>,
    /// how often it was read without success
    pub reads: u32,
}

impl MemoryQueue {
    /// Creates an empty queue.
    pub fn new(clock: FixedClock) -> Self {
        let room = AtomicUsize::new(usize::MAX);
        Self { faults: Faults::default(), clock, records: Mutex::default(), room, changed: Notify::new() }
    }

    /// Puts a text on the queue, without a delay.
    pub fn put(&self, body: impl Into<String>) {
        self.push(body.into(), Duration::ZERO, None, 0);
    }

    /// Takes the texts of up to `max` visible records, the one that became visible first at the front.
    pub fn take(&self, max: usize) -> Vec<String> {
        self.take_records(max).into_iter().map(|record| record.body).collect()
    }

    /// Takes up to `max` visible records, the one that became visible first at the front.
    pub fn take_records(&self, max: usize) -> Vec<Queued> {
        let now = self.clock.now();
        let mut records = lock(&self.records);
        records.sort_by_key(|record| record.visible_at);
        let visible = records.iter().take(max).take_while(|record| record.visible_at <= now).count();
        records.drain(..visible).collect()
    }

    /// Takes all records, delayed or not, in the order in which they came.
    pub fn take_all(&self) -> Vec<Queued> {
        std::mem::take(&mut *lock(&self.records))
    }

    /// Waits until a record comes, unless one came since the last call.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Returns all records, delayed or not, and leaves them on the queue.
    pub fn records(&self) -> Vec<Queued> {
        lock(&self.records).clone()
    }

    /// Returns the jobs on the queue `dispatch`, delayed or not, and leaves them there.
    pub fn dispatch_jobs(&self) -> Vec<DispatchJob> {
        let of_receivers = |record| match record {
            DispatchRecord::V1 { jobs } => jobs,
            DispatchRecord::Group1(_)
            | DispatchRecord::Task1(_)
            | DispatchRecord::Revoke1(_)
            | DispatchRecord::Recall1(_) => Vec::new(),
        };
        self.parsed().into_iter().flat_map(of_receivers).collect()
    }

    /// Returns the pages of groups on the queue `dispatch`, delayed or not, and leaves them there.
    pub fn group_jobs(&self) -> Vec<GroupJob> {
        let of_groups = |record| match record {
            DispatchRecord::Group1(job) => Some(*job),
            _ => None,
        };
        self.parsed().into_iter().filter_map(of_groups).collect()
    }

    /// Returns the pages of tasks on the queue `dispatch`, delayed or not, and leaves them there.
    pub fn task_jobs(&self) -> Vec<TaskJob> {
        let of_tasks = |record| match record {
            DispatchRecord::Task1(job) => Some(job),
            _ => None,
        };
        self.parsed().into_iter().filter_map(of_tasks).collect()
    }

    /// Returns the requests to revoke on the queue `dispatch`, delayed or not, and leaves them there.
    pub fn revoke_requests(&self) -> Vec<RevokeRequest> {
        let of_revoke = |record| match record {
            DispatchRecord::Revoke1(request) => Some(*request),
            _ => None,
        };
        self.parsed().into_iter().filter_map(of_revoke).collect()
    }

    /// Returns the recalled messages on the queue `dispatch`, delayed or not, and leaves them there.
    pub fn recalls(&self) -> Vec<RecallJob> {
        let of_recall = |record| match record {
            DispatchRecord::Recall1(job) => Some(*job),
            _ => None,
        };
        self.parsed().into_iter().filter_map(of_recall).collect()
    }

    /// Returns the jobs on a vendor's queue, delayed or not, and leaves them there.
    pub fn push_jobs(&self) -> Vec<PushJob> {
        let of_push = |record| match record {
            PushRecord::V1(job) => Some(job),
            PushRecord::Revoke1(_) | PushRecord::Record1(_) => None,
        };
        self.parsed().into_iter().filter_map(of_push).collect()
    }

    /// Returns the notifications to revoke on a vendor's queue, delayed or not, and leaves them there.
    pub fn revoke_jobs(&self) -> Vec<RevokeJob> {
        let of_revoke = |record| match record {
            PushRecord::V1(_) | PushRecord::Record1(_) => None,
            PushRecord::Revoke1(job) => Some(job),
        };
        self.parsed().into_iter().filter_map(of_revoke).collect()
    }

    /// Returns the records on the queue `direct`, delayed or not, and leaves them there.
    pub fn direct_records(&self) -> Vec<DirectRecord> {
        self.parsed()
    }

    /// Returns the records on the queue `callback`, delayed or not, and leaves them there.
    pub fn callback_records(&self) -> Vec<CallbackRecord> {
        self.parsed()
    }

    /// Returns when the next record becomes visible, or `None` if the queue is empty.
    pub fn next_visible(&self) -> Option<Timestamp> {
        lock(&self.records).iter().map(|record| record.visible_at).min()
    }

    /// Returns whether there are no records, delayed or not.
    pub fn is_empty(&self) -> bool {
        lock(&self.records).is_empty()
    }

    /// Accepts this many more records. The call that exceeds the number stores the first ones, and fails. Later calls
    /// succeed again.
    pub fn break_after(&self, records: usize) {
        self.room.store(records, Ordering::SeqCst);
    }

    async fn send_all(&self, method: &str, records: Vec<impl Serialize>, delay: Duration) -> Result<(), NotQueued> {
        let from = |first: usize, error| NotQueued { places: (first..records.len()).collect(), error };
        self.faults.before(method).await.map_err(|error| from(0, error))?;
        for (place, record) in records.iter().enumerate() {
            if self.room.load(Ordering::SeqCst) == 0 {
                self.room.store(usize::MAX, Ordering::SeqCst);
                return Err(from(place, StoreError::Throttled));
            }
            self.room.fetch_sub(1, Ordering::SeqCst);
            let body =
                serde_json::to_string(record).map_err(|error| from(place, StoreError::Corrupt(error.to_string())))?;
            if body.len() > MAX_RECORD_BYTES {
                return Err(from(place, StoreError::Corrupt(format!("a record of {} bytes", body.len()))));
            }
            self.push(body, delay, None, 0);
        }
        self.faults.after(method).map_err(|error| from(0, error))
    }

    fn push(&self, body: String, delay: Duration, reason: Option<String>, reads: u32) {
        // SQS delays whole seconds, up to its maximum.
        let delay = Duration::from_secs(delay_seconds(delay));
        lock(&self.records).push(Queued { body, visible_at: self.clock.now().plus(delay), reason, reads });
        self.changed.notify_one();
    }

    fn parsed<T: DeserializeOwned>(&self) -> Vec<T> {
        let parse = |record: Queued| {
            serde_json::from_str(&record.body)
                .unwrap_or_else(|error| panic!("not a record of this queue: {error}: {}", record.body))
        };
        self.records().into_iter().map(parse).collect()
    }
}

#[async_trait]
impl QueueDispatch for MemoryQueue {
    async fn queue_dispatch(&self, jobs: &[DispatchJob], delay: Duration) -> Result<(), StoreError> {
        Ok(self.send_all("queue_dispatch", DispatchRecord::of(jobs), delay).await?)
    }

    async fn queue_groups(&self, jobs: &[GroupJob], delay: Duration) -> Result<(), StoreError> {
        let records = jobs.iter().cloned().map(Box::new).map(DispatchRecord::Group1).collect();
        Ok(self.send_all("queue_groups", records, delay).await?)
    }
}

#[async_trait]
impl QueueTask for MemoryQueue {
    async fn queue_task(&self, job: &TaskJob, delay: Duration) -> Result<(), StoreError> {
        Ok(self.send_all("queue_task", vec![DispatchRecord::Task1(job.clone())], delay).await?)
    }
}

#[async_trait]
impl RequestRevocation for MemoryQueue {
    async fn request_revocation(&self, request: &RevokeRequest, delay: Duration) -> Result<(), StoreError> {
        let records = vec![DispatchRecord::Revoke1(Box::new(request.clone()))];
        Ok(self.send_all("request_revocation", records, delay).await?)
    }
}

#[async_trait]
impl QueueRecalls for MemoryQueue {
    async fn queue_recall(&self, job: &RecallJob, delay: Duration) -> Result<(), StoreError> {
        let records = vec![DispatchRecord::Recall1(Box::new(job.clone()))];
        Ok(self.send_all("queue_recall", records, delay).await?)
    }
}

#[async_trait]
impl QueueDirect for MemoryQueue {
    async fn queue_direct(&self, records: &[DirectRecord], delay: Duration) -> Result<(), NotQueued> {
        self.send_all("queue_direct", records.to_vec(), delay).await
    }
}

#[async_trait]
impl QueueErase for MemoryQueue {
    async fn queue_erase(&self, record: &EraseRecord, delay: Duration) -> Result<(), StoreError> {
        Ok(self.send_all("queue_erase", vec![record], delay).await?)
    }
}

#[async_trait]
impl QueueCallbacks for MemoryQueue {
    async fn queue_callbacks(&self, records: &[CallbackRecord], delay: Duration) -> Result<(), StoreError> {
        Ok(self.send_all("queue_callbacks", records.to_vec(), delay).await?)
    }
}

#[async_trait]
impl DeadLetterRecord for MemoryQueue {
    async fn dead_letter(&self, body: &str, reason: &str) -> Result<(), StoreError> {
        self.faults.before("dead_letter").await?;
        self.push(body.to_owned(), Duration::ZERO, Some(reason.to_owned()), 0);
        self.faults.after("dead_letter")
    }
}

#[async_trait]
impl ReturnRecord for MemoryQueue {
    async fn return_record(&self, body: &str, reads: u32, delay: Duration) -> Result<(), StoreError> {
        self.faults.before("return_record").await?;
        self.push(body.to_owned(), delay, None, reads);
        self.faults.after("return_record")
    }
}

/// A queue for every vendor.
#[derive(Debug)]
pub struct MemoryPushQueues(BTreeMap<Vendor, Arc<MemoryQueue>>);

impl MemoryPushQueues {
    /// Creates empty queues.
    pub fn new(clock: &FixedClock) -> Self {
        Self(Vendor::ALL.into_iter().map(|vendor| (vendor, Arc::new(MemoryQueue::new(clock.clone())))).collect())
    }

    /// Returns the queue of a vendor.
    pub fn of(&self, vendor: Vendor) -> &MemoryQueue {
        &self.0[&vendor]
    }

    /// Returns the queue of a vendor, to share it.
    pub fn shared(&self, vendor: Vendor) -> Arc<MemoryQueue> {
        self.0[&vendor].clone()
    }

    /// Returns whether all of them are empty.
    pub fn is_empty(&self) -> bool {
        self.0.values().all(|queue| queue.is_empty())
    }
}

#[async_trait]
impl QueuePush for MemoryPushQueues {
    async fn queue_push(&self, vendor: Vendor, jobs: &[PushJob], delay: Duration) -> Result<(), StoreError> {
        Ok(self.of(vendor).send_all("queue_push", jobs.iter().cloned().map(PushRecord::V1).collect(), delay).await?)
    }
}

#[async_trait]
impl QueueRevocations for MemoryPushQueues {
    async fn queue_revocations(&self, vendor: Vendor, jobs: &[RevokeJob], delay: Duration) -> Result<(), StoreError> {
        let records = jobs.iter().cloned().map(PushRecord::Revoke1).collect();
        Ok(self.of(vendor).send_all("queue_revocations", records, delay).await?)
    }
}

#[async_trait]
impl QueueEnds for MemoryPushQueues {
    async fn queue_ends(&self, vendor: Vendor, jobs: &[RecordJob], delay: Duration) -> Result<(), StoreError> {
        let records = jobs.iter().cloned().map(PushRecord::Record1).collect();
        Ok(self.of(vendor).send_all("queue_ends", records, delay).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::queue::MAX_DELAY;
    use crate::testing::sample;

    fn job(text: &str) -> DispatchJob {
        let content = sample::content(text, FixedClock::default().now());
        DispatchJob {
            app: sample::app_key("org#app"),
            content,
            page: None,
            members: None,
            receivers: Vec::new(),
            recheck_at: None,
            waited: None,
            connections: None,
            pushed: Vec::new(),
            vendor_failed: false,
            attempts: 0,
            repeat: false,
        }
    }

    #[tokio::test]
    async fn a_delayed_record_is_taken_when_its_time_has_come_and_once() {
        let clock = FixedClock::default();
        let queue = MemoryQueue::new(clock.clone());
        queue.queue_dispatch(&[job("late")], Duration::from_secs(5000)).await.unwrap();
        queue.put("at once");
        assert_eq!(queue.take(10), ["at once"]);
        assert_eq!(queue.take(10), Vec::<String>::new());
        assert_eq!(queue.next_visible(), Some(clock.now().plus(MAX_DELAY)));
        assert_eq!(queue.dispatch_jobs(), [job("late")]);
        clock.advance(MAX_DELAY);
        assert_eq!(queue.take(10).len(), 1);
        assert!(queue.is_empty());
    }

    #[tokio::test]
    async fn a_queue_that_breaks_keeps_what_came_before() {
        let queue = MemoryQueue::new(FixedClock::default());
        queue.break_after(1);
        let jobs = ["first", "second"].map(|text| DispatchJob { repeat: true, ..job(text) });
        assert!(queue.queue_dispatch(&jobs, Duration::ZERO).await.is_err());
        assert_eq!(queue.dispatch_jobs(), jobs[..1]);
        queue.queue_dispatch(&jobs[1..], Duration::ZERO).await.unwrap();
        assert_eq!(queue.dispatch_jobs(), jobs);
    }

    #[tokio::test]
    async fn planned_failures_are_met_in_order_with_or_without_effect() {
        let queue = MemoryQueue::new(FixedClock::default());
        queue.faults.fail_next_of("dead_letter", 1);
        queue.faults.lose_answer_of("queue_dispatch", 1);
        assert!(queue.queue_dispatch(&[job("taken")], Duration::ZERO).await.is_err());
        assert_eq!(queue.dispatch_jobs().len(), 1);
        assert!(queue.dead_letter("body", "reason").await.is_err());
        assert_eq!((queue.records().len(), queue.faults.left()), (1, 0));
        queue.dead_letter("body", "reason").await.unwrap();
        assert_eq!(queue.records()[1].reason.as_deref(), Some("reason"));
    }
}
