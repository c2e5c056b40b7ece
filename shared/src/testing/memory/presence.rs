//! Presence in memory, by the rules of the domain.

use std::time::Duration;

use async_trait::async_trait;

use super::{MemoryUsers, lock};
use crate::{
    domain::{
        id::{AppKey, DeviceId, UserId},
        presence::{Presence, PresenceEvent, Status},
        time::Timestamp,
    },
    ports::{
        error::StoreError,
        users::{Applied, LogOutDevice, TrackPresence},
    },
};

#[async_trait]
impl TrackPresence for MemoryUsers {
    async fn apply(&self, app: &AppKey, event: &PresenceEvent, lease: Duration) -> Result<Applied, StoreError> {
        self.faults.before("apply").await?;
        let applied = {
            let mut users = lock(&self.users);
            let current =
                users.get(&(app.clone(), event.user.clone())).and_then(|rows| rows.presence.get(&event.device_id));
            match Presence::after(current, event, lease) {
                Some(next) => {
                    let rows = users.entry((app.clone(), event.user.clone())).or_default();
                    rows.presence.insert(event.device_id.clone(), next);
                    Applied::Applied
                }
                None => Applied::Stale,
            }
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
            if let Some(next) = Presence::after(Some(current), &logout, Duration::ZERO) {
                *current = next;
            }
        }
        self.faults.after("log_out")
    }
}
