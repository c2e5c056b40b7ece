//! Presence of one device, and how the events of its sessions change it.
//!
//! A gateway may report late, twice, or out of order, and may die without a report. So an event of a superseded session
//! never counts, and a device is online only until its lease expires.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    connection::{CONNECTING, Link},
    gateway::GatewayLease,
    id::{DeviceId, GatewayId, SessionId, UserId},
    invalid::Invalid,
    time::Timestamp,
};

/// Report of a gateway about a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PresenceStatus {
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

impl PresenceStatus {
    /// Parses the API's name.
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
    pub status: PresenceStatus,
    /// when it happened, by the gateway's clock
    pub at: Timestamp,
    /// the client platform, for display
    pub platform: Option<String>,
    /// the gateway whose lease keeps the device online; without one the device has a lease of its own
    pub gateway: Option<GatewayId>,
}

/// State of a device's connection.
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
    /// the time of the first known event of this session
    pub session_since: Timestamp,
    /// the time of the latest event of this session
    pub at: Timestamp,
    /// the end of the lease without another heartbeat, while online
    pub lease_until: Timestamp,
    /// the client platform, for display
    pub platform: Option<String>,
    /// the progress of the connection to Curlew, while online; `None` for a device that a gateway reports
    pub link: Option<Link>,
    /// the key that verified the access token of that connection; earlier versions did not store it
    pub token_key: Option<String>,
    /// superseded sessions, the latest first, at most [`SUPERSEDED_SESSIONS`]
    pub superseded: Vec<SessionId>,
    /// the gateway that the last event named; its lease replaces the device's own
    pub gateway: Option<GatewayId>,
    /// connections to Curlew that the device no longer uses and that may still be open, the latest first, at most
    /// [`ENDING_CONNECTIONS`](super::ending::ENDING_CONNECTIONS)
    pub ending: Vec<SessionId>,
}

/// Reachability of a device over its connection, for one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reachability {
    /// not connected
    Offline,
    /// connected to a gateway
    Online,
    /// its connection to Curlew has just begun, and waiting messages are on their way
    Connecting,
    /// its connection to Curlew is live
    Live,
    /// its connection to Curlew never answered, or did not acknowledge this message
    Unanswered,
}

/// Maximum superseded sessions in a device's row. Their late events are recognised. The oldest session is dropped
/// first, so a late end counts if more than this many sessions followed.
pub const SUPERSEDED_SESSIONS: usize = 8;

/// Maximum devices of a user with stored presence, kicked devices not counted.
pub const MAX_DEVICES: u16 = 32;

/// Maximum kicked devices of a user without a binding. A kicked device with a binding is never forgotten.
pub const MAX_KICKED_DEVICES: usize = 32;

/// How an event changes a device's presence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PresenceChange {
    /// the event counts: this is the new presence
    Applied(Presence),
    /// the event is stale: the presence only remembers its session as superseded, or as closed
    Superseded(Presence),
    /// the event is stale, and nothing changes
    Stale,
}

impl PresenceChange {
    /// Returns the presence to store, if anything changed.
    pub fn presence(&self) -> Option<&Presence> {
        match self {
            Self::Applied(presence) | Self::Superseded(presence) => Some(presence),
            Self::Stale => None,
        }
    }
}

impl PresenceStatus {
    /// Returns the state that the event reports.
    const fn state(self) -> State {
        match self {
            Self::Online | Self::Heartbeat => State::Online,
            Self::Offline => State::Offline,
            Self::Kicked => State::Kicked,
            Self::Logout => State::Logout,
        }
    }
}

impl Presence {
    /// Returns whether the device is connected at `now`.
    pub fn is_online(&self, now: Timestamp) -> bool {
        self.state == State::Online && now < self.lease_until
    }

    /// Returns whether the device was forced off, and has not logged in since.
    pub fn is_kicked(&self) -> bool {
        self.state == State::Kicked
    }

