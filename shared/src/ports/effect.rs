//! What an event leaves to be done: connections to us that end, and devices that make room.

use super::{
    connections::{Connection, DirectRecord},
    users::Applied,
};
use crate::domain::{
    connection::EndReason,
    id::{AppKey, DeviceId, SessionId},
    presence::{Presence, PresenceEvent},
};

/// What an event made of a user's devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// whether the event counted
    pub applied: Applied,
    /// the connections to us that are not the device's any more and may still be open. A repeat names them again until they are closed
    pub ended: Vec<SessionId>,
    /// devices of the user that are to make room. Each has connections to us, so it stays until their end is queued and
    /// [`make_room`](super::connections::TrackConnections::make_room) is called
    pub surplus: Vec<(DeviceId, Presence)>,
}

impl Effect {
    /// The ends of connections that follow from `event`.
    pub fn ends(&self, app: &AppKey, event: &PresenceEvent) -> Vec<DirectRecord> {
        let of_device = self.ended.iter().map(|id| (&event.device_id, id, EndReason::of(event.status)));
        let of_others = self
            .surplus
            .iter()
            .flat_map(|(device, presence)| presence.connections().map(move |id| (device, id, EndReason::Superseded)));
        let end = |(device_id, id, reason): (&DeviceId, &SessionId, EndReason)| {
            let (app, user, device_id) = (app.clone(), event.user.clone(), device_id.clone());
            Connection { id: id.clone(), app, user, device_id }.end(reason)
        };
        of_device.chain(of_others).map(end).collect()
    }
}
