//! From decisions to vendor jobs: receivers who are shown the same through the same notifier share one.

use serde::Serialize;
use shared::{
    decider::Decided,
    domain::{time::Timestamp, vendor::Vendor},
    ports::queue::{DispatchJob, PushDevice, PushJob, PushReceiver},
};

use crate::waited::carry_on;

/// The most bytes of a job's receivers: with the notification well below what a queue takes in one batch.
const MAX_RECEIVER_BYTES: usize = 128 * 1024;

/// The vendor jobs of what was decided. One-to-one messages all differ, if only in their ids; a group message is the same for
/// many.
pub(crate) fn push_jobs(job: &DispatchJob, decided: &[Decided], now: Timestamp) -> Vec<(Vendor, PushJob)> {
    let mut jobs: Vec<(Vendor, PushJob, usize)> = Vec::new();
    for one in decided {
        let Some((chosen, notification)) = &one.push else { continue };
        for device in chosen {
            let target =
                PushDevice { device_id: device.device_id.clone(), token: device.token.clone(), places: Vec::new() };
            let same = |(vendor, push, bytes): &&mut (Vendor, PushJob, usize)| {
                *bytes < MAX_RECEIVER_BYTES
                    && (*vendor, &push.notifier, &push.notification) == (device.vendor, &device.notifier, notification)
            };
            match jobs.iter_mut().find(same) {
                Some((_, push, bytes)) => {
                    match push.receivers.last_mut().filter(|last| last.receiver == one.receiver) {
                        Some(last) => {
                            *bytes += size(&target);
                            last.devices.push(target);
                        }
                        None => {
                            let receiver = receiver(one, target);
                            *bytes += size(&receiver);
                            push.receivers.push(receiver);
                        }
                    }
                }
                None => {
                    let receiver = receiver(one, target);
                    let bytes = size(&receiver);
                    let push = PushJob {
                        app: job.app.clone(),
                        notifier: device.notifier.clone(),
                        notification: notification.clone(),
                        expires_at: job.content.expires_at,
                        page: job.page.clone(),
                        receivers: vec![receiver],
                        decided_at: Some(now),
                        attempts: 0,
                        rounds: Vec::new(),
                        not_before: None,
                        repeat: job.repeat,
                    };
                    jobs.push((device.vendor, push, bytes));
                }
            }
        }
    }
    for (_, push, _) in &mut jobs {
        carry_on(job, push);
    }
    jobs.into_iter().map(|(vendor, push, _)| (vendor, push)).collect()
}

fn receiver(decided: &Decided, device: PushDevice) -> PushReceiver {
    PushReceiver { receiver: decided.receiver.clone(), decision: (&decided.decision).into(), devices: vec![device] }
}

fn size(part: &impl Serialize) -> usize {
    serde_json::to_vec(part).map_or(MAX_RECEIVER_BYTES, |json| json.len())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Map;
    use shared::{
        domain::{
            binding::DeviceToken,
            decision::{ChosenDevice, Decision, Verdict},
            id::{DeviceId, MessageId, NotifierName},
            message::Receiver,
            push::{Notification, SemanticClass},
            time::Timestamp,
        },
        testing::sample,
    };

    use super::*;

    /// What a queue takes in one request, and more than any job may have.
    const MAX_JOB_BYTES: usize = 240 * 1024;

    #[test]
    fn jobs_of_receivers_with_many_devices_stay_within_what_a_queue_takes_and_name_every_device_once() {
        let at = Timestamp::from_millis(0);
        let notification = Notification {
            title: "t".into(),
            body: "b".into(),
            custom: Map::new(),
            class: SemanticClass::Im,
            replace_id: "r".into(),
            options: Map::new(),
        };
        let device = |number: usize| ChosenDevice {
            device_id: DeviceId::parse(&format!("d{number}")).unwrap(),
            notifier: NotifierName::parse("n").unwrap(),
            vendor: Vendor::Fcm,
            token: DeviceToken::parse(&"x".repeat(1000)).unwrap(),
        };
        let decided: Vec<Decided> = (0..10)
            .map(|number| Decided {
                receiver: Receiver { user: sample::user(&format!("u{number}")), msg_id: MessageId::of_group(at, 1) },
                decision: Decision { verdict: Verdict::Push, rules: Vec::new(), devices: Vec::new() },
                push: Some(((0..100).map(device).collect(), notification.clone())),
                recheck_at: None,
            })
            .collect();
        let job = DispatchJob {
            app: sample::app_key("acme#chat"),
            content: sample::content("hi", at),
            page: None,
            members: None,
            receivers: Vec::new(),
            recheck_at: None,
            waited: None,
            attempts: 0,
            repeat: false,
        };
        let mut named: BTreeMap<String, usize> = BTreeMap::new();
        for (_, push) in push_jobs(&job, &decided, at) {
            assert!(size(&push) <= MAX_JOB_BYTES, "{}", size(&push));
            for receiver in &push.receivers {
                for device in &receiver.devices {
                    *named.entry(format!("{}/{}", receiver.receiver.user, device.device_id)).or_default() += 1;
                }
            }
        }
        assert_eq!((named.len(), named.values().max()), (1000, Some(&1)));
    }
}
