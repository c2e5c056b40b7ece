//! Used-up quotas: which classes of pushes a notifier's vendor takes no more of today.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use shared::{
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

/// How long a process goes by what it read: other processes note quotas as well.
const KEPT: Duration = Duration::from_secs(60);
/// How long reading them may hold up pushes: without an answer the vendor tells.
const MAX_READ: Duration = Duration::from_secs(2);
/// Maximum notifiers whose quotas a process keeps.
const MAX_KEPT: usize = 1000;

/// Knows and notes used-up quotas.
pub struct Quotas {
    health: Arc<dyn TrackHealth>,
    known: Mutex<HashMap<(AppKey, NotifierName), Known>>,
    failures: RecentFailures<(AppKey, NotifierName)>,
}

name_ports! { Quotas { health } without { known, failures } }

struct Known {
    read_at: Timestamp,
    quotas: BTreeMap<SemanticClass, UsedUpQuota>,
}

impl Quotas {
    /// Keeps quotas beside the notifiers' health.
    pub fn new(health: Arc<dyn TrackHealth>) -> Self {
        Self { health, known: Mutex::default(), failures: RecentFailures::default() }
    }

    /// Reads which quotas of a notifier are used up, unless that was done within [`KEPT`]. Where it fails, what was read before counts on.
    pub async fn load(&self, app: &AppKey, name: &NotifierName, now: Timestamp) {
        let key = (app.clone(), name.clone());
        let fresh = self.lock().get(&key).is_some_and(|known| now.since(known.read_at) < KEPT);
        if fresh || self.failures.check(&key, now).is_err() {
            return;
        }
        match timeout(MAX_READ, self.health.health(app, name)).await.unwrap_or(Err(StoreError::Throttled)) {
            Ok(health) => {
                let mut known = self.lock();
                if known.len() >= MAX_KEPT {
                    known.clear();
                }
                known.insert(key, Known { read_at: now, quotas: health.quotas });
            }
            Err(error) => {
                tracing::warn!(notifier = %name, error = error.chain(), "a notifier's quotas cannot be read");
                self.failures.note(key, now);
            }
        }
    }

    /// The quota that keeps pushes of this class from being sent with this credential; `None` also when that cannot be told.
    pub fn used_up(
        &self,
        app: &AppKey,
        name: &NotifierName,
        class: SemanticClass,
        fingerprint: &str,
        now: Timestamp,
    ) -> Option<UsedUpQuota> {
        let key = (app.clone(), name.clone());
        self.lock().get(&key)?.quotas.get(&class).filter(|quota| quota.holds(fingerprint, now)).cloned()
    }

    /// Notes that a quota is used up. What is known already is not written again.
    pub async fn note(
        &self,
        app: &AppKey,
        name: &NotifierName,
        class: SemanticClass,
        quota: UsedUpQuota,
        now: Timestamp,
    ) {
        let known = self.lock().get(&(app.clone(), name.clone())).and_then(|known| known.quotas.get(&class).cloned());
        if known.is_some_and(|known| known.holds(&quota.fingerprint, now)) {
            return;
        }
        tracing::warn!(app = %app, notifier = %name, class = class.name(), code = quota.code, "a quota is used up");
        self.set(app, name, class, quota).await;
    }

    /// Ends what was noted of a class, since the vendor takes such pushes again.
    pub async fn lift(
        &self,
        app: &AppKey,
        name: &NotifierName,
        class: SemanticClass,
        fingerprint: &str,
        now: Timestamp,
    ) {
        self.lock().remove(&(app.clone(), name.clone()));
        self.load(app, name, now).await;
        if let Some(quota) = self.used_up(app, name, class, fingerprint, now) {
            self.set(app, name, class, UsedUpQuota { until: now, ..quota }).await;
        }
    }

    async fn set(&self, app: &AppKey, name: &NotifierName, class: SemanticClass, quota: UsedUpQuota) {
        if let Some(known) = self.lock().get_mut(&(app.clone(), name.clone())) {
            known.quotas.insert(class, quota.clone());
        }
        if let Err(error) = self.health.note_quota(app, name, class, &quota).await {
            tracing::warn!(notifier = %name, error = error.chain(), "a used-up quota cannot be noted");
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(AppKey, NotifierName), Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
