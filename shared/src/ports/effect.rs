//! Effects of presence events: connections to us that must end, and devices that make room.

use std::collections::{BTreeMap, HashSet};

use super::{
    connections::{Connection, DirectRecord},
    users::Applied,
};
use crate::domain::{
    connection::EndReason,
    id::{AppKey, DeviceId, SessionId, UserId},
    presence::{Presence, PresenceEvent, State},
};

/// The effect of an event on a user's devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// whether the event counted
    pub applied: Applied,
    /// the state of the event's device; an unknown device is offline
    pub state: State,
    /// connections to us that the device no longer uses and that may still be open; a repeated event names them again
    /// until they are closed
    pub ended: Vec<SessionId>,
    /// devices of the user to remove. Each has connections to us, so it stays until their ends are queued and
    /// [`make_room`](super::connections::TrackConnections::make_room) is called
    pub surplus: Vec<(DeviceId, Presence)>,
}

/// The work that follows several effects, with each connection and each device once.
#[derive(Debug, Default)]
pub struct FollowUp {
    /// the ends of connections, which must be queued first
    pub ends: Vec<DirectRecord>,
    /// the devices to remove afterwards, by user
    pub surplus: BTreeMap<UserId, Vec<(DeviceId, Presence)>>,
}

impl FollowUp {
    /// Combines the effects of events in their order. The last effect on a device counts.
    pub fn of(app: &AppKey, effects: &[(PresenceEvent, Effect)]) -> Self {
        let (mut named, mut follow_up) = (HashSet::new(), Self::default());
        for (event, effect) in effects.iter().rev() {
            let of_device = effect.ended.iter().map(|id| (&event.device_id, id, EndReason::of(effect.state)));
            let of_others = effect.surplus.iter().flat_map(|(device, presence)| {
                presence.connections().map(move |id| (device, id, EndReason::Superseded))
            });
            for (device_id, id, reason) in of_device.chain(of_others).filter(|(_, id, _)| named.insert(*id)) {
                let (app, user, device_id) = (app.clone(), event.user.clone(), device_id.clone());
                follow_up.ends.push(Connection { id: id.clone(), app, user, device_id }.end(reason));
            }
            for (device, presence) in &effect.surplus {
                let of_user = follow_up.surplus.entry(event.user.clone()).or_default();
                if !of_user.iter().any(|(known, _)| known == device) {
                    of_user.push((device.clone(), presence.clone()));
                }
            }
        }
        follow_up
    }
}
