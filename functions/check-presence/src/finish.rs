//! The last step for a job, after its vendor jobs are queued: it records decisions without a push, and queues receivers
//! for a retry or a recheck.

use std::{cmp::Ordering, collections::HashSet, time::Duration};

use futures::{StreamExt, stream};
use shared::{
    decider::Decided,
    domain::{
        decision::{Decision, RecordedDecision, Verdict},
        group::{GroupPage, GroupRecord},
        id::UserId,
        message::Receiver,
        outcome::DeviceOutcome,
        retry::DISPATCH,
        time::Timestamp,
    },
    lambda::{
        deadline::Deadline,
        metric::{Metric, Metrics},
    },
    ports::{
        error::StoreError,
        queue::{DispatchJob, GroupJob, SeenConnections},
    },
};

use crate::{
    count::waits,
    decide::DecidedJob,
    deferred::ended_waiting,
    dispatch::{Dispatch, PUT_BACK},
    recheck_context::RecheckContext,
};

/// Decisions of a job that are recorded at the same time: those of one record.
const PARALLEL_WRITES: usize = 25;
/// Delay of receivers for whom no time was left.
const NOT_BEGUN: Duration = Duration::from_secs(5);

impl Dispatch {
    /// Finishes a job. Returns `false` if SQS must redeliver the whole record.
    pub(crate) async fn finish(&self, decided: DecidedJob, deadline: Deadline, metrics: &Metrics) -> bool {
        let by = deadline.leaving(PUT_BACK);
        let unrecorded = if decided.recorded { Vec::new() } else { self.record_suppressed(&decided, by).await };
        let DecidedJob {
            job,
            decided,
            stale,
            recheck_context,
            mut again,
            unposted,
            not_begun,
            mut settled,
            next,
            recorded,
            ..
        } = decided;
        again.extend(unrecorded);
        // A receiver occurs twice if jobs for two vendors failed.
        again.sort_by(order);
        again.dedup();
        let done = |one: &&Decided| again.binary_search_by(|other| order(other, &one.receiver)).is_err();
        if !recorded {
            count(&job, decided.iter().filter(done), metrics);
            decided.iter().filter(done).for_each(|one| self.tell_suppressed(&job, one));
        }
        let put_back = async {
            for ((at, seen), receivers) in stale {
                settled &= self.requeue_for_recheck(&job, &recheck_context, receivers, at, seen).await;
            }
            settled &= self.requeue(&job, again).await;
            settled &= self.requeue_unposted(&job, &recheck_context, unposted).await;
            settled &= self.requeue_not_begun(&job, not_begun).await;
            settled && self.queue_next(next).await
        };
        deadline.wait(put_back).await.unwrap_or(false)
    }

    /// Queues the next page, if there is one. Returns `false` if that failed.
    pub(crate) async fn queue_next(&self, next: Option<GroupJob>) -> bool {
        let Some(page) = next else {
            return true;
        };
        let id = page.msg_id;
        let queued = self.ports.dispatch.queue_groups(&[page], Duration::ZERO).await;
        if let Err(error) = &queued {
            tracing::warn!(message.id = %id, error = error.chain(), "the next page of a group cannot be queued");
        }
        queued.is_ok()
    }

    /// Records decisions without a push, and the ends of deferred pushes. Returns the receivers for whom that failed.
    async fn record_suppressed(&self, of: &DecidedJob, deadline: Deadline) -> Vec<Receiver> {
        let DecidedJob { job, decided, stale, recheck_context, recalled, .. } = of;
        // A message for connected devices only is not stored, so its decision has no row. After a vendor's refusal the
        // decision to push stays.
        if job.content.online_only || job.vendor_failed {
            return Vec::new();
        }
        let now = self.ports.clock.now();
        let rechecked: HashSet<&UserId> = stale.values().flatten().map(|one| &one.user).collect();
        let outcomes = |one: &Decided| {
            let is_rechecked = rechecked.contains(&one.receiver.user);
            ended_waiting(job, one, |device| is_rechecked && recheck_context.waits(device), now)
        };
        let ended: Vec<(&Decided, Vec<DeviceOutcome>)> = decided
            .iter()
            .map(|one| (one, outcomes(one)))
            .filter(|(one, outcomes)| one.push.is_none() || !outcomes.is_empty())
            .collect();
        if let Some(page) = &job.page {
            return self.record_page(job, page, ended, deadline).await;
        }
        let results: Vec<Option<Receiver>> = stream::iter(ended)
            .map(|(one, outcomes)| async move {
                let receiver = &one.receiver;
                let error = match deadline.wait(self.record_one(job, one, &outcomes, recalled)).await {
                    Some(recorded) => recorded.err()?.chain(),
                    None => "no time was left".to_owned(),
                };
                tracing::warn!(message.id = %receiver.msg_id, error, "a decision cannot be recorded");
                Some(receiver.clone())
            })
            .buffer_unordered(PARALLEL_WRITES)
            .collect()
            .await;
        results.into_iter().flatten().collect()
    }

