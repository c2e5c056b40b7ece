//! Returns outdated pushes to `dispatch`, where check-presence decides again.
//!
//! While a push waited, the receiver may have come online, read the message, or set do-not-disturb. The same rules
//! decide again, with current facts. A push that did not wait needs no read for this.

use std::time::Duration;

use futures::{StreamExt, stream};
use shared::{
    domain::{
        binding::TokenMark,
        decision::DeviceDecision,
        message::{Content, Receiver},
        reason::Reason,
        vendor::Vendor,
    },
    lambda::deadline::Deadline,
    ports::{
        clock::Clock,
        messages::ReadContent,
        queue::{DeferredDevice, DeferredPush, DispatchJob, OtherDevices, PushJob, QueueDispatch},
    },
};

use crate::{
    batch::{Delivery, JobDeliveries, resolve_all},
    budget::{Budget, PARALLEL, UNREADABLE_DELAY},
    result::{DeliveryResult, Resolved},
};

/// Maximum devices of a job that returns to `dispatch`. It keeps the record within the limit of a queue.
const MAX_RETURNED: usize = 250;
/// Maximum bytes of such a job about other devices of its receivers, except those of its last receiver.
const MAX_OTHERS_BYTES: usize = 32 * 1024;

/// Maximum receivers whose rows are read for one message. A page of a group has one row.
const MAX_ASKED: usize = 5;

/// Returns pushes to `dispatch`.
pub(crate) struct DecideAgain<'p> {
    pub(crate) vendor: Vendor,
    pub(crate) contents: &'p dyn ReadContent,
    pub(crate) dispatch: &'p dyn QueueDispatch,
    pub(crate) clock: &'p dyn Clock,
}

