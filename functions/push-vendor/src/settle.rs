//! What follows from the results: what waits goes back to the queue, and what ended is recorded.

use std::collections::{BTreeMap, HashMap};

use futures::{StreamExt, stream};
use shared::{
    domain::{
        attempt::attempts,
        group::{GroupPage, GroupRecord},
        id::{AppKey, MessageId, UserId},
        outcome::{DeviceOutcome, PushStatus},
        push::SemanticClass,
        reason::Reason,
        statistics::Counted,
    },
    lambda::{
        deadline::Deadline,
        metric::{Metric, Metrics},
    },
    ports::{
        error::StoreError,
        queue::{PushJob, PushReceiver},
    },
};

use crate::{
    deliver::{Deliver, PARALLEL},
    result::{DeliveryResult, Settled},
};

/// What ended of a page: records, and the class of each one's pushes.
type OfPage = (Vec<SemanticClass>, Vec<GroupRecord>);
/// A receiver of a job, with what ended for it.
type Ended<'a> = (&'a PushJob, &'a PushReceiver, Vec<DeviceOutcome>);

impl Deliver {
    /// Queues again what must wait and records what ended, side by side; answers the jobs to be redelivered.
    pub(crate) async fn settle(
        &self,
        jobs: &[PushJob],
        results: Vec<Settled<'_>>,
        deadline: Deadline,
        metrics: &Metrics,
    ) -> Vec<usize> {
        let mut by_job: BTreeMap<usize, Vec<Settled<'_>>> = BTreeMap::new();
        for settled in results {
            by_job.entry(settled.0.job).or_default().push(settled);
        }
        let (mut waiting, mut ended) = (Vec::new(), Vec::new());
        for (index, mut results) in by_job {
            waiting.extend(self.plan(&jobs[index], &mut results).map(|later| (index, later)));
            ended.extend(self.outcomes(&jobs[index], results, metrics));
        }
        let (failed, ()) = futures::join!(self.requeue(waiting, deadline), self.record(ended, deadline));
        failed
    }

    /// Records what ended. The push is out, so that a repeat of the job would be a second notification: where this fails, or no time is left,
    /// the record is what is lost.
    async fn record(&self, ended: Vec<Ended<'_>>, deadline: Deadline) {
        let (of_pages, single): (Vec<_>, Vec<_>) = ended.into_iter().partition(|(job, ..)| job.page.is_some());
        let mut pages: BTreeMap<(&AppKey, &GroupPage, MessageId), OfPage> = BTreeMap::new();
        for (job, PushReceiver { receiver, decision, .. }, outcomes) in of_pages {
            let Some(page) = &job.page else { continue };
            let record = GroupRecord { user: receiver.user.clone(), decision: decision.clone(), outcomes };
            let (classes, records) = pages.entry((&job.app, page, receiver.msg_id)).or_default();
            classes.push(job.notification.class);
            records.push(record);
        }
        let of_pages = stream::iter(&pages).for_each_concurrent(
            PARALLEL,
            |((app, page, msg_id), (classes, records))| async move {
                let written = self.ports.pages.record_page(app, page, *msg_id, records);
                // What a repeated job pushed before was taken out of it.
                if recorded(*msg_id, deadline.wait(written).await) == Some(true) {
                    for (class, record) in classes.iter().zip(records) {
                        record.outcomes.iter().for_each(|outcome| self.count(app, *msg_id, *class, outcome));
                    }
                }
            },
        );
        let of_receivers =
            stream::iter(&single).for_each_concurrent(PARALLEL, |(job, receiver, outcomes)| async move {
                let PushReceiver { receiver, decision, .. } = receiver;
                let written = self.ports.outcomes.record_outcomes(&job.app, receiver, decision, outcomes);
                let are_first = recorded(receiver.msg_id, deadline.wait(written).await).unwrap_or_default();
                for (outcome, _) in outcomes.iter().zip(are_first).filter(|(_, is_first)| *is_first) {
                    self.count(&job.app, receiver.msg_id, job.notification.class, outcome);
                }
            });
        futures::join!(of_pages, of_receivers);
    }

    /// Counts the end of a push that is recorded for the first time.
    fn count(&self, app: &AppKey, msg_id: MessageId, class: SemanticClass, outcome: &DeviceOutcome) {
        let vendor = self.vendor;
        let counted = match (outcome.status, outcome.reason) {
            (PushStatus::Success, _) => Counted::Accepted { vendor, class },
            (PushStatus::Fail, reason) => {
                Counted::Refused { vendor, class, reason: reason.unwrap_or(Reason::PushYetButFail) }
            }
        };
        self.ports.statistics.count(app, msg_id.accepted_at(), counted, 1);
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

/// What the record answered. Logs an outcome that could not be recorded; `None` stands for no time.
fn recorded<T>(msg_id: MessageId, written: Option<Result<T, StoreError>>) -> Option<T> {
    match written {
        Some(Ok(answer)) => return Some(answer),
        Some(Err(error)) => {
            tracing::error!(message.id = %msg_id, error = error.chain(), "an outcome cannot be recorded");
        }
        None => tracing::error!(message.id = %msg_id, "no time was left to record an outcome"),
    }
    None
}
