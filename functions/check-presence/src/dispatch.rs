//! The records of one invocation: it decides them in parallel, queues their vendor jobs together, and finishes each.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::{
    FutureExt, StreamExt,
    future::{join, join_all},
    stream::{self, BoxStream},
};
use shared::{
    callbacks::Callbacks,
    decider::Decider,
    domain::vendor::Vendor,
    lambda::{deadline::Deadline, metric::Metrics},
    name_ports,
    ports::{
        acks::ReadAck,
        clock::{Clock, Entropy},
        connections::{DirectMessage, QueueDirect},
        erasure::ReadVisibleSince,
        error::StoreError,
        group_messages::{FindRecorded, ReadGroupMessage, RecordForAll, RecordPage},
        groups::ReadMembers,
        messages::{ReadContent, RecordDecision, RecordOutcomes},
        queue::{
            DeadLetterRecord, DispatchJob, DispatchRecord, NotQueued, PushJob, QueueDispatch, QueuePush, QueueRecalls,
            QueueRevocations, RequestRevocation, ReturnRecord,
        },
        recalls::{ReadRecalls, ReadRecords},
        timelines::ReadTimeline,
        traces::ReadTraces,
    },
    statistics::Statistics,
    task_counter::TaskCounter,
};

use crate::{
    decide::{DecidedJob, Step},
    direct::records,
    jobs::push_jobs,
    walk::WalkPorts,
};

/// The queue's name in logs and metrics.
pub(crate) const QUEUE: &str = "dispatch";
/// Records processed at the same time.
const PARALLEL_RECORDS: usize = 10;
/// Jobs of a record processed at the same time.
const PARALLEL_JOBS: usize = 25;
/// Time for which the invocation collects decisions to act on together, because each request to a queue costs. It acts
/// on later decisions one by one, so that they delay no others.
const AT_ONCE: Duration = Duration::from_secs(2);
/// Time reserved for acting on decisions: vendor jobs are queued, results written, and the rest put back on the queue.
pub(crate) const FINISH: Duration = Duration::from_secs(11);
/// Maximum time to queue messages for connections, so that time is left to record the other decisions. If it does not
/// suffice, the receivers are decided again.
const DIRECT: Duration = Duration::from_secs(3);
/// Time reserved for putting records back on the queue.
pub(crate) const PUT_BACK: Duration = Duration::from_secs(1);

/// The ports of the use case.
pub struct Ports {
    /// records decisions without a push
    pub decisions: Arc<dyn RecordDecision>,
    /// records the ends of deferred pushes
    pub outcomes: Arc<dyn RecordOutcomes>,
    /// records pages of groups
    pub pages: Arc<dyn RecordPage>,
    /// records decisions for whole groups
    pub groups: Arc<dyn RecordForAll>,
    /// reads what earlier checks recorded about pages
    pub recorded: Arc<dyn FindRecorded>,
    /// reads acknowledgements
    pub acks: Arc<dyn ReadAck>,
    /// reads the messages that notifications are of
    pub contents: Arc<dyn ReadContent>,
    /// the same for messages of groups
    pub group_messages: Arc<dyn ReadGroupMessage>,
    /// reads later messages of a conversation
    pub timelines: Arc<dyn ReadTimeline>,
    /// reads where one-to-one messages were pushed
    pub traces: Arc<dyn ReadTraces>,
    /// the same for messages of groups
    pub records: Arc<dyn ReadRecords>,
    /// reads which messages were recalled
    pub recalls: Arc<dyn ReadRecalls>,
    /// reads which users were erased
    pub visible_since: Arc<dyn ReadVisibleSince>,
    /// reads group members
    pub members: Arc<dyn ReadMembers>,
    /// the vendors' queues
    pub push: Arc<dyn QueuePush>,
    /// the vendors' queues, for notifications to revoke
    pub revocations: Arc<dyn QueueRevocations>,
    /// the queue of hold-connection
    pub direct: Arc<dyn QueueDirect>,
    /// its own queue, for retries and rechecks
    pub dispatch: Arc<dyn QueueDispatch>,
    /// its own queue, for requests to revoke that failed
    pub requests: Arc<dyn RequestRevocation>,
    /// its own queue, for recalled messages
    pub recalls_queue: Arc<dyn QueueRecalls>,
    /// its own queue, for unreadable records
    pub returns: Arc<dyn ReturnRecord>,
    /// its dead-letter queue, for records that nobody can process
    pub dead_letters: Arc<dyn DeadLetterRecord>,
    /// counts recorded results
    pub statistics: Statistics,
    /// the same for tasks
    pub task_counts: TaskCounter,
    /// walks tasks
    pub walk: WalkPorts,
    /// tells apps' servers about receivers without a push
    pub callbacks: Callbacks,
    /// tells the time
    pub clock: Arc<dyn Clock>,
    /// gives jitter
    pub entropy: Arc<dyn Entropy>,
}

