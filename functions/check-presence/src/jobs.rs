//! Builds vendor jobs from decisions. Receivers of the same notification through the same notifier share a job.

use serde::Serialize;
use shared::{
    decider::Decided,
    domain::{binding::TokenMark, decision::ChosenDevice, time::Timestamp, vendor::Vendor},
    ports::queue::{DispatchJob, PushDevice, PushJob, PushReceiver},
};

use crate::{
    deferred::carry_on,
    recheck_context::{seen_before, seen_by_trying},
};

/// Maximum bytes of a job for several devices, including the notification. The rest of
/// [`MAX_RECORD_BYTES`](shared::ports::queue::MAX_RECORD_BYTES) is left for its attempts.
const MAX_JOB_BYTES: usize = 128 * 1024;
/// Maximum devices of a job: as many as the largest vendor call takes. Each attempt makes a device larger.
const MAX_JOB_DEVICES: usize = 1000;

/// A job that is being filled.
struct Filling {
    vendor: Vendor,
    push: PushJob,
    bytes: usize,
    devices: usize,
}

impl Filling {
    /// Returns how many bytes a device adds.
    fn growth(&self, new: &PushReceiver, sizes: Sizes) -> usize {
        let known = self.push.receivers.last().is_some_and(|last| last.receiver == new.receiver);
        if known { sizes.device } else { sizes.receiver }
    }

    /// Adds a device.
    fn add(&mut self, new: PushReceiver, sizes: Sizes) {
        self.bytes += self.growth(&new, sizes);
        self.devices += 1;
        match self.push.receivers.last_mut().filter(|last| last.receiver == new.receiver) {
            Some(last) => last.devices.extend(new.devices),
            None => self.push.receivers.push(new),
        }
    }
}

/// Bytes of a device, alone and together with its receiver.
#[derive(Clone, Copy)]
struct Sizes {
    device: usize,
    receiver: usize,
}

/// Returns the vendor jobs for these decisions. A job contains what was tried over its receivers' connections, so that
/// a deferred push posts nothing to them again. One-to-one messages all differ, at least by their ids. A group message
/// is the same for many receivers.
pub(crate) fn push_jobs(job: &DispatchJob, decided: &[Decided], decided_at: Timestamp) -> Vec<(Vendor, PushJob)> {
    let mut jobs: Vec<Filling> = Vec::new();
    for one in decided {
        let Some((chosen, notification)) = &one.push else { continue };
        let tokens = tokens(job, one, chosen);
        let connections = if one.direct.is_empty() { seen_before(job) } else { Some(seen_by_trying(job, decided_at)) };
        for device in chosen {
            let own = job.content.instant.as_ref().map(|_| notification.of_block(device.vendor));
            let notification = own.as_ref().unwrap_or(notification);
            let target =
                PushDevice { device_id: device.device_id.clone(), token: device.token.clone(), places: Vec::new() };
            let device_bytes = size(&target);
            let new = PushReceiver { tokens: tokens.clone(), ..receiver(one, target) };
            let sizes = Sizes { device: device_bytes, receiver: size(&new) };
            let fits = |job: &&mut Filling| {
                job.bytes + job.growth(&new, sizes) <= MAX_JOB_BYTES
                    && job.devices < MAX_JOB_DEVICES
                    && (job.vendor, &job.push.notifier, &job.push.notification, job.push.connections)
                        == (device.vendor, &device.notifier, notification, connections)
            };
            match jobs.iter_mut().find(fits) {
                Some(job) => job.add(new, sizes),
                None => {
                    let push = PushJob {
                        app: job.app.clone(),
                        notifier: device.notifier.clone(),
                        notification: notification.clone(),
                        expires_at: job.content.expires_at,
                        page: job.page.clone(),
                        group_exists: job.page.is_some() && job.members.is_some(),
                        waits_for_login: job.content.waits_for_login(),
                        task: job.content.task(),
                        receivers: vec![new],
                        decided_at: Some(decided_at),
                        connections,
                        attempts: 0,
                        rounds: Vec::new(),
                        not_before: None,
                        repeat: job.repeat,
                        unanswered: false,
                    };
                    let bytes = size(&push);
                    jobs.push(Filling { vendor: device.vendor, push, bytes, devices: 1 });
                }
            }
        }
    }
    for filled in &mut jobs {
        carry_on(job, &mut filled.push);
    }
    jobs.into_iter().map(|job| (job.vendor, job.push)).collect()
}

