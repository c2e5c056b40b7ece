//! Deferred pushes that are decided again. A push keeps its earlier attempts; one that is not sent any more ends with
//! its reason. The phone that waits gets its push once, and no other device of the receiver gets one.

use shared::{
    decider::Decided,
    domain::{
        attempt::attempts,
        binding::TokenMark,
        decision::{ChosenDevice, DeviceDecision, Verdict},
        id::{DeviceId, NotifierName},
        outcome::{DeviceOutcome, PushStatus},
        reason::Reason,
        time::Timestamp,
    },
    ports::queue::{DeferredDevice, DeferredPush, DispatchJob, OtherDevices, PushJob},
};

/// Keeps only the receiver's devices that wait in this job. The pushes of the others ended, or are deferred separately.
/// A phone waits on under another device id if its token was bound to it meanwhile.
pub(crate) fn only_waiting(job: &DispatchJob, waited: &DeferredPush, decided: &mut Decided) {
    let own: Vec<&DeferredDevice> = waited.devices.iter().filter(|one| one.user == decided.receiver.user).collect();
    let others = waited.others.iter().find(|one| one.user == decided.receiver.user);
    if let Some((chosen, _)) = &mut decided.push {
        let all = chosen.clone();
        chosen.retain(|device| own.iter().any(|one| goes_on_as(one, device, &all, others)));
        if chosen.is_empty() {
            decided.push = None;
        }
    }
    // Records of earlier versions do not say what was decided for the other devices.
    if decided.decision.verdict == Verdict::Push && own.iter().all(|one| one.token.is_some()) {
        let pushed = job.pushed.iter().filter(|one| one.user == decided.receiver.user);
        let known: Vec<&DeviceId> = pushed.map(|one| &one.device_id).collect();
        let waits = |device: &DeviceDecision| {
            own.iter().any(|one| one.device_id == device.device_id)
                && device.notifier.as_ref() == Some(&waited.notifier)
        };
        correct(others, decided, |device| known.contains(&&device.device_id) || waits(device));
    }
}

/// Returns whether a deferred push goes on as a push to this device: its token is the one that waits, or the device
/// that waits renewed its token. Another phone that has the device id now does not wait.
fn goes_on_as(
    waiting: &DeferredDevice,
    device: &ChosenDevice,
    all: &[ChosenDevice],
    others: Option<&OtherDevices>,
) -> bool {
    let holds = |device: &ChosenDevice| waiting.token == Some(mark(device));
    let was_pushed = || others.is_some_and(|others| others.tokens.contains(&mark(device)));
    holds(device) || waiting.device_id == device.device_id && !all.iter().any(holds) && !was_pushed()
}

/// Corrects the recorded decision for devices that get no push now, except those that `have_pushes`. One that was decided
/// before keeps that decision. One that was bound meanwhile gets no push.
fn correct(others: Option<&OtherDevices>, decided: &mut Decided, have_pushes: impl Fn(&DeviceDecision) -> bool) {
    let chosen: &[ChosenDevice] = decided.push.as_ref().map_or(&[], |(chosen, _)| chosen);
    for device in &mut decided.decision.devices {
        let is_device =
            |one: &ChosenDevice| one.device_id == device.device_id && Some(&one.notifier) == device.notifier.as_ref();
        if chosen.iter().any(is_device) || have_pushes(device) {
            continue;
        }
        let same = |one: &&DeviceDecision| (&one.device_id, &one.notifier) == (&device.device_id, &device.notifier);
        match others.and_then(|others| others.decided.iter().find(same)) {
            Some(before) => device.verdict = before.verdict,
            None if device.verdict == Verdict::Push => device.verdict = Verdict::Skip { reason: Reason::TokenMoved },
            None => {}
        }
    }
}

fn mark(device: &ChosenDevice) -> TokenMark {
    TokenMark::of(&device.notifier, &device.token)
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
            let token = Some(TokenMark::of(&push.notifier, &device.token));
            let own = || waited.devices.iter().filter(|one| one.user == receiver.receiver.user);
            let same_token = own().find(|one| one.token == token);
            let of_device = same_token.or_else(|| own().find(|one| one.device_id == device.device_id));
            device.places = of_device.map(|one| one.places.clone()).unwrap_or_default();
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
        // Every binding has a verdict, so the device has no binding any more, or another phone has its id.
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
