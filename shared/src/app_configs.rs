//! App configurations, kept for a while by each process.
//!
//! A change counts everywhere within [`KEPT`]. Whoever misses something in a kept configuration asks for one that is not
//! older than [`RECENT`], so that a notifier works seconds after it was made. That an app does not exist is never kept. Those who
//! ask at the same time share one read.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    domain::{id::AppKey, time::Timestamp},
    ports::{
        apps::{AppConfig, ReadApps},
        clock::Clock,
        error::StoreError,
    },
};

/// How long a configuration is used without another look.
pub const KEPT: Duration = Duration::from_secs(60);
/// How old a configuration may be that lacks something it is asked for.
pub const RECENT: Duration = Duration::from_secs(2);
/// The most apps that one process keeps.
const MAX_APPS: usize = 1000;

/// Reads app configurations through a small memory.
pub struct AppConfigs {
    apps: Arc<dyn ReadApps>,
    clock: Arc<dyn Clock>,
    kept: Mutex<HashMap<AppKey, Arc<Slot>>>,
}

/// What is kept of an app. Whoever reads it anew holds the lock, so that the others wait for that one answer.
type Slot = tokio::sync::Mutex<Option<Kept>>;

struct Kept {
    read_at: Timestamp,
    config: Arc<AppConfig>,
}

impl fmt::Debug for AppConfigs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppConfigs").finish_non_exhaustive()
    }
}

impl AppConfigs {
    /// Reads from `apps`.
    pub fn new(apps: Arc<dyn ReadApps>, clock: Arc<dyn Clock>) -> Self {
        Self { apps, clock, kept: Mutex::new(HashMap::new()) }
    }

    /// The app's configuration, at most [`KEPT`] old; `None` if there is no such app.
    pub async fn get(&self, key: &AppKey) -> Result<Option<Arc<AppConfig>>, StoreError> {
        self.not_older_than(key, KEPT).await
    }

    /// The app's configuration, at most [`RECENT`] old.
    pub async fn get_recent(&self, key: &AppKey) -> Result<Option<Arc<AppConfig>>, StoreError> {
        self.not_older_than(key, RECENT).await
    }

    /// Forgets what is kept of an app, after changing it.
    pub fn forget(&self, key: &AppKey) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    async fn not_older_than(&self, key: &AppKey, most: Duration) -> Result<Option<Arc<AppConfig>>, StoreError> {
        let slot = self.slot(key);
        let mut kept = slot.lock().await;
        let now = self.clock.now();
        if let Some(kept) = kept.as_ref().filter(|kept| now.since(kept.read_at) < most) {
            return Ok(Some(kept.config.clone()));
        }
        let config = self.apps.app(key).await?.map(Arc::new);
        *kept = config.clone().map(|config| Kept { read_at: now, config });
        Ok(config)
    }

    fn slot(&self, key: &AppKey) -> Arc<Slot> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_APPS && !kept.contains_key(key) {
            kept.clear();
        }
        kept.entry(key.clone()).or_default().clone()
    }
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use futures::future::join_all;

    use super::*;
    use crate::testing::{chance::FixedClock, sample};

    /// An app that nobody made, read slowly.
    #[derive(Default)]
    struct Slow {
        reads: AtomicUsize,
        broken: AtomicUsize,
    }

    #[async_trait]
    impl ReadApps for Slow {
        async fn app(&self, key: &AppKey) -> Result<Option<AppConfig>, StoreError> {
            self.reads.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            if self.broken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                return Err(StoreError::Throttled);
            }
            Ok(Some(AppConfig {
                app: sample::app(key, Timestamp::from_millis(0)),
                notifiers: HashMap::new(),
                templates: HashMap::new(),
            }))
        }
    }

    #[tokio::test]
    async fn those_who_ask_at_the_same_time_share_a_read_and_not_its_failure() {
        let (apps, clock) = (Arc::new(Slow::default()), FixedClock::default());
        let configs = AppConfigs::new(apps.clone(), Arc::new(clock.clone()));
        let key = sample::app_key("acme#chat");
        apps.broken.store(1, Ordering::SeqCst);
        let answers = join_all((0..10).map(|_| configs.get(&key))).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 1);
        assert_eq!(apps.reads.load(Ordering::SeqCst), 2);
        clock.advance(KEPT);
        join_all((0..10).map(|_| configs.get(&key))).await;
        assert_eq!(apps.reads.load(Ordering::SeqCst), 3);
    }
}
