//! The records of one invocation: decided side by side, then their vendor jobs are queued together, then each is finished.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::{
    FutureExt, StreamExt,
    future::{join, join_all},
    stream::{self, BoxStream},
};
use shared::{
    decider::Decider,
    domain::vendor::Vendor,
    lambda::{deadline::Deadline, metric::Metrics},
    name_ports,
    ports::{
        acks::ReadAck,
        clock::{Clock, Entropy},
        connections::{DirectMessage, QueueDirect},
        error::StoreError,
        group_messages::{FindRecorded, RecordForAll, RecordPage},
        groups::ReadMembers,
        messages::{RecordDecision, RecordOutcomes},
        queue::{
            DeadLetterRecord, DispatchJob, DispatchRecord, NotQueued, PushJob, QueueDispatch, QueuePush, ReturnRecord,
        },
    },
    statistics::Statistics,
};

use crate::{
    decide::{DecidedJob, Step},
    direct::records,
    jobs::push_jobs,
};

/// The queue's name in logs and metrics.
pub(crate) const QUEUE: &str = "dispatch";
/// How many records are worked on at once.
const PARALLEL_RECORDS: usize = 10;
/// How many jobs of a record are worked on at once.
const PARALLEL_JOBS: usize = 25;
/// For how long decisions are waited for that are acted on together, since every request to a queue costs. What lasts longer is acted on by
/// itself, and keeps no other waiting.
const AT_ONCE: Duration = Duration::from_secs(2);
/// What acting on decisions leaves room for at the end: vendor jobs are queued, one write is made, and what is left is put back.
pub(crate) const FINISH: Duration = Duration::from_secs(11);
/// For how long what is to be posted to connections is queued, so that time is left to record the other decisions. Where that does not
/// suffice the receivers are decided again.
const DIRECT: Duration = Duration::from_secs(3);
/// What putting back leaves room for.
pub(crate) const PUT_BACK: Duration = Duration::from_secs(1);

/// What the use case works with.
pub struct Ports {
    /// where decisions are recorded that end without a push
    pub decisions: Arc<dyn RecordDecision>,
    /// where the end of pushes is recorded that waited
    pub outcomes: Arc<dyn RecordOutcomes>,
    /// the same for pages of groups
    pub pages: Arc<dyn RecordPage>,
    /// the same for whole groups
    pub groups: Arc<dyn RecordForAll>,
    /// what earlier checks recorded of pages
    pub recorded: Arc<dyn FindRecorded>,
    /// who received what
    pub acks: Arc<dyn ReadAck>,
    /// who is in a group
    pub members: Arc<dyn ReadMembers>,
    /// the vendors' queues
    pub push: Arc<dyn QueuePush>,
    /// the queue of the function that speaks to connections
    pub direct: Arc<dyn QueueDirect>,
    /// its own queue, for what must wait
    pub dispatch: Arc<dyn QueueDispatch>,
    /// the same, for what cannot be read
    pub returns: Arc<dyn ReturnRecord>,
    /// its dead-letter queue, for what nobody can work on
    pub dead_letters: Arc<dyn DeadLetterRecord>,
    /// counts what is recorded
    pub statistics: Statistics,
    /// the time
    pub clock: Arc<dyn Clock>,
    /// jitter
    pub entropy: Arc<dyn Entropy>,
}

name_ports! { Ports {
    decisions, outcomes, pages, groups, recorded, acks, members, push, direct, dispatch, returns, dead_letters,
    statistics, clock, entropy
} }

/// Decides for receivers.
pub struct Dispatch {
    /// reads facts and decides
    pub decider: Decider,
    /// everything else
    pub ports: Ports,
}

name_ports! { Dispatch { decider, ports } }

impl Dispatch {
    /// Decides for every receiver of the records; of each record in its place, `false` if it must be redelivered.
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

    /// Queues what was decided, and does what is left; of each step the place of its record, and `false` if that must be redelivered.
    async fn act(&self, mut steps: Vec<(usize, Step)>, deadline: Deadline, metrics: &Metrics) -> Vec<(usize, bool)> {
        // As the records came.
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

    /// The steps of a record, as they are done.
    fn decide_record<'a>(
        &'a self,
        place: usize,
        record: DispatchRecord,
        deadline: Deadline,
        metrics: &'a Metrics,
    ) -> BoxStream<'a, (usize, Step)> {
        let steps = match record {
            DispatchRecord::Group1(job) => self.decide_page(*job, deadline, metrics).into_stream().boxed(),
            // Whatever failed may have been one of them: each goes on alone.
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

    /// Queues jobs, each in a record of its own; `false` if that failed.
    async fn queue_apart(&self, jobs: Vec<DispatchJob>) -> bool {
        let jobs: Vec<DispatchJob> = jobs.into_iter().map(|job| DispatchJob { repeat: true, ..job }).collect();
        let queued = self.ports.dispatch.queue_dispatch(&jobs, Duration::ZERO).await;
        if let Err(error) = &queued {
            tracing::warn!(error = error.chain(), "the jobs of a record cannot be queued apart");
        }
        queued.is_ok()
    }

    /// Queues the vendor jobs of all records, those of a vendor together, since every request to a queue costs. Where
    /// that fails the receivers are decided again.
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

    /// Queues what is to be posted to live connections, of all records together. What the queue did not take is queued once more, each
    /// job's by itself, since one of them may be what the queue refused; receivers for whom that fails too are decided again.
    async fn queue_direct(&self, steps: impl Iterator<Item = &mut Step>, deadline: Deadline) {
        let mut decided: Vec<&mut DecidedJob> =
            steps.filter_map(Step::decided).filter(|one| !one.direct.is_empty()).collect();
        let all: Vec<DirectMessage> = decided.iter().flat_map(|one| one.direct.clone()).collect();
        if all.is_empty() {
            return;
        }
        let mut left = self.not_queued(all, deadline).await.into_iter().peekable();
        // Each message names the receivers of one job.
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

    /// Queues messages for connections; returns those that the queue is not known to have taken.
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
