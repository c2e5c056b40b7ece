//! The first stage: selects the deliveries of a batch that are processed now.
//!
//! A job before its due time is deferred again, and so is one that is too much for the batch. A delivery whose message has expired ends, and so does one whose caller
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
    budget::{NOT_BEGUN_DELAY, PARALLEL},
    duplicates::{UniqueDeliveries, drop_duplicates},
    repeats::{EndedDevices, Repeats},
    result::{DeliveryResult, NO_ANSWER, Resolved},
};

/// Receivers of tasks after whom a batch takes no more of them. Each of them costs a write or two, which must fit into
/// the time reserved for settling.
const MAX_TASK_RECEIVERS: usize = 1000;
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
        let until = now.plus(NOT_BEGUN_DELAY);
        for later in beyond_a_batch(&mut ready) {
            resolved.extend(resolve_all(later.deliveries, &DeliveryResult::Deferred { until }));
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

/// Takes out the jobs of tasks that are too many for one batch. At least the first one stays. A task comes by the
/// thousand, and a few seconds do not matter to it, so messages of users do not wait.
fn beyond_a_batch<'a>(jobs: &mut Vec<UniqueDeliveries<'a>>) -> Vec<UniqueDeliveries<'a>> {
    let mut receivers = 0;
    let later = jobs.extract_if(.., |unique| {
        let of_task = unique.job.task.is_some() && !unique.deliveries.is_empty();
        let is_beyond = of_task && receivers >= MAX_TASK_RECEIVERS;
        if of_task {
            receivers += unique.job.receivers.len();
        }
        is_beyond
    });
    later.collect()
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

#[cfg(test)]
mod tests {
    use shared::{
        domain::{
            group::GroupPage,
            id::{GroupId, MessageId, TaskId},
        },
        testing::{chance::FixedClock, memory::MemoryMessages},
    };

    use super::*;
    use crate::{
        samples::{self, device, receiver, records},
        slow::SlowDependencies,
    };

    /// Returns a job of a message of its own, with this many receivers.
    fn job(number: usize, receivers: usize) -> PushJob {
        let msg_id = samples::message(number as u128);
        let of_user = |user: usize| receiver(&format!("u{user}"), msg_id, vec![device("phone", &format!("t{user}"))]);
        PushJob { expires_at: Timestamp::from_millis(i64::MAX), ..samples::job((0..receivers).map(of_user).collect()) }
    }

    /// Returns a job of a task.
    fn of_task(number: usize, receivers: usize) -> PushJob {
        PushJob { task: Some(TaskId::new(Timestamp::from_millis(1), 1)), ..job(number, receivers) }
    }

    async fn due(jobs: Vec<PushJob>) -> (usize, Vec<DeliveryResult>) {
        let (clock, slow) = (FixedClock::default(), SlowDependencies::default());
        let ended = MemoryMessages::new(clock.clone());
        let select = SelectDue { repeats: Repeats { ended: &ended, slow: &slow }, clock: &clock };
        let records = records(jobs);
        let Due { outdated, current, resolved } = select.run(&records, Deadline::after(Duration::from_secs(60))).await;
        assert!(outdated.is_empty());
        (current.len(), resolved.into_iter().map(|one| one.result).collect())
    }

    #[tokio::test]
    async fn a_batch_takes_as_many_receivers_of_tasks_as_it_can_settle_and_the_others_wait_a_moment() {
        let (current, later) = due((0..100).map(|number| of_task(number, 25)).collect()).await;
        assert_eq!((current, later.len()), (40, 60 * 25));
        let until = FixedClock::default().now().plus(NOT_BEGUN_DELAY);
        assert!(later.iter().all(|result| matches!(result, DeliveryResult::Deferred { until: at } if *at == until)));
    }

    #[tokio::test]
    async fn messages_pages_of_groups_and_a_job_that_is_too_large_alone_do_not_wait() {
        let of_page = |number: usize| {
            let page = GroupPage { group: GroupId::parse("birds").unwrap(), page: 0, after: None };
            let mut job = PushJob { page: Some(page), ..job(number, 200) };
            let msg_id = MessageId::of_group(Timestamp::from_millis(1), number as u128);
            job.receivers.iter_mut().for_each(|one| one.receiver.msg_id = msg_id);
            job
        };
        let batches: [Vec<PushJob>; 3] =
            [(0..100).map(|number| job(number, 25)).collect(), (0..100).map(of_page).collect(), vec![of_task(0, 1500)]];
        for jobs in batches {
            let all = jobs.len();
            let (current, later) = due(jobs).await;
            assert_eq!((current, later.len()), (all, 0));
        }
    }
}
