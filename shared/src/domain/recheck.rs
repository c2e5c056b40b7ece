//! When to look again at a receiver who is connected, because the connection may be none.
//!
//! A gateway may die without a word, so a device whose last heartbeat is old is looked at again when its lease has expired. A
//! connection to us has no heartbeat: what shows that it is alive is the acknowledgement.

use std::time::Duration;

use super::{
    app::{MultiDevicePolicy, Settings},
    connection::{ANSWER, CONNECTING},
    decision::{Decision, Facts, Verdict},
    id::DeviceId,
    presence::{Presence, Standing},
    reason::Reason,
    time::Timestamp,
};

/// When to look again at a receiver who is suppressed only because somebody is connected, or some of whose devices are; and at one
/// with a connection that is only beginning, whatever else keeps the push back.
///
/// Of several reasons to look again the latest counts: before that nothing can be pushed. `first` is false when the receiver was
/// looked at before: a gateway's device that was online twice is connected.
pub fn recheck_at(
    decision: &Decision,
    facts: &Facts,
    settings: &Settings,
    now: Timestamp,
    first: bool,
) -> Option<Timestamp> {
    let suppressed = decision.verdict == Verdict::Skip { reason: Reason::UserOnline };
    let all_offline = settings.multi_device_policy == MultiDevicePolicy::AllOffline;
    // Under `any_offline` the push to some devices says nothing of those that are connected.
    let pushed_in_part = !all_offline && decision.verdict == Verdict::Push;
    // What waits may have been read for a new connection before this message was stored.
    let connecting = |one: &Presence| one.standing(facts.unanswered, now) == Standing::Connecting;
    let connects = decision.reaches_connections() && facts.presence.iter().any(|(_, one)| connecting(one));
    let to_post = connects.then(|| now.plus(CONNECTING));
    if !suppressed && !pushed_in_part {
        return to_post;
    }
    let mut latest = None;
    for (device, presence) in &facts.presence {
        match doubt(device, presence, facts, settings, now) {
            Doubt::None => {}
            Doubt::Connected | Doubt::Stale(_) if pushed_in_part => {}
            Doubt::Stale(at) if first => latest = latest.max(Some(at)),
            Doubt::Connected | Doubt::Stale(_) if all_offline => return to_post,
            Doubt::Connected | Doubt::Stale(_) => {}
            Doubt::Connection(at) => latest = latest.max(Some(at)),
        }
    }
    latest
}

/// What a device's connection leaves open.
enum Doubt {
    /// nothing: it is none, or nothing can follow from it
    None,
    /// nothing: it is one
    Connected,
    /// whether the gateway's device is still there, until this time
    Stale(Timestamp),
    /// whether the message is acknowledged over it, until this time
    Connection(Timestamp),
}

fn doubt(device: &DeviceId, presence: &Presence, facts: &Facts, settings: &Settings, now: Timestamp) -> Doubt {
    match presence.standing(facts.unanswered, now) {
        Standing::Offline | Standing::Unanswered => Doubt::None,
        Standing::Online
            if !settings.online_recheck.enabled || now.since(presence.at) <= settings.presence_heartbeat() =>
        {
            Doubt::Connected
        }
        Standing::Online => {
            let soonest = now.plus(Duration::from_secs(settings.online_recheck.seconds.into()));
            Doubt::Stale(presence.lease_until.max(soonest))
        }
        Standing::Connecting => Doubt::Connection(now.plus(CONNECTING)),
        // Nothing can be pushed in its place.
        Standing::Live if !can_be_pushed(device, facts, settings) => Doubt::None,
        Standing::Live => Doubt::Connection(now.plus(ANSWER)),
    }
}

/// Whether a push could follow if the device does not answer: to itself, or under `all_offline` to any.
fn can_be_pushed(device: &DeviceId, facts: &Facts, settings: &Settings) -> bool {
    match settings.multi_device_policy {
        MultiDevicePolicy::AllOffline => !facts.bindings.is_empty(),
        MultiDevicePolicy::AnyOffline => facts.bindings.iter().any(|binding| binding.device_id == *device),
    }
}
