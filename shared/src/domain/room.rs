//! Which devices of a user are removed to make room for others.

use std::collections::HashSet;

use super::{
    binding::Binding,
    id::DeviceId,
    presence::{MAX_KICKED_DEVICES, Presence},
    time::Timestamp,
};

/// Returns the user's devices to remove, the one that reported longest ago first.
///
/// Kicked devices and others have separate limits. A kicked device with a binding always stays, because it would be
/// pushed to otherwise. Of the kicked devices without a binding [`MAX_KICKED_DEVICES`] stay. Of the other devices `max`
/// stay.
///
/// A connection to Curlew sends no heartbeat, so its device counts as reporting while it lasts. `now` may be the time
/// of a late event. Then the latest report of any device counts instead.
pub fn surplus<'a>(
    devices: &'a [(DeviceId, Presence)],
    bindings: &[Binding],
    max: usize,
    now: Timestamp,
) -> Vec<&'a (DeviceId, Presence)> {
    let bound: HashSet<&DeviceId> = bindings.iter().map(|binding| &binding.device_id).collect();
    let latest = devices.iter().map(|(_, presence)| presence.at).fold(now, Timestamp::max);
    let times = Times { now, latest };
    let (kicked, others): (Vec<_>, Vec<_>) = devices.iter().partition(|(_, presence)| presence.is_kicked());
    let kicked = kicked.into_iter().filter(|(device, _)| !bound.contains(device)).collect();
    [silent_longest(MAX_KICKED_DEVICES, kicked, times), silent_longest(max, others, times)].concat()
}

/// Times with which devices are compared.
#[derive(Debug, Clone, Copy)]
struct Times {
    /// the time of the event
    now: Timestamp,
    /// the latest report of any device, if that is later
    latest: Timestamp,
}