    /// Returns the gateway whose lease decides whether the device is connected, if the device has no lease of its own.
    pub fn carried_by(&self) -> Option<&GatewayId> {
        self.gateway.as_ref().filter(|_| self.state == State::Online)
    }

    /// Replaces the device's lease with its gateway's. A renewal counts as a heartbeat of every device that the lease
    /// keeps online.
    pub fn under(&mut self, lease: &GatewayLease) {
        self.lease_until = lease.end_for(self.at, self.lease_until);
        if lease.keeps(self.at) {
            self.at = self.at.max(lease.renewed_at);
        }
    }

    /// Applies `event` to `current`.
    ///
    /// An event of the current session counts unless it is older than the last one. Its `kicked` and `logout` always
    /// count. An event of another session counts unless that session is superseded, or the event is older than the
    /// first event of the current session. An event that ends a connection must also be newer than the last event of
    /// the current session. Only an `online` event of another session ends `kicked` and `logout`; a kick also ends a
    /// logout. For an unknown device without a binding only `online` counts: see [`Self::first`].
    pub fn after(current: Option<&Self>, event: &PresenceEvent, lease: Duration) -> PresenceChange {
        match current {
            None => Self::first(event, lease, false),
            Some(current) if current.session == event.session => current.after_own(event, lease),
            Some(current) => current.after_other(event, lease),
        }
    }

    /// Applies a gateway's `event` to `current`. `bound` says whether the device has a binding.
    pub fn reported(current: Option<&Self>, event: &PresenceEvent, lease: Duration, bound: bool) -> PresenceChange {
        match current {
            Some(_) => Self::after(current, event, lease),
            None => Self::first(event, lease, bound),
        }
    }

    /// Applies a logout at `at`. It ends the current session, whatever the clock of its events says.
    pub fn logged_out(&self, user: &UserId, device: &DeviceId, at: Timestamp) -> PresenceChange {
        let event = PresenceEvent {
            user: user.clone(),
            device_id: device.clone(),
            session: self.session.clone(),
            status: PresenceStatus::Logout,
            at: at.max(self.at),
            platform: None,
            gateway: None,
        };
        self.after_own(&event, Duration::ZERO)
    }

    /// Returns whether a message reaches the device over its connection at `now`. Connections to Curlew that began by
    /// `unanswered` did not acknowledge the message.
    pub fn reachability(&self, unanswered: Option<Timestamp>, now: Timestamp) -> Reachability {
        let is_unanswered = unanswered.is_some_and(|tried| self.session_since <= tried);
        match self.link {
            _ if !self.is_online(now) => Reachability::Offline,
            None => Reachability::Online,
            Some(_) if is_unanswered => Reachability::Unanswered,
            Some(Link::Live) => Reachability::Live,
            Some(Link::Connecting) if now < self.session_since.plus(CONNECTING) => Reachability::Connecting,
            Some(Link::Connecting) => Reachability::Unanswered,
        }
    }

    /// Applies the first event of a device. `bound` says whether the device has a binding, which matters only for a
    /// kick.
    ///
    /// Only `online` makes a device known. A kick counts for a bound device, because pushes would reach it. All other
    /// events change nothing, because an unknown device is offline. Late reports about an erased user therefore create
    /// no row.
    pub fn first(event: &PresenceEvent, lease: Duration, bound: bool) -> PresenceChange {
        match event.status {
            PresenceStatus::Online => PresenceChange::Applied(Self::begun_by(event, lease)),
            PresenceStatus::Kicked if bound => PresenceChange::Applied(Self::begun_by(event, lease)),
            PresenceStatus::Kicked | PresenceStatus::Heartbeat | PresenceStatus::Offline | PresenceStatus::Logout => {
                PresenceChange::Stale
            }
        }
    }

