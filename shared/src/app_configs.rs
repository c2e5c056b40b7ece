//! App configurations, cached by each process.
//!
//! A change takes effect everywhere within [`KEPT`]. A caller that misses something in a cached configuration asks for
//! a recent one: it was read because of a miss, within the last [`RECENT`]. So a new notifier or token works at once.
//! The absence of an app is never cached. Concurrent callers share one read. A failed read is not repeated for
//! [`REMEMBERED`].
//!
//! Some callers should rather push with an old configuration than not at all. For them [`AppConfigs::serving_stale`]
//! serves one of up to [`MAX_STALE`] while the table fails. Access tokens are never verified with such a configuration:
//! a revoked token would stay valid.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::timeout;

use crate::{
    cache::BoundedCache,
    domain::{id::AppKey, time::Timestamp},
    failures::REMEMBERED,
    name_ports,
    ports::{
        apps::{AppConfig, ReadApps},
        clock::Clock,
        error::StoreError,
    },
};

/// Time for which a configuration is used without another read.
pub const KEPT: Duration = Duration::from_secs(60);
/// Time for which a configuration that was read because of a miss serves further misses.
pub const RECENT: Duration = Duration::from_secs(2);
/// Maximum age of a configuration that is served while the table fails.
pub const MAX_STALE: Duration = Duration::from_secs(900);
/// Maximum duration of a read before a stale configuration is served instead.
const STALE_AFTER: Duration = Duration::from_secs(2);
/// Maximum apps that one process caches.
const MAX_APPS: usize = 1000;
/// Maximum bytes of all their configurations. An app may have megabytes of templates, and a process has 256 MB.
const MAX_BYTES: usize = 64 << 20;

/// Reads app configurations through a small cache, which its clones share.
#[derive(Clone)]
pub struct AppConfigs {
    apps: Arc<dyn ReadApps>,
    clock: Arc<dyn Clock>,
    serve_stale: bool,
    max_bytes: usize,
    cached: Arc<BoundedCache<AppKey, Arc<Slot>>>,
    /// bytes put into the cache since it was last cleared
    bytes: Arc<AtomicUsize>,
}

name_ports! { AppConfigs { apps, clock } without { serve_stale, max_bytes, cached, bytes } }

/// The cache entry of an app.
#[derive(Default)]
struct Slot {
    /// its reader holds the lock, so that concurrent callers wait for the same answer
    entry: tokio::sync::Mutex<Entry>,
    /// what was last read and when, for callers that do not wait
    last: Mutex<Option<(Timestamp, Arc<AppConfig>)>>,
}

#[derive(Default)]
struct Entry {
    cached: Option<Cached>,
    failed_at: Option<Timestamp>,
}

struct Cached {
    read_at: Timestamp,
    /// whether it was read because of a miss
    after_miss: bool,
    config: Arc<AppConfig>,
}

impl fmt::Debug for AppConfigs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppConfigs").finish_non_exhaustive()
    }
}

impl AppConfigs {
    /// Creates a cache that fails when `apps` fails.
    pub fn new(apps: Arc<dyn ReadApps>, clock: Arc<dyn Clock>) -> Self {
        let cached = Arc::new(BoundedCache::new(MAX_APPS));
        Self { apps, clock, serve_stale: false, max_bytes: MAX_BYTES, cached, bytes: Arc::default() }
    }

    /// Creates a cache that serves a configuration of up to [`MAX_STALE`] when `apps` fails or is slow.
    pub fn serving_stale(apps: Arc<dyn ReadApps>, clock: Arc<dyn Clock>) -> Self {
        Self { serve_stale: true, ..Self::new(apps, clock) }
    }

    /// Returns the app's configuration, at most [`KEPT`] old; `None` if there is no such app.
    pub async fn get(&self, key: &AppKey) -> Result<Option<Arc<AppConfig>>, StoreError> {
        self.cached_or_read(key, false).await
    }

    /// Returns the app's configuration for a caller that missed something in the result of [`AppConfigs::get`]. It is
    /// read now, unless another miss caused a read within the last [`RECENT`].
    pub async fn get_recent(&self, key: &AppKey) -> Result<Option<Arc<AppConfig>>, StoreError> {
        self.cached_or_read(key, true).await
    }

    /// Returns the configuration that was last read, at most [`MAX_STALE`] old, without a read. A read by another caller
    /// changes nothing until it ends.
    pub fn cached(&self, key: &AppKey) -> Option<Arc<AppConfig>> {
        self.last_read(key, MAX_STALE)
    }

