//! Drops duplicates: if several jobs of a batch push a message to the same device, only one of them goes on.
//!
//! A message may be decided again before the push of the first decision was sent: after a connection was found gone, or
//! after a redelivery. The look-up of repeats finds only pushes that ended, so it finds neither job. If both are in one
//! batch, this stage drops one, and records nothing about it.

use std::collections::{HashMap, HashSet};

use shared::{
    domain::{
        id::{AppKey, DeviceId, MessageId, NotifierName, UserId},
        time::Timestamp,
    },
    ports::queue::PushJob,
};

use crate::batch::{Delivery, JobRecord};

/// A job with the deliveries that go on.
#[derive(Debug)]
pub(crate) struct UniqueDeliveries<'a> {
    pub(crate) job: &'a PushJob,
    pub(crate) deliveries: Vec<Delivery<'a>>,
    /// whether one of them may have been sent before, by this job or by another
    pub(crate) repeat: bool,
}

/// The key of duplicates: message, device and notifier.
type PushKey<'a> = (&'a AppKey, MessageId, &'a UserId, &'a DeviceId, &'a NotifierName);

/// Drops duplicates. The delivery with the latest decision goes on, because its token is the newest. Among equal
/// decisions the one with the most attempts goes on.
pub(crate) fn drop_duplicates(records: &[JobRecord]) -> Vec<UniqueDeliveries<'_>> {
    let mut latest: HashMap<PushKey<'_>, &JobRecord> = HashMap::new();
    let mut repeats: HashSet<PushKey<'_>> = HashSet::new();
    for record in records {
        for key in record.deliveries().map(|delivery| key(&delivery)) {
            let chosen = latest.entry(key).or_insert(record);
            if rank(&chosen.job) < rank(&record.job) {
                *chosen = record;
            }
            if record.job.repeat {
                repeats.insert(key);
            }
        }
    }
    let goes_on = |delivery: &Delivery<'_>| latest[&key(delivery)].number == delivery.record.number;
    let unique = records.iter().map(|record| {
        let deliveries: Vec<Delivery<'_>> = record.deliveries().filter(goes_on).collect();
        let repeat = deliveries.iter().any(|delivery| repeats.contains(&key(delivery)));
        UniqueDeliveries { job: &record.job, deliveries, repeat }
    });
    unique.collect()
}

fn key<'a>(delivery: &Delivery<'a>) -> PushKey<'a> {
    let job = delivery.job();
    (&job.app, delivery.msg_id(), delivery.user(), &delivery.device.device_id, &job.notifier)
}

fn rank(job: &PushJob) -> (Option<Timestamp>, u32) {
    (job.decided_at, job.attempts)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use shared::testing::sample;

    use super::*;
    use crate::samples::{self, device, message, receiver, records};

    /// Returns a job of one message for these users, each with one phone.
    fn job(users: &[u8], decided_at: Option<i64>, attempts: u32, repeat: bool) -> PushJob {
        let of_user = |user: &u8| receiver(&format!("u{user}"), message(0), vec![device("phone", &format!("t{user}"))]);
        PushJob {
            decided_at: decided_at.map(Timestamp::from_millis),
            attempts,
            repeat,
            ..samples::job(users.iter().map(of_user).collect())
        }
    }

    proptest! {
        #[test]
        fn every_push_goes_on_in_one_job_as_it_was_decided_last_and_is_looked_up_if_any_was_a_repeat(
            shapes in proptest::collection::vec(
                (proptest::collection::btree_set(0u8..6, 1..4), proptest::option::of(0i64..4), 0u32..3, any::<bool>()), 1..12,
            ),
        ) {
            let jobs = shapes
                .iter()
                .map(|(users, at, attempts, repeat)| job(&users.iter().copied().collect::<Vec<_>>(), *at, *attempts, *repeat));
            let records = records(jobs);
            let mut asked: BTreeMap<&UserId, Vec<&PushJob>> = BTreeMap::new();
            for one in records.iter().map(|record| &record.job) {
                one.receivers.iter().for_each(|receiver| asked.entry(&receiver.receiver.user).or_default().push(one));
            }
            let mut found = BTreeMap::new();
            for (record, unique) in records.iter().zip(drop_duplicates(&records)) {
                for delivery in unique.deliveries {
                    prop_assert_eq!((delivery.record.number, delivery.job()), (record.number, unique.job));
                    let user = delivery.user();
                    prop_assert!(found.insert(user, rank(unique.job)).is_none(), "twice");
                    if asked[user].iter().any(|job| job.repeat) {
                        prop_assert!(unique.repeat);
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
        assert!(drop_duplicates(&records(others)).iter().all(|job| job.deliveries.len() == 1));
    }
}
