//! What follows from the fates: jobs go back to the queue with the devices that wait, and what ended is recorded.

use std::collections::{BTreeMap, HashMap};

use futures::{StreamExt, stream};
use shared::{
    domain::{
        group::{GroupPage, GroupRecord},
        id::{AppKey, MessageId, UserId},
        outcome::DeviceOutcome,
        reason::Reason,
        retry::PUSH,
        time::Timestamp,
    },
    lambda::metric::{Metric, Metrics},
    ports::queue::{PushJob, PushReceiver},
};

use crate::{
    deliver::{Deliver, PARALLEL_WRITES},
    fate::{Fate, Fated, failed},
};

/// A receiver of a job, with what ended for it.
type Ended<'a> = (&'a PushJob, &'a PushReceiver, Vec<DeviceOutcome>);

impl Deliver {
    /// Queues again what must wait and records what ended; answers the jobs to be given again by the queue.
    pub(crate) async fn settle(&self, jobs: &[PushJob], fates: Vec<Fated<'_>>, metrics: &Metrics) -> Vec<usize> {
        let mut by_job: BTreeMap<usize, Vec<Fated<'_>>> = BTreeMap::new();
        for fated in fates {
            by_job.entry(fated.0.job).or_default().push(fated);
        }
        let mut failed = Vec::new();
        let mut ended = Vec::new();
        for (index, mut fates) in by_job {
            let job = &jobs[index];
            if !self.retry(job, &mut fates).await {
                failed.push(index);
            }
            ended.extend(self.outcomes(job, fates, metrics));
        }
        let (of_pages, single): (Vec<_>, Vec<_>) = ended.into_iter().partition(|(job, ..)| job.page.is_some());
        self.record_pages(of_pages).await;
        stream::iter(single)
            .map(|(job, receiver, outcomes)| async move {
                let PushReceiver { receiver, decision, .. } = receiver;
                let recorded = self.ports.outcomes.record_outcomes(&job.app, receiver, decision, &outcomes).await;
                // The push is out: a repeat of the job would be a second notification, so the record is what is lost.
                if let Err(error) = recorded {
                    tracing::error!(message.id = %receiver.msg_id, error = error.chain(), "an outcome cannot be recorded");
                }
            })
            .buffer_unordered(PARALLEL_WRITES)
            .collect::<()>()
            .await;
        failed
    }

    /// Records what ended of group messages: one write for all receivers of a page.
    async fn record_pages(&self, ended: Vec<Ended<'_>>) {
        let mut pages: BTreeMap<(&AppKey, &GroupPage, MessageId), Vec<GroupRecord>> = BTreeMap::new();
        for (job, PushReceiver { receiver, decision, .. }, outcomes) in ended {
            let Some(page) = &job.page else { continue };
            let record = GroupRecord { user: receiver.user.clone(), decision: decision.clone(), outcomes };
            pages.entry((&job.app, page, receiver.msg_id)).or_default().push(record);
        }
        for ((app, page, msg_id), records) in pages {
            // As with single receivers, the record is what is lost.
            if let Err(error) = self.ports.pages.record_page(app, page, msg_id, &records).await {
                tracing::error!(message.id = %msg_id, error = error.chain(), "the outcomes of a page cannot be recorded");
            }
        }
    }

