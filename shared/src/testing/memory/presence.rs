//! Presence in memory, by the rules of the domain.

use std::time::Duration;

use async_trait::async_trait;

use super::{MemoryUsers, lock, users::Rows};
use crate::{
    domain::{
        id::{AppKey, DeviceId, UserId},
        presence::{Change, Presence, PresenceEvent, Status, surplus},
        time::Timestamp,
    },
    ports::{
        connections::Effect,
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
        let change = |current: Option<&Presence>, bound| Presence::reported(current, event, lease, bound);
        let effect = self.change(app, event, max, change);
        self.faults.after("apply")?;
        Ok(effect.applied)
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

impl MemoryUsers {
    /// Applies an event as `after` says.
    pub(super) fn change(
        &self,
        app: &AppKey,
        event: &PresenceEvent,
        max: usize,
        after: impl Fn(Option<&Presence>, bool) -> Change,
    ) -> Effect {
        let mut users = lock(&self.users);
        let rows = users.entry((app.clone(), event.user.clone())).or_default();
        let current = rows.presence.get(&event.device_id).cloned();
        let bound = rows.bindings.keys().any(|(device, _)| *device == event.device_id);
        let change = after(current.as_ref(), bound);
        let Some(next) = change.presence() else {
            return Effect { applied: Applied::from(&change), ended: None };
        };
        rows.presence.insert(event.device_id.clone(), next.clone());
        if current.is_none() {
            make_room(rows, max);
        }
        if rows.is_known() {
            self.list(app, &event.user);
        }
        let ended = current.as_ref().and_then(|current| current.ended_in(next)).cloned();
        Effect { applied: Applied::from(&change), ended }
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
                gateway: None,
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
