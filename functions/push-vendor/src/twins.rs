//! Pushes that several jobs of a batch are for: one of them goes on, and the others end without a trace.
//!
//! A decision may be taken a second time before the push of the first was sent: the recheck of a receiver follows a connection that
//! was found gone, or a queue redelivers. Looking up what ended tells nothing while neither has. In one batch they meet.

use std::collections::{HashMap, HashSet};

use shared::{
    domain::{
        id::{AppKey, DeviceId, MessageId, NotifierName, UserId},
        time::Timestamp,
    },
    ports::queue::PushJob,
};

use crate::batch::Delivery;

/// What of a job goes on.
#[derive(Debug)]
pub(crate) struct Latest<'a> {
    pub(crate) deliveries: Vec<Delivery<'a>>,
    /// whether one of them may have been sent before, by this job or by another
    pub(crate) repeat: bool,
}

/// A message on its way to a device through a notifier.
type Push<'a> = (&'a AppKey, MessageId, &'a UserId, &'a DeviceId, &'a NotifierName);

/// Says of each job what goes on, so that every push is in one of them. Of several deliveries of a push it is the one that was decided
/// last, since its token is the newest; of those decided at once the one with most attempts.
pub(crate) fn latest(jobs: &[PushJob]) -> Vec<Latest<'_>> {
    let all: Vec<Vec<Delivery<'_>>> = jobs.iter().enumerate().map(|(index, job)| deliveries(index, job)).collect();
    let mut owners: HashMap<Push<'_>, usize> = HashMap::new();
    let mut repeated: HashSet<Push<'_>> = HashSet::new();
    for (index, job) in jobs.iter().enumerate() {
        for push in all[index].iter().map(|delivery| push(job, delivery)) {
            let owner = owners.entry(push).or_insert(index);
            if rank(&jobs[*owner]) < rank(job) {
                *owner = index;
            }
            if job.repeat {
                repeated.insert(push);
            }
        }
    }
    all.into_iter()
        .zip(jobs)
        .enumerate()
        .map(|(index, (mut deliveries, job))| {
            deliveries.retain(|delivery| owners.get(&push(job, delivery)) == Some(&index));
            let repeat = deliveries.iter().any(|delivery| repeated.contains(&push(job, delivery)));
            Latest { deliveries, repeat }
        })
        .collect()
}

fn push<'a>(job: &'a PushJob, delivery: &Delivery<'a>) -> Push<'a> {
    let receiver = &delivery.receiver.receiver;
    (&job.app, receiver.msg_id, &receiver.user, &delivery.device.device_id, &job.notifier)
}

fn rank(job: &PushJob) -> (Option<Timestamp>, u32) {
    (job.decided_at, job.attempts)
}

/// All deliveries of a job.
fn deliveries(index: usize, job: &PushJob) -> Vec<Delivery<'_>> {
    let mut all = Vec::with_capacity(job.receivers.iter().map(|receiver| receiver.devices.len()).sum());
    for receiver in &job.receivers {
        let devices = receiver.devices.iter();
        all.extend(devices.map(|device| Delivery { job: index, receiver, device, attempts: job.attempts }));
    }
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use shared::{
        domain::{
            binding::DeviceToken,
            decision::{Decision, Verdict},
            message::Receiver,
            push::{Notification, SemanticClass},
        },
        ports::queue::{PushDevice, PushReceiver},
        testing::sample,
    };

    use super::*;

    /// A job of one message for these users, each with a phone.
    fn job(users: &[u8], decided_at: Option<i64>, attempts: u32, repeat: bool) -> PushJob {
        let receiver = |user: &u8| PushReceiver {
            receiver: Receiver {
                user: sample::user(&format!("u{user}")),
                msg_id: MessageId::new(Timestamp::from_millis(1), 0),
            },
            decision: (&Decision { verdict: Verdict::Push, rules: Vec::new(), devices: Vec::new() }).into(),
            devices: vec![PushDevice {
                device_id: sample::device("phone"),
                token: DeviceToken::parse(&format!("t{user}")).unwrap(),
                places: Vec::new(),
            }],
        };
        PushJob {
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
            expires_at: Timestamp::from_millis(1_000),
            page: None,
            group_exists: false,
            receivers: users.iter().map(receiver).collect(),
            decided_at: decided_at.map(Timestamp::from_millis),
            connections: None,
            attempts,
            rounds: Vec::new(),
            not_before: None,
            repeat,
        }
    }

    proptest! {
        #[test]
        fn every_push_goes_on_in_one_job_as_it_was_decided_last_and_is_looked_up_if_any_was_a_repeat(
            shapes in proptest::collection::vec(
                (proptest::collection::btree_set(0u8..6, 1..4), proptest::option::of(0i64..4), 0u32..3, any::<bool>()), 1..12,
            ),
        ) {
            let jobs: Vec<PushJob> = shapes
                .iter()
                .map(|(users, at, attempts, repeat)| job(&users.iter().copied().collect::<Vec<_>>(), *at, *attempts, *repeat))
                .collect();
            let mut asked: BTreeMap<&UserId, Vec<&PushJob>> = BTreeMap::new();
            for one in &jobs {
                one.receivers.iter().for_each(|receiver| asked.entry(&receiver.receiver.user).or_default().push(one));
            }
            let mut found = BTreeMap::new();
            for (index, (job, latest)) in jobs.iter().zip(latest(&jobs)).enumerate() {
                for delivery in latest.deliveries {
                    prop_assert_eq!((delivery.job, delivery.attempts), (index, job.attempts));
                    let user = &delivery.receiver.receiver.user;
                    prop_assert!(found.insert(user, rank(job)).is_none(), "twice");
                    if asked[user].iter().any(|job| job.repeat) {
                        prop_assert!(latest.repeat);
                    }
                }
            }
            let newest = asked.into_iter().map(|(user, jobs)| (user, jobs.into_iter().map(rank).max().unwrap())).collect();
            prop_assert_eq!(found, newest);
        }
    }

    #[test]
    fn pushes_of_other_messages_devices_notifiers_and_apps_are_others() {
        let first = job(&[1], Some(1), 0, false);
        let with = |change: fn(&mut PushJob)| {
            let mut other = first.clone();
            change(&mut other);
            other
        };
        let others = [
            first.clone(),
            with(|job| job.app = sample::app_key("acme#shop")),
            with(|job| job.notifier = sample::notifier_name("m")),
            with(|job| job.receivers[0].receiver.msg_id = MessageId::new(Timestamp::from_millis(2), 0)),
            with(|job| job.receivers[0].receiver.user = sample::user("u2")),
            with(|job| job.receivers[0].devices[0].device_id = sample::device("pad")),
        ];
        assert!(latest(&others).iter().all(|job| job.deliveries.len() == 1));
    }
}