    /// Records and counts the ends for one receiver.
    async fn record_one(
        &self,
        job: &DispatchJob,
        one: &Decided,
        outcomes: &[DeviceOutcome],
        recalled: &[Receiver],
    ) -> Result<(), StoreError> {
        let (app, receiver) = (&job.app, &one.receiver);
        if outcomes.is_empty() {
            if self.ports.decisions.record_decision(app, receiver, &one.decision).await? && !waits(job, receiver) {
                self.count_suppressed(job, receiver, one.decision.verdict, recalled.contains(receiver));
            }
            return Ok(());
        }
        let decision = RecordedDecision::from(&one.decision);
        let are_first = self.ports.outcomes.record_outcomes(app, receiver, &decision, outcomes).await?;
        let first = outcomes.iter().zip(are_first).filter(|(_, is_first)| *is_first);
        first.for_each(|(outcome, _)| self.count_ended(job, receiver, outcome));
        outcomes.iter().for_each(|outcome| self.tell_ended(job, receiver, outcome));
        Ok(())
    }

    /// Records the ends of a page in one write. Returns the receivers for whom that failed.
    async fn record_page(
        &self,
        job: &DispatchJob,
        page: &GroupPage,
        ended: Vec<(&Decided, Vec<DeviceOutcome>)>,
        deadline: Deadline,
    ) -> Vec<Receiver> {
        let Some(msg_id) = ended.first().map(|(one, _)| one.receiver.msg_id) else {
            return Vec::new();
        };
        let record = |(one, outcomes): &(&Decided, Vec<DeviceOutcome>)| GroupRecord {
            user: one.receiver.user.clone(),
            decision: (&one.decision).into(),
            outcomes: outcomes.clone(),
        };
        let records: Vec<GroupRecord> = ended.iter().map(record).collect();
        let before = self.recorded_before(job, page, msg_id, deadline).await;
        let error = match deadline.wait(self.ports.pages.record_page(&job.app, page, msg_id, &records)).await {
            Some(Ok(is_new)) => {
                if let Some(before) = before.filter(|_| is_new) {
                    self.count_page(job, &ended, &before);
                }
                for (one, outcomes) in &ended {
                    outcomes.iter().for_each(|outcome| self.tell_ended(job, &one.receiver, outcome));
                }
                return Vec::new();
            }
            Some(Err(error)) => error.chain(),
            None => "no time was left".to_owned(),
        };
        tracing::warn!(message.id = %msg_id, error, "a page cannot be recorded");
        ended.into_iter().map(|(one, _)| one.receiver.clone()).collect()
    }

    /// Queues a retry of the job for these receivers. Returns `false` if that failed.
    pub(crate) async fn requeue(&self, job: &DispatchJob, receivers: Vec<Receiver>) -> bool {
        let attempts = job.attempts + 1;
        let now = self.ports.clock.now();
        let at = DISPATCH.next(attempts, None, self.ports.entropy.fraction(), now, job.content.expires_at);
        self.requeue_at(job, DispatchJob { receivers, attempts, repeat: true, ..job.clone() }, at).await
    }

    /// Queues a retry for receivers whose connections got no post, with the pushes of this check. Returns `false` if
    /// that failed.
    async fn requeue_unposted(
        &self,
        job: &DispatchJob,
        recheck_context: &RecheckContext,
        receivers: Vec<Receiver>,
    ) -> bool {
        let attempts = job.attempts + 1;
        let now = self.ports.clock.now();
        let at = DISPATCH.next(attempts, None, self.ports.entropy.fraction(), now, job.content.expires_at);
        let mut queued = true;
        for mut part in recheck_context.jobs(&DispatchJob { attempts, repeat: true, ..job.clone() }, receivers) {
            if at.is_none() {
                // push-vendor records these receivers with their outcomes.
                part.receivers.retain(|one| part.pushed.iter().all(|pushed| pushed.user != one.user));
            }
            queued &= self.requeue_at(job, part, at).await;
        }
        queued
    }

