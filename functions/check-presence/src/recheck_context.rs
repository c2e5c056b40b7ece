//! Context that a check leaves for a recheck: which devices got a push, and which pushes are still deferred.
//!
//! A recheck cannot find that out itself. Presence shows the present state, and not the state at the earlier check: a
//! gateway may have restarted, and a row may be gone.

use std::collections::HashMap;

use serde::Serialize;
use shared::{
    decider::Decided,
    domain::{binding::TokenMark, decision::ChosenDevice, id::UserId, message::Receiver, time::Timestamp},
    ports::queue::{
        DeferredDevice, DeferredPush, DispatchJob, MAX_RECORD_BYTES, OtherDevices, PushedDevice, SeenConnections,
    },
};

/// Bytes for the rest of a record around its receivers.
const MARGIN: usize = 1024;

/// Context of the receivers of a job, for their rechecks.
#[derive(Debug)]
pub(crate) struct RecheckContext {
    /// the deferred push, without its devices
    waited: Option<DeferredPush>,
    users: HashMap<UserId, Own>,
}

/// Context of one receiver.
#[derive(Debug, Default)]
struct Own {
    waited: Vec<DeferredDevice>,
    others: Option<OtherDevices>,
    pushed: Vec<PushedDevice>,
}

impl RecheckContext {
    /// Returns what earlier checks left.
    pub(crate) fn of(job: &DispatchJob) -> Self {
        let mut users: HashMap<UserId, Own> = HashMap::new();
        for device in &job.pushed {
            users.entry(device.user.clone()).or_default().pushed.push(device.clone());
        }
        for device in job.waited.iter().flat_map(|waited| &waited.devices) {
            users.entry(device.user.clone()).or_default().waited.push(device.clone());
        }
        for others in job.waited.iter().flat_map(|waited| &waited.others) {
            users.entry(others.user.clone()).or_default().others = Some(others.clone());
        }
        let bare = |waited: &DeferredPush| DeferredPush { devices: Vec::new(), others: Vec::new(), ..waited.clone() };
        let waited = job.waited.as_deref().map(bare);
        Self { waited, users }
    }

    /// Returns the context after this check.
    pub(crate) fn after(job: &DispatchJob, decided: &[Decided]) -> Self {
        let mut recheck_context = Self::of(job);
        for Decided { receiver, push, .. } in decided {
            let Some((chosen, _)) = push else { continue };
            let own = recheck_context.users.entry(receiver.user.clone()).or_default();
            let mark = |device: &ChosenDevice| Some(TokenMark::of(&device.notifier, &device.token));
            own.waited.retain(|waited| {
                chosen.iter().all(|device| device.device_id != waited.device_id && mark(device) != waited.token)
            });
            let pushed = |device: &ChosenDevice| PushedDevice {
                user: receiver.user.clone(),
                device_id: device.device_id.clone(),
                token: mark(device),
            };
            own.pushed.extend(chosen.iter().map(pushed));
        }
        recheck_context
    }

    /// Returns whether a recheck can cause a push for the receiver. If the receiver's pushes were deferred, one of them
    /// must still be.
    pub(crate) fn is_open(&self, user: &UserId) -> bool {
        self.waited.is_none() || self.users.get(user).is_some_and(|own| !own.waited.is_empty())
    }

    /// Returns whether this device's push is still deferred.
    pub(crate) fn waits(&self, device: &DeferredDevice) -> bool {
        self.users.get(&device.user).is_some_and(|own| own.waited.contains(device))
    }

    /// Returns the bytes of the deferred push in a record, without receivers.
    pub(crate) fn head_bytes(&self) -> usize {
        size(&self.waited)
    }

    /// Returns the bytes that a record needs for a receiver.
    pub(crate) fn bytes(&self, user: &UserId) -> usize {
        self.users.get(user).map_or(0, |own| size(&own.waited) + size(&own.others) + size(&own.pushed))
    }