/// Returns the devices above `max`, the one that reported longest ago first.
///
/// Of the devices that report now, the one whose connection began earlier comes first. A gateway's clock may be ahead,
/// so no connection counts as begun after the event. Of two that began with the event, the connection to Curlew stays.
fn silent_longest(max: usize, mut devices: Vec<&(DeviceId, Presence)>, times: Times) -> Vec<&(DeviceId, Presence)> {
    let Times { now, latest } = times;
    devices.sort_by_key(|(device, presence)| {
        let is_online = presence.is_online(latest);
        let is_ours = is_online && presence.connection().is_some();
        let heard_at = if is_ours { latest } else { presence.at };
        let began = if is_online { presence.session_since.min(now) } else { presence.at };
        (heard_at, is_online, began, is_ours, presence.at, device)
    });
    devices.truncate(devices.len().saturating_sub(max));
    devices
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{
        binding::DeviceToken,
        connection::CONNECTION_LEASE,
        id::{NotifierName, SessionId, UserId},
        presence::{PresenceEvent, PresenceStatus},
    };

    fn event(name: &str, status: PresenceStatus, at: i64) -> PresenceEvent {
        PresenceEvent {
            user: UserId::parse("u").unwrap(),
            device_id: DeviceId::parse(name).unwrap(),
            session: SessionId::parse("s").unwrap(),
            status,
            at: Timestamp::from_millis(at),
            platform: None,
            gateway: None,
        }
    }

    /// Returns a device that a gateway reports: its session begins, and then the event follows.
    fn device(name: &str, status: PresenceStatus, at: i64) -> (DeviceId, Presence) {
        let lease = Duration::from_secs(300);
        let began = Presence::first(&event(name, PresenceStatus::Online, at), lease, false);
        let change = Presence::after(began.presence(), &event(name, status, at), lease);
        (DeviceId::parse(name).unwrap(), change.presence().unwrap().clone())
    }

    /// Returns a device with a connection to Curlew.
    fn connected(name: &str, at: i64) -> (DeviceId, Presence) {
        let change = Presence::connected(None, &event(name, PresenceStatus::Online, at), CONNECTION_LEASE, "k1");
        (DeviceId::parse(name).unwrap(), change.presence().unwrap().clone())
    }

    fn binding(device: &str) -> Binding {
        Binding {
            device_id: DeviceId::parse(device).unwrap(),
            notifier: NotifierName::parse("fcm").unwrap(),
            token: DeviceToken::parse(device).unwrap(),
            bound_at: Timestamp::from_millis(0),
        }
    }

    /// Returns the names of the devices that are removed at this time.
    fn gone(devices: &[(DeviceId, Presence)], max: usize, now: i64) -> Vec<&str> {
        let surplus = surplus(devices, &[], max, Timestamp::from_millis(now));
        surplus.iter().map(|(device, _)| device.as_str()).collect()
    }

    #[test]
    fn the_devices_silent_longest_make_room() {
        let devices =
            [("c", 3), ("a", 1), ("d", 1), ("b", 2)].map(|(name, at)| device(name, PresenceStatus::Online, at));
        assert_eq!(gone(&devices, 4, 3), [] as [&str; 0]);
        assert_eq!(gone(&devices, 3, 3), ["a"]);
        assert_eq!(gone(&devices, 1, 3), ["a", "d", "b"]);
    }

    #[test]
    fn kicked_devices_take_no_room_of_others_and_others_none_of_theirs() {
        let devices = [
            device("kicked", PresenceStatus::Kicked, 1),
            device("tablet", PresenceStatus::Online, 2),
            device("phone", PresenceStatus::Online, 3),
        ];
        assert_eq!(gone(&devices, 2, 3), [] as [&str; 0]);
        assert_eq!(gone(&devices, 1, 3), ["tablet"]);
    }

    #[test]
    fn of_too_many_kicked_devices_those_without_a_binding_go() {
        let devices: Vec<_> =
            (0..60).map(|number| device(&format!("d{number}"), PresenceStatus::Kicked, number)).collect();
        let bindings: Vec<_> = (0..26).map(|number| binding(&format!("d{number}"))).collect();
        let surplus = surplus(&devices, &bindings, 1, Timestamp::from_millis(60));
        assert_eq!(surplus.iter().map(|(device, _)| device.as_str()).collect::<Vec<_>>(), ["d26", "d27"]);
    }

    #[test]
    fn a_connection_to_us_is_heard_of_while_it_lasts() {
        let hour = 3_600_000;
        let devices = [connected("live", 0), device("offline", PresenceStatus::Offline, hour - 600_000)];
        assert_eq!(gone(&devices, 1, hour), ["offline"]);
        // A late event does not make the other device older than its later report.
        assert_eq!(gone(&devices, 1, 1), ["offline"]);
        let end = i64::try_from(CONNECTION_LEASE.as_millis()).unwrap();
        assert_eq!(gone(&devices, 1, end), ["live"]);
    }

    #[test]
    fn of_connections_to_us_the_oldest_makes_room() {
        let devices = [connected("newer", 2), connected("older", 1), device("gateway's", PresenceStatus::Heartbeat, 3)];
        assert_eq!(gone(&devices, 2, 4), ["gateway's"]);
        assert_eq!(gone(&devices, 1, 4), ["gateway's", "older"]);
        // A device of a gateway that comes online also counts as reporting now.
        assert_eq!(gone(&devices, 1, 3), ["older", "newer"]);
    }

    #[test]
    fn a_gateway_whose_clock_is_ahead_keeps_no_connection_out() {
        let ahead = device("gateway's", PresenceStatus::Online, 60_000);
        let devices = [connected("newer", 1_000), ahead];
        assert_eq!(gone(&devices, 1, 1_000), ["gateway's"]);
        // A gateway's device that comes online later takes its place.
        assert_eq!(gone(&devices, 1, 60_000), ["newer"]);
    }

    #[test]
    fn a_connection_that_ended_is_silent_since_then() {
        let (name, live) = connected("ended", 1);
        let ended = Presence::disconnected(Some(&live), &event("ended", PresenceStatus::Offline, 5));
        let devices = [(name, ended.presence().unwrap().clone()), device("phone", PresenceStatus::Offline, 9)];
        assert_eq!(gone(&devices, 1, 10), ["ended"]);
    }
}
