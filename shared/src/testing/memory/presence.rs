//! Presence in memory, by the rules of the domain.

use std::time::Duration;

use async_trait::async_trait;

use super::{MemoryUsers, lock, users::Rows};
use crate::{
    domain::{
        id::{AppKey, DeviceId, UserId},
        presence::{Presence, PresenceEvent, Status, surplus},
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        users::{Applied, LogOutDevice, MAX_DEVICES_REMOVED, TrackPresence},
    },
};

#[async_trait]
impl TrackPresence for MemoryUsers {
    async fn apply(
        &self,
        app: &AppKey,
        event: &PresenceEvent,
        lease: Duration,
        max: usize,
    ) -> Result<Applied, StoreError> {
        self.faults.before("apply").await?;
        let applied = {
            let mut users = lock(&self.users);
            let rows = users.entry((app.clone(), event.user.clone())).or_default();
            let change = match rows.presence.get(&event.device_id) {
                Some(current) => Presence::after(Some(current), event, lease),
                None => {
                    Presence::first(event, lease, rows.bindings.keys().any(|(device, _)| *device == event.device_id))
                }
            };
            let new = match change.presence() {
                Some(next) => rows.presence.insert(event.device_id.clone(), next.clone()).is_none(),
                None => false,
            };
            if new {
                make_room(rows, max);
            }
            if rows.is_known() {
                self.list(app, &event.user);
            }
            Applied::from(&change)
        };
        self.faults.after("apply")?;
        Ok(applied)
    }

    async fn presence(
        &self,
        app: &AppKey,
        users: &[UserId],
    ) -> Result<Vec<(UserId, Vec<(DeviceId, Presence)>)>, StoreError> {
        self.faults.before("presence").await?;
        let of_user = |user: &UserId| (user.clone(), self.rows(app, user).presence.into_iter().collect::<Vec<_>>());
        Ok(users.iter().map(of_user).filter(|(_, devices)| !devices.is_empty()).collect())
    }
}

#[async_trait]
impl LogOutDevice for MemoryUsers {
    async fn log_out(&self, app: &AppKey, user: &UserId, device: &DeviceId, at: Timestamp) -> Result<(), StoreError> {
        self.faults.before("log_out").await?;
        if let Some(rows) = lock(&self.users).get_mut(&(app.clone(), user.clone()))
            && let Some(current) = rows.presence.get_mut(device)
        {
            let logout = PresenceEvent {
                user: user.clone(),
                device_id: device.clone(),
                session: current.session.clone(),
                status: Status::Logout,
                at: at.max(current.at),
                platform: None,
            };
            if let Some(next) = Presence::after(Some(current), &logout, Duration::ZERO).presence() {
                *current = next.clone();
            }
        }
        self.faults.after("log_out")
    }
}

fn make_room(rows: &mut Rows, max: usize) {
    let known: Vec<(DeviceId, Presence)> = rows.presence.clone().into_iter().collect();
    for (device, _) in surplus(&known, &rows.list(), max).into_iter().take(MAX_DEVICES_REMOVED) {
        rows.presence.remove(device);
    }
}
