//! Connections to Curlew in memory: their devices, their state, and the open connections themselves.

use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
    time::Duration,
};

use async_trait::async_trait;
use tokio::sync::Notify;

use super::{Faults, MemoryRuntime, MemoryUsers, lock};
use crate::{
    domain::{
        connection::{CONNECTION_LEASE, Link, MAX_FRAME_BYTES},
        id::{AppKey, DeviceId, SessionId, UserId},
        presence::{Presence, PresenceEvent, State},
        time::Timestamp,
    },
    ports::{
        connections::{Connection, KeepConnections, OpenConnection, PostError, PostToConnections, TrackConnections},
        effect::Effect,
        error::StoreError,
    },
};

#[async_trait]
impl KeepConnections for MemoryRuntime {
    async fn open(&self, connection: &OpenConnection) -> Result<(), StoreError> {
        self.faults.before("open").await?;
        lock(&self.connections).insert(connection.connection.id.clone(), connection.clone());
        self.faults.after("open")
    }

    async fn find(&self, id: &SessionId, now: Timestamp) -> Result<Option<OpenConnection>, StoreError> {
        self.faults.before("find").await?;
        let found = lock(&self.connections).get(id).cloned();
        Ok(found.filter(|open| now.as_seconds() < open.since.plus(CONNECTION_LEASE).as_seconds()))
    }

    async fn note_backlog_read(&self, id: &SessionId) -> Result<(), StoreError> {
        self.faults.before("note_backlog_read").await?;
        if let Some(open) = lock(&self.connections).get_mut(id) {
            open.backlog_read = true;
        }
        self.faults.after("note_backlog_read")
    }

    async fn note_live(&self, id: &SessionId) -> Result<(), StoreError> {
        self.faults.before("note_live").await?;
        if let Some(open) = lock(&self.connections).get_mut(id) {
            open.live = true;
        }
        self.faults.after("note_live")
    }

    async fn forget(&self, id: &SessionId) -> Result<(), StoreError> {
        self.faults.before("forget").await?;
        lock(&self.connections).remove(id);
        self.faults.after("forget")
    }
}

#[async_trait]
impl TrackConnections for MemoryUsers {
    async fn connect(
        &self,
        app: &AppKey,
        event: &PresenceEvent,
        lease: Duration,
        token_key: &str,
        max: usize,
    ) -> Result<Effect, StoreError> {
        self.faults.before("connect").await?;
        let effect = self.change(app, event, max, |current, _| Presence::connected(current, event, lease, token_key));
        self.faults.after("connect")?;
        Ok(effect)
    }

    async fn apply_to_connections(
        &self,
        app: &AppKey,
        event: &PresenceEvent,
        lease: Duration,
        max: usize,
    ) -> Result<Effect, StoreError> {
        self.faults.before("apply").await?;
        let effect = self.change(app, event, max, |current, bound| Presence::reported(current, event, lease, bound));
        self.faults.after("apply")?;
        Ok(effect)
    }

    async fn make_room(&self, app: &AppKey, user: &UserId, surplus: &[(DeviceId, Presence)]) -> Result<(), StoreError> {
        self.faults.before("make_room").await?;
        if let Some(rows) = lock(&self.users).get_mut(&(app.clone(), user.clone())) {
            let is_as_seen = |one: &Presence, seen: &Presence| {
                one.session == seen.session && one.at == seen.at && one.state == seen.state
            };
            rows.presence
                .retain(|device, one| !surplus.iter().any(|(gone, seen)| gone == device && is_as_seen(one, seen)));
        }
        self.faults.after("make_room")
    }

    async fn end(&self, connection: &Connection, at: Timestamp) -> Result<Effect, StoreError> {
        self.faults.before("end").await?;
        let event = connection.offline(at);
        let after = |current: Option<&Presence>, _| Presence::disconnected(current, &event);
        let effect = self.change(&connection.app, &event, usize::MAX, after);
        self.faults.after("end")?;
        Ok(effect)
    }

    async fn held(&self, connection: &Connection) -> Result<Option<Presence>, StoreError> {
        self.faults.before("held").await?;
        let found = self.rows(&connection.app, &connection.user).presence.remove(&connection.device_id);
        Ok(found.filter(|presence| presence.connection() == Some(&connection.id)))
    }

    async fn mark_live(&self, connection: &Connection) -> Result<bool, StoreError> {
        self.faults.before("mark_live").await?;
        let marked = {
            let mut users = lock(&self.users);
            let rows = users.get_mut(&(connection.app.clone(), connection.user.clone()));
            let presence = rows.and_then(|rows| rows.presence.get_mut(&connection.device_id));
            let connecting = |one: &&mut Presence| {
                one.session == connection.id && one.state == State::Online && one.link == Some(Link::Connecting)
            };
            presence.filter(connecting).map(|presence| presence.link = Some(Link::Live)).is_some()
        };
        self.faults.after("mark_live")?;
        Ok(marked)
    }
}

/// The open connections, as API Gateway holds them.
#[derive(Debug, Default)]
pub struct MemoryConnections {
    /// failures on demand
    pub faults: Faults,
    open: Mutex<HashMap<SessionId, Vec<String>>>,
    closed: Mutex<HashSet<SessionId>>,
    throttled: Mutex<usize>,
    changed: Notify,
}

impl MemoryConnections {
    /// Waits until a frame is posted or a connection is closed, unless one was since the last call.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Opens a connection.
    pub fn open(&self, id: &SessionId) {
        lock(&self.open).insert(id.clone(), Vec::new());
    }

    /// Ends a connection without a report, like a phone that loses its network.
    pub fn lose(&self, id: &SessionId) {
        lock(&self.open).remove(id);
    }

    /// Returns whether a connection is open.
    pub fn is_open(&self, id: &SessionId) -> bool {
        lock(&self.open).contains_key(id)
    }

    /// Returns whether Curlew closed a connection.
    pub fn was_closed(&self, id: &SessionId) -> bool {
        lock(&self.closed).contains(id)
    }

    /// Takes the frames that a connection got since the last call.
    pub fn take(&self, id: &SessionId) -> Vec<String> {
        lock(&self.open).get_mut(id).map(std::mem::take).unwrap_or_default()
    }

    /// Throttles the next posts.
    pub fn throttle_next(&self, posts: usize) {
        *lock(&self.throttled) = posts;
    }
}

#[async_trait]
impl PostToConnections for MemoryConnections {
    async fn post(&self, id: &SessionId, frame: &str) -> Result<(), PostError> {
        self.faults.before("post").await.map_err(refused)?;
        {
            let mut throttled = lock(&self.throttled);
            if *throttled > 0 {
                *throttled -= 1;
                return Err(PostError::Throttled);
            }
        }
        if frame.len() > MAX_FRAME_BYTES {
            return Err(PostError::Failed(format!("a frame of {} bytes", frame.len())));
        }
        lock(&self.open).get_mut(id).ok_or(PostError::Gone)?.push(frame.to_owned());
        self.changed.notify_one();
        self.faults.after("post").map_err(refused)
    }

    async fn close(&self, id: &SessionId) -> Result<(), PostError> {
        self.faults.before("close").await.map_err(refused)?;
        lock(&self.open).remove(id).ok_or(PostError::Gone)?;
        lock(&self.closed).insert(id.clone());
        self.changed.notify_one();
        self.faults.after("close").map_err(refused)
    }
}

fn refused(error: StoreError) -> PostError {
    match error {
        StoreError::Throttled => PostError::Throttled,
        error => PostError::Failed(error.chain()),
    }
}
