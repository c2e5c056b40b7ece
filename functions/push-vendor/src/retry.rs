//! Retries: a job goes back to the queue with its remaining devices and their attempts.
//!
//! A push ends instead if the retry would come after the message's expiry, or exceed the attempts of its retry reason.

use std::time::Duration;

use futures::{StreamExt, stream};
use serde_json::Value;
use shared::{
    domain::{
        attempt::{JobAttempt, RetryReason, keep},
        reason::Reason,
        retry::PUSH,
        time::Timestamp,
        vendor::Vendor,
    },
    lambda::deadline::Deadline,
    ports::{
        clock::{Clock, Entropy},
        queue::{PushDevice, PushJob, PushReceiver, QueuePush},
    },
};

use crate::{
    batch::{Delivery, JobRecord},
    budget::{PARALLEL, UNREADABLE_DELAY},
    result::{DEFERRED, DeliveryResult, PushEnd, Resolved},
};

/// A delivery whose push ended.
#[derive(Debug)]
pub(crate) struct Ended<'a> {
    pub(crate) delivery: Delivery<'a>,
    pub(crate) end: PushEnd,
    /// the vendor's raw answer, if its request was for this delivery alone
    pub(crate) answer: Option<Value>,
}

/// A delivery whose push is retried.
#[derive(Debug)]
struct Retried<'a> {
    delivery: Delivery<'a>,
    retry_reason: RetryReason,
    detail: String,
}

/// The jobs for the deferred and retried devices of one record, with their due time.
#[derive(Debug)]
pub(crate) struct Waiting<'a> {
    record: &'a JobRecord,
    jobs: Vec<PushJob>,
    until: Timestamp,
}

/// Plans retries, and queues them.
pub(crate) struct Retries<'p> {
    pub(crate) vendor: Vendor,
    pub(crate) queue: &'p dyn QueuePush,
    pub(crate) entropy: &'p dyn Entropy,
    pub(crate) clock: &'p dyn Clock,
}

/// Deliveries that are deferred for longer get a job of their own, so that they delay no others.
const SOON: Duration = UNREADABLE_DELAY;

impl Retries<'_> {
    /// Plans when the retried and deferred deliveries of a record are due. All others end, and so do those whose time
    /// would be too late.
    pub(crate) fn plan<'a>(
        &self,
        record: &'a JobRecord,
        resolved: Vec<Resolved<'a>>,
    ) -> (Vec<Ended<'a>>, Option<Waiting<'a>>) {
        let job = &record.job;
        let resolved: Vec<Resolved<'a>> = resolved.into_iter().map(|one| bounded(one, job.attempts + 1)).collect();
        let now = self.clock.now();
        let retry_at = self.retry_at(job, &resolved, now);
        let (mut ended, mut retried, mut deferred) = (Vec::new(), Vec::new(), Vec::new());
        for Resolved { delivery, result, answer } in resolved {
            match result {
                DeliveryResult::Ended(end) => ended.push(Ended { delivery, end, answer }),
                DeliveryResult::Retry { retry_reason, detail, .. } if retry_at.is_some() => {
                    retried.push(Retried { delivery, retry_reason, detail });
                }
                DeliveryResult::Retry { detail, .. } => ended.push(Ended { answer, ..expired(delivery, &detail) }),
                DeliveryResult::Deferred { until } => deferred.push((until, delivery)),
            }
        }
        let retried = retry_at.map(|at| PushJob { not_before: Some(at), ..retried_job(job, &retried, now) });
        let mut jobs: Vec<PushJob> = retried.into_iter().collect();
        let (soon, later): (Vec<_>, Vec<_>) = deferred.into_iter().partition(|(until, _)| *until <= now.plus(SOON));
        for part in [soon, later] {
            match part.iter().map(|(until, _)| *until).max() {
                Some(at) if at < job.expires_at => {
                    let part: Vec<Delivery<'_>> = part.into_iter().map(|(_, delivery)| delivery).collect();
                    jobs.push(PushJob { not_before: Some(at), ..deferred_job(job, &part) });
                }
                _ => ended.extend(part.into_iter().map(|(_, delivery)| expired(delivery, DEFERRED))),
            }
        }
        (ended, self.waiting(record, jobs, now))
    }

    /// Returns when the retried deliveries of a job are due. The latest hint applies to all of them. `None` means that there
    /// are none, or that the time is too late.
    fn retry_at(&self, job: &PushJob, resolved: &[Resolved<'_>], now: Timestamp) -> Option<Timestamp> {
        let hints = resolved.iter().filter_map(|one| match &one.result {
            DeliveryResult::Retry { after, .. } => Some(after.unwrap_or_default()),
            DeliveryResult::Deferred { .. } | DeliveryResult::Ended(_) => None,
        });
        PUSH.next(job.attempts + 1, Some(hints.max()?), self.entropy.fraction(), now, job.expires_at)
    }

    fn waiting<'a>(&self, record: &'a JobRecord, jobs: Vec<PushJob>, now: Timestamp) -> Option<Waiting<'a>> {
        let until = jobs.iter().filter_map(|job| job.not_before).min()?;
        let (job, attempts, waits) = (&record.job, record.job.attempts + 1, until.since(now).as_secs());
        tracing::info!(app = %job.app, notifier = %job.notifier, vendor = self.vendor.name(), attempts, waits, "a push is queued again");
        Some(Waiting { record, jobs, until })
    }

    /// Queues the jobs until their due time, or for the maximum delay of a queue. A job that arrives before its due
    /// time is deferred again. Returns the records of the batch for which that failed.
    pub(crate) async fn queue<'a>(&self, waiting: Vec<Waiting<'a>>, queue_by: Deadline) -> Vec<&'a JobRecord> {
        let now = self.clock.now();
        let queued = stream::iter(waiting).map(|Waiting { record, jobs, until }| async move {
            match queue_by.wait(self.queue.queue_push(self.vendor, &jobs, until.since(now))).await {
                Some(Ok(())) => None,
                Some(Err(error)) => {
                    tracing::warn!(error = error.chain(), "a job cannot be queued again");
                    Some(record)
                }
                None => {
                    tracing::warn!("no time was left to queue a job again");
                    Some(record)
                }
            }
        });
        queued.buffer_unordered(PARALLEL).filter_map(std::future::ready).collect().await
    }
}

