//! Devices: which may be connected, and which may be kicked.

use std::{collections::BTreeMap, time::Duration};

use shared::domain::{
    id::{AppKey, DeviceId, UserId},
    presence::PresenceStatus,
    time::Timestamp,
};

use super::{
    super::{AppChange, ConnectionName, Event, PresenceReport, Request, What},
    call::Call,
    fact::{Fact, NEVER, Position, Span},
};

/// The lease of a device by default.
const LEASE: Duration = Duration::from_secs(300);
/// How long a reader may take a lease for longer than it is: the cache of leases, and a request.
const LEASE_SLACK: Duration = Duration::from_secs(10);
/// The longest life of a connection.
const CONNECTION: Duration = Duration::from_secs(2 * 3600 + 300);

/// A device of a user.
#[derive(Debug, Default)]
pub(super) struct Device {
    /// a gateway reports it connected
    pub(super) reported: Fact,
    /// it has a connection to Curlew, or Curlew does not know of its end yet
    pub(super) connected: Fact,
    /// it was forced off and has not logged in since
    pub(super) kicked: Fact,
}

impl Device {
    /// Notes that the device is not connected any more.
    fn leaves(&mut self, span: Span) {
        self.reported.ends(span);
        self.connected.ends(span);
    }
}

/// A connection to Curlew.
#[derive(Debug, Clone, Copy)]
pub(super) struct Connection<'h> {
    pub(super) app: &'h AppKey,
    pub(super) user: &'h UserId,
    pub(super) device: &'h DeviceId,
    pub(super) name: &'h ConnectionName,
    /// where its handshake began
    pub(super) asked: Position,
    /// where its handshake ended
    pub(super) opened: Position,
    /// where it ended
    pub(super) closed: Position,
}

/// The devices and connections of a history.
#[derive(Debug, Default)]
pub(super) struct Devices<'h> {
    all: BTreeMap<(&'h AppKey, &'h UserId), BTreeMap<&'h DeviceId, Device>>,
    /// connections whose handshake succeeded
    pub(super) connections: Vec<Connection<'h>>,
}

impl<'h> Devices<'h> {
    pub(super) fn of(events: &'h [Event], calls: &[Call<'h>]) -> Self {
        let mut devices = Self { connections: connections(events, calls), ..Self::default() };
        let leases = Leases { events, calls };
        let counting: Vec<&Call<'h>> = calls.iter().filter(|call| !leases.is_outdated(call)).collect();
        counting.iter().for_each(|call| devices.begin(call, &leases));
        calls.iter().for_each(|call| devices.end(call));
        devices
    }

    fn device(&mut self, app: &'h AppKey, user: &'h UserId, device: &'h DeviceId) -> &mut Device {
        self.all.entry((app, user)).or_default().entry(device).or_default()
    }

    fn begin(&mut self, call: &Call<'h>, leases: &Leases<'_>) {
        let Some(span) = call.effect() else { return };
        match call.request {
            Request::Presence(report) => {
                let device = self.device(call.app, &report.user, &report.device);
                match report.status {
                    PresenceStatus::Online | PresenceStatus::Heartbeat => {
                        device.reported.begins_until(span, leases.end(call.app, report));
                    }
                    PresenceStatus::Kicked => device.kicked.begins(span),
                    PresenceStatus::Offline | PresenceStatus::Logout => {}
                }
            }
            Request::Kick { user, device } => self.device(call.app, user, device).kicked.begins(span),
            Request::Connect { user, device, .. } => {
                let until = leases.position(leases.events[call.began].at.plus(CONNECTION));
                self.device(call.app, user, device).connected.begins_until(span, until);
            }
            _ => {}
        }
    }

    fn end(&mut self, call: &Call<'h>) {
        let Some(span) = call.effect() else { return };
        match call.request {
            Request::Presence(report) => {
                let device = self.device(call.app, &report.user, &report.device);
                match report.status {
                    // A gateway that reports the device supersedes its connection to Curlew.
                    PresenceStatus::Online => {
                        device.connected.ends(span);
                        device.kicked.ends(span);
                    }
                    PresenceStatus::Heartbeat => {}
                    PresenceStatus::Offline | PresenceStatus::Kicked | PresenceStatus::Logout => device.leaves(span),
                }
            }
            Request::Kick { user, device } | Request::LogOut { user, device, .. } => {
                self.device(call.app, user, device).leaves(span);
            }
            Request::Connect { user, device, .. } => {
                let device = self.device(call.app, user, device);
                device.reported.ends(span);
                device.kicked.ends(span);
            }
            Request::EraseUser { user } => self.end_all(span, |one| one == (call.app, user)),
            Request::DeleteApp => self.end_all(span, |(app, _)| app == call.app),
            _ => {}
        }
    }

    fn end_all(&mut self, span: Span, is_such: impl Fn((&AppKey, &UserId)) -> bool) {
        for (_, devices) in self.all.iter_mut().filter(|((app, user), _)| is_such((app, user))) {
            for device in devices.values_mut() {
                device.leaves(span);
                device.kicked.ends(span);
            }
        }
    }

    /// Returns the devices of a user of which anything was reported.
    pub(super) fn of_user<'a>(
        &'a self,
        app: &'a AppKey,
        user: &'a UserId,
    ) -> impl Iterator<Item = (&'a DeviceId, &'a Device)> {
        self.all.get(&(app, user)).into_iter().flatten().map(|(id, device)| (*id, device))
    }
}

