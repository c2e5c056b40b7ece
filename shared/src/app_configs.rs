//! App configurations, kept for a while by each process.
//!
//! A change counts everywhere within [`KEPT`]. Whoever misses something in a kept configuration asks for one that is not
//! older than [`RECENT`], so that a notifier works seconds after it was made. That an app does not exist is never kept.

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
const MOST_APPS: usize = 1000;

/// Reads app configurations through a small memory.
pub struct AppConfigs {
    apps: Arc<dyn ReadApps>,
    clock: Arc<dyn Clock>,
    kept: Mutex<HashMap<AppKey, Kept>>,
}

#[derive(Clone)]
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
        let now = self.clock.now();
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if let Some(kept) = kept.filter(|kept| now.since(kept.read_at) < most) {
            return Ok(Some(kept.config));
        }
        let config = self.apps.app(key).await?.map(Arc::new);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match &config {
            Some(config) => {
                if kept.len() >= MOST_APPS {
                    kept.clear();
                }
                kept.insert(key.clone(), Kept { read_at: now, config: config.clone() });
            }
            None => drop(kept.remove(key)),
        }
        Ok(config)
    }
}