impl DecideAgain<'_> {
    /// Returns outdated pushes to `dispatch`. A push that cannot be returned is deferred without a new decision.
    pub(crate) async fn run<'a>(&self, outdated: Vec<JobDeliveries<'a>>, budget: Budget) -> Vec<Resolved<'a>> {
        let deferred = DeliveryResult::Deferred { until: self.clock.now().plus(UNREADABLE_DELAY) };
        let (mut returned, mut jobs, mut resolved) = (Vec::new(), Vec::new(), Vec::new());
        // A message that cannot be read does not stop the others from being returned.
        let read = stream::iter(outdated).map(|JobDeliveries { job, deliveries }| async move {
            let read = budget.read_messages_by().wait(self.dispatch_jobs(job, &deliveries)).await;
            (deliveries, read)
        });
        for (deliveries, read) in read.buffered(PARALLEL).collect::<Vec<_>>().await {
            match read {
                Some(Ok(Some(of_message))) => {
                    returned.extend(deliveries);
                    jobs.extend(of_message);
                }
                // The message was erased, or its retention is over.
                Some(Ok(None)) => {
                    resolved.extend(resolve_all(deliveries, &DeliveryResult::ended(Reason::ExpireMessage)));
                }
                Some(Err(())) | None => resolved.extend(resolve_all(deliveries, &deferred)),
            }
        }
        if !self.queue(&jobs, budget.queue_dispatch_by()).await {
            resolved.extend(resolve_all(returned, &deferred));
        }
        resolved
    }

    /// Queues jobs on `dispatch`. Returns `false` if the queue may not have them.
    async fn queue(&self, jobs: &[DispatchJob], queue_by: Deadline) -> bool {
        if jobs.is_empty() {
            return true;
        }
        let failed = match queue_by.wait(self.dispatch.queue_dispatch(jobs, Duration::ZERO)).await {
            Some(Ok(())) => {
                tracing::info!(jobs = jobs.len(), "outdated pushes are decided again");
                return true;
            }
            Some(Err(error)) => Some(error.chain()),
            None => None,
        };
        tracing::warn!(error = failed, "outdated pushes cannot be returned to dispatch");
        false
    }

    /// Reads the message, and returns the jobs for the new decision. Returns `None` if the message is gone.
    async fn dispatch_jobs(&self, job: &PushJob, deliveries: &[Delivery<'_>]) -> Result<Option<Vec<DispatchJob>>, ()> {
        let content = self.content(job, deliveries).await?;
        Ok(content.map(|content| {
            // A task that repeats a page keeps the rows of its first try, but the push may be as late as a new one.
            let content = Content { expires_at: job.expires_at, ..content };
            let parts = parts(deliveries).into_iter();
            parts.map(|part| dispatch_job(job, self.vendor, content.clone(), part)).collect()
        }))
    }

    /// Reads the message that the receivers share. The receivers of a task have a row each, and some of them may have
    /// been erased, so the next ones are asked.
    async fn content(&self, job: &PushJob, deliveries: &[Delivery<'_>]) -> Result<Option<Content>, ()> {
        let group = job.page.as_ref().map(|page| &page.group);
        let mut receivers: Vec<&Receiver> = deliveries.iter().map(|one| &one.receiver.receiver).collect();
        receivers.dedup();
        for receiver in receivers.into_iter().take(MAX_ASKED) {
            let read = self.contents.content(&job.app, receiver, group).await.map_err(|error| {
                tracing::warn!(message.id = %receiver.msg_id, error = error.chain(), "the message of an outdated push cannot be read");
            })?;
            if read.is_some() {
                return Ok(read);
            }
        }
        Ok(None)
    }
}

/// Splits the deliveries of a job, so that each part fits a record of `dispatch`. The devices of a receiver stay
/// together.
fn parts<'d, 'a>(deliveries: &'d [Delivery<'a>]) -> Vec<&'d [Delivery<'a>]> {
    let (mut parts, mut from, mut bytes) = (Vec::new(), 0, 0);
    let mut to = 0;
    for of_receiver in deliveries.chunk_by(|one, next| one.receiver.receiver == next.receiver.receiver) {
        if to > from && (to - from + of_receiver.len() > MAX_RETURNED || bytes > MAX_OTHERS_BYTES) {
            parts.push(&deliveries[from..to]);
            (from, bytes) = (to, 0);
        }
        to += of_receiver.len();
        bytes += serde_json::to_vec(&other_devices(of_receiver)).map_or(0, |json| json.len());
    }
    parts.push(&deliveries[from..to]);
    parts
}

