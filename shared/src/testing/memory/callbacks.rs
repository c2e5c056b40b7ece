//! Stored events for apps' servers, and the health of these servers, in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{MemoryRuntime, lock};
use crate::{
    domain::{
        callback::{
            endpoint::{ENDPOINT_RETENTION, Endpoint},
            schedule::STORED,
        },
        id::AppKey,
        time::Timestamp,
    },
    ports::{
        callbacks::{
            EraseCallbacks, ListCallbacks, RemoveCallbacks, StoreCallbacks, StoredCallback, TakeCallbacks,
            TrackEndpoint, WaitingApp,
        },
        error::StoreError,
    },
};

/// The events of an app, with their ends.
type OfApp = BTreeMap<(Timestamp, String), (StoredCallback, Timestamp)>;

/// What is stored about callbacks.
#[derive(Debug, Default)]
pub(super) struct AllCallbacks {
    /// events by due time and id, with their expiry; those that are never due sort last
    events: BTreeMap<AppKey, OfApp>,
    listed: BTreeMap<AppKey, Timestamp>,
    endpoints: BTreeMap<AppKey, (Endpoint, Timestamp)>,
}

fn key(one: &StoredCallback) -> (Timestamp, String) {
    (one.due.unwrap_or(Timestamp::from_millis(i64::MAX)), one.id.clone())
}

impl MemoryRuntime {
    /// Returns every stored event of an app, expired or not.
    pub fn all_callbacks(&self, app: &AppKey) -> Vec<StoredCallback> {
        lock(&self.callbacks)
            .events
            .get(app)
            .into_iter()
            .flat_map(BTreeMap::values)
            .map(|(one, _)| one.clone())
            .collect()
    }
}

#[async_trait]
impl TrackEndpoint for MemoryRuntime {
    async fn endpoint(&self, app: &AppKey, now: Timestamp) -> Result<Endpoint, StoreError> {
        self.faults.before("endpoint").await?;
        let stored = lock(&self.callbacks).endpoints.get(app).cloned();
        Ok(match stored {
            Some((endpoint, expires)) if now < expires => endpoint,
            Some((endpoint, _)) => Endpoint { version: endpoint.version, ..Endpoint::default() },
            None => Endpoint::default(),
        })
    }

    async fn change_endpoint(&self, app: &AppKey, endpoint: &Endpoint, now: Timestamp) -> Result<(), StoreError> {
        self.faults.before("change_endpoint").await?;
        {
            let endpoints = &mut lock(&self.callbacks).endpoints;
            if endpoints.get(app).map_or(0, |(stored, _)| stored.version) != endpoint.version {
                return Err(StoreError::Conflict);
            }
            let next = Endpoint { version: endpoint.version + 1, ..endpoint.clone() };
            endpoints.insert(app.clone(), (next, now.plus(ENDPOINT_RETENTION)));
        }
        self.faults.after("change_endpoint")
    }
}

#[async_trait]
impl StoreCallbacks for MemoryRuntime {
    async fn list_waiting(&self, app: &AppKey, now: Timestamp) -> Result<(), StoreError> {
        self.faults.before("list_waiting").await?;
        lock(&self.callbacks).listed.insert(app.clone(), now);
        self.faults.after("list_waiting")
    }

    async fn store_callbacks(
        &self,
        app: &AppKey,
        callbacks: &[StoredCallback],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.faults.before("store_callbacks").await?;
        {
            let mut all = lock(&self.callbacks);
            let events = all.events.entry(app.clone()).or_default();
            for one in callbacks {
                events.insert(key(one), (one.clone(), one.due.unwrap_or(now).plus(STORED)));
            }
        }
        self.faults.after("store_callbacks")
    }
}

#[async_trait]
impl TakeCallbacks for MemoryRuntime {
    async fn waiting_apps(&self, now: Timestamp) -> Result<Vec<WaitingApp>, StoreError> {
        self.faults.before("waiting_apps").await?;
        let all = lock(&self.callbacks);
        let living = all.listed.iter().filter(|(_, listed_at)| now < listed_at.plus(STORED));
        Ok(living.map(|(app, listed_at)| WaitingApp { app: app.clone(), listed_at: *listed_at }).collect())
    }

    async fn due_callbacks(
        &self,
        app: &AppKey,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<StoredCallback>, StoreError> {
        self.faults.before("due_callbacks").await?;
        let all = lock(&self.callbacks);
        let living = all.events.get(app).into_iter().flat_map(BTreeMap::values).filter(|(_, expires)| now < *expires);
        let due = living.map(|(one, _)| one).filter(|one| one.due.is_some_and(|due| due <= now));
        Ok(due.take(most).cloned().collect())
    }

    async fn has_waiting(&self, app: &AppKey) -> Result<bool, StoreError> {
        self.faults.before("has_waiting").await?;
        let all = lock(&self.callbacks);
        let mut events = all.events.get(app).into_iter().flat_map(BTreeMap::values);
        Ok(events.any(|(one, _)| one.due.is_some()))
    }

    async fn unlist_waiting(&self, app: &WaitingApp) -> Result<(), StoreError> {
        self.faults.before("unlist_waiting").await?;
        {
            let listed = &mut lock(&self.callbacks).listed;
            if listed.get(&app.app) == Some(&app.listed_at) {
                listed.remove(&app.app);
            }
        }
        self.faults.after("unlist_waiting")
    }
}

#[async_trait]
impl RemoveCallbacks for MemoryRuntime {
    async fn remove_callbacks(&self, app: &AppKey, callbacks: &[StoredCallback]) -> Result<(), StoreError> {
        self.faults.before("remove_callbacks").await?;
        {
            let mut all = lock(&self.callbacks);
            let events = all.events.entry(app.clone()).or_default();
            callbacks.iter().for_each(|one| drop(events.remove(&key(one))));
        }
        self.faults.after("remove_callbacks")
    }
}

#[async_trait]
impl ListCallbacks for MemoryRuntime {
    async fn stored_callbacks(
        &self,
        app: &AppKey,
        now: Timestamp,
        most: usize,
    ) -> Result<(Vec<StoredCallback>, bool), StoreError> {
        self.faults.before("stored_callbacks").await?;
        let all = lock(&self.callbacks);
        let living = all.events.get(app).into_iter().flat_map(BTreeMap::values).filter(|(_, expires)| now < *expires);
        let stored: Vec<StoredCallback> = living.map(|(one, _)| one.clone()).collect();
        let more = stored.len() > most;
        Ok((stored.into_iter().take(most).collect(), more))
    }
}

#[async_trait]
impl EraseCallbacks for MemoryRuntime {
    async fn erase_callbacks(&self, app: &AppKey, most: usize) -> Result<bool, StoreError> {
        self.faults.before("erase_callbacks").await?;
        let more = {
            let mut all = lock(&self.callbacks);
            let events = all.events.entry(app.clone()).or_default();
            let erased: Vec<_> = events.keys().take(most).cloned().collect();
            erased.iter().for_each(|key| drop(events.remove(key)));
            let more = !events.is_empty();
            if !more {
                all.events.remove(app);
                all.listed.remove(app);
                all.endpoints.remove(app);
            }
            more
        };
        self.faults.after("erase_callbacks")?;
        Ok(more)
    }
}
