//! Pushes that waited, for a vendor that was down, limited, or asked to wait.
//!
//! Meanwhile the token may have changed hands, and the receiver may have come online, read the message, or gone to sleep. So the
//! owner of every token is read again, and what waited for longer than [`FRESH`] returns to `dispatch` and is decided again, by
//! the same engine and with the facts of then. A fresh push pays nothing for either.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use futures::{StreamExt, future::join_all, stream};
use shared::{
    domain::{
        binding::DeviceToken,
        id::{AppKey, DeviceId, NotifierName, UserId},
        message::{Content, Receiver},
        reason::Reason,
        time::Timestamp,
        vendor::Vendor,
    },
    lambda::deadline::Deadline,
    ports::queue::{DeferredDevice, DeferredPush, DispatchJob, PushJob},
};

use crate::{
    batch::Delivery,
    deliver::{Deliver, PARALLEL, UNREADABLE},
    due::Due,
    result::{DeliveryResult, Settled, all, ended},
    slow::Asked,
};

/// How old a decision may be that is acted on after a wait.
const FRESH: Duration = Duration::from_secs(60);
/// What reading messages leaves room for: one request to the queue.
const RETURNED: Duration = Duration::from_secs(9);
/// Maximum devices of a job that returns to `dispatch`, so that its record stays within what a queue takes.
const MAX_RETURNED: usize = 250;

type Token<'a> = (&'a NotifierName, &'a DeviceToken);
/// Who owns each token of an app; `None` if nobody does.
type Owners<'a> = HashMap<(&'a AppKey, Token<'a>), Option<(UserId, DeviceId)>>;

/// Whether the decision is so old that it counts as waiting.
fn is_old(job: &PushJob, now: Timestamp) -> bool {
    job.decided_at.is_none_or(|at| now.since(at) > FRESH)
}

/// Whether the job was tried before, or held until a time.
fn was_put_off(job: &PushJob) -> bool {
    job.attempts > 0 || job.not_before.is_some()
}