name_ports! { Ports {
    decisions, outcomes, pages, groups, recorded, acks, contents, group_messages, timelines, traces, records, recalls,
    visible_since, members, push, revocations, direct, dispatch, requests, recalls_queue, returns, dead_letters, statistics,
    task_counts, walk, callbacks, clock, entropy
} }

/// Decides for receivers.
pub struct Dispatch {
    /// reads facts and decides
    pub decider: Decider,
    /// all other ports
    pub ports: Ports,
}

name_ports! { Dispatch { decider, ports } }

impl Dispatch {
    /// Decides for every receiver of the records. Returns for each record, in its place, `false` if SQS must redeliver
    /// it.
    pub async fn run(&self, records: Vec<DispatchRecord>, deadline: Deadline, metrics: &Metrics) -> Vec<bool> {
        let mut settled = vec![true; records.len()];
        let mut steps = stream::iter(records.into_iter().enumerate())
            .map(|(place, record)| self.decide_record(place, record, deadline, metrics))
            .flatten_unordered(PARALLEL_RECORDS)
            .boxed();
        let at_once = Deadline::after(AT_ONCE).min(deadline.leaving(FINISH));
        let mut decided = Vec::new();
        while let Some(Some(step)) = at_once.wait(steps.next()).await {
            decided.push(step);
        }
        let late = async { self.act(steps.collect().await, deadline, metrics).await };
        let (at_once, late) = join(self.act(decided, deadline, metrics), late).await;
        for (place, done) in at_once.into_iter().chain(late) {
            settled[place] &= done;
        }
        settled
    }

    /// Queues the decided jobs, and finishes them. Returns for each step the place of its record, and `false` if SQS
    /// must redeliver it.
    async fn act(&self, mut steps: Vec<(usize, Step)>, deadline: Deadline, metrics: &Metrics) -> Vec<(usize, bool)> {
        // Sorts the steps in the order of the records.
        steps.sort_by_key(|(place, _)| *place);
        self.queue_pushes(steps.iter_mut().map(|(_, step)| step), deadline.leaving(PUT_BACK)).await;
        let direct_by = Deadline::after(DIRECT).min(deadline.leaving(PUT_BACK));
        self.queue_direct(steps.iter_mut().map(|(_, step)| step), direct_by).await;
        stream::iter(steps)
            .map(|(place, step)| async move {
                match step {
                    Step::Ended(settled) => (place, settled),
                    Step::Decided(decided) => (place, self.finish(*decided, deadline, metrics).await),
                }
            })
            .buffered(PARALLEL_JOBS)
            .collect()
            .await
    }