    /// Returns the configuration that was last read, at most [`KEPT`] old, without a read. A caller that gets none may wait
    /// for [`AppConfigs::get`].
    pub fn kept(&self, key: &AppKey) -> Option<Arc<AppConfig>> {
        self.last_read(key, KEPT)
    }

    /// Returns when the configuration was last read.
    pub fn read_at(&self, key: &AppKey) -> Option<Timestamp> {
        self.last(key).map(|(read_at, _)| read_at)
    }

    fn last_read(&self, key: &AppKey, max_age: Duration) -> Option<Arc<AppConfig>> {
        let now = self.clock.now();
        self.last(key).filter(|(read_at, _)| now.since(*read_at) < max_age).map(|(_, config)| config)
    }

    fn last(&self, key: &AppKey) -> Option<(Timestamp, Arc<AppConfig>)> {
        let slot = self.cached.lock().get(key).cloned()?;
        slot.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Removes an app from the cache, after a change.
    pub fn forget(&self, key: &AppKey) {
        self.cached.lock().pop(key);
    }

    async fn cached_or_read(&self, key: &AppKey, missed: bool) -> Result<Option<Arc<AppConfig>>, StoreError> {
        let slot = self.slot(key);
        let mut entry = slot.entry.lock().await;
        let now = self.clock.now();
        let not_older = |max| entry.cached.as_ref().filter(|cached| now.since(cached.read_at) < max);
        let serves = if missed { not_older(RECENT).filter(|cached| cached.after_miss) } else { not_older(KEPT) };
        if let Some(cached) = serves {
            return Ok(Some(cached.config.clone()));
        }
        let stale = not_older(MAX_STALE).filter(|_| self.serve_stale).map(|cached| cached.config.clone());
        let failed = entry.failed_at.is_some_and(|at| now.since(at) < REMEMBERED);
        let read = match (failed, &stale) {
            (true, _) => Err(StoreError::Unavailable("the app's configuration could not be read a moment ago".into())),
            (false, Some(_)) => timeout(STALE_AFTER, self.apps.app(key)).await.unwrap_or(Err(StoreError::Throttled)),
            (false, None) => self.apps.app(key).await,
        };
        match read {
            Ok(config) => {
                let config = config.map(Arc::new);
                self.make_room(config.as_deref().map_or(0, AppConfig::weight));
                *slot.last.lock().unwrap_or_else(PoisonError::into_inner) = config.clone().map(|config| (now, config));
                let cached = config.clone().map(|config| Cached { read_at: now, after_miss: missed, config });
                *entry = Entry { cached, failed_at: None };
                Ok(config)
            }
            Err(error) => {
                if !failed {
                    entry.failed_at = Some(now);
                }
                match stale {
                    Some(config) => {
                        tracing::warn!(app = %key, error = error.chain(), "an app's configuration cannot be read, a stale one is used");
                        Ok(Some(config))
                    }
                    None => Err(error),
                }
            }
        }
    }

    /// Clears the cache when the bytes read since exceed the limit. Callers that hold an entry keep it.
    fn make_room(&self, bytes: usize) {
        if self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > self.max_bytes {
            self.bytes.store(bytes, Ordering::Relaxed);
            self.cached.lock().clear();
        }
    }

    fn slot(&self, key: &AppKey) -> Arc<Slot> {
        self.cached.lock().get_or_insert_ref(key, Arc::default).clone()
    }
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests {
    use std::collections::HashMap;

    use async_trait::async_trait;
    use futures::future::join_all;

    use super::*;
    use crate::testing::{chance::FixedClock, sample};

    /// A store without apps that answers slowly.
    #[derive(Default)]
    struct Slow {
        reads: AtomicUsize,
        broken: AtomicUsize,
        seconds: AtomicUsize,
    }

    #[async_trait]
    impl ReadApps for Slow {
        async fn app(&self, key: &AppKey) -> Result<Option<AppConfig>, StoreError> {
            self.reads.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            tokio::time::sleep(Duration::from_secs(self.seconds.load(Ordering::SeqCst) as u64)).await;
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
    async fn those_who_ask_at_the_same_time_share_a_read_and_its_failure_for_a_second() {
        let (apps, clock) = (Arc::new(Slow::default()), FixedClock::default());
        let configs = AppConfigs::new(apps.clone(), Arc::new(clock.clone()));
        let key = sample::app_key("acme#chat");
        apps.broken.store(1, Ordering::SeqCst);
        let answers = join_all((0..10).map(|_| configs.get(&key))).await;
        assert!(answers.iter().all(Result::is_err));
        assert_eq!(apps.reads.load(Ordering::SeqCst), 1);
        clock.advance(REMEMBERED);
        assert!(join_all((0..10).map(|_| configs.get(&key))).await.iter().all(Result::is_ok));
        assert_eq!(apps.reads.load(Ordering::SeqCst), 2);
        clock.advance(KEPT);
        join_all((0..10).map(|_| configs.get(&key))).await;
        assert_eq!(apps.reads.load(Ordering::SeqCst), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stale_configuration_serves_a_quarter_of_an_hour_and_only_where_that_is_allowed() {
        let (apps, clock) = (Arc::new(Slow::default()), FixedClock::default());
        let strict = AppConfigs::new(apps.clone(), Arc::new(clock.clone()));
        let lenient = AppConfigs::serving_stale(apps.clone(), Arc::new(clock.clone()));
        let key = sample::app_key("acme#chat");
        strict.get(&key).await.unwrap();
        lenient.get(&key).await.unwrap();
        apps.broken.store(usize::MAX, Ordering::SeqCst);
        clock.advance(KEPT);
        assert!(strict.get(&key).await.is_err());
        assert!(lenient.get(&key).await.is_ok() && lenient.get_recent(&key).await.is_ok());
        clock.advance(MAX_STALE - KEPT);
        assert!(lenient.get(&key).await.is_err());
    }

    #[tokio::test]
    async fn a_configuration_is_at_hand_while_another_caller_reads_it_anew() {
        let (apps, clock) = (Arc::new(Slow::default()), FixedClock::default());
        let configs = AppConfigs::new(apps.clone(), Arc::new(clock.clone()));
        let key = sample::app_key("acme#chat");
        assert!(configs.cached(&key).is_none());
        configs.get(&key).await.unwrap();
        clock.advance(KEPT);
        let (read, seen) = futures::join!(configs.get(&key), async { configs.cached(&key) });
        assert!(read.is_ok() && seen.is_some());
        assert_eq!(apps.reads.load(Ordering::SeqCst), 2, "it was being read");
        assert!(configs.kept(&key).is_some());
        clock.advance(KEPT);
        assert!(configs.kept(&key).is_none() && configs.cached(&key).is_some());
        clock.advance(MAX_STALE);
        assert!(configs.cached(&key).is_none());
    }

    #[tokio::test]
    async fn many_large_configurations_do_not_fill_the_memory() {
        let (apps, clock) = (Arc::new(Slow::default()), FixedClock::default());
        let key = |number: usize| sample::app_key(&format!("acme#app{number}"));
        let one = apps.app(&key(0)).await.unwrap().unwrap().weight();
        let configs = AppConfigs { max_bytes: 10 * one, ..AppConfigs::new(apps.clone(), Arc::new(clock)) };
        for number in 0..100 {
            configs.get(&key(number)).await.unwrap();
            assert!(configs.cached.lock().len() <= 11);
        }
        apps.reads.store(0, Ordering::SeqCst);
        configs.get(&key(99)).await.unwrap();
        assert!(apps.reads.load(Ordering::SeqCst) <= 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_table_holds_up_nobody_who_may_use_a_stale_configuration() {
        let (apps, clock) = (Arc::new(Slow::default()), FixedClock::default());
        let configs = AppConfigs::serving_stale(apps.clone(), Arc::new(clock.clone()));
        let key = sample::app_key("acme#chat");
        configs.get(&key).await.unwrap();
        clock.advance(KEPT);
        apps.seconds.store(9, Ordering::SeqCst);
        let began = tokio::time::Instant::now();
        assert!(join_all((0..100).map(|_| configs.get(&key))).await.iter().all(Result::is_ok));
        assert_eq!(began.elapsed(), STALE_AFTER);
        assert_eq!(apps.reads.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn whatever_is_missed_is_read_anew_once_in_a_while() {
        let (apps, clock) = (Arc::new(Slow::default()), FixedClock::default());
        let configs = AppConfigs::new(apps.clone(), Arc::new(clock.clone()));
        let key = sample::app_key("acme#chat");
        let reads = || apps.reads.load(Ordering::SeqCst);
        configs.get(&key).await.unwrap();
        for _ in 0..10 {
            configs.get_recent(&key).await.unwrap();
            configs.get(&key).await.unwrap();
        }
        assert_eq!(reads(), 2);
        clock.advance(RECENT);
        for _ in 0..10 {
            configs.get_recent(&key).await.unwrap();
        }
        assert_eq!(reads(), 3);
    }
}
