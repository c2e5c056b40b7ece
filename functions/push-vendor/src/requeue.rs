//! What waits: jobs go back to the queue with the devices that are left, and with the attempts that they had.

use futures::{StreamExt, stream};
use shared::{
    domain::{
        attempt::{JobAttempt, keep},
        reason::Reason,
        retry::PUSH,
        time::Timestamp,
    },
    lambda::deadline::Deadline,
    ports::queue::{PushDevice, PushJob, PushReceiver},
};

use crate::{
    deliver::{Deliver, PARALLEL},
    result::{DeliveryResult, Settled, failed},
};

/// The jobs by which the devices of one job wait, and until when.
pub(crate) struct Later {
    jobs: Vec<PushJob>,
    at: Timestamp,
}

impl Deliver {
    /// Plans when the devices that wait are tried again; for those for whom that would be too late, the result becomes their end.
    pub(crate) fn plan(&self, job: &PushJob, results: &mut [Settled<'_>]) -> Option<Later> {
        let attempts = job.attempts + 1;
        let mut hint = None;
        let mut held_until = None;
        for (_, result) in results.iter_mut() {
            match result {
                DeliveryResult::Again { retry_reason, detail, .. }
                    if retry_reason.max_attempts().is_some_and(|max| attempts >= max) =>
                {
                    *result = failed(Reason::PushYetButFail, detail);
                }
                DeliveryResult::Again { after, .. } => hint = hint.max(Some(after.unwrap_or_default())),
                DeliveryResult::Held { until } => held_until = held_until.max(Some(*until)),
                DeliveryResult::Ended { .. } => {}
            }
        }
        let now = self.ports.clock.now();
        let tried_again_at =
            hint.and_then(|hint| PUSH.next(attempts, Some(hint), self.ports.entropy.fraction(), now, job.expires_at));
        let held_until = held_until.filter(|until| *until < job.expires_at);
        for (_, result) in results.iter_mut() {
            match result {
                DeliveryResult::Again { detail, .. } if tried_again_at.is_none() => {
                    *result = failed(Reason::ExpireMessage, detail);
                }
                DeliveryResult::Held { .. } if held_until.is_none() => {
                    *result = failed(Reason::ExpireMessage, "held back");
                }
                DeliveryResult::Again { .. } | DeliveryResult::Held { .. } | DeliveryResult::Ended { .. } => {}
            }
        }
        let tried = tried_again_at.map(|at| PushJob { not_before: Some(at), ..tried(job, results, now) });
        let held = held_until.map(|at| PushJob { not_before: Some(at), ..held(job, results) });
        let jobs: Vec<PushJob> = tried.into_iter().chain(held).collect();
        let at = jobs.iter().filter_map(|job| job.not_before).min()?;
        let waits = at.since(now).as_secs();
        tracing::info!(app = %job.app, notifier = %job.notifier, vendor = self.vendor.name(), attempts, waits, "a push waits");
        Some(Later { jobs, at })
    }

    /// Queues what waits, each until its time or as long as a queue can delay it; a job that comes due too early waits again.
    /// Answers the jobs of the batch for which that failed.
    pub(crate) async fn requeue(&self, waiting: Vec<(usize, Later)>, deadline: Deadline) -> Vec<usize> {
        let now = self.ports.clock.now();
        let queued = stream::iter(waiting).map(|(index, Later { jobs, at })| async move {
            match deadline.wait(self.ports.queue.queue_push(self.vendor, &jobs, at.since(now))).await {
                Some(Ok(())) => None,
                Some(Err(error)) => {
                    tracing::warn!(error = error.chain(), "a job cannot be queued again");
                    Some(index)
                }
                None => {
                    tracing::warn!("no time was left to queue a job again");
                    Some(index)
                }
            }
        });
        queued.buffer_unordered(PARALLEL).filter_map(std::future::ready).collect().await
    }
}

/// The job for the devices that were tried in vain, with this attempt beside those before.
fn tried(job: &PushJob, results: &[Settled<'_>], now: Timestamp) -> PushJob {
    let attempts = job.attempts + 1;
    let mut round = JobAttempt::new(attempts, now);
    let receivers = waiting(results, |device, result| match result {
        DeliveryResult::Again { retry_reason, detail, .. } => {
            let mut device = device.clone();
            keep(&mut device.places, round.place(*retry_reason, detail));
            Some(device)
        }
        DeliveryResult::Held { .. } | DeliveryResult::Ended { .. } => None,
    });
    let mut rounds = job.rounds.clone();
    keep(&mut rounds, round);
    PushJob { attempts, rounds, receivers, ..job.clone() }
}

/// The job for the devices that were deferred: that was no attempt.
fn held(job: &PushJob, results: &[Settled<'_>]) -> PushJob {
    let receivers = waiting(results, |device, result| match result {
        DeliveryResult::Held { .. } => Some(device.clone()),
        DeliveryResult::Again { .. } | DeliveryResult::Ended { .. } => None,
    });
    PushJob { receivers, ..job.clone() }
}

/// The receivers of a job with only the devices that wait.
fn waiting(
    results: &[Settled<'_>],
    mut device: impl FnMut(&PushDevice, &DeliveryResult) -> Option<PushDevice>,
) -> Vec<PushReceiver> {
    let mut receivers: Vec<PushReceiver> = Vec::new();
    for (delivery, result) in results {
        let Some(device) = device(delivery.device, result) else { continue };
        match receivers.iter_mut().find(|known| known.receiver == delivery.receiver.receiver) {
            Some(known) => known.devices.push(device),
            None => receivers.push(PushReceiver { devices: vec![device], ..delivery.receiver.clone() }),
        }
    }
    receivers
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared::{
        domain::{
            attempt::{KEPT_ATTEMPTS, RetryReason, attempts},
            binding::DeviceToken,
            decision::{Decision, Verdict},
            group::PAGE_MEMBERS,
            id::{AppKey, DeviceId, MessageId, NotifierName, UserId},
            message::Receiver,
            push::{Notification, SemanticClass},
        },
        ports::queue::{MAX_ATTEMPTS_BYTES, MAX_RECORD_BYTES, PushRecord},
    };

    use super::*;
    use crate::batch::Delivery;

    const DEVICES: usize = 1000;

    /// A job for a page whose members have two phones each.
    fn job() -> PushJob {
        let device = |number: usize| PushDevice {
            device_id: DeviceId::parse(&format!("d{number}")).unwrap(),
            token: DeviceToken::parse(&format!("t{number}")).unwrap(),
            places: Vec::new(),
        };
        let receiver = |number: usize| PushReceiver {
            receiver: Receiver {
                user: UserId::parse(&format!("u{number}")).unwrap(),
                msg_id: MessageId::new(Timestamp::from_millis(1), 0),
            },
            decision: (&Decision { verdict: Verdict::Push, rules: Vec::new(), devices: Vec::new() }).into(),
            devices: vec![device(2 * number), device(2 * number + 1)],
        };
        PushJob {
            app: AppKey::parse("acme#chat").unwrap(),
            notifier: NotifierName::parse("n").unwrap(),
            notification: Notification {
                title: "t".into(),
                body: "b".into(),
                custom: serde_json::Map::new(),
                class: SemanticClass::Im,
                replace_id: "r".into(),
                badge: true,
                options: serde_json::Map::new(),
            },
            expires_at: Timestamp::from_millis(1_000_000),
            page: None,
            group_exists: false,
            receivers: (0..PAGE_MEMBERS).map(receiver).collect(),
            decided_at: None,
            connections: None,
            attempts: 0,
            rounds: Vec::new(),
            not_before: None,
            repeat: false,
        }
    }

    /// The job after one more attempt; `answer` is what came of it for the device with this number.
    fn next(job: &PushJob, answer: impl Fn(usize) -> DeliveryResult) -> PushJob {
        let all =
            job.receivers.iter().flat_map(|receiver| receiver.devices.iter().map(move |device| (receiver, device)));
        let results: Vec<Settled<'_>> = all
            .enumerate()
            .map(|(number, (receiver, device))| {
                (Delivery { job: 0, receiver, device, attempts: job.attempts }, answer(number))
            })
            .collect();
        tried(job, &results, Timestamp::from_millis(1_760_000_000_000 + i64::from(job.attempts)))
    }

    fn bytes(job: &PushJob) -> usize {
        serde_json::to_vec(&PushRecord::V1(job.clone())).unwrap().len()
    }

    fn retry_reason(number: usize) -> RetryReason {
        RetryReason::ALL[number % RetryReason::ALL.len()]
    }

    #[test]
    fn a_thousand_devices_answered_differently_a_hundred_times_make_a_job_by_no_more_than_48_kb_larger() {
        let first = job();
        let mut job = first.clone();
        for _ in 0..100 {
            // the longest details there are, written with six bytes a character
            let answer = |number| DeliveryResult::Again {
                retry_reason: retry_reason(number),
                after: None,
                detail: format!("{number}{}", "\u{1}".repeat(500)),
            };
            job = next(&job, answer);
        }
        assert_eq!(job.receivers.iter().map(|receiver| receiver.devices.len()).sum::<usize>(), DEVICES);
        let grown = bytes(&job) - bytes(&first);
        assert!(grown <= MAX_ATTEMPTS_BYTES, "{grown} bytes");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]

        #[test]
        fn no_record_grows_beyond_what_a_queue_takes_whatever_the_vendor_answers(
            details in proptest::collection::vec("\\PC{0,200}|\u{1}{0,200}", 1..20),
            kinds in proptest::collection::vec(0usize..4, 1..20),
            title in 0..MAX_RECORD_BYTES,
        ) {
            let mut job = job();
            let room = MAX_RECORD_BYTES - MAX_ATTEMPTS_BYTES - bytes(&job);
            job.notification.title = "x".repeat(title.min(room));
            for attempt in 0..8 {
                let answer = |number: usize| DeliveryResult::Again {
                    retry_reason: retry_reason(kinds[(number + attempt) % kinds.len()]),
                    after: None,
                    detail: details[(number * 7 + attempt) % details.len()].clone(),
                };
                job = next(&job, answer);
            }
            prop_assert!(bytes(&job) <= MAX_RECORD_BYTES);
        }
    }

    #[test]
    fn each_device_keeps_its_own_answers_of_the_first_attempt_and_the_latest() {
        let mut job = job();
        let code = |number: usize, attempt: u32| format!("{}", (number + attempt as usize) % 2);
        for attempt in 1..=9 {
            let answer = |number| DeliveryResult::Again {
                retry_reason: retry_reason(number),
                after: None,
                detail: code(number, attempt),
            };
            job = next(&job, answer);
        }
        for (number, device) in job.receivers.iter().flat_map(|receiver| &receiver.devices).enumerate() {
            let kept = attempts(&job.rounds, &device.places);
            assert_eq!(kept.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [1, 6, 7, 8, 9]);
            assert_eq!(kept.len(), KEPT_ATTEMPTS);
            for attempt in kept {
                let told = (attempt.retry_reason, attempt.detail);
                assert_eq!(told, (retry_reason(number), Some(code(number, attempt.number))), "{number}");
            }
        }
    }

    #[test]
    fn devices_with_too_many_different_details_keep_why_they_had_to_wait() {
        let answer = |number: usize| DeliveryResult::Again {
            retry_reason: retry_reason(number),
            after: None,
            detail: number.to_string(),
        };
        let job = next(&job(), answer);
        let devices = job.receivers.iter().flat_map(|receiver| &receiver.devices);
        let kept: Vec<_> = devices.map(|device| attempts(&job.rounds, &device.places).remove(0)).collect();
        assert_eq!((kept[0].retry_reason, kept[0].detail.as_deref()), (retry_reason(0), Some("0")));
        assert_eq!((kept[DEVICES - 1].retry_reason, &kept[DEVICES - 1].detail), (retry_reason(DEVICES - 1), &None));
    }

    #[test]
    fn a_job_that_is_deferred_keeps_its_attempts_and_gets_no_further_one() {
        let tried = next(&job(), |_| DeliveryResult::Again {
            retry_reason: RetryReason::Unclear,
            after: None,
            detail: "x".into(),
        });
        let receiver = &tried.receivers[0];
        let delivery = Delivery { job: 0, receiver, device: &receiver.devices[0], attempts: 1 };
        let held = held(&tried, &[(delivery, DeliveryResult::Held { until: Timestamp::from_millis(2) })]);
        assert_eq!((held.attempts, &held.rounds), (1, &tried.rounds));
        assert_eq!(held.receivers, [PushReceiver { devices: vec![receiver.devices[0].clone()], ..receiver.clone() }]);
    }
}
