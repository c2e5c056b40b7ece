//! From jobs to vendor calls: equal notifications share a call, calls stay within the vendor's limit, and every device is in
//! exactly one of them.

use std::collections::{HashMap, HashSet};

use shared::{
    domain::{
        binding::DeviceToken,
        id::{AppKey, NotifierName},
        push::Notification,
        time::Timestamp,
    },
    ports::queue::{PushDevice, PushJob, PushReceiver},
};

/// One device of one receiver of one job.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// which job of the batch
    pub job: usize,
    /// for whom
    pub receiver: &'a PushReceiver,
    /// where to
    pub device: &'a PushDevice,
    /// how often the job was tried before
    pub attempts: u32,
}

/// Deliveries of the same notification through the same notifier.
#[derive(Debug)]
pub struct Group<'a> {
    /// the app
    pub app: &'a AppKey,
    /// the notifier
    pub notifier: &'a NotifierName,
    /// what to show
    pub notification: &'a Notification,
    /// no push after this
    pub expires_at: Timestamp,
    /// to whom
    pub deliveries: Vec<Delivery<'a>>,
}

/// Groups the deliveries of jobs by what is sent through which notifier, in the order of their first job.
pub fn group<'a>(jobs: impl IntoIterator<Item = (&'a PushJob, Vec<Delivery<'a>>)>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut known: HashMap<(&AppKey, &NotifierName, String, Timestamp), usize> = HashMap::new();
    for (job, deliveries) in jobs {
        if deliveries.is_empty() {
            continue;
        }
        let payload = serde_json::to_string(&job.notification).unwrap_or_default();
        let place = *known.entry((&job.app, &job.notifier, payload, job.expires_at)).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Group {
                app: &job.app,
                notifier: &job.notifier,
                notification: &job.notification,
                expires_at: job.expires_at,
                deliveries: Vec::new(),
            });
        }
        groups[place].deliveries.extend(deliveries);
    }
    groups
}

