//! Leases of gateways, cached by each process.
//!
//! A cached lease, or its absence, is used for [`KEPT`] without another read. A cached lease counts as expired only
//! after another read. Concurrent callers share one read. A failed read is not repeated for
//! [`REMEMBERED`].
//!
//! While the table fails or is slow, a cached lease is valid until it expires. After that callers get an error: nobody
//! counts as offline because a table fails.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::Arc,
    time::Duration,
};

use futures::future::try_join_all;
use tokio::time::timeout;

use crate::{
    cache::BoundedCache,
    domain::{
        gateway::GatewayLease,
        id::{AppKey, DeviceId, GatewayId},
        presence::Presence,
        time::Timestamp,
    },
    failures::REMEMBERED,
    name_ports,
    ports::{clock::Clock, error::StoreError, gateways::ReadGateways},
};

/// Time for which a lease is used without another read.
pub const KEPT: Duration = Duration::from_secs(5);
/// Maximum duration of a read before a cached valid lease is used instead.
const STALE_AFTER: Duration = Duration::from_secs(2);
/// Maximum gateways that one process caches.
const MAX_GATEWAYS: usize = 10_000;

/// Reads leases of gateways through a small cache.
pub struct GatewayLeases {
    gateways: Arc<dyn ReadGateways>,
    clock: Arc<dyn Clock>,
    cached: BoundedCache<(AppKey, GatewayId), Arc<Slot>>,
}

name_ports! { GatewayLeases { gateways, clock } without { cached } }

/// The cache entry of a gateway. The reader holds its lock, so that concurrent callers wait for the same answer.
type Slot = tokio::sync::Mutex<Entry>;

#[derive(Default)]
struct Entry {
    cached: Option<Cached>,
    failed_at: Option<Timestamp>,
}

#[derive(Clone, Copy)]
struct Cached {
    read_at: Timestamp,
    lease: Option<GatewayLease>,
}

impl Cached {
    /// Returns whether it may be used at `now` without another read. A lease that has expired since the read may have
    /// been renewed.
    fn serves(&self, now: Timestamp) -> bool {
        let ended_meanwhile = self.lease.is_some_and(|lease| self.read_at < lease.until && lease.until <= now);
        now.since(self.read_at) < KEPT && !ended_meanwhile
    }
}

impl fmt::Debug for GatewayLeases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayLeases").finish_non_exhaustive()
    }
}

impl GatewayLeases {
    /// Creates a cache over `gateways`.
    pub fn new(gateways: Arc<dyn ReadGateways>, clock: Arc<dyn Clock>) -> Self {
        Self { gateways, clock, cached: BoundedCache::new(MAX_GATEWAYS) }
    }

    /// Applies the leases of gateways to their devices. Reads nothing if no connected device has a gateway.
    pub async fn apply(&self, app: &AppKey, devices: &mut [&mut Presence]) -> Result<(), StoreError> {
        let named: BTreeSet<GatewayId> = devices.iter().filter_map(|presence| presence.carried_by().cloned()).collect();
        if named.is_empty() {
            return Ok(());
        }
        let reads = named.iter().map(|gateway| self.lease(app, gateway));
        let leases: HashMap<&GatewayId, Option<GatewayLease>> = named.iter().zip(try_join_all(reads).await?).collect();
        for presence in devices {
            let lease = presence.carried_by().and_then(|gateway| *leases.get(gateway)?);
            if let Some(lease) = lease {
                presence.under(&lease);
            }
        }
        Ok(())
    }

    /// Applies the leases of gateways to the devices of one user.
    pub async fn apply_to(&self, app: &AppKey, devices: &mut [(DeviceId, Presence)]) -> Result<(), StoreError> {
        self.apply(app, &mut devices.iter_mut().map(|(_, presence)| presence).collect::<Vec<_>>()).await
    }

    /// Removes a gateway from the cache, after its lease was renewed.
    pub fn forget(&self, app: &AppKey, gateway: &GatewayId) {
        self.cached.lock().pop(&(app.clone(), gateway.clone()));
    }

    async fn lease(&self, app: &AppKey, gateway: &GatewayId) -> Result<Option<GatewayLease>, StoreError> {
        let slot = self.slot(app, gateway);
        let mut entry = slot.lock().await;
        let now = self.clock.now();
        if let Some(cached) = entry.cached.filter(|cached| cached.serves(now)) {
            return Ok(cached.lease);
        }
        let lasting = entry.cached.and_then(|cached| cached.lease).filter(|lease| now < lease.until);
        let failed = entry.failed_at.is_some_and(|at| now.since(at) < REMEMBERED);
        let read = self.gateways.gateway_lease(app, gateway);
        let read = match (failed, lasting) {
            (true, _) => Err(StoreError::Unavailable("the gateway's lease could not be read a moment ago".into())),
            (false, Some(_)) => timeout(STALE_AFTER, read).await.unwrap_or(Err(StoreError::Throttled)),
            (false, None) => read.await,
        };
        match (read, lasting) {
            (Ok(lease), _) => {
                *entry = Entry { cached: Some(Cached { read_at: now, lease }), failed_at: None };
                Ok(lease)
            }
            (Err(error), lasting) => {
                if !failed {
                    entry.failed_at = Some(now);
                }
                if lasting.is_none() {
                    return Err(error);
                }
                tracing::warn!(%app, error = error.chain(), "a gateway's lease cannot be read, the cached one is used");
                Ok(lasting)
            }
        }
    }

    fn slot(&self, app: &AppKey, gateway: &GatewayId) -> Arc<Slot> {
        self.cached.lock().get_or_insert((app.clone(), gateway.clone()), Arc::default).clone()
    }
}

#[cfg(test)]
#[cfg(feature = "testing")]
#[path = "gateway_leases_tests.rs"]
mod tests;