impl Deliver {
    /// Ends what waited and whose token meanwhile went to somebody else, or to nobody.
    pub(crate) async fn still_owned<'a>(
        &self,
        due: Vec<Due<'a>>,
        deadline: Deadline,
        results: &mut Vec<Settled<'a>>,
    ) -> Vec<Due<'a>> {
        let now = self.ports.clock.now();
        let waited = |job: &PushJob| was_put_off(job) || is_old(job, now);
        let mut asked: BTreeMap<&AppKey, Vec<Token<'a>>> = BTreeMap::new();
        for (job, deliveries) in due.iter().filter(|(job, _)| waited(job)) {
            let tokens = deliveries.iter().map(|one| (&job.notifier, &one.device.token));
            asked.entry(&job.app).or_default().extend(tokens);
        }
        if asked.is_empty() {
            return due;
        }
        let owners = self.owners(asked, deadline).await;
        let mut owned = Vec::with_capacity(due.len());
        for (job, deliveries) in due {
            if !waited(job) {
                owned.push((job, deliveries));
                continue;
            }
            let mut left = Vec::with_capacity(deliveries.len());
            for delivery in deliveries {
                match owners.get(&(&job.app, (&job.notifier, &delivery.device.token))) {
                    Some(Some((user, device))) if is_of(&delivery, user, device) => left.push(delivery),
                    Some(_) => results.push((delivery, ended(Reason::TokenMoved))),
                    None => results.push((delivery, DeliveryResult::Held { until: now.plus(UNREADABLE) })),
                }
            }
            owned.push((job, left));
        }
        owned
    }

    /// Who owns these tokens. Those that cannot be read in time are not in the answer.
    async fn owners<'a>(&self, asked: BTreeMap<&'a AppKey, Vec<Token<'a>>>, deadline: Deadline) -> Owners<'a> {
        let read = asked.into_iter().map(|(app, mut tokens)| async move {
            tokens.sort_unstable();
            tokens.dedup();
            let found = self.owners_of_app(app, &tokens, deadline).await;
            tokens.into_iter().map(move |token| (app, token)).zip(found).collect::<Vec<_>>()
        });
        join_all(read).await.into_iter().flatten().collect()
    }

    /// The owners of an app's tokens, each in its place; nothing if they cannot be read in time.
    async fn owners_of_app(
        &self,
        app: &AppKey,
        tokens: &[Token<'_>],
        deadline: Deadline,
    ) -> Vec<Option<(UserId, DeviceId)>> {
        let (slow, asked, now) = (&self.notifiers.slow, Asked::Owners(app.clone()), self.ports.clock.now());
        if slow.until(&asked, now).is_some() {
            return Vec::new();
        }
        let given = deadline.left();
        match deadline.wait(self.ports.owners.token_owners(app, tokens)).await {
            Some(Ok(found)) => found,
            Some(Err(error)) => {
                tracing::warn!(app = %app, error = error.chain(), "the owners of tokens cannot be read");
                Vec::new()
            }
            None => {
                slow.note(asked, given, now.plus(UNREADABLE));
                Vec::new()
            }
        }
    }

    /// Takes apart what was put off and whose decision is old, and the rest.
    pub(crate) fn apart_from_old<'a>(&self, due: Vec<Due<'a>>) -> (Vec<Due<'a>>, Vec<Due<'a>>) {
        let now = self.ports.clock.now();
        due.into_iter().partition(|(job, open)| was_put_off(job) && is_old(job, now) && !open.is_empty())
    }

    /// Returns pushes to `dispatch`, where they are decided again. What cannot be returned is tried again later, undecided.
    pub(crate) async fn decide_again<'a>(&self, old: Vec<Due<'a>>, deadline: Deadline) -> Vec<Settled<'a>> {
        let now = self.ports.clock.now();
        let mut results = Vec::new();
        // A message that cannot be read keeps no other from being returned.
        let read_by = deadline.leaving(RETURNED);
        let read: Vec<_> = stream::iter(old)
            .map(|(job, deliveries)| async move {
                let jobs = read_by.wait(self.undecided(job, &deliveries)).await;
                (deliveries, jobs)
            })
            .buffered(PARALLEL)
            .collect()
            .await;
        let held = DeliveryResult::Held { until: now.plus(UNREADABLE) };
        let (mut returned, mut jobs) = (Vec::new(), Vec::new());
        for (deliveries, read) in read {
            match read {
                Some(Ok(Some(of_message))) => {
                    returned.extend(deliveries);
                    jobs.extend(of_message);
                }
                // Erased, or gone with its retention.
                Some(Ok(None)) => results.extend(all(deliveries, &ended(Reason::ExpireMessage))),
                Some(Err(())) | None => results.extend(all(deliveries, &held)),
            }
        }
        if !jobs.is_empty() {
            match deadline.wait(self.ports.dispatch.queue_dispatch(&jobs, Duration::ZERO)).await {
                Some(Ok(())) => tracing::info!(jobs = jobs.len(), "pushes that waited are decided again"),
                failed => {
                    let error = failed.and_then(Result::err).map(|error| error.chain());
                    tracing::warn!(error, "pushes that waited cannot be returned to be decided again");
                    results.extend(all(returned, &held));
                }
            }
        }
        results
    }

    /// The jobs by which these deliveries of one message are decided again; `None` if the message is gone.
    async fn undecided(&self, job: &PushJob, deliveries: &[Delivery<'_>]) -> Result<Option<Vec<DispatchJob>>, ()> {
        let Some(first) = deliveries.first().map(|one| &one.receiver.receiver) else {
            return Ok(None);
        };
        let group = job.page.as_ref().map(|page| &page.group);
        let content = self.ports.contents.content(&job.app, first, group).await.map_err(|error| {
            tracing::warn!(message.id = %first.msg_id, error = error.chain(), "a message whose push waited cannot be read");
        })?;
        let part = |content: &Content, part| undecided_part(job, self.vendor, content.clone(), part);
        Ok(content.map(|content| deliveries.chunks(MAX_RETURNED).map(|some| part(&content, some)).collect()))
    }
}