    /// Returns the record's data about these receivers: the deferred push, and the devices that got a push. If none of
    /// their devices is deferred any more, the push has only the name of its notifier.
    pub(crate) fn of_users<'a>(
        &self,
        users: impl Iterator<Item = &'a UserId>,
    ) -> (Option<Box<DeferredPush>>, Vec<PushedDevice>) {
        let (mut devices, mut others, mut pushed) = (Vec::new(), Vec::new(), Vec::new());
        for own in users.filter_map(|user| self.users.get(user)) {
            devices.extend(own.waited.iter().cloned());
            others.extend(own.others.iter().cloned());
            pushed.extend(own.pushed.iter().cloned());
        }
        (self.waited.as_ref().map(|waited| Box::new(DeferredPush { devices, others, ..waited.clone() })), pushed)
    }

    /// Returns the recheck jobs for these receivers, each small enough for a record.
    pub(crate) fn jobs(&self, job: &DispatchJob, receivers: Vec<Receiver>) -> Vec<DispatchJob> {
        let empty = DispatchJob { receivers: Vec::new(), waited: None, pushed: Vec::new(), ..job.clone() };
        let room = MAX_RECORD_BYTES.saturating_sub(size(&empty) + self.head_bytes() + MARGIN);
        let mut parts: Vec<(Vec<Receiver>, usize)> = Vec::new();
        for receiver in receivers {
            let bytes = size(&receiver) + self.bytes(&receiver.user);
            match parts.last_mut().filter(|(_, used)| used + bytes <= room) {
                Some((part, used)) => {
                    part.push(receiver);
                    *used += bytes;
                }
                None => parts.push((vec![receiver], bytes)),
            }
        }
        let of_part = |(receivers, _): (Vec<Receiver>, usize)| {
            let (waited, pushed) = self.of_users(receivers.iter().map(|one| &one.user));
            DispatchJob { receivers, waited, pushed, ..empty.clone() }
        };
        parts.into_iter().map(of_part).collect()
    }
}

/// Returns what is known about the receivers' connections, from an earlier check, or from the decision of the deferred
/// push.
pub(crate) fn seen_before(job: &DispatchJob) -> Option<SeenConnections> {
    job.connections.or_else(|| job.waited.as_deref()?.connections)
}

/// Returns what is known after this check, begun at `begun`, has posted to the live connections.
pub(crate) fn seen_by_trying(job: &DispatchJob, begun: Timestamp) -> SeenConnections {
    let before = seen_before(job);
    let first_at = before.map_or(begun, |seen| seen.first_at);
    SeenConnections { first_at, tried_at: Some(begun), looks: before.map_or(0, |seen| seen.looks) + 1 }
}

/// Removes the devices that got a push at earlier checks, also if their token has another device id now.
pub(crate) fn not_pushed(job: &DispatchJob, decided: &mut Decided) {
    let Some((chosen, _)) = &mut decided.push else { return };
    let own = |one: &&PushedDevice| one.user == decided.receiver.user;
    chosen.retain(|device| {
        let token = Some(TokenMark::of(&device.notifier, &device.token));
        !job.pushed.iter().filter(own).any(|one| one.device_id == device.device_id || one.token == token)
    });
    if chosen.is_empty() {
        decided.push = None;
    }
}

