//! The records of one invocation: decided side by side, then their vendor jobs are queued together, then each is finished.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::{StreamExt, future::join_all, stream};
use shared::{
    decider::Decider,
    domain::vendor::Vendor,
    lambda::{deadline::Deadline, metric::Metrics},
    ports::{
        acks::ReadAck,
        clock::{Clock, Entropy},
        connections::{DirectMessage, QueueDirect},
        error::StoreError,
        group_messages::{FindRecorded, RecordForAll, RecordPage},
        groups::ReadMembers,
        messages::{RecordDecision, RecordOutcomes},
        queue::{DeadLetterRecord, DispatchJob, DispatchRecord, PushJob, QueueDispatch, QueuePush, ReturnRecord},
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
/// What acting on decisions leaves room for at the end: vendor jobs are queued, one write is made, and what is left is put back.
pub(crate) const FINISH: Duration = Duration::from_secs(11);
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
    /// what earlier looks recorded of pages
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

/// Decides for receivers.
pub struct Dispatch {
    /// reads facts and decides
    pub decider: Decider,
    /// everything else
    pub ports: Ports,
}

impl Dispatch {
    /// Decides for every receiver of the records; of each record in its place, `false` if it must be redelivered.
    pub async fn run(&self, records: Vec<DispatchRecord>, deadline: Deadline, metrics: &Metrics) -> Vec<bool> {
        let mut settled = vec![true; records.len()];
        let mut steps: Vec<(usize, Step)> = stream::iter(records.into_iter().enumerate())
            .map(|(place, record)| async move {
                let steps = self.decide_record(record, deadline, metrics).await;
                stream::iter(steps.into_iter().map(move |step| (place, step)))
            })
            .buffered(PARALLEL_RECORDS)
            .flatten()
            .collect()
            .await;
        self.queue_pushes(steps.iter_mut().map(|(_, step)| step), deadline.leaving(PUT_BACK)).await;
        self.queue_direct(steps.iter_mut().map(|(_, step)| step), deadline.leaving(PUT_BACK)).await;
        let finished: Vec<(usize, bool)> = stream::iter(steps)
            .map(|(place, step)| async move {
                match step {
                    Step::Ended(settled) => (place, settled),
                    Step::Decided(decided) => (place, self.finish(*decided, deadline, metrics).await),
                }
            })
            .buffered(PARALLEL_JOBS)
            .collect()
            .await;
        for (place, done) in finished {
            settled[place] &= done;
        }
        settled
    }

    async fn decide_record(&self, record: DispatchRecord, deadline: Deadline, metrics: &Metrics) -> Vec<Step> {
        match record {
            DispatchRecord::Group1(job) => vec![self.decide_page(*job, deadline, metrics).await],
            // Whatever failed may have been one of them: each goes on alone.
            DispatchRecord::V1 { jobs } if jobs.len() > 1 && jobs.iter().any(|job| job.repeat) => {
                vec![Step::Ended(deadline.wait(self.queue_apart(jobs)).await.unwrap_or(false))]
            }
            DispatchRecord::V1 { jobs } => {
                let jobs = stream::iter(jobs).map(|job| self.decide_job(job, deadline, metrics));
                jobs.buffered(PARALLEL_JOBS).collect().await
            }
        }
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

    /// Queues what is to be posted to live connections, of all records together. Where that fails each job's is queued by itself, since one
    /// of them may be what the queue refused; where that fails too its receivers are decided again.
    async fn queue_direct(&self, steps: impl Iterator<Item = &mut Step>, deadline: Deadline) {
        let mut decided: Vec<&mut DecidedJob> =
            steps.filter_map(Step::decided).filter(|one| !one.direct.is_empty()).collect();
        let all: Vec<DirectMessage> = decided.iter().flat_map(|one| one.direct.clone()).collect();
        if all.is_empty() || self.queued_direct(&all, deadline).await {
            return;
        }
        let alone = decided.len() == 1;
        let queued = decided.iter().map(|one| async move { !alone && self.queued_direct(&one.direct, deadline).await });
        let queued = join_all(queued).await;
        let lost = decided.iter_mut().zip(queued).filter(|(_, queued)| !queued);
        lost.for_each(|(one, _)| one.decide_direct_again());
    }

    async fn queued_direct(&self, messages: &[DirectMessage], deadline: Deadline) -> bool {
        let queued = deadline.wait(self.ports.direct.queue_direct(&records(messages), Duration::ZERO)).await;
        let queued = queued.unwrap_or(Err(StoreError::Throttled));
        if let Err(error) = &queued {
            tracing::warn!(error = error.chain(), "messages for connections cannot be queued");
        }
        queued.is_ok()
    }
}
