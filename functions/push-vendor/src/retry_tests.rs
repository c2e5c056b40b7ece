use proptest::prelude::*;
use shared::{
    domain::{
        attempt::{KEPT_ATTEMPTS, attempts},
        group::PAGE_MEMBERS,
    },
    ports::queue::{MAX_ATTEMPTS_BYTES, MAX_RECORD_BYTES, PushRecord},
    testing::{
        chance::{FixedClock, SeededEntropy},
        memory::MemoryPushQueues,
    },
};

use super::*;
use crate::samples::{self, device, message, receiver, records};

const DEVICES: usize = 1000;

/// The result of an attempt for a device.
type Answer = (RetryReason, String);

/// Returns a job for a page whose members have two phones each.
fn job() -> PushJob {
    let device = |number: usize| device(&format!("d{number}"), &format!("t{number}"));
    let member = |number| receiver(&format!("u{number}"), message(0), vec![device(2 * number), device(2 * number + 1)]);
    PushJob { expires_at: Timestamp::from_millis(1_000_000), ..samples::job((0..PAGE_MEMBERS).map(member).collect()) }
}

/// Returns the job after one more attempt. `answer` gives the result for the device with this number.
fn next(job: &PushJob, answer: impl Fn(usize) -> Answer) -> PushJob {
    let records = records([job.clone()]);
    let retried = records[0].deliveries().enumerate().map(|(number, delivery)| {
        let (retry_reason, detail) = answer(number);
        Retried { delivery, retry_reason, detail }
    });
    let at = Timestamp::from_millis(1_760_000_000_000 + i64::from(job.attempts));
    retried_job(job, &retried.collect::<Vec<_>>(), at)
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
        // The longest possible details; JSON writes each character with six bytes.
        let answer = |number| (retry_reason(number), format!("{number}{}", "\u{1}".repeat(500)));
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
            let answer = |number: usize| (retry_reason(kinds[(number + attempt) % kinds.len()]), details[(number * 7 + attempt) % details.len()].clone());
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
        let answer = |number| (retry_reason(number), code(number, attempt));
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
    let answer = |number: usize| (retry_reason(number), number.to_string());
    let job = next(&job(), answer);
    let devices = job.receivers.iter().flat_map(|receiver| &receiver.devices);
    let kept: Vec<_> = devices.map(|device| attempts(&job.rounds, &device.places).remove(0)).collect();
    assert_eq!((kept[0].retry_reason, kept[0].detail.as_deref()), (retry_reason(0), Some("0")));
    assert_eq!((kept[DEVICES - 1].retry_reason, &kept[DEVICES - 1].detail), (retry_reason(DEVICES - 1), &None));
}

#[test]
fn a_job_that_is_deferred_keeps_its_attempts_and_gets_no_further_one() {
    let tried = next(&job(), |_| (RetryReason::Unclear, "x".into()));
    let records = records([tried]);
    let (tried, delivery) = (&records[0].job, records[0].deliveries().next().unwrap());
    let receiver = &tried.receivers[0];
    let deferred = deferred_job(tried, &[delivery]);
    assert_eq!((deferred.attempts, &deferred.rounds), (1, &tried.rounds));
    assert_eq!(deferred.receivers, [PushReceiver { devices: vec![receiver.devices[0].clone()], ..receiver.clone() }]);
}

/// Returns how many of two deferred deliveries end, and the due times of the jobs that wait, in seconds from now.
fn deferred(lives: u64, waits: [u64; 2]) -> (usize, Vec<u64>) {
    let clock = FixedClock::default();
    let now = clock.now();
    let (queues, entropy) = (MemoryPushQueues::new(&clock), SeededEntropy::new(1));
    let retries = Retries { vendor: Vendor::Fcm, queue: &queues, entropy: &entropy, clock: &clock };
    let of = |user: &str| receiver(user, message(1), vec![device("phone", user)]);
    let expires_at = now.plus(Duration::from_secs(lives));
    let records = records([PushJob { expires_at, ..samples::job(vec![of("ann"), of("bob")]) }]);
    let resolved = records[0].deliveries().zip(waits).map(|(delivery, seconds)| {
        delivery.resolved(DeliveryResult::Deferred { until: now.plus(Duration::from_secs(seconds)) })
    });
    let (ended, waiting) = retries.plan(&records[0], resolved.collect());
    let jobs = waiting.map(|waiting| waiting.jobs).unwrap_or_default();
    (ended.len(), jobs.iter().filter_map(|job| Some(job.not_before?.since(now).as_secs())).collect())
}

#[test]
fn a_delivery_that_waits_long_delays_and_ends_no_other_of_its_job() {
    assert_eq!(deferred(600, [1, 61]), (0, vec![1, 61]));
    assert_eq!(deferred(60, [1, 61]), (1, vec![1]));
    assert_eq!(deferred(600, [1, 30]), (0, vec![30]), "one job more costs a record");
}