/// Ends a push that had the maximum attempts of its retry reason.
fn bounded(one: Resolved<'_>, attempts: u32) -> Resolved<'_> {
    match &one.result {
        DeliveryResult::Retry { retry_reason, detail, .. }
            if retry_reason.max_attempts().is_some_and(|max| attempts >= max) =>
        {
            Resolved { result: DeliveryResult::failed(Reason::PushYetButFail, detail), ..one }
        }
        DeliveryResult::Ended(_) | DeliveryResult::Retry { .. } | DeliveryResult::Deferred { .. } => one,
    }
}

fn expired<'a>(delivery: Delivery<'a>, detail: &str) -> Ended<'a> {
    Ended { delivery, end: PushEnd::failed(Reason::ExpireMessage, Some(detail)), answer: None }
}

/// Returns the job for the retried devices, with this attempt added.
fn retried_job(job: &PushJob, retried: &[Retried<'_>], now: Timestamp) -> PushJob {
    let attempts = job.attempts + 1;
    let mut attempt = JobAttempt::new(attempts, now);
    let devices = retried.iter().map(|Retried { delivery, retry_reason, detail }| {
        let mut device = delivery.device.clone();
        keep(&mut device.places, attempt.place(*retry_reason, detail));
        (delivery.receiver, device)
    });
    let receivers = by_receiver(devices);
    let mut rounds = job.rounds.clone();
    keep(&mut rounds, attempt);
    PushJob { attempts, rounds, receivers, ..job.clone() }
}

/// Returns the job for the deferred devices. A deferral is no attempt.
fn deferred_job(job: &PushJob, deferred: &[Delivery<'_>]) -> PushJob {
    let receivers = by_receiver(deferred.iter().map(|delivery| (delivery.receiver, delivery.device.clone())));
    PushJob { receivers, ..job.clone() }
}

/// Returns the receivers with only these devices.
fn by_receiver<'a>(devices: impl Iterator<Item = (&'a PushReceiver, PushDevice)>) -> Vec<PushReceiver> {
    let mut receivers: Vec<PushReceiver> = Vec::new();
    for (receiver, device) in devices {
        match receivers.iter_mut().find(|known| known.receiver == receiver.receiver) {
            Some(known) => known.devices.push(device),
            None => receivers.push(PushReceiver { devices: vec![device], ..receiver.clone() }),
        }
    }
    receivers
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
