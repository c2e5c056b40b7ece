//! From decisions to vendor jobs: receivers who are shown the same through the same notifier share one.

use shared::{
    decider::Decided,
    domain::vendor::Vendor,
    ports::queue::{DispatchJob, PushDevice, PushJob, PushReceiver},
};

/// The most bytes of a job's receivers: with the notification well below what a queue takes in one batch.
const MOST_RECEIVER_BYTES: usize = 128 * 1024;

/// The vendor jobs of what was decided. One-to-one messages all differ, if only in their ids; a group message is the same for
/// many.
pub(crate) fn push_jobs(job: &DispatchJob, decided: &[Decided]) -> Vec<(Vendor, PushJob)> {
    let mut jobs: Vec<(Vendor, PushJob, usize)> = Vec::new();
    for one in decided {
        let Some((chosen, notification)) = &one.push else { continue };
        for device in chosen {
            let target =
                PushDevice { device_id: device.device_id.clone(), token: device.token.clone(), places: Vec::new() };
            let same = |(vendor, push, bytes): &&mut (Vendor, PushJob, usize)| {
                *bytes < MOST_RECEIVER_BYTES
                    && (*vendor, &push.notifier, &push.notification) == (device.vendor, &device.notifier, notification)
            };
            match jobs.iter_mut().find(same) {
                Some((_, push, bytes)) => {
                    match push.receivers.last_mut().filter(|last| last.receiver == one.receiver) {
                        Some(last) => last.devices.push(target),
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
    jobs.into_iter().map(|(vendor, push, _)| (vendor, push)).collect()
}

fn receiver(decided: &Decided, device: PushDevice) -> PushReceiver {
    PushReceiver { receiver: decided.receiver.clone(), decision: decided.decision.clone(), devices: vec![device] }
}

fn size(receiver: &PushReceiver) -> usize {
    serde_json::to_vec(receiver).map_or(MOST_RECEIVER_BYTES, |json| json.len())
}
