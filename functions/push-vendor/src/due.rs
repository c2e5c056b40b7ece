//! Which deliveries of a batch are to be worked on now: those that are due, have not ended before, and have not expired.

use std::collections::HashSet;

use futures::{StreamExt, stream};
use shared::{
    domain::{
        id::{DeviceId, MessageId, UserId},
        reason::Reason,
        time::Timestamp,
    },
    lambda::deadline::Deadline,
    ports::{
        error::StoreError,
        queue::{PushJob, PushReceiver},
    },
};

use crate::{
    batch::Delivery,
    deliver::{Deliver, PARALLEL, UNREADABLE},
    result::{DeliveryResult, Settled, all, ended},
    slow::Asked,
    twins::{Latest, latest},
};

/// A job with those of its deliveries that are still to be worked on.
pub(crate) type Due<'a> = (&'a PushJob, Vec<Delivery<'a>>);

/// The devices of a receiver whose push through the job's notifier ended before.
type Ended = HashSet<(UserId, DeviceId)>;

impl Deliver {
    /// Sorts out what another job of the batch is to push as well, and what is not due, ended before, or expired. A repeat that cannot
    /// be looked up goes back as no attempt.
    pub(crate) async fn due<'a>(
        &self,
        jobs: &'a [PushJob],
        deadline: Deadline,
        results: &mut Vec<Settled<'a>>,
    ) -> Vec<Due<'a>> {
        let now = self.ports.clock.now();
        let mut asked = Vec::with_capacity(jobs.len());
        for (job, Latest { deliveries, repeat }) in jobs.iter().zip(latest(jobs)) {
            match job.not_before.filter(|at| now < *at) {
                Some(until) => results.extend(all(deliveries, &DeliveryResult::Held { until })),
                None => asked.push((job, deliveries, repeat)),
            }
        }
        let looked_up: Vec<_> = stream::iter(asked)
            .map(|(job, deliveries, repeat)| async move {
                let ended = if repeat { self.looked_up(job, deadline, now).await } else { Ok(Ended::new()) };
                (job, deliveries, ended)
            })
            .buffered(PARALLEL)
            .collect()
            .await;
        let mut due = Vec::with_capacity(looked_up.len());
        for (job, mut open, before) in looked_up {
            let before = match before {
                Ok(before) => before,
                Err(until) => {
                    results.extend(all(open, &DeliveryResult::Held { until }));
                    continue;
                }
            };
            if !before.is_empty() {
                open.retain(|one| {
                    !before.contains(&(one.receiver.receiver.user.clone(), one.device.device_id.clone()))
                });
            }
            if now < job.expires_at {
                due.push((job, open));
            } else {
                results.extend(all(open, &ended(Reason::ExpireMessage)));
            }
        }
        due
    }

    /// What of a repeat ended before, or when to look again.
    async fn looked_up(&self, job: &PushJob, deadline: Deadline, now: Timestamp) -> Result<Ended, Timestamp> {
        let (slow, asked) = (&self.notifiers.slow, Asked::Ended(job.app.clone()));
        if let Some(until) = slow.until(&asked, now) {
            return Err(until);
        }
        let (later, given) = (now.plus(UNREADABLE), deadline.left());
        match deadline.wait(self.ended(job)).await {
            Some(found) => found.map_err(|()| later),
            None => {
                slow.note(asked, given, later);
                Err(later)
            }
        }
    }

    /// Of the job's receivers, the devices whose push through its notifier ended before.
    async fn ended(&self, job: &PushJob) -> Result<Ended, ()> {
        let mut ended = Ended::new();
        let failed = |msg_id: MessageId, error: StoreError| {
            tracing::warn!(message.id = %msg_id, error = error.chain(), "a repeated job cannot be looked up");
        };
        match (&job.page, job.receivers.first()) {
            (Some(page), Some(first)) => {
                let msg_id = first.receiver.msg_id;
                let found = self.ports.ended.ended_of_page(&job.app, page, msg_id).await;
                let found = found.map_err(|error| failed(msg_id, error))?;
                let own = found.into_iter().filter(|(_, _, notifier)| *notifier == job.notifier);
                ended.extend(own.map(|(user, device, _)| (user, device)));
            }
            (Some(_) | None, _) => {
                for PushReceiver { receiver, .. } in &job.receivers {
                    let found = self.ports.ended.ended(&job.app, &receiver.user, receiver.msg_id).await;
                    let found = found.map_err(|error| failed(receiver.msg_id, error))?;
                    let own = found.into_iter().filter(|(_, notifier)| *notifier == job.notifier);
                    ended.extend(own.map(|(device, _)| (receiver.user.clone(), device)));
                }
            }
        }
        Ok(ended)
    }
}