/// Returns what was decided for the devices of a receiver that are not among these deliveries.
fn other_devices(of_receiver: &[Delivery<'_>]) -> Option<OtherDevices> {
    let first = of_receiver.first()?;
    let notifier = &first.job().notifier;
    let waits = |one: &DeviceDecision| {
        one.notifier.as_ref() == Some(notifier) && of_receiver.iter().any(|own| own.device.device_id == one.device_id)
    };
    let decision = first.receiver.decision.read()?;
    let decided: Vec<DeviceDecision> = decision.devices.into_iter().filter(|one| !waits(one)).collect();
    let own: Vec<TokenMark> = of_receiver.iter().map(|one| mark(one)).collect();
    let tokens: Vec<TokenMark> = first.receiver.tokens.iter().copied().filter(|one| !own.contains(one)).collect();
    let is_any = !decided.is_empty() || !tokens.is_empty();
    is_any.then(|| OtherDevices { user: first.user().clone(), decided, tokens })
}

fn mark(delivery: &Delivery<'_>) -> TokenMark {
    TokenMark::of(&delivery.job().notifier, &delivery.device.token)
}

/// Returns the job for a new decision about some deliveries of a push job.
fn dispatch_job(job: &PushJob, vendor: Vendor, content: Content, deliveries: &[Delivery<'_>]) -> DispatchJob {
    let mut receivers: Vec<Receiver> = Vec::new();
    for receiver in deliveries.iter().map(|delivery| &delivery.receiver.receiver) {
        if receivers.last() != Some(receiver) {
            receivers.push(receiver.clone());
        }
    }
    DispatchJob {
        app: job.app.clone(),
        content,
        page: job.page.clone(),
        members: None,
        receivers,
        recheck_at: None,
        waited: Some(Box::new(deferred_push(job, vendor, deliveries))),
        connections: None,
        pushed: Vec::new(),
        vendor_failed: false,
        attempts: 0,
        // Other devices of the receiver may have got their pushes.
        repeat: true,
    }
}

/// Returns the attempts of a job so far, for the devices of these deliveries.
fn deferred_push(job: &PushJob, vendor: Vendor, deliveries: &[Delivery<'_>]) -> DeferredPush {
    let device = |delivery: &Delivery<'_>| DeferredDevice {
        user: delivery.user().clone(),
        device_id: delivery.device.device_id.clone(),
        token: Some(mark(delivery)),
        places: delivery.device.places.clone(),
    };
    let by_receiver = deliveries.chunk_by(|one, next| one.receiver.receiver == next.receiver.receiver);
    DeferredPush {
        notifier: job.notifier.clone(),
        vendor: Some(vendor),
        attempts: job.attempts,
        rounds: job.rounds.clone(),
        connections: job.connections,
        group_exists: job.group_exists,
        devices: deliveries.iter().map(device).collect(),
        others: by_receiver.filter_map(other_devices).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared::{
        domain::{
            attempt::{JobAttempt, RetryReason, keep},
            id::{MessageId, UserId},
            message::MAX_CONTENT_BYTES,
            time::Timestamp,
        },
        ports::queue::{DispatchRecord, PushDevice},
        testing::sample,
    };

    use super::*;
    use crate::samples::{self, device, records};

    const MAX_RECORD_BYTES: usize = 240 * 1024;

    proptest! {
        #[test]
        fn what_returns_is_named_once_and_fits_a_record_whatever_was_tried(
            devices in 1usize..1000,
            attempts in 0u32..9,
            name in 1usize..120,
            text in 0usize..MAX_CONTENT_BYTES,
        ) {
            let mut rounds = Vec::new();
            let mut places: Vec<Vec<usize>> = vec![Vec::new(); devices];
            for attempt in 1..=attempts {
                let mut round = JobAttempt::new(attempt, Timestamp::from_millis(i64::MAX));
                for (number, places) in places.iter_mut().enumerate() {
                    keep(places, round.place(RetryReason::Throttled, &format!("{}{}", number % 9, "\u{1}".repeat(64))));
                }
                keep(&mut rounds, round);
            }
            let of_member = |(number, places): (usize, Vec<usize>)| {
                let device = device(&format!("{number:04}{}", "\"".repeat(name)), "t");
                samples::receiver(&format!("{number:064}"), MessageId::of_group(Timestamp::from_millis(1), 1), vec![PushDevice { places, ..device }])
            };
            let receivers = places.into_iter().enumerate().map(of_member).collect();
            let records = records([PushJob { attempts, rounds, ..samples::job(receivers) }]);
            let job = &records[0].job;
            let content = sample::content(&"x".repeat(text), Timestamp::from_millis(1));
            let all: Vec<Delivery<'_>> = records[0].deliveries().collect();
            let jobs: Vec<DispatchJob> =
                parts(&all).into_iter().map(|part| dispatch_job(job, Vendor::Fcm, content.clone(), part)).collect();
            for record in DispatchRecord::of(&jobs) {
                let bytes = serde_json::to_vec(&record).unwrap().len();
                prop_assert!(bytes <= MAX_RECORD_BYTES, "{bytes}");
            }
            let named: Vec<&UserId> = jobs.iter().flat_map(|job| &job.receivers).map(|one| &one.user).collect();
            prop_assert_eq!(named, job.receivers.iter().map(|one| &one.receiver.user).collect::<Vec<_>>());
        }
    }
}