    /// Queues the job again for receivers for whom no time was left. This counts as no attempt. Returns `false` if that
    /// failed.
    async fn requeue_not_begun(&self, job: &DispatchJob, receivers: Vec<Receiver>) -> bool {
        let at = self.ports.clock.now().plus(NOT_BEGUN);
        let at = Some(at).filter(|at| *at < job.content.expires_at);
        self.requeue_at(job, DispatchJob { receivers, ..job.clone() }, at).await
    }

    /// Queues a job for `at`. Without a time its message has expired, and the decision is recorded. Returns `false` if
    /// that failed.
    async fn requeue_at(&self, job: &DispatchJob, again: DispatchJob, at: Option<Timestamp>) -> bool {
        if again.receivers.is_empty() {
            return true;
        }
        let Some(at) = at else {
            return self.expire(job, &again.receivers).await;
        };
        let queued = self.ports.dispatch.queue_dispatch(&[again], at.since(self.ports.clock.now())).await;
        if let Err(error) = &queued {
            tracing::warn!(error = error.chain(), "a message cannot be queued again");
        }
        queued.is_ok()
    }

    /// Queues a recheck for receivers with stale presence. Facts about their connections may cause a push before that,
    /// and so may a recheck of a receiver some of whose devices are pushed now. Returns `false` if that failed.
    async fn requeue_for_recheck(
        &self,
        job: &DispatchJob,
        recheck_context: &RecheckContext,
        receivers: Vec<Receiver>,
        at: Timestamp,
        connections: Option<SeenConnections>,
    ) -> bool {
        let repeat = job.repeat || connections.is_some();
        let later = DispatchJob { recheck_at: Some(at), connections, repeat, ..job.clone() };
        let delay = at.since(self.ports.clock.now());
        let queued = self.ports.dispatch.queue_dispatch(&recheck_context.jobs(&later, receivers), delay).await;
        if let Err(error) = &queued {
            tracing::warn!(error = error.chain(), "a recheck cannot be queued");
        }
        queued.is_ok()
    }

    /// Records that the message expired before a decision. Returns `false` if that failed.
    async fn expire(&self, job: &DispatchJob, receivers: &[Receiver]) -> bool {
        tracing::error!(app = %job.app, receivers = receivers.len(), "a message expired before it could be decided");
        let decision = Decision::expired(&job.content);
        if let Some(page) = &job.page {
            let (app, msg_id) = (&job.app, receivers[0].msg_id);
            let record = |receiver: &Receiver| GroupRecord {
                user: receiver.user.clone(),
                decision: (&decision).into(),
                outcomes: Vec::new(),
            };
            let records: Vec<GroupRecord> = receivers.iter().map(record).collect();
            let before = self.recorded_before(job, page, msg_id, Deadline::after(PUT_BACK)).await;
            let recorded = self.ports.pages.record_page(app, page, msg_id, &records).await;
            if let (Some(before), Ok(true)) = (before, &recorded) {
                let new = receivers.iter().filter(|receiver| !before.for_all && !before.users.contains(&receiver.user));
                new.for_each(|receiver| self.count_suppressed(job, receiver, decision.verdict, false));
            }
            return recorded.is_ok();
        }
        let mut recorded = true;
        for receiver in receivers {
            match self.ports.decisions.record_decision(&job.app, receiver, &decision).await {
                Ok(true) => self.count_suppressed(job, receiver, decision.verdict, false),
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(message.id = %receiver.msg_id, error = error.chain(), "a decision cannot be recorded");
                    recorded = false;
                }
            }
        }
        recorded
    }
}

/// Compares receivers of a job by user and id. Receivers of a group message share the id.
fn order(a: &Receiver, b: &Receiver) -> Ordering {
    (a.msg_id, &a.user).cmp(&(b.msg_id, &b.user))
}

/// Counts decisions, and logs each of them, except those of a page, which are too many.
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