/// The job by which some deliveries of a job are decided again.
fn undecided_part(job: &PushJob, vendor: Vendor, content: Content, deliveries: &[Delivery<'_>]) -> DispatchJob {
    let mut receivers: Vec<Receiver> = Vec::new();
    let mut devices = Vec::with_capacity(deliveries.len());
    for Delivery { receiver, device, .. } in deliveries {
        if receivers.last() != Some(&receiver.receiver) {
            receivers.push(receiver.receiver.clone());
        }
        devices.push(DeferredDevice {
            user: receiver.receiver.user.clone(),
            device_id: device.device_id.clone(),
            places: device.places.clone(),
        });
    }
    let waited = DeferredPush {
        notifier: job.notifier.clone(),
        vendor: Some(vendor),
        attempts: job.attempts,
        rounds: job.rounds.clone(),
        connections: job.connections,
        group_exists: job.group_exists,
        devices,
    };
    DispatchJob {
        app: job.app.clone(),
        content,
        page: job.page.clone(),
        members: None,
        receivers,
        recheck_at: None,
        waited: Some(Box::new(waited)),
        connections: None,
        pushed: Vec::new(),
        attempts: 0,
        // Other devices of the receiver may have got their pushes.
        repeat: true,
    }
}

fn is_of(delivery: &Delivery<'_>, user: &UserId, device: &DeviceId) -> bool {
    delivery.receiver.receiver.user == *user && delivery.device.device_id == *device
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared::{
        domain::{
            attempt::{JobAttempt, RetryReason, keep},
            decision::{Decision, Verdict},
            id::MessageId,
            message::MAX_CONTENT_BYTES,
            push::{Notification, SemanticClass},
        },
        ports::queue::{DispatchRecord, PushDevice, PushReceiver},
        testing::sample,
    };

    use super::*;

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
            let receiver = |(number, places): (usize, Vec<usize>)| PushReceiver {
                receiver: Receiver {
                    user: sample::user(&format!("{number:064}")),
                    msg_id: MessageId::of_group(Timestamp::from_millis(1), 1),
                },
                decision: (&Decision { verdict: Verdict::Push, rules: Vec::new(), devices: Vec::new() }).into(),
                devices: vec![PushDevice {
                    device_id: sample::device(&format!("{number:04}{}", "\"".repeat(name))),
                    token: sample::token("t"),
                    places,
                }],
            };
            let job = PushJob {
                app: sample::app_key("acme#chat"),
                notifier: sample::notifier_name("n"),
                notification: Notification {
                    title: "t".into(),
                    body: "b".into(),
                    custom: serde_json::Map::new(),
                    class: SemanticClass::Im,
                    replace_id: "r".into(),
                    badge: true,
                    options: serde_json::Map::new(),
                },
                expires_at: Timestamp::from_millis(2),
                page: None,
                group_exists: false,
                receivers: places.into_iter().enumerate().map(receiver).collect(),
                decided_at: None,
                connections: None,
                attempts,
                rounds,
                not_before: None,
                repeat: false,
            };
            let content = sample::content(&"x".repeat(text), Timestamp::from_millis(1));
            let all: Vec<Delivery<'_>> = job
                .receivers
                .iter()
                .map(|receiver| Delivery { job: 0, receiver, device: &receiver.devices[0], attempts })
                .collect();
            let jobs: Vec<DispatchJob> =
                all.chunks(MAX_RETURNED).map(|part| undecided_part(&job, Vendor::Fcm, content.clone(), part)).collect();
            for record in DispatchRecord::of(&jobs) {
                let bytes = serde_json::to_vec(&record).unwrap().len();
                prop_assert!(bytes <= MAX_RECORD_BYTES, "{bytes}");
            }
            let named: Vec<&UserId> = jobs.iter().flat_map(|job| &job.receivers).map(|one| &one.user).collect();
            prop_assert_eq!(named, job.receivers.iter().map(|one| &one.receiver.user).collect::<Vec<_>>());
        }
    }
}