    /// Queues the job again for the devices that wait; those for whom it would be too late end. `false` if queueing failed.
    async fn retry(&self, job: &PushJob, fates: &mut [Fated<'_>]) -> bool {
        let attempts = job.attempts + 1;
        let mut hint = None;
        let mut held_until = None;
        for (_, fate) in fates.iter_mut() {
            match fate {
                Fate::Again { setback, detail, .. } if setback.most_attempts().is_some_and(|most| attempts >= most) => {
                    *fate = failed(Reason::PushYetButFail, detail);
                }
                Fate::Again { after, .. } => hint = hint.max(Some(after.unwrap_or_default())),
                Fate::Held { until } => held_until = held_until.max(Some(*until)),
                Fate::Ended { .. } => {}
            }
        }
        let now = self.ports.clock.now();
        let tried_again_at =
            hint.and_then(|hint| PUSH.next(attempts, Some(hint), self.ports.entropy.fraction(), now, job.expires_at));
        let held_until = held_until.filter(|until| *until < job.expires_at);
        for (_, fate) in fates.iter_mut() {
            match fate {
                Fate::Again { detail, .. } if tried_again_at.is_none() => *fate = failed(Reason::ExpireMessage, detail),
                Fate::Held { .. } if held_until.is_none() => *fate = failed(Reason::ExpireMessage, "held back"),
                Fate::Again { .. } | Fate::Held { .. } | Fate::Ended { .. } => {}
            }
        }
        let tried = |fate: &Fate| matches!(fate, Fate::Again { .. });
        let held = |fate: &Fate| matches!(fate, Fate::Held { .. });
        let again: Vec<PushJob> = [
            tried_again_at.map(|at| (at, attempts, waiting(fates, tried))),
            held_until.map(|at| (at, job.attempts, waiting(fates, held))),
        ]
        .into_iter()
        .flatten()
        .map(|(at, attempts, receivers)| PushJob { attempts, not_before: Some(at), receivers, ..job.clone() })
        .collect();
        let Some(first) = again.iter().filter_map(|job| job.not_before).min() else {
            return true;
        };
        let waits = first.since(now).as_secs();
        tracing::info!(app = %job.app, notifier = %job.notifier, vendor = self.vendor.name(), attempts, waits, "a push waits");
        self.queue_again(&again, first, now).await
    }

    /// Queues jobs until `at`, or as long as a queue can delay them; `false` if that failed. A job that comes back before its time
    /// waits again.
    pub(crate) async fn queue_again(&self, jobs: &[PushJob], at: Timestamp, now: Timestamp) -> bool {
        let queued = self.ports.queue.queue_push(self.vendor, jobs, at.since(now)).await;
        queued.inspect_err(|error| tracing::warn!(error = error.chain(), "a job cannot be queued again")).is_ok()
    }

    /// The ended devices, together for each receiver.
    fn outcomes<'a>(&self, job: &'a PushJob, fates: Vec<Fated<'a>>, metrics: &Metrics) -> Vec<Ended<'a>> {
        let now = self.ports.clock.now();
        let mut ended: Vec<Ended<'_>> = Vec::new();
        let mut places: HashMap<(MessageId, &UserId), usize> = HashMap::new();
        for (delivery, fate) in fates {
            let Fate::Ended { status, reason, detail, vendor_message_id } = fate else {
                continue;
            };
            let outcome = reason.map_or("accepted", Reason::code);
            let msg_id = delivery.receiver.receiver.msg_id;
            tracing::info!(app = %job.app, notifier = %job.notifier, message.id = %msg_id, vendor = self.vendor.name(), outcome, detail, "a push ended");
            metrics.add(Metric::PushOutcomes, [("vendor", self.vendor.name()), ("outcome", outcome)], 1);
            let place = *places.entry((msg_id, &delivery.receiver.receiver.user)).or_insert(ended.len());
            if place == ended.len() {
                ended.push((job, delivery.receiver, Vec::new()));
            }
            ended[place].2.push(DeviceOutcome {
                device_id: delivery.device.device_id.clone(),
                notifier: job.notifier.clone(),
                at: now,
                status,
                reason,
                detail,
                vendor_message_id,
                attempts: job.attempts + 1,
            });
        }
        ended
    }
}

/// The receivers of a job with only the devices whose fate is such.
fn waiting(fates: &[Fated<'_>], is_such: impl Fn(&Fate) -> bool) -> Vec<PushReceiver> {
    let mut receivers: Vec<PushReceiver> = Vec::new();
    for (delivery, _) in fates.iter().filter(|(_, fate)| is_such(fate)) {
        let known = receivers.iter_mut().find(|known| known.receiver == delivery.receiver.receiver);
        match known {
            Some(known) => known.devices.push(delivery.device.clone()),
            None => {
                receivers.push(PushReceiver { devices: vec![delivery.device.clone()], ..delivery.receiver.clone() })
            }
        }
    }
    receivers
}