    /// Returns the steps of a record, in the order in which they complete.
    fn decide_record<'a>(
        &'a self,
        place: usize,
        record: DispatchRecord,
        deadline: Deadline,
        metrics: &'a Metrics,
    ) -> BoxStream<'a, (usize, Step)> {
        let steps = match record {
            DispatchRecord::Group1(job) => self.decide_page(*job, deadline, metrics).into_stream().boxed(),
            DispatchRecord::Task1(job) => {
                let walked = async move { self.walk_task(job, deadline).await };
                walked.map(Step::Ended).into_stream().boxed()
            }
            DispatchRecord::Revoke1(request) => {
                let revoked = async move { self.revoke(*request, deadline).await };
                revoked.map(Step::Ended).into_stream().boxed()
            }
            DispatchRecord::Recall1(job) => {
                let revoked = async move { self.recall(*job, deadline).await };
                revoked.map(Step::Ended).into_stream().boxed()
            }
            // One of the jobs may have caused the failure, so each gets its own record.
            DispatchRecord::V1 { jobs } if jobs.len() > 1 && jobs.iter().any(|job| job.repeat) => {
                let queued = async move { deadline.wait(self.queue_apart(jobs)).await.unwrap_or(false) };
                queued.map(Step::Ended).into_stream().boxed()
            }
            DispatchRecord::V1 { jobs } => {
                let jobs = stream::iter(jobs).map(move |job| self.decide_job(job, deadline, metrics));
                jobs.buffer_unordered(PARALLEL_JOBS).boxed()
            }
        };
        steps.map(move |step| (place, step)).boxed()
    }

    /// Queues each job in its own record. Returns `false` if that failed.
    async fn queue_apart(&self, jobs: Vec<DispatchJob>) -> bool {
        let jobs: Vec<DispatchJob> = jobs.into_iter().map(|job| DispatchJob { repeat: true, ..job }).collect();
        let queued = self.ports.dispatch.queue_dispatch(&jobs, Duration::ZERO).await;
        if let Err(error) = &queued {
            tracing::warn!(error = error.chain(), "the jobs of a record cannot be queued separately");
        }
        queued.is_ok()
    }

    /// Queues the vendor jobs of all records, together for each vendor, because each request to a queue costs. If that
    /// fails, the receivers are decided again.
    async fn queue_pushes(&self, steps: impl Iterator<Item = &mut Step>, deadline: Deadline) {
        let mut decided: Vec<&mut DecidedJob> = steps.filter_map(Step::decided).collect();
        let mut jobs: BTreeMap<Vendor, (Vec<usize>, Vec<PushJob>)> = BTreeMap::new();
        for (index, one) in decided.iter().enumerate() {
            for (vendor, push) in push_jobs(&one.job, &one.decided, one.decided_at) {
                let (owners, pushes) = jobs.entry(vendor).or_default();
                owners.push(index);
                pushes.push(push);
            }
        }
        let queued = jobs.into_iter().map(|(vendor, (owners, pushes))| async move {
            let queued = deadline.wait(self.ports.push.queue_push(vendor, &pushes, Duration::ZERO)).await;
            (vendor, owners, pushes, queued.unwrap_or(Err(StoreError::Throttled)))
        });
        for (vendor, owners, pushes, result) in join_all(queued).await {
            if let Err(error) = result {
                tracing::warn!(vendor = vendor.name(), error = error.chain(), "vendor jobs cannot be queued");
                for (owner, push) in owners.into_iter().zip(pushes) {
                    decided[owner].again.extend(push.receivers.into_iter().map(|receiver| receiver.receiver));
                }
            }
        }
    }

    /// Queues the messages for live connections of all records. Messages that the queue refused are queued once more,
    /// separately for each job, because one of them may have caused the refusal. If that fails, too, their receivers
    /// are decided again.
    async fn queue_direct(&self, steps: impl Iterator<Item = &mut Step>, deadline: Deadline) {
        let mut decided: Vec<&mut DecidedJob> =
            steps.filter_map(Step::decided).filter(|one| !one.direct.is_empty()).collect();
        let all: Vec<DirectMessage> = decided.iter().flat_map(|one| one.direct.clone()).collect();
        if all.is_empty() {
            return;
        }
        let mut left = self.not_queued(all, deadline).await.into_iter().peekable();
        // Each message has receivers of one job.
        for one in &mut decided {
            one.direct.retain(|message| left.next_if_eq(message).is_some());
        }
        let others = decided.len() > 1;
        let queued = decided.into_iter().filter(|one| !one.direct.is_empty()).map(|one| async move {
            if others {
                one.direct = self.not_queued(std::mem::take(&mut one.direct), deadline).await;
            }
            one.decide_direct_again();
        });
        join_all(queued).await;
    }

    /// Queues messages for connections. Returns those that the queue may not have.
    async fn not_queued(&self, mut messages: Vec<DirectMessage>, deadline: Deadline) -> Vec<DirectMessage> {
        let queued = deadline.wait(self.ports.direct.queue_direct(&records(&messages), Duration::ZERO)).await;
        let NotQueued { places, error } = match queued {
            Some(Ok(())) => return Vec::new(),
            Some(Err(failed)) => failed,
            None => NotQueued { places: (0..messages.len()).collect(), error: StoreError::Throttled },
        };
        tracing::warn!(error = error.chain(), "messages for connections cannot be queued");
        let mut place = 0..;
        messages.retain(|_| place.next().is_some_and(|place| places.binary_search(&place).is_ok()));
        messages
    }
}