/// Returns the bytes of a part of a record.
pub(crate) fn size(part: &impl Serialize) -> usize {
    // One byte more for the comma before it.
    serde_json::to_vec(part).map_or(MAX_RECORD_BYTES, |json| json.len() + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Map;
    use shared::{
        domain::{
            attempt::{JobAttempt, RetryReason, keep},
            decision::{ChosenDevice, Decision, Verdict},
            id::MessageId,
            push::{Notification, SemanticClass},
            vendor::Vendor,
        },
        ports::queue::DispatchRecord,
        testing::sample::{self, device, notifier_name, user},
    };

    use super::*;

    const AT: Timestamp = Timestamp::from_millis(0);

    /// Returns the longest names. JSON writes each character as two.
    fn long(number: usize) -> String {
        format!("{number:03}{}", "\"".repeat(61))
    }

    fn receiver(number: usize) -> Receiver {
        Receiver { user: user(&format!("u{number:03}")), msg_id: MessageId::of_group(AT, 1) }
    }

    fn job(receivers: usize, waited: Option<DeferredPush>) -> DispatchJob {
        DispatchJob {
            app: sample::app_key("acme#chat"),
            content: sample::content("hi", AT),
            page: None,
            members: None,
            receivers: (0..receivers).map(receiver).collect(),
            recheck_at: None,
            waited: waited.map(Box::new),
            connections: None,
            pushed: Vec::new(),
            vendor_failed: false,
            attempts: 0,
            repeat: true,
        }
    }

    fn decided(number: usize, devices: &[usize]) -> Decided {
        let chosen = |number: &usize| ChosenDevice {
            device_id: device(&long(*number)),
            notifier: notifier_name("n"),
            vendor: Vendor::Fcm,
            token: sample::token(&number.to_string()),
        };
        let notification = Notification {
            title: "t".into(),
            body: "b".into(),
            custom: Map::new(),
            class: SemanticClass::Im,
            replace_id: "r".into(),
            badge: true,
            options: Map::new(),
        };
        Decided {
            receiver: receiver(number),
            decision: Decision { verdict: Verdict::Push, rules: Vec::new(), devices: Vec::new() },
            push: (!devices.is_empty()).then(|| (devices.iter().map(chosen).collect(), notification)),
            recheck_at: Some(AT),
            direct: Vec::new(),
            connected: true,
            newest_device: None,
        }
    }

    fn waited(devices: Vec<DeferredDevice>) -> DeferredPush {
        let mut rounds = Vec::new();
        for number in 1..8 {
            let mut round = JobAttempt::new(number, AT);
            for detail in 0..8 {
                round.place(RetryReason::Unavailable, &format!("{detail}{}", "x".repeat(60)));
            }
            keep(&mut rounds, round);
        }
        DeferredPush {
            notifier: notifier_name("n"),
            vendor: Some(Vendor::Fcm),
            attempts: 7,
            rounds,
            connections: None,
            group_exists: true,
            devices,
            others: Vec::new(),
        }
    }

    fn waiting(number: usize, name: usize) -> DeferredDevice {
        let token = Some(TokenMark::of(&notifier_name("n"), &sample::token(&name.to_string())));
        DeferredDevice { user: receiver(number).user, device_id: device(&long(name)), token, places: vec![0; 5] }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(6))]

        #[test]
        fn no_record_is_larger_than_a_queue_takes_and_every_receiver_is_in_one_with_its_devices(
            shapes in proptest::collection::vec((0usize..32, 0usize..16), 1..=200),
        ) {
            let all: Vec<Decided> = shapes
                .iter()
                .enumerate()
                .map(|(number, (pushed, _))| decided(number, &(0..*pushed).collect::<Vec<_>>()))
                .collect();
            let devices = shapes.iter().enumerate().flat_map(|(number, (pushed, waits))| (*pushed..pushed + waits).map(move |name| waiting(number, name)));
            let job = job(shapes.len(), Some(waited(devices.collect())));
            let jobs = RecheckContext::after(&job, &all).jobs(&job, job.receivers.clone());
            for record in DispatchRecord::of(&jobs) {
                let bytes = serde_json::to_vec(&record).unwrap().len();
                prop_assert!(bytes <= MAX_RECORD_BYTES, "{bytes}");
            }
            let receivers: Vec<&Receiver> = jobs.iter().flat_map(|job| &job.receivers).collect();
            prop_assert_eq!(receivers, job.receivers.iter().collect::<Vec<_>>());
            for (number, (pushed, waits)) in shapes.iter().enumerate() {
                let own = jobs.iter().find(|job| job.receivers.contains(&receiver(number))).unwrap();
                let user = receiver(number).user;
                prop_assert_eq!(own.pushed.iter().filter(|one| one.user == user).count(), *pushed);
                let waiting = own.waited.iter().flat_map(|waited| &waited.devices).filter(|one| one.user == user);
                prop_assert_eq!(waiting.count(), *waits);
            }
        }
    }

    #[test]
    fn a_device_that_is_pushed_to_waits_no_longer_and_its_user_is_done_with_the_last() {
        let job = job(2, Some(waited(vec![waiting(0, 1), waiting(0, 2), waiting(1, 1)])));
        let recheck_context = RecheckContext::after(&job, &[decided(0, &[1]), decided(1, &[1])]);
        let (first, second) = (receiver(0).user, receiver(1).user);
        assert_eq!((recheck_context.is_open(&first), recheck_context.is_open(&second)), (true, false));
        assert_eq!((recheck_context.waits(&waiting(0, 1)), recheck_context.waits(&waiting(0, 2))), (false, true));
        let again = recheck_context.jobs(&job, vec![receiver(0)]).remove(0);
        assert_eq!(again.waited.as_ref().unwrap().devices, [waiting(0, 2)]);
        let twice = RecheckContext::after(&again, &[decided(0, &[2])]);
        assert!(!twice.is_open(&first));
        assert_eq!(twice.of_users([&first].into_iter()).1.len(), 2);
    }

    #[test]
    fn what_was_pushed_at_an_earlier_check_is_not_pushed_again() {
        let mut job = job(1, None);
        job.pushed = vec![PushedDevice { user: receiver(0).user, device_id: device(&long(1)), token: None }];
        let mut some = decided(0, &[1, 2]);
        not_pushed(&job, &mut some);
        assert_eq!(some.push.unwrap().0.iter().map(|one| &one.device_id).collect::<Vec<_>>(), [&device(&long(2))]);
        let mut none = decided(0, &[1]);
        not_pushed(&job, &mut none);
        assert_eq!(none.push, None);
        let mut other = decided(1, &[1]);
        not_pushed(&job, &mut other);
        assert!(other.push.is_some());
    }
}