/// What a gateway reported, and when.
struct Leases<'h> {
    events: &'h [Event],
    calls: &'h [Call<'h>],
}

impl Leases<'_> {
    /// Returns the first event after a time.
    fn position(&self, time: Timestamp) -> Position {
        let position = self.events.partition_point(|event| event.at <= time);
        if position == self.events.len() { NEVER } else { position }
    }

    /// Returns where a device that was reported is offline at the latest, if nothing else is reported.
    fn end(&self, app: &AppKey, report: &PresenceReport) -> Position {
        let of_app = || self.calls.iter().filter(|call| call.app == app && call.effect().is_some());
        let own = of_app().filter_map(|call| match call.request {
            Request::ChangeApp(AppChange::PresenceLease(lease)) => Some(*lease),
            _ => None,
        });
        let own = self.position(report.at.plus(own.max().unwrap_or(LEASE).max(LEASE)).plus(LEASE_SLACK));
        let Some(gateway) = &report.gateway else { return own };
        let renewed = of_app().filter_map(|call| match call.request {
            Request::RenewGateway { gateway: one, lease } if one == gateway => Some(self.renewed(call, *lease)),
            _ => None,
        });
        renewed.max().unwrap_or(own).max(own)
    }

    /// Returns whether a gateway reports a connection of which it reported something newer before. Such an event never
    /// counts, whatever its answer says. An erased user begins anew.
    fn is_outdated(&self, call: &Call<'_>) -> bool {
        let Request::Presence(report) = call.request else { return false };
        let is_newer = |other: &&Call<'_>| match other.request {
            Request::Presence(newer) => {
                (&newer.user, &newer.device, &newer.session) == (&report.user, &report.device, &report.session)
                    && newer.at > report.at
                    && matches!(newer.status, PresenceStatus::Online | PresenceStatus::Offline)
            }
            _ => false,
        };
        let of_app = || self.calls.iter().filter(|other| other.app == call.app);
        let mut newer = of_app().filter(is_newer).filter_map(Call::effect);
        let is_online = matches!(report.status, PresenceStatus::Online | PresenceStatus::Heartbeat);
        let is_erased = of_app().any(|other| match other.request {
            Request::EraseUser { user } => *user == report.user,
            request => *request == Request::DeleteApp,
        });
        is_online && !is_erased && newer.any(|effect| effect.certain && effect.ended < call.began)
    }

    fn renewed(&self, call: &Call<'_>, lease: Duration) -> Position {
        let answered = call.effect().filter(|effect| effect.certain).map(|effect| self.events[effect.ended].at);
        answered.map_or(NEVER, |at| self.position(at.plus(lease).plus(LEASE_SLACK)))
    }
}

fn connections<'h>(events: &'h [Event], calls: &[Call<'h>]) -> Vec<Connection<'h>> {
    let mut found: Vec<Connection<'h>> = Vec::new();
    for call in calls.iter().filter(|call| call.succeeded()) {
        if let Request::Connect { user, device, connection } = call.request {
            let (asked, opened) = (call.began, call.ended);
            found.push(Connection { app: call.app, user, device, name: connection, asked, opened, closed: NEVER });
        }
    }
    for (position, event) in events.iter().enumerate() {
        if let What::Disconnected { connection } = &event.what {
            let such = found.iter_mut().filter(|one| one.name == connection);
            such.for_each(|one| one.closed = one.closed.min(position));
        }
    }
    found
}
