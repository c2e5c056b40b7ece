//! Presence of one device: events of its connection's sessions, and what they leave.
//!
//! A gateway may report late, twice, or out of order, and may die without a word. So an event of a session that was
//! superseded never counts, and "online" holds only while its lease lasts.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    app::{MultiDevicePolicy, Settings},
    decision::{Decision, Verdict},
    id::{DeviceId, SessionId, UserId},
    invalid::Invalid,
    reason::Reason,
    time::Timestamp,
};

/// What a gateway reports of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// a connection was made
    Online,
    /// the connection is alive
    Heartbeat,
    /// the connection is gone
    Offline,
    /// the device was forced off: no push until it logs in again
    Kicked,
    /// the user logged out on the device
    Logout,
}

impl Status {
    /// From the API's name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "online" => Ok(Self::Online),
            "heartbeat" => Ok(Self::Heartbeat),
            "offline" => Ok(Self::Offline),
            "kicked" => Ok(Self::Kicked),
            "logout" => Ok(Self::Logout),
            _ => Err(Invalid::new("status", "must be one of: online, heartbeat, offline, kicked, logout")),
        }
    }
}

/// One report about one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceEvent {
    /// whose device
    pub user: UserId,
    /// which device
    pub device_id: DeviceId,
    /// which connection of the device
    pub session: SessionId,
    /// what happened
    pub status: Status,
    /// when it happened, by the gateway's clock
    pub at: Timestamp,
    /// the client platform, for display
    pub platform: Option<String>,
}

/// What is known of a device's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// connected, while the lease lasts
    Online,
    /// not connected
    Offline,
    /// forced off
    Kicked,
    /// logged out
    Logout,
}

/// The stored presence of one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// the last state
    pub state: State,
    /// the session it belongs to
    pub session: SessionId,
    /// the first event seen of this session
    pub session_since: Timestamp,
    /// the latest event of this session
    pub at: Timestamp,
    /// while online: until when without another sign of life
    pub lease_until: Timestamp,
    /// the client platform, for display
    pub platform: Option<String>,
    /// sessions that this one replaced, newest first, at most [`SUPERSEDED_SESSIONS`]
    pub superseded: Vec<SessionId>,
}

/// How many replaced sessions a device remembers, so that their late events are recognised.
pub const SUPERSEDED_SESSIONS: usize = 4;

impl Presence {
    /// Whether the device counts as connected at `now`.
    pub fn is_online(&self, now: Timestamp) -> bool {
        self.state == State::Online && now < self.lease_until
    }

    /// What `event` makes of `current`: the new presence, or `None` when the event is stale.
    ///
    /// An event of the current session counts unless it is older than the last one. An event of another session
    /// counts unless that session was replaced before, or the event is older than the current session's beginning;
    /// what ends a connection must also be newer than the current session's last sign of life.
    pub fn after(current: Option<&Self>, event: &PresenceEvent, lease: Duration) -> Option<Self> {
        let state = match event.status {
            Status::Online | Status::Heartbeat => State::Online,
            Status::Offline => State::Offline,
            Status::Kicked => State::Kicked,
            Status::Logout => State::Logout,
        };
        let fresh = Self {
            state,
            session: event.session.clone(),
            session_since: event.at,
            at: event.at,
            lease_until: event.at.plus(lease),
            platform: event.platform.clone(),
            superseded: Vec::new(),
        };
        let Some(current) = current else {
            return Some(fresh);
        };
        if current.session == event.session {
            // A heartbeat cannot revive what ended: it was on its way when the connection went.
            let revives = event.status == Status::Heartbeat && current.state != State::Online;
            return (event.at >= current.at && !revives).then(|| Self {
                session_since: current.session_since,
                platform: event.platform.clone().or_else(|| current.platform.clone()),
                superseded: current.superseded.clone(),
                ..fresh
            });
        }
        let must_follow = match state {
            State::Online => current.session_since,
            State::Offline | State::Kicked | State::Logout => current.at,
        };
        if current.superseded.contains(&event.session) || event.at <= must_follow {
            return None;
        }
        let superseded = std::iter::once(current.session.clone())
            .chain(current.superseded.iter().cloned())
            .take(SUPERSEDED_SESSIONS)
            .collect();
        Some(Self { superseded, ..fresh })
    }
}

