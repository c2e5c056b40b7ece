use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use proptest::prelude::*;
use shared::{
    domain::{id::MessageId, push::SemanticClass},
    ports::{queue::PushJob, vendor::Credential},
    testing::sample,
};

use super::*;
use crate::{
    batch::{JobDeliveries, JobRecord},
    samples::{self, device, message, receiver, records},
};

fn job(notifier: &str, body: &str, tokens: &[u8]) -> PushJob {
    let to = |(index, token): (usize, &u8)| {
        receiver(&format!("u{index}"), message(index as u128), vec![device("d", &format!("token-{token}"))])
    };
    let mut job = samples::job(tokens.iter().enumerate().map(to).collect());
    job.notifier = sample::notifier_name(notifier);
    job.notification.body = body.into();
    job
}

fn groups(records: &[JobRecord]) -> Vec<Group<'_>> {
    let jobs =
        records.iter().map(|record| JobDeliveries { job: &record.job, deliveries: record.deliveries().collect() });
    group(jobs.collect())
}

fn credential(fingerprint: &str) -> Arc<Credential> {
    Arc::new(Credential::new(serde_json::Value::Null, fingerprint.to_owned()))
}

/// Returns the calls of jobs before merging.
fn unmerged(records: &[JobRecord], max_tokens: usize) -> Vec<Call<'_>> {
    let mut all = Vec::new();
    for group in groups(records) {
        let opened = OpenNotifier {
            credential: credential(group.notifier.as_str()),
            is_cached: false,
            options: serde_json::Map::new(),
            tokens_per_second: None,
            receipt_url: None,
            expects_receipts: false,
        };
        all.extend(calls(group, &opened, max_tokens, Timestamp::from_millis(0)));
    }
    all
}

/// Returns the number of messages in each merged call.
fn sizes(jobs: &[PushJob], max_merged: usize) -> Vec<usize> {
    merge(unmerged(&records(jobs.to_vec()), 1000), |_| max_merged).iter().map(|call| call.messages.len()).collect()
}

proptest! {
    #[test]
    fn every_device_is_in_exactly_one_call_and_no_call_is_above_the_limits(
        shapes in proptest::collection::vec(
            (0usize..3, 0usize..40, 0u32..4, proptest::collection::vec(0u8..20, 1..6)),
            0..40,
        ),
        max_tokens in 1usize..8,
        max_merged in 1usize..12,
    ) {
        let jobs = shapes
            .iter()
            .map(|(notifier, body, attempts, tokens)| PushJob {
                attempts: *attempts,
                ..job(["a", "b", "c"][*notifier], &body.to_string(), tokens)
            });
        let mut left: BTreeMap<(usize, MessageId), usize> = BTreeMap::new();
        let records = records(jobs);
        for (index, record) in records.iter().enumerate() {
            for receiver in &record.job.receivers {
                *left.entry((index, receiver.receiver.msg_id)).or_default() += receiver.devices.len();
            }
        }
        // the third notifier's calls cannot be merged
        let limit = |credential: &Credential| if credential.fingerprint() == "c" { 1 } else { max_merged };
        for call in merge(unmerged(&records, max_tokens), limit) {
            let count: usize = call.messages.iter().map(|message| message.deliveries.len()).sum();
            let mut tokens = HashSet::new();
            if let [message] = &call.messages[..] {
                prop_assert!((1..=max_tokens).contains(&message.deliveries.len()));
            } else {
                prop_assert!((2..=limit(&call.opened.credential)).contains(&call.messages.len()));
                prop_assert_eq!(count, call.messages.len());
            }
            prop_assert_eq!(call.messages.iter().map(|message| message.tokens().len()).sum::<usize>(), count);
            for message in &call.messages {
                for delivery in &message.deliveries {
                    let job = delivery.job();
                    prop_assert!(tokens.insert(&delivery.device.token));
                    prop_assert_eq!(&job.notification, message.notification);
                    prop_assert_eq!((&job.notifier, job.notifier.as_str()), (call.notifier, call.opened.credential.fingerprint()));
                    prop_assert!(call.messages.len() == 1 || job.attempts < 2);
                    let count = left.get_mut(&(delivery.record.number, delivery.msg_id())).unwrap();
                    *count -= 1;
                }
            }
        }
        prop_assert!(left.values().all(|count| *count == 0));
    }
}

#[test]
fn different_notifications_of_a_notifier_share_a_call_up_to_its_limit() {
    let jobs = [job("a", "1", &[1]), job("b", "2", &[2]), job("a", "3", &[3]), job("a", "4", &[4])];
    assert_eq!(sizes(&jobs, 1000), [3, 1]);
    assert_eq!(sizes(&jobs, 2), [2, 1, 1]);
    assert_eq!(sizes(&jobs, 1), [1, 1, 1, 1]);
}

#[test]
fn only_calls_with_the_same_credential_and_options_share_a_request() {
    let records = records([job("a", "1", &[1]), job("a", "2", &[2])]);
    let merged = |change: fn(&mut Call<'_>)| {
        let mut calls = unmerged(&records, 1000);
        change(&mut calls[1]);
        merge(calls, |_| 1000).len()
    };
    assert_eq!(merged(|_| {}), 1);
    assert_eq!(merged(|call| call.opened.credential = credential("another")), 2);
    assert_eq!(merged(|call| drop(call.opened.options.insert("badge".to_owned(), true.into()))), 2);
}

#[test]
fn only_messages_under_the_same_quota_share_a_request() {
    let of = |body: &str, token, class, channel: Option<&str>| {
        let mut job = job("a", body, &[token]);
        job.notification.class = class;
        job.notification.options.extend(channel.map(|channel| ("xiaomi_channel_id".to_owned(), channel.into())));
        job
    };
    let (im, call) = (SemanticClass::Im, SemanticClass::Call);
    assert_eq!(sizes(&[of("1", 1, im, None), of("2", 2, call, None), of("3", 3, im, None)], 1000), [2, 1]);
    let own = [of("1", 1, im, None), of("2", 2, im, Some("7")), of("3", 3, im, Some("8")), of("4", 4, im, Some("7"))];
    assert_eq!(sizes(&own, 1000), [1, 2, 1]);
}

#[test]
fn a_token_is_named_once_in_a_merged_call() {
    let jobs = [job("a", "1", &[1]), job("a", "2", &[1]), job("a", "3", &[2])];
    assert_eq!(sizes(&jobs, 1000), [2, 1]);
}

#[test]
fn one_notification_for_several_tokens_keeps_its_own_call() {
    let jobs = [job("a", "1", &[1]), job("a", "2", &[2, 3]), job("a", "4", &[4])];
    assert_eq!(sizes(&jobs, 1000), [2, 1]);
}

#[test]
fn what_failed_twice_goes_alone() {
    let tried = |attempts, body| PushJob { attempts, ..job("a", body, &[7]) };
    assert_eq!(sizes(&[job("a", "1", &[1]), tried(1, "2")], 1000), [2]);
    assert_eq!(sizes(&[job("a", "1", &[1]), tried(2, "2")], 1000), [1, 1]);
}

#[test]
fn jobs_with_the_same_notification_share_a_call() {
    let jobs = [job("a", "x", &[1, 2]), job("a", "x", &[3]), job("a", "y", &[4])];
    let records = records(jobs);
    let groups = groups(&records).into_iter();
    let sizes: Vec<usize> = groups.map(|group| split(group.deliveries, 1000)[0].len()).collect();
    assert_eq!(sizes, [3, 1]);
}