/// Splits deliveries into calls of at most `most` devices, no token twice in one call, since vendors deliver twice what is named
/// twice.
pub fn calls<'a>(deliveries: &[Delivery<'a>], most: usize) -> Vec<Vec<Delivery<'a>>> {
    let mut calls: Vec<(HashSet<&'a DeviceToken>, Vec<Delivery<'a>>)> = Vec::new();
    // Calls before this one are full.
    let mut open = 0;
    for delivery in deliveries {
        let token = &delivery.device.token;
        let free = calls.iter().skip(open).position(|(tokens, _)| tokens.len() < most && !tokens.contains(token));
        let place = free.map_or(calls.len(), |offset| open + offset);
        if place == calls.len() {
            calls.push((HashSet::new(), Vec::new()));
        }
        calls[place].0.insert(token);
        calls[place].1.push(*delivery);
        while calls.get(open).is_some_and(|(tokens, _)| tokens.len() >= most) {
            open += 1;
        }
    }
    calls.into_iter().map(|(_, deliveries)| deliveries).collect()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use proptest::prelude::*;
    use shared::domain::{
        decision::{Decision, Verdict},
        id::{DeviceId, MessageId, UserId},
        message::Receiver,
        push::SemanticClass,
    };
    use shared::ports::vendor::Credential;
    use vendors::notifier::quota::follows_class;

    use super::*;
    use crate::{
        call::{Call, Message, merge},
        notifiers::Opened,
    };

    fn job(notifier: &str, body: &str, tokens: &[u8]) -> PushJob {
        let receiver = |index: usize, token: &u8| PushReceiver {
            receiver: Receiver {
                user: UserId::parse(&format!("u{index}")).unwrap(),
                msg_id: MessageId::new(Timestamp::from_millis(1), index as u128),
            },
            decision: (&Decision { verdict: Verdict::Push, rules: Vec::new(), devices: Vec::new() }).into(),
            devices: vec![PushDevice {
                device_id: DeviceId::parse("d").unwrap(),
                token: DeviceToken::parse(&format!("token-{token}")).unwrap(),
                places: Vec::new(),
            }],
        };
        PushJob {
            app: AppKey::parse("acme#chat").unwrap(),
            notifier: NotifierName::parse(notifier).unwrap(),
            notification: Notification {
                title: "t".into(),
                body: body.into(),
                custom: serde_json::Map::new(),
                class: SemanticClass::Im,
                replace_id: "r".into(),
                badge: true,
                options: serde_json::Map::new(),
            },
            expires_at: Timestamp::from_millis(1_000),
            page: None,
            group_exists: false,
            decided_at: None,
            connections: None,
            receivers: tokens.iter().enumerate().map(|(index, token)| receiver(index, token)).collect(),
            attempts: 0,
            rounds: Vec::new(),
            not_before: None,
            repeat: false,
        }
    }

    fn deliveries(jobs: &[PushJob]) -> Vec<(&PushJob, Vec<Delivery<'_>>)> {
        jobs.iter()
            .enumerate()
            .map(|(index, job)| {
                let all = job.receivers.iter().flat_map(move |receiver| {
                    receiver.devices.iter().map(move |device| Delivery {
                        job: index,
                        receiver,
                        device,
                        attempts: job.attempts,
                    })
                });
                (job, all.collect())
            })
            .collect()
    }

    fn credential(fingerprint: &str) -> Arc<Credential> {
        Arc::new(Credential::new(serde_json::Value::Null, fingerprint.to_owned()))
    }

    /// The calls of jobs, before any of them share a request.
    fn unmerged(jobs: &[PushJob], most: usize) -> Vec<Call<'_>> {
        let mut all = Vec::new();
        for group in group(deliveries(jobs)) {
            let opened = Opened {
                credential: credential(group.notifier.as_str()),
                options: serde_json::Map::new(),
                tokens_per_second: None,
                receipt_url: None,
            };
            all.extend(calls(&group.deliveries, most).into_iter().map(|deliveries| Call {
                app: group.app,
                notifier: group.notifier,
                opened: opened.clone(),
                class: follows_class(group.notification).then_some(group.notification.class),
                messages: vec![Message {
                    notification: group.notification,
                    ttl: group.expires_at.since(Timestamp::from_millis(0)),
                    deliveries,
                }],
            }));
        }
        all
    }

    /// How many messages each merged call has.
    fn sizes(jobs: &[PushJob], max_merged: usize) -> Vec<usize> {
        merge(unmerged(jobs, 1000), |_| max_merged).iter().map(|call| call.messages.len()).collect()
    }

    proptest! {
        #[test]
        fn every_device_is_in_exactly_one_call_and_no_call_is_above_the_limits(
            shapes in proptest::collection::vec(
                (0usize..3, 0usize..40, 0u32..4, proptest::collection::vec(0u8..20, 1..6)),
                0..40,
            ),
            most in 1usize..8,
            max_merged in 1usize..12,
        ) {
            let jobs: Vec<PushJob> = shapes
                .iter()
                .map(|(notifier, body, attempts, tokens)| PushJob {
                    attempts: *attempts,
                    ..job(["a", "b", "c"][*notifier], &body.to_string(), tokens)
                })
                .collect();
            let mut left: BTreeMap<(usize, MessageId), usize> = BTreeMap::new();
            for (index, job) in jobs.iter().enumerate() {
                for receiver in &job.receivers {
                    *left.entry((index, receiver.receiver.msg_id)).or_default() += receiver.devices.len();
                }
            }
            // the third notifier's calls cannot be merged
            let limit = |credential: &Credential| if credential.fingerprint() == "c" { 1 } else { max_merged };
            for call in merge(unmerged(&jobs, most), limit) {
                let count: usize = call.messages.iter().map(|message| message.deliveries.len()).sum();
                let mut tokens = HashSet::new();
                if let [message] = &call.messages[..] {
                    prop_assert!((1..=most).contains(&message.deliveries.len()));
                } else {
                    prop_assert!((2..=limit(&call.opened.credential)).contains(&call.messages.len()));
                    prop_assert_eq!(count, call.messages.len());
                }
                prop_assert_eq!(call.tokens().iter().map(Vec::len).sum::<usize>(), count);
                for message in &call.messages {
                    for delivery in &message.deliveries {
                        let job = &jobs[delivery.job];
                        prop_assert!(tokens.insert(&delivery.device.token));
                        prop_assert_eq!(&job.notification, message.notification);
                        prop_assert_eq!((&job.notifier, job.notifier.as_str()), (call.notifier, call.opened.credential.fingerprint()));
                        prop_assert!(call.messages.len() == 1 || job.attempts < 2);
                        let count = left.get_mut(&(delivery.job, delivery.receiver.receiver.msg_id)).unwrap();
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
        let jobs = [job("a", "1", &[1]), job("a", "2", &[2])];
        let merged = |change: fn(&mut Call<'_>)| {
            let mut calls = unmerged(&jobs, 1000);
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
        let own =
            [of("1", 1, im, None), of("2", 2, im, Some("7")), of("3", 3, im, Some("8")), of("4", 4, im, Some("7"))];
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
        let groups = group(deliveries(&jobs));
        let sizes: Vec<usize> = groups.iter().map(|group| calls(&group.deliveries, 1000)[0].len()).collect();
        assert_eq!(sizes, [3, 1]);
    }
}
