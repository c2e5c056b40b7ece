//! A cache in a process's memory with a maximum number of entries.
//!
//! It has no clock and no thread, because Lambda freezes a process between invocations. An entry contains its own age,
//! and its reader decides whether it is still valid.

use std::{
    fmt,
    hash::Hash,
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

use lru::LruCache;

use crate::ports::names::NoPort;

/// Entries by key. In a full cache a new entry replaces the one that was used longest ago.
pub struct BoundedCache<K, V>(Mutex<LruCache<K, V>>);

impl<K, V> NoPort for BoundedCache<K, V> {}

impl<K: Eq + Hash, V> BoundedCache<K, V> {
    /// Creates an empty cache for at most so many entries, at least one. It allocates memory as entries come.
    pub fn new(max_entries: usize) -> Self {
        Self(Mutex::new(LruCache::sparse(NonZeroUsize::new(max_entries).unwrap_or(NonZeroUsize::MIN))))
    }

    /// Returns the entries, locked against other threads.
    pub fn lock(&self) -> MutexGuard<'_, LruCache<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> fmt::Debug for BoundedCache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedCache").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_cache_forgets_what_was_used_longest_ago() {
        let cache = BoundedCache::new(2);
        cache.lock().put("ann", 1);
        cache.lock().put("bob", 2);
        assert_eq!(cache.lock().get("ann"), Some(&1));
        cache.lock().put("eve", 3);
        let left = cache.lock();
        assert_eq!((left.len(), left.peek("ann"), left.peek("bob"), left.peek("eve")), (2, Some(&1), None, Some(&3)));
    }
}