fn receiver(decided: &Decided, device: PushDevice) -> PushReceiver {
    PushReceiver {
        receiver: decided.receiver.clone(),
        decision: (&decided.decision).into(),
        devices: vec![device],
        tokens: Vec::new(),
    }
}

/// Returns the tokens of all devices of a receiver that get the push now, or got it at earlier checks. One token alone
/// needs no mark.
fn tokens(job: &DispatchJob, decided: &Decided, chosen: &[ChosenDevice]) -> Vec<TokenMark> {
    let user = &decided.receiver.user;
    let pushed = job.pushed.iter().filter(|one| one.user == *user).filter_map(|one| one.token);
    let others = job.waited.iter().flat_map(|waited| &waited.others).filter(|one| one.user == *user);
    let before = pushed.chain(others.flat_map(|one| one.tokens.iter().copied()));
    let mut all: Vec<TokenMark> = chosen.iter().map(|one| TokenMark::of(&one.notifier, &one.token)).collect();
    all.extend(before);
    if all.len() > 1 { all } else { Vec::new() }
}

fn size(part: &impl Serialize) -> usize {
    // One byte more for the comma before it.
    serde_json::to_vec(part).map_or(MAX_JOB_BYTES, |json| json.len() + 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::{Map, json};
    use shared::{
        domain::{
            decision::{ChosenDevice, Decision, DeviceDecision, Rule, RuleResult, RuleTrace, Verdict},
            id::{DeviceId, MessageId, UserId},
            line::{MAX_BODY_BYTES, MAX_TITLE_BYTES},
            message::{MAX_CONTENT_BYTES, Receiver},
            push::{Notification, SemanticClass},
            reason::Reason,
        },
        ports::queue::{MAX_ATTEMPTS_BYTES, MAX_RECORD_BYTES, PushRecord},
        testing::sample::{self, device, notifier_name, user},
    };

    use super::*;

    const AT: Timestamp = Timestamp::from_millis(0);

    /// Returns a text of this length that is longest in JSON: a control character takes six bytes.
    fn controls(bytes: usize) -> String {
        "\u{1}".repeat(bytes)
    }

    /// Returns the largest notification that can be rendered.
    fn largest_notification() -> Notification {
        let object = |name: &str| Map::from_iter([(name.to_owned(), json!("x".repeat(MAX_CONTENT_BYTES)))]);
        Notification {
            title: controls(MAX_TITLE_BYTES),
            body: controls(MAX_BODY_BYTES),
            custom: object("e"),
            class: SemanticClass::Marketing,
            replace_id: "r".repeat(26),
            badge: false,
            options: object("o"),
        }
    }

    /// Returns the longest name of a device or notifier. JSON writes each character as two.
    fn long_name(number: usize) -> String {
        format!("{number:03}{}", "\"".repeat(125))
    }

    /// Returns a decision on so many devices, with the largest inputs of its rules.
    fn decision(devices: usize) -> Decision {
        let listed: Vec<String> = (0..32).map(long_name).collect();
        let inputs = |name: &str| Map::from_iter([(name.to_owned(), json!(listed))]);
        let pass = |rule, name: &str| RuleTrace { rule, result: RuleResult::Pass, inputs: inputs(name) };
        let device = |number: usize| DeviceDecision {
            device_id: device(&long_name(number)),
            notifier: Some(notifier_name(&long_name(number))),
            verdict: Verdict::Skip { reason: Reason::AnotherDeviceOnline },
        };
        Decision {
            verdict: Verdict::Push,
            rules: vec![pass(Rule::Presence, "online_devices"), pass(Rule::Kicked, "kicked_devices")],
            devices: (0..devices).map(device).collect(),
        }
    }

    fn decided(number: usize, devices: usize, token: usize, notification: &Notification, traced: usize) -> Decided {
        let chosen = |number: usize| ChosenDevice {
            device_id: device(&format!("d{number}")),
            notifier: notifier_name("n"),
            vendor: Vendor::Fcm,
            token: sample::token(&"\\".repeat(token)),
        };
        Decided {
            receiver: Receiver { user: user(&format!("u{number}")), msg_id: MessageId::of_group(AT, 1) },
            decision: decision(traced),
            push: Some(((0..devices).map(chosen).collect(), notification.clone())),
            recheck_at: None,
            direct: Vec::new(),
            connected: false,
            newest_device: None,
        }
    }

    fn job() -> DispatchJob {
        DispatchJob {
            app: sample::app_key("acme#chat"),
            content: sample::content("hi", AT),
            page: None,
            members: None,
            receivers: Vec::new(),
            recheck_at: None,
            waited: None,
            connections: None,
            pushed: Vec::new(),
            vendor_failed: false,
            attempts: 0,
            repeat: false,
        }
    }

    /// Returns the bytes of the largest record for these decisions, and checks that each device is in exactly one.
    fn largest_record(decided: &[Decided]) -> usize {
        let jobs = push_jobs(&job(), decided, AT);
        let mut named: BTreeMap<(&UserId, &DeviceId), usize> = BTreeMap::new();
        for receiver in jobs.iter().flat_map(|(_, push)| &push.receivers) {
            for device in &receiver.devices {
                *named.entry((&receiver.receiver.user, &device.device_id)).or_default() += 1;
            }
        }
        let expected: usize = decided.iter().filter_map(|one| Some(one.push.as_ref()?.0.len())).sum();
        assert_eq!((named.len(), named.values().max()), (expected, Some(&1)));
        for (_, push) in &jobs {
            assert!(push.receivers.iter().map(|receiver| receiver.devices.len()).sum::<usize>() <= MAX_JOB_DEVICES);
        }
        jobs.into_iter().map(|(_, push)| size(&PushRecord::V1(push))).max().unwrap()
    }

    #[test]
    fn the_largest_receiver_of_the_largest_notification_leaves_room_for_its_attempts() {
        let largest = decided(0, 100, 4096, &largest_notification(), 100);
        let bytes = largest_record(&[largest]);
        assert!(bytes <= MAX_RECORD_BYTES - MAX_ATTEMPTS_BYTES, "{bytes}");
    }

    #[test]
    fn a_job_has_no_more_devices_than_a_vendor_call() {
        let (title, body) = ("t".to_owned(), "b".to_owned());
        let short = Notification { title, body, custom: Map::new(), options: Map::new(), ..largest_notification() };
        let mut many: Vec<Decided> = (0..50).map(|number| decided(number, 50, 1, &short, 0)).collect();
        many.iter_mut().for_each(|one| one.decision.rules.clear());
        assert!(largest_record(&many) < MAX_JOB_BYTES);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn no_record_is_larger_than_a_queue_takes_whatever_is_decided(
            body in 0..=MAX_BODY_BYTES, title in 0..=MAX_TITLE_BYTES,
            shapes in proptest::collection::vec((1usize..40, 1usize..=4096, 0usize..=100), 1..8),
        ) {
            let notification =
                Notification { title: controls(title), body: controls(body), ..largest_notification() };
            let all: Vec<Decided> = shapes
                .iter()
                .enumerate()
                .map(|(number, (devices, token, traced))| decided(number, *devices, *token, &notification, *traced))
                .collect();
            let bytes = largest_record(&all);
            prop_assert!(bytes <= MAX_RECORD_BYTES - MAX_ATTEMPTS_BYTES, "{}", bytes);
        }
    }
}
