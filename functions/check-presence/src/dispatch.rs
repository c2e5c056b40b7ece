//! One dispatch job: a message and some of its receivers.

use std::{cmp::Ordering, collections::BTreeMap, sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use shared::{
    decider::{Decided, Decider, Occasion},
    domain::{
        decision::{Decision, Verdict},
        group::{GroupPage, GroupRecord},
        message::Receiver,
        retry::DISPATCH,
        time::Timestamp,
        vendor::Vendor,
    },
    lambda::{
        batch::set_aside,
        metric::{Metric, Metrics},
    },
    ports::{
        acks::ReadAck,
        clock::{Clock, Entropy},
        error::StoreError,
        group_messages::{RecordForAll, RecordPage},
        groups::ReadMembers,
        messages::RecordDecision,
        queue::{DispatchJob, DispatchRecord, ParkRecord, PushJob, QueueDispatch, QueuePush},
    },
};

use crate::jobs::push_jobs;

/// The queue's name in logs and metrics.
pub(crate) const QUEUE: &str = "dispatch";
/// How many receivers of a job are decided at once.
const PARALLEL_RECEIVERS: usize = 10;

/// What the use case works with.
pub struct Ports {
    /// where silences are recorded
    pub decisions: Arc<dyn RecordDecision>,
    /// the same for pages of groups
    pub pages: Arc<dyn RecordPage>,
    /// the same for whole groups
    pub groups: Arc<dyn RecordForAll>,
    /// who received what
    pub acks: Arc<dyn ReadAck>,
    /// who is in a group
    pub members: Arc<dyn ReadMembers>,
    /// the vendors' queues
    pub push: Arc<dyn QueuePush>,
    /// its own queue, for what must wait
    pub dispatch: Arc<dyn QueueDispatch>,
    /// its dead-letter queue, for what nobody can work on
    pub park: Arc<dyn ParkRecord>,
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
    /// Decides for every receiver of the job; `false` if the whole record must be given again.
    pub async fn run(&self, job: DispatchJob, metrics: &Metrics) -> bool {
        if let Some(at) = job.recheck_at
            && self.ports.clock.now() < at
        {
            return self.look_again(&job, job.receivers.clone(), at).await;
        }
        let occasion = match self.decider.begin(&job.app, &job.content, job.members).await {
            Ok(Some(occasion)) => occasion,
            Ok(None) => {
                tracing::warn!(app = %job.app, "the app is gone, its messages are dropped");
                return true;
            }
            Err(error) => {
                tracing::warn!(app = %job.app, error = error.chain(), "the app's configuration cannot be read");
                return self.put_back(&job, job.receivers.clone()).await;
            }
        };
        let (job, occasion) = (&job, &occasion);
        let results: Vec<Result<Decided, (Receiver, StoreError)>> = stream::iter(job.receivers.clone())
            .map(|receiver| async move {
                let decided = self.decide(job, occasion, receiver.clone()).await;
                decided.map_err(|error| (receiver, error))
            })
            .buffered(PARALLEL_RECEIVERS)
            .collect()
            .await;

        let (mut decided, mut again, mut settled) = (Vec::new(), Vec::new(), true);
        for result in results {
            match result {
                Ok(one) => decided.push(one),
                Err((receiver, StoreError::Corrupt(reason))) => {
                    settled &= self.set_aside(job, receiver, &reason, metrics).await;
                }
                Err((receiver, error)) => {
                    tracing::warn!(message.id = %receiver.msg_id, error = error.chain(), "the facts cannot be read");
                    again.push(receiver);
                }
            }
        }
        // Nobody is looked at twice: what was online at the second look is connected.
        let mut doubtful: BTreeMap<Timestamp, Vec<Receiver>> = BTreeMap::new();
        if job.recheck_at.is_none() {
            let in_doubt = decided.extract_if(.., |one| one.recheck_at.is_some());
            for (at, receiver) in in_doubt.filter_map(|one| Some((one.recheck_at?, one.receiver))) {
                doubtful.entry(at).or_default().push(receiver);
            }
        }
        again.extend(self.queue_pushes(job, &decided).await);
        again.extend(self.record_silences(job, &decided).await);
        // Both vendors of one receiver may have failed.
        again.sort_by(order);
        again.dedup();
        count(
            job,
            decided.iter().filter(|one| again.binary_search_by(|other| order(other, &one.receiver)).is_err()),
            metrics,
        );
        for (at, receivers) in doubtful {
            settled &= self.look_again(job, receivers, at).await;
        }
        settled & self.put_back(job, again).await
    }

    /// Decides for one receiver; at the second look, who acknowledged the message meanwhile has it.
    async fn decide(
        &self,
        job: &DispatchJob,
        occasion: &Occasion<'_>,
        receiver: Receiver,
    ) -> Result<Decided, StoreError> {
        if job.recheck_at.is_none() {
            return self.decider.decide(occasion, receiver).await;
        }
        let delivered = self.ports.acks.is_acknowledged(&job.app, &receiver).await?;
        self.decider.decide_again(occasion, receiver, delivered).await
    }

    /// Queues the vendor jobs; answers the receivers for whom that failed.
    async fn queue_pushes(&self, job: &DispatchJob, decided: &[Decided]) -> Vec<Receiver> {
        let mut jobs: BTreeMap<Vendor, Vec<PushJob>> = BTreeMap::new();
        for (vendor, push) in push_jobs(job, decided) {
            jobs.entry(vendor).or_default().push(push);
        }
        let mut failed = Vec::new();
        for (vendor, jobs) in jobs {
            if let Err(error) = self.ports.push.queue_push(vendor, &jobs, Duration::ZERO).await {
                tracing::warn!(vendor = vendor.name(), error = error.chain(), "vendor jobs cannot be queued");
                failed.extend(jobs.into_iter().flat_map(|job| job.receivers).map(|receiver| receiver.receiver));
            }
        }
        failed
    }

    /// Records decisions that end here; answers the receivers for whom that failed.
    async fn record_silences(&self, job: &DispatchJob, decided: &[Decided]) -> Vec<Receiver> {
        // A message for connected devices only is not stored, so there is nothing to record on.
        let silent: Vec<&Decided> =
            decided.iter().filter(|one| one.push.is_none() && !job.content.online_only).collect();
        if let Some(page) = &job.page {
            return self.record_silent_page(job, page, &silent).await;
        }
        let results: Vec<Option<Receiver>> = stream::iter(silent)
            .map(|one| async move {
                let recorded = self.ports.decisions.record_decision(&job.app, &one.receiver, &one.decision).await;
                let error = recorded.err()?;
                tracing::warn!(message.id = %one.receiver.msg_id, error = error.chain(), "a decision cannot be recorded");
                Some(one.receiver.clone())
            })
            .buffer_unordered(PARALLEL_RECEIVERS)
            .collect()
            .await;
        results.into_iter().flatten().collect()
    }

    /// Records the silences of a page in one write; answers the receivers for whom that failed.
    async fn record_silent_page(&self, job: &DispatchJob, page: &GroupPage, silent: &[&Decided]) -> Vec<Receiver> {
        let Some(msg_id) = silent.first().map(|one| one.receiver.msg_id) else {
            return Vec::new();
        };
        let record = |one: &&Decided| GroupRecord {
            user: one.receiver.user.clone(),
            decision: one.decision.clone(),
            outcomes: Vec::new(),
        };
        let records: Vec<GroupRecord> = silent.iter().map(record).collect();
        match self.ports.pages.record_page(&job.app, page, msg_id, &records).await {
            Ok(()) => Vec::new(),
            Err(error) => {
                tracing::warn!(message.id = %msg_id, error = error.chain(), "a page cannot be recorded");
                silent.iter().map(|one| one.receiver.clone()).collect()
            }
        }
    }

    /// Queues the job again for these receivers, later; `false` if that failed.
    async fn put_back(&self, job: &DispatchJob, receivers: Vec<Receiver>) -> bool {
        if receivers.is_empty() {
            return true;
        }
        let attempts = job.attempts + 1;
        let now = self.ports.clock.now();
        let Some(at) = DISPATCH.next(attempts, None, self.ports.entropy.fraction(), now, job.content.expires_at) else {
            return self.expire(job, &receivers).await;
        };
        let again = DispatchJob { receivers, attempts, repeat: true, ..job.clone() };
        match self.ports.dispatch.queue_dispatch(&[again], at.since(now)).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(error = error.chain(), "a message cannot be put back");
                false
            }
        }
    }

    /// Queues receivers who only seem connected, to be looked at when their leases have run out; `false` if that failed.
    async fn look_again(&self, job: &DispatchJob, receivers: Vec<Receiver>, at: Timestamp) -> bool {
        let later = DispatchJob { receivers, recheck_at: Some(at), ..job.clone() };
        let delay = at.since(self.ports.clock.now());
        let queued = self.ports.dispatch.queue_dispatch(&[later], delay).await;
        if let Err(error) = &queued {
            tracing::warn!(error = error.chain(), "a second look cannot be queued");
        }
        queued.is_ok()
    }

    /// Records that the message expired before it could be decided; `false` if that failed.
    async fn expire(&self, job: &DispatchJob, receivers: &[Receiver]) -> bool {
        tracing::error!(app = %job.app, receivers = receivers.len(), "a message expired before it could be decided");
        let decision = Decision::expired(&job.content);
        if let Some(page) = &job.page {
            let (app, msg_id) = (&job.app, receivers[0].msg_id);
            let record = |receiver: &Receiver| GroupRecord {
                user: receiver.user.clone(),
                decision: decision.clone(),
                outcomes: Vec::new(),
            };
            let records: Vec<GroupRecord> = receivers.iter().map(record).collect();
            return self.ports.pages.record_page(app, page, msg_id, &records).await.is_ok();
        }
        let mut recorded = true;
        for receiver in receivers {
            if let Err(error) = self.ports.decisions.record_decision(&job.app, receiver, &decision).await {
                tracing::warn!(message.id = %receiver.msg_id, error = error.chain(), "a decision cannot be recorded");
                recorded = false;
            }
        }
        recorded
    }

    /// Sets one receiver's part of the job aside; `false` if that failed.
    async fn set_aside(&self, job: &DispatchJob, receiver: Receiver, reason: &str, metrics: &Metrics) -> bool {
        let id = receiver.msg_id.to_string();
        let part = DispatchRecord::V1(DispatchJob { receivers: vec![receiver], ..job.clone() });
        let body = serde_json::to_string(&part).unwrap_or_default();
        set_aside(&id, &body, reason, QUEUE, &*self.ports.park, metrics).await
    }
}

/// By which receivers of a job are told apart: those of a group message share its id.
fn order(a: &Receiver, b: &Receiver) -> Ordering {
    (a.msg_id, &a.user).cmp(&(b.msg_id, &b.user))
}

/// Counts decisions. Each is logged but those of a page, which are too many.
fn count<'a>(job: &DispatchJob, decided: impl Iterator<Item = &'a Decided>, metrics: &Metrics) {
    for one in decided {
        let reason = match one.decision.verdict {
            Verdict::Push => "push",
            Verdict::Skip { reason } => reason.code(),
        };
        if job.page.is_none() {
            tracing::info!(app = %job.app, message.id = %one.receiver.msg_id, decision = reason, "decided");
        }
        metrics.add(Metric::Decisions, [("reason", reason)], 1);
    }
}
