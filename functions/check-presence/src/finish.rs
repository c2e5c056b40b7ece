//! What is left to be done for a job once its vendor jobs are queued: silences are recorded, and who must be decided again
//! goes back to the queue.

use std::{cmp::Ordering, time::Duration};

use futures::{StreamExt, stream};
use shared::{
    decider::Decided,
    domain::{
        decision::{Decision, Verdict},
        group::{GroupPage, GroupRecord},
        message::Receiver,
        retry::DISPATCH,
        time::Timestamp,
    },
    lambda::metric::{Metric, Metrics},
    ports::queue::{DispatchJob, GroupJob},
};

use crate::{decide::DecidedJob, dispatch::Dispatch};

/// How many silences of a job are recorded at once.
const PARALLEL_WRITES: usize = 10;

impl Dispatch {
    /// Does what is left; `false` if the whole record must be given again.
    pub(crate) async fn finish(&self, decided: DecidedJob, metrics: &Metrics) -> bool {
        let DecidedJob { job, decided, stale, mut again, mut settled, next } = decided;
        again.extend(self.record_silences(&job, &decided).await);
        // Both vendors of one receiver may have failed.
        again.sort_by(order);
        again.dedup();
        let done = |one: &&Decided| again.binary_search_by(|other| order(other, &one.receiver)).is_err();
        count(&job, decided.iter().filter(done), metrics);
        for (at, receivers) in stale {
            settled &= self.requeue_for_recheck(&job, receivers, at).await;
        }
        settled &= self.requeue(&job, again).await;
        settled && self.queue_next(next).await
    }

    /// Queues the page that follows, if there is one; `false` if that failed.
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
            .buffer_unordered(PARALLEL_WRITES)
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
            decision: (&one.decision).into(),
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
    pub(crate) async fn requeue(&self, job: &DispatchJob, receivers: Vec<Receiver>) -> bool {
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
    pub(crate) async fn requeue_for_recheck(&self, job: &DispatchJob, receivers: Vec<Receiver>, at: Timestamp) -> bool {
        let later = DispatchJob { receivers, recheck_at: Some(at), ..job.clone() };
        let delay = at.since(self.ports.clock.now());
        let queued = self.ports.dispatch.queue_dispatch(&[later], delay).await;
        if let Err(error) = &queued {
            tracing::warn!(error = error.chain(), "a recheck cannot be queued");
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
                decision: (&decision).into(),
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
