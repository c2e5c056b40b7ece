//! When to recheck a receiver who seems connected, because the connection may be dead.
//!
//! A gateway may die without a report. So check-presence rechecks a device with stale presence when its lease has
//! expired. A connection to Curlew sends no heartbeat. Only an acknowledgement shows that it works.

use std::time::Duration;

use super::{
    app::{MultiDevicePolicy, Settings},
    connection::{ANSWER, CONNECTING},
    decision::{Decision, Facts, Verdict},
    id::DeviceId,
    presence::{Presence, Reachability},
    reason::Reason,
    time::Timestamp,
};

/// Returns when to recheck a receiver, or `None` if the decision stands.
///
/// A recheck follows if only a connection suppresses the push to the receiver or to some devices. It also follows if a
/// connection has just begun, whatever else suppresses the push. Of several times the latest counts, because nothing
/// can be pushed before it.
///
/// `first` is false at a recheck. Then a gateway's device that was online both times counts as connected.
pub fn recheck_at(
    decision: &Decision,
    facts: &Facts,
    settings: &Settings,
    now: Timestamp,
    first: bool,
) -> Option<Timestamp> {
    let suppressed = decision.verdict == Verdict::Skip { reason: Reason::UserOnline };
    let all_offline = settings.multi_device_policy == MultiDevicePolicy::AllOffline;
    // Under `any_offline` a push to some devices does not concern the connected ones.
    let pushed_in_part = !all_offline && decision.verdict == Verdict::Push;
    // The messages for a new connection may have been read before this message was stored.
    let connecting = |one: &Presence| one.reachability(facts.unanswered, now) == Reachability::Connecting;
    let connects = decision.reaches_connections() && facts.presence.iter().any(|(_, one)| connecting(one));
    let to_post = connects.then(|| now.plus(CONNECTING));
    if !suppressed && !pushed_in_part {
        return to_post;
    }
    let mut latest = None;
    for (device, presence) in &facts.presence {
        match recheck(device, presence, facts, settings, now) {
            Recheck::None => {}
            Recheck::Connected | Recheck::Stale(_) if pushed_in_part => {}
            Recheck::Stale(at) if first => latest = latest.max(Some(at)),
            Recheck::Connected | Recheck::Stale(_) if all_offline => return to_post,
            Recheck::Connected | Recheck::Stale(_) => {}
            Recheck::Connection(at) => latest = latest.max(Some(at)),
        }
    }
    latest
}

/// Question that a recheck of a device answers.
enum Recheck {
    /// none: the device is not connected, or no push could follow
    None,
    /// none: the device is connected
    Connected,
    /// at this time: is a device with stale presence still connected?
    Stale(Timestamp),
    /// at this time: has the device acknowledged the message?
    Connection(Timestamp),
}

fn recheck(device: &DeviceId, presence: &Presence, facts: &Facts, settings: &Settings, now: Timestamp) -> Recheck {
    match presence.reachability(facts.unanswered, now) {
        Reachability::Offline | Reachability::Unanswered => Recheck::None,
        Reachability::Online
            if !settings.online_recheck.enabled || now.since(presence.at) <= settings.presence_heartbeat() =>
        {
            Recheck::Connected
        }
        Reachability::Online => {
            let soonest = now.plus(Duration::from_secs(settings.online_recheck.seconds.into()));
            Recheck::Stale(presence.lease_until.max(soonest))
        }
        Reachability::Connecting => Recheck::Connection(now.plus(CONNECTING)),
        // No push could replace the connection.
        Reachability::Live if !can_be_pushed(device, facts, settings) => Recheck::None,
        Reachability::Live => Recheck::Connection(now.plus(ANSWER)),
    }
}

/// Returns whether a push could follow if the device does not answer: to that device, or under `all_offline` to any
/// device.
fn can_be_pushed(device: &DeviceId, facts: &Facts, settings: &Settings) -> bool {
    match settings.multi_device_policy {
        MultiDevicePolicy::AllOffline => !facts.bindings.is_empty(),
        MultiDevicePolicy::AnyOffline => facts.bindings.iter().any(|binding| binding.device_id == *device),
    }
}
