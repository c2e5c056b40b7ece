//! Deferred pushes that are decided again. A push keeps its earlier attempts; one that is not sent any more ends with
//! its reason.

use shared::{
    decider::Decided,
    domain::{
        attempt::attempts,
        decision::Verdict,
        id::NotifierName,
        outcome::{DeviceOutcome, PushStatus},
        reason::Reason,
        time::Timestamp,
    },
    ports::queue::{DeferredDevice, DeferredPush, DispatchJob, PushJob},
};

/// Keeps only those of the receiver's devices whose pushes were deferred. The pushes of the others ended, or are
/// deferred separately.
pub(crate) fn only_waiting(waited: &DeferredPush, decided: &mut Decided) {
    let Some((chosen, _)) = &mut decided.push else { return };
    let own = |one: &&DeferredDevice| one.user == decided.receiver.user;
    chosen.retain(|device| waited.devices.iter().filter(own).any(|one| one.device_id == device.device_id));
    if chosen.is_empty() {
        decided.push = None;
    }
}

/// Adds to a vendor job the earlier attempts through the same notifier.
pub(crate) fn carry_on(job: &DispatchJob, push: &mut PushJob) {
    let Some(waited) = job.waited.as_deref().filter(|waited| waited.notifier == push.notifier) else {
        return;
    };
    push.attempts = waited.attempts;
    push.rounds.clone_from(&waited.rounds);
    for receiver in &mut push.receivers {
        for device in &mut receiver.devices {
            let of_device =
                |one: &&DeferredDevice| one.user == receiver.receiver.user && one.device_id == device.device_id;
            device.places = waited.devices.iter().find(of_device).map(|one| one.places.clone()).unwrap_or_default();
        }
    }
}

/// Returns the ends of this receiver's deferred pushes that are not sent any more. `waits_on` tells which of them a
/// recheck covers.
pub(crate) fn ended_waiting(
    job: &DispatchJob,
    decided: &Decided,
    waits_on: impl Fn(&DeferredDevice) -> bool,
    now: Timestamp,
) -> Vec<DeviceOutcome> {
    let Some(waited) = job.waited.as_deref() else {
        return Vec::new();
    };
    let own = waited.devices.iter().filter(|one| one.user == decided.receiver.user);
    let ended = own.filter(|one| !is_pushed(decided, one, &waited.notifier) && !waits_on(one));
    ended.map(|one| end(waited, decided, one, now)).collect()
}

fn is_pushed(decided: &Decided, device: &DeferredDevice, notifier: &NotifierName) -> bool {
    decided.push.as_ref().is_some_and(|(chosen, _)| {
        chosen.iter().any(|one| one.device_id == device.device_id && one.notifier == *notifier)
    })
}

fn end(waited: &DeferredPush, decided: &Decided, device: &DeferredDevice, now: Timestamp) -> DeviceOutcome {
    let of_device = decided
        .decision
        .devices
        .iter()
        .find(|one| one.device_id == device.device_id && one.notifier.as_ref() == Some(&waited.notifier));
    let reason = match of_device.map(|one| one.verdict) {
        Some(Verdict::Skip { reason }) => reason,
        // Every binding has a verdict, so the device has no binding any more.
        Some(Verdict::Push) | None => Reason::TokenMoved,
    };
    DeviceOutcome {
        device_id: device.device_id.clone(),
        notifier: waited.notifier.clone(),
        at: now,
        status: PushStatus::Fail,
        reason: Some(reason),
        detail: None,
        vendor_message_id: None,
        attempts: waited.attempts,
        earlier: attempts(&waited.rounds, &device.places),
    }
}