/// When to look again at a receiver who was silent only because somebody is connected, and where those connected have given no
/// sign of life for a heartbeat; one of them is enough where each device stands for itself. After the app's time, and not
/// before their leases have run out.
pub fn recheck_at(
    decision: &Decision,
    presence: &[(DeviceId, Presence)],
    settings: &Settings,
    now: Timestamp,
) -> Option<Timestamp> {
    let for_presence = decision.verdict == Verdict::Skip { reason: Reason::UserOnline };
    if !for_presence || !settings.online_recheck.enabled {
        return None;
    }
    let heartbeat = settings.presence_heartbeat();
    let online = presence.iter().map(|(_, presence)| presence).filter(|presence| presence.is_online(now));
    let (stale, sure): (Vec<_>, Vec<_>) = online.partition(|presence| now.since(presence.at) > heartbeat);
    if settings.multi_device_policy == MultiDevicePolicy::AllOffline && !sure.is_empty() {
        return None;
    }
    let soonest = now.plus(Duration::from_secs(settings.online_recheck.seconds.into()));
    let leases = stale.iter().map(|presence| presence.lease_until).max()?;
    Some(leases.max(soonest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LEASE: Duration = Duration::from_secs(300);

    fn event(session: &str, status: Status, at: i64) -> PresenceEvent {
        PresenceEvent {
            user: UserId::parse("u").unwrap(),
            device_id: DeviceId::parse("d").unwrap(),
            session: SessionId::parse(session).unwrap(),
            status,
            at: Timestamp::from_millis(at),
            platform: None,
        }
    }

    fn play(events: &[PresenceEvent]) -> Option<Presence> {
        events.iter().fold(None, |current, event| Presence::after(current.as_ref(), event, LEASE).or(current))
    }

    #[test]
    fn a_device_is_online_until_its_lease_runs_out() {
        let presence = play(&[event("a", Status::Online, 1_000)]).unwrap();
        assert!(presence.is_online(Timestamp::from_millis(300_999)));
        assert!(!presence.is_online(Timestamp::from_millis(301_000)));
    }

    #[test]
    fn the_late_end_of_a_replaced_session_does_not_end_the_new_one() {
        let presence =
            play(&[event("a", Status::Online, 1), event("b", Status::Online, 10), event("a", Status::Offline, 11)])
                .unwrap();
        assert_eq!(presence.state, State::Online);
    }

    #[test]
    fn a_heartbeat_of_an_ended_session_does_not_revive_it() {
        let presence =
            play(&[event("a", Status::Online, 1), event("a", Status::Kicked, 5), event("a", Status::Heartbeat, 6)])
                .unwrap();
        assert_eq!(presence.state, State::Kicked);
    }

    #[test]
    fn an_end_that_overtakes_its_own_beginning_still_ends_the_session() {
        let presence =
            play(&[event("a", Status::Online, 1), event("b", Status::Offline, 12), event("b", Status::Online, 10)])
                .unwrap();
        assert_eq!(presence.state, State::Offline);
    }

    #[test]
    fn a_login_after_a_kick_is_a_new_beginning() {
        let presence =
            play(&[event("a", Status::Online, 1), event("a", Status::Kicked, 5), event("b", Status::Online, 6)])
                .unwrap();
        assert_eq!(presence.state, State::Online);
    }

    proptest! {
        #[test]
        fn repeating_an_event_changes_nothing(
            events in proptest::collection::vec((0usize..3, 0usize..5, 0i64..50), 1..12),
        ) {
            let statuses = [Status::Online, Status::Heartbeat, Status::Offline, Status::Kicked, Status::Logout];
            let events: Vec<_> = events
                .iter()
                .map(|(session, status, at)| event(["a", "b", "c"][*session], statuses[*status], *at))
                .collect();
            let settled = play(&events);
            let last = &events[events.len() - 1];
            if Presence::after(play(&events[..events.len() - 1]).as_ref(), last, LEASE).is_some() {
                let again = Presence::after(settled.as_ref(), last, LEASE);
                prop_assert!(again.is_none() || again == settled);
            }
        }

        #[test]
        fn an_event_older_than_the_current_session_never_counts(at in 1i64..1000, earlier in 0i64..1000) {
            prop_assume!(earlier <= at);
            let current = play(&[event("new", Status::Online, at)]);
            for status in [Status::Online, Status::Heartbeat, Status::Offline, Status::Kicked, Status::Logout] {
                prop_assert_eq!(Presence::after(current.as_ref(), &event("old", status, earlier), LEASE), None);
            }
        }
    }
}