    fn begun_by(event: &PresenceEvent, lease: Duration) -> Self {
        Self {
            state: event.status.state(),
            session: event.session.clone(),
            session_since: event.at,
            at: event.at,
            lease_until: event.at.plus(lease),
            platform: event.platform.clone(),
            link: None,
            token_key: None,
            superseded: Vec::new(),
            gateway: event.gateway.clone(),
            ending: Vec::new(),
        }
    }

    /// Applies an event of the current session.
    pub(super) fn after_own(&self, event: &PresenceEvent, lease: Duration) -> PresenceChange {
        let in_order = event.at >= self.at;
        let counts = match (self.state, event.status) {
            // A gateway that kicks also closes the connection. The two reports may arrive in either order.
            (State::Online | State::Offline | State::Logout, PresenceStatus::Kicked)
            | (State::Online | State::Offline, PresenceStatus::Logout) => true,
            (State::Online | State::Offline, PresenceStatus::Online | PresenceStatus::Offline)
            | (State::Online, PresenceStatus::Heartbeat)
            | (State::Kicked, PresenceStatus::Kicked)
            | (State::Logout, PresenceStatus::Logout) => in_order,
            // A gateway sent the heartbeat before the connection ended.
            (State::Offline, PresenceStatus::Heartbeat)
            | (
                State::Kicked,
                PresenceStatus::Online | PresenceStatus::Heartbeat | PresenceStatus::Offline | PresenceStatus::Logout,
            )
            | (State::Logout, PresenceStatus::Online | PresenceStatus::Heartbeat | PresenceStatus::Offline) => false,
        };
        if !counts {
            return PresenceChange::Stale;
        }
        let goes_on = event.status.state() == State::Online;
        let next = Self {
            session_since: self.session_since,
            at: event.at.max(self.at),
            platform: event.platform.clone().or_else(|| self.platform.clone()),
            link: self.link.filter(|_| goes_on),
            token_key: self.token_key.clone().filter(|_| goes_on),
            superseded: self.superseded.clone(),
            ..Self::begun_by(event, lease)
        };
        PresenceChange::Applied(next.following(self))
    }

    /// Applies an event of another session.
    fn after_other(&self, event: &PresenceEvent, lease: Duration) -> PresenceChange {
        if self.superseded.contains(&event.session) {
            return PresenceChange::Stale;
        }
        let counts = match (self.state, event.status) {
            (_, PresenceStatus::Online) | (State::Online | State::Offline, PresenceStatus::Heartbeat) => {
                event.at > self.session_since
            }
            (_, PresenceStatus::Kicked)
            | (State::Online | State::Offline, PresenceStatus::Offline | PresenceStatus::Logout)
            | (State::Logout, PresenceStatus::Logout) => event.at > self.at,
            (State::Kicked | State::Logout, PresenceStatus::Heartbeat | PresenceStatus::Offline)
            | (State::Kicked, PresenceStatus::Logout) => false,
        };
        if counts {
            let superseded = remembered(&self.session, &self.superseded);
            let next = Self { superseded, ..Self::begun_by(event, lease) };
            return PresenceChange::Applied(next.following(self));
        }
        if self.is_older(event) {
            let superseded = remembered(&event.session, &self.superseded);
            return PresenceChange::Superseded(Self { superseded, ..self.clone() });
        }
        PresenceChange::Stale
    }

    /// Returns whether the event proves that its session is older than the current one: it was alive before the current
    /// one began. If only the end of a session is known, its beginning is not.
    fn is_older(&self, event: &PresenceEvent) -> bool {
        let known_by_its_end = self.state != State::Online && self.at == self.session_since;
        event.status.state() == State::Online && event.at < self.session_since && !known_by_its_end
    }
}

/// Adds a superseded session to the front of the list.
fn remembered(session: &SessionId, superseded: &[SessionId]) -> Vec<SessionId> {
    std::iter::once(session).chain(superseded).take(SUPERSEDED_SESSIONS).cloned().collect()
}

#[cfg(test)]
#[path = "presence_tests.rs"]
mod tests;
