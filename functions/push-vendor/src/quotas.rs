//! Used-up quotas: message classes that the vendor refuses for a notifier until a quota resets.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use shared::{
    cache::BoundedCache,
    domain::{
        id::{AppKey, NotifierName},
        push::SemanticClass,
        time::Timestamp,
    },
    failures::RecentFailures,
    name_ports,
    ports::{
        apps::{TrackHealth, UsedUpQuota},
        error::StoreError,
    },
};
use tokio::time::timeout;

use crate::batch::NotifierKey;

/// Time to live of a cache entry. It is short, because other processes store used-up quotas, too.
const TIME_TO_LIVE: Duration = Duration::from_secs(60);
/// Maximum delay of pushes by reading quotas. Without the result the call is made, and the vendor refuses it.
const MAX_READ: Duration = Duration::from_secs(2);
/// Maximum notifiers whose quotas a process caches.
const MAX_CACHED: usize = 1000;

/// Reads and stores used-up quotas.
pub(crate) struct Quotas {
    health: Arc<dyn TrackHealth>,
    cached: BoundedCache<(AppKey, NotifierName), CacheEntry>,
    failures: RecentFailures<(AppKey, NotifierName)>,
}

name_ports! { Quotas { health } without { cached, failures } }

struct CacheEntry {
    read_at: Timestamp,
    quotas: BTreeMap<SemanticClass, UsedUpQuota>,
}

impl Quotas {
    /// Creates an empty cache over `health`, which stores the quotas.
    pub(crate) fn new(health: Arc<dyn TrackHealth>) -> Self {
        Self { health, cached: BoundedCache::new(MAX_CACHED), failures: RecentFailures::default() }
    }

    /// Reads the used-up quotas of a notifier, unless the cache entry is younger than [`TIME_TO_LIVE`]. If the read
    /// fails, the cache entry is used further.
    pub(crate) async fn load(&self, (app, name): NotifierKey<'_>, now: Timestamp) {
        let key = (app.clone(), name.clone());
        let fresh = self.cached.lock().get(&key).is_some_and(|entry| now.since(entry.read_at) < TIME_TO_LIVE);
        if fresh || self.failures.check(&key, now).is_err() {
            return;
        }
        match timeout(MAX_READ, self.health.health(app, name)).await.unwrap_or(Err(StoreError::Throttled)) {
            Ok(health) => {
                self.cached.lock().put(key, CacheEntry { read_at: now, quotas: health.quotas });
            }
            Err(error) => {
                tracing::warn!(notifier = %name, error = error.chain(), "a notifier's quotas cannot be read");
                self.failures.note(key, now);
            }
        }
    }

    /// Returns the used-up quota of this class and credential, or `None` if there is none or it is unknown.
    pub(crate) fn used_up(
        &self,
        key: NotifierKey<'_>,
        class: SemanticClass,
        fingerprint: &str,
        now: Timestamp,
    ) -> Option<UsedUpQuota> {
        self.cached(key, class).filter(|quota| quota.holds(fingerprint, now))
    }

    /// Stores that a quota is used up, unless that is known.
    pub(crate) async fn note(&self, key: NotifierKey<'_>, class: SemanticClass, quota: UsedUpQuota, now: Timestamp) {
        if self.used_up(key, class, &quota.fingerprint, now).is_some() {
            return;
        }
        tracing::warn!(app = %key.0, notifier = %key.1, class = class.name(), code = quota.code, "a quota is used up");
        self.set(key, class, quota).await;
    }

    /// Ends the used-up quota of a class, because the vendor accepted a push.
    pub(crate) async fn lift(&self, key: NotifierKey<'_>, class: SemanticClass, fingerprint: &str, now: Timestamp) {
        self.cached.lock().pop(&(key.0.clone(), key.1.clone()));
        self.load(key, now).await;
        if let Some(quota) = self.used_up(key, class, fingerprint, now) {
            self.set(key, class, UsedUpQuota { until: now, ..quota }).await;
        }
    }

    async fn set(&self, (app, name): NotifierKey<'_>, class: SemanticClass, quota: UsedUpQuota) {
        if let Some(entry) = self.cached.lock().get_mut(&(app.clone(), name.clone())) {
            entry.quotas.insert(class, quota.clone());
        }
        if let Err(error) = self.health.note_quota(app, name, class, &quota).await {
            tracing::warn!(notifier = %name, error = error.chain(), "a used-up quota cannot be stored");
        }
    }

    fn cached(&self, (app, name): NotifierKey<'_>, class: SemanticClass) -> Option<UsedUpQuota> {
        self.cached.lock().get(&(app.clone(), name.clone()))?.quotas.get(&class).cloned()
    }
}
