//! The health of apps' servers, cached for a moment: one read for all events of a process.

use std::{sync::Arc, time::Duration};

use shared::{
    cache::BoundedCache,
    domain::{
        callback::endpoint::{Door, Endpoint},
        id::AppKey,
        time::Timestamp,
    },
    lambda::deadline::Deadline,
    name_ports,
    ports::{callbacks::TrackEndpoint, error::StoreError},
};

/// How long the health is used without another read.
const KEPT: Duration = Duration::from_secs(5);
/// Maximum servers whose health a process caches.
const MAX_KEPT: usize = 1000;
/// Maximum duration of a read, and of a write: a slow table must not use up the time of the calls.
const ACCESS: Duration = Duration::from_secs(2);
/// Maximum tries of a change that others make, too.
const TRIES: u32 = 5;

/// Reads and changes the health of servers.
pub struct Doors {
    endpoints: Arc<dyn TrackEndpoint>,
    kept: BoundedCache<AppKey, (Timestamp, Endpoint)>,
}

name_ports! { Doors { endpoints } without { kept } }

impl Doors {
    /// Creates an empty cache.
    pub fn new(endpoints: Arc<dyn TrackEndpoint>) -> Self {
        Self { endpoints, kept: BoundedCache::new(MAX_KEPT) }
    }

    /// Returns whether the server may be called. Of several processes one gets the probe. A server whose health cannot
    /// be read may be called.
    pub(crate) async fn door(&self, app: &AppKey, set_at: Timestamp, now: Timestamp) -> Door {
        let kept = self.kept.lock().get(app).filter(|(at, _)| now.since(*at) < KEPT).map(|(_, known)| known.clone());
        let known = match kept {
            Some(known) => Ok(known),
            None => self.read(app, now).await,
        };
        let known = match known {
            Ok(known) => known,
            Err(error) => {
                tracing::warn!(%app, error = error.chain(), "the health of a server cannot be read");
                return Door::Open;
            }
        };
        // The setting is outdated, and the next read of the configuration shows it.
        let Some(known) = known.of_setting(set_at) else { return Door::Open };
        match known.door(now) {
            Door::Probe => self.take_probe(app, &known, now).await,
            door => door,
        }
    }

    async fn take_probe(&self, app: &AppKey, known: &Endpoint, now: Timestamp) -> Door {
        let probing = known.probing(now);
        let closed = probing.closed_until.map_or(Door::Open, Door::Closed);
        match self.write(app, &probing, now).await {
            Ok(()) => {
                let version = probing.version + 1;
                self.kept.lock().put(app.clone(), (now, Endpoint { version, ..probing }));
                Door::Probe
            }
            // Another process probes.
            Err(StoreError::Conflict) => {
                self.kept.lock().pop(app);
                closed
            }
            Err(error) => {
                tracing::warn!(%app, error = error.chain(), "the health of a server cannot be stored");
                closed
            }
        }
    }

    /// Changes the health of the server of this setting. Returns the new health, or `None` if it cannot be stored, or the
    /// setting is outdated.
    pub(crate) async fn change(
        &self,
        app: &AppKey,
        set_at: Timestamp,
        now: Timestamp,
        change: impl Fn(&Endpoint) -> Endpoint,
    ) -> Option<Endpoint> {
        let changed = async {
            for _ in 0..TRIES {
                let Some(known) = self.read(app, now).await?.of_setting(set_at) else { return Ok(None) };
                let next = change(&known);
                match self.write(app, &next, now).await {
                    Err(StoreError::Conflict) => {}
                    Err(error) => return Err(error),
                    Ok(()) => {
                        let next = Endpoint { version: next.version + 1, ..next };
                        self.kept.lock().put(app.clone(), (now, next.clone()));
                        return Ok(Some(next));
                    }
                }
            }
            Err(StoreError::Conflict)
        };
        match changed.await {
            Ok(endpoint) => endpoint,
            Err(error) => {
                tracing::warn!(%app, error = error.chain(), "the health of a server cannot be stored");
                None
            }
        }
    }

    async fn read(&self, app: &AppKey, now: Timestamp) -> Result<Endpoint, StoreError> {
        let read = Deadline::after(ACCESS).wait(self.endpoints.endpoint(app, now)).await;
        let known = read.unwrap_or(Err(StoreError::Throttled))?;
        self.kept.lock().put(app.clone(), (now, known.clone()));
        Ok(known)
    }

    async fn write(&self, app: &AppKey, endpoint: &Endpoint, now: Timestamp) -> Result<(), StoreError> {
        let written = Deadline::after(ACCESS).wait(self.endpoints.change_endpoint(app, endpoint, now)).await;
        written.unwrap_or(Err(StoreError::Throttled))
    }
}
