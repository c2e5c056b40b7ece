//! What follows from the results: what waits goes back to the queue, and what ended is recorded.

use std::collections::{BTreeMap, HashMap};

use futures::{StreamExt, stream};
use shared::{
    domain::{
        attempt::attempts,
        group::{GroupPage, GroupRecord},
        id::{AppKey, MessageId, UserId},
        outcome::DeviceOutcome,
        reason::Reason,
    },
    lambda::metric::{Metric, Metrics},
    ports::queue::{PushJob, PushReceiver},
};

use crate::{
    deliver::{Deliver, PARALLEL_WRITES},
    result::{DeliveryResult, Settled},
};

/// A receiver of a job, with what ended for it.
type Ended<'a> = (&'a PushJob, &'a PushReceiver, Vec<DeviceOutcome>);

impl Deliver {
    /// Queues again what must wait and records what ended; answers the jobs to be given again by the queue.
    pub(crate) async fn settle(&self, jobs: &[PushJob], results: Vec<Settled<'_>>, metrics: &Metrics) -> Vec<usize> {
        let mut by_job: BTreeMap<usize, Vec<Settled<'_>>> = BTreeMap::new();
        for fated in results {
            by_job.entry(fated.0.job).or_default().push(fated);
        }
        let queued: Vec<(usize, bool, Vec<Settled<'_>>)> = stream::iter(by_job)
            .map(|(index, mut results)| async move {
                let queued = self.retry(&jobs[index], &mut results).await;
                (index, queued, results)
            })
            .buffered(PARALLEL_WRITES)
            .collect()
            .await;
        let mut failed = Vec::new();
        let mut ended = Vec::new();
        for (index, queued, results) in queued {
            if !queued {
                failed.push(index);
            }
            ended.extend(self.outcomes(&jobs[index], results, metrics));
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

    /// The ended devices, together for each receiver.
    fn outcomes<'a>(&self, job: &'a PushJob, results: Vec<Settled<'a>>, metrics: &Metrics) -> Vec<Ended<'a>> {
        let now = self.ports.clock.now();
        let mut ended: Vec<Ended<'_>> = Vec::new();
        let mut places: HashMap<(MessageId, &UserId), usize> = HashMap::new();
        for (delivery, result) in results {
            let DeliveryResult::Ended { status, reason, detail, vendor_message_id } = result else {
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
                earlier: attempts(&job.rounds, &delivery.device.places),
            });
        }
        ended
    }
}
