//! The first stage: selects the deliveries of a batch that are processed now.
//!
//! A job before its due time is deferred again. A delivery whose message has expired ends, and so does one whose caller
//! waited in vain. A delivery whose push ended before is dropped.

use std::time::Duration;

use futures::{StreamExt, stream};
use shared::{
    domain::{reason::Reason, time::Timestamp},
    lambda::deadline::Deadline,
    ports::{clock::Clock, queue::PushJob},
};

use crate::{
    batch::{Delivery, JobDeliveries, JobRecord, resolve_all},
    budget::PARALLEL,
    duplicates::{UniqueDeliveries, drop_duplicates},
    repeats::{EndedDevices, Repeats},
    result::{DeliveryResult, NO_ANSWER, Resolved},
};

/// Maximum age of a decision that is still used after a wait.
const MAX_DECISION_AGE: Duration = Duration::from_secs(60);

/// The deliveries of a batch after the first stage.
#[derive(Debug)]
#[must_use]
pub(crate) struct Due<'a> {
    /// deliveries that waited and whose decision is old; they are decided again
    pub(crate) outdated: Vec<JobDeliveries<'a>>,
    /// deliveries to send
    pub(crate) current: Vec<JobDeliveries<'a>>,
    /// deliveries that are not processed now
    pub(crate) resolved: Vec<Resolved<'a>>,
}

/// Selects what is due.
pub(crate) struct SelectDue<'p> {
    pub(crate) repeats: Repeats<'p>,
    pub(crate) clock: &'p dyn Clock,
}

impl SelectDue<'_> {
    /// Selects what is due. A repeat that cannot be looked up is deferred.
    pub(crate) async fn run<'a>(&self, records: &'a [JobRecord], look_up_by: Deadline) -> Due<'a> {
        let now = self.clock.now();
        let (mut ready, mut due, mut resolved) = (Vec::new(), Vec::new(), Vec::new());
        for unique in drop_duplicates(records) {
            match unique.job.not_before.filter(|at| now < *at) {
                Some(until) => resolved.extend(resolve_all(unique.deliveries, &DeliveryResult::Deferred { until })),
                None => ready.push(unique),
            }
        }
        for (UniqueDeliveries { job, mut deliveries, .. }, ended) in self.look_up(ready, look_up_by, now).await {
            match ended {
                Err(until) => resolved.extend(resolve_all(deliveries, &DeliveryResult::Deferred { until })),
                Ok(ended) => {
                    drop_ended(&mut deliveries, &ended);
                    match over(job, now) {
                        None => due.push(JobDeliveries { job, deliveries }),
                        Some(result) => resolved.extend(resolve_all(deliveries, &result)),
                    }
                }
            }
        }
        let now = self.clock.now();
        let (outdated, current) = due.into_iter().partition(|due| is_outdated(due, now));
        Due { outdated, current, resolved }
    }

    /// Looks up in parallel which pushes of repeats ended. Other jobs cost no read.
    async fn look_up<'a>(
        &self,
        jobs: Vec<UniqueDeliveries<'a>>,
        look_up_by: Deadline,
        now: Timestamp,
    ) -> Vec<(UniqueDeliveries<'a>, Result<EndedDevices, Timestamp>)> {
        let looked_up = stream::iter(jobs).map(|unique| async move {
            let ended = match unique.repeat {
                true => self.repeats.ended_of(unique.job, look_up_by, now).await,
                false => Ok(EndedDevices::new()),
            };
            (unique, ended)
        });
        looked_up.buffered(PARALLEL).collect().await
    }
}

/// Returns the result of a job that is not sent any more.
fn over(job: &PushJob, now: Timestamp) -> Option<DeliveryResult> {
    match job.unanswered {
        true => Some(DeliveryResult::failed(Reason::PushYetButFail, NO_ANSWER)),
        false => (job.expires_at <= now).then(|| DeliveryResult::ended(Reason::ExpireMessage)),
    }
}

fn drop_ended(deliveries: &mut Vec<Delivery<'_>>, ended: &EndedDevices) {
    if !ended.is_empty() {
        deliveries.retain(|one| !ended.contains(&(one.user().clone(), one.device.device_id.clone())));
    }
}

/// Returns whether a job that waited must be decided again.
fn is_outdated(due: &JobDeliveries<'_>, now: Timestamp) -> bool {
    was_put_off(due.job) && has_old_decision(due.job, now) && !due.deliveries.is_empty()
}

/// Returns whether a job waited: it was put off, or its decision is old.
pub(crate) fn has_waited(job: &PushJob, now: Timestamp) -> bool {
    was_put_off(job) || has_old_decision(job, now)
}

/// Returns whether a job was tried before, or was deferred until a time.
fn was_put_off(job: &PushJob) -> bool {
    job.attempts > 0 || job.not_before.is_some()
}

/// Returns whether a decision is older than [`MAX_DECISION_AGE`]. Records of earlier versions lack the time of the
/// decision, and count as old.
fn has_old_decision(job: &PushJob, now: Timestamp) -> bool {
    job.decided_at.is_none_or(|at| now.since(at) > MAX_DECISION_AGE)
}
