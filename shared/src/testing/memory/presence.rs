//! Presence in memory, by the domain's rules.

use std::time::Duration;

use async_trait::async_trait;

use super::{MemoryUsers, lock, users::Rows};
use crate::{
    domain::{
        id::{AppKey, DeviceId, SessionId, UserId},
        presence::{Presence, PresenceChange, PresenceEvent, PresenceStatus, State},
        room::surplus,
        time::Timestamp,
    },
    ports::{
        effect::Effect,
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
    /// Applies an event by the rules of `after`.
    pub(super) fn change(
        &self,
        app: &AppKey,
        event: &PresenceEvent,
        max: usize,
        after: impl Fn(Option<&Presence>, bool) -> PresenceChange,
    ) -> Effect {
        let mut users = lock(&self.users);
        let rows = users.entry((app.clone(), event.user.clone())).or_default();
        let current = rows.presence.get(&event.device_id).cloned();
        let bound = rows.bindings.keys().any(|(device, _)| *device == event.device_id);
        let change = after(current.as_ref(), bound);
        let applied = Applied::from(&change);
        if let Some(next) = change.presence() {
            rows.presence.insert(event.device_id.clone(), next.clone());
        }
        let now = rows.presence.get(&event.device_id).map(|now| (now.state, now.ending.clone()));
        let (state, ended) = now.unwrap_or((State::Offline, Vec::new()));
        let is_new = current.is_none() && change.presence().is_some();
        let looks = is_new || event.status == PresenceStatus::Online;
        let surplus = if looks { surplus_of(rows, max, event.at) } else { Vec::new() };
        if rows.is_known() {
            self.list(app, &event.user);
        }
        Effect { applied, state, ended, surplus }
    }
}

#[async_trait]
impl LogOutDevice for MemoryUsers {
    async fn log_out(
        &self,
        app: &AppKey,
        user: &UserId,
        device: &DeviceId,
        at: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError> {
        self.faults.before("log_out").await?;
        let mut ending = Vec::new();
        if let Some(rows) = lock(&self.users).get_mut(&(app.clone(), user.clone()))
            && let Some(current) = rows.presence.get_mut(device)
        {
            if let Some(next) = current.logged_out(user, device, at).presence() {
                *current = next.clone();
            }
            ending.clone_from(&current.ending);
        }
        self.faults.after("log_out")?;
        Ok(ending)
    }
}

/// Removes surplus devices. Returns those that stay because they have a connection to Curlew.
fn surplus_of(rows: &mut Rows, max: usize, now: Timestamp) -> Vec<(DeviceId, Presence)> {
    let known: Vec<(DeviceId, Presence)> = rows.presence.clone().into_iter().collect();
    let surplus = surplus(&known, &rows.list(), max, now).into_iter().take(MAX_DEVICES_REMOVED).cloned();
    let (connected, silent): (Vec<_>, Vec<_>) =
        surplus.partition(|(_, presence)| presence.connections().next().is_some());
    for (device, _) in silent {
        rows.presence.remove(&device);
    }
    connected
}
