//! What a process keeps in memory, bounded by a number of entries.
//!
//! A cache has no clock and no thread: Lambda freezes a process between invocations. An entry says itself how old it is, and whoever reads it
//! decides whether it still counts.

use std::{
    fmt,
    hash::Hash,
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

use lru::LruCache;

/// Entries by key. A new entry of a full cache takes the place of the one that was used longest ago.
pub struct BoundedCache<K, V>(Mutex<LruCache<K, V>>);

impl<K: Eq + Hash, V> BoundedCache<K, V> {
    /// Returns an empty cache for at most so many entries, and for one at least. Room for them is made as they come.
    pub fn new(max_entries: usize) -> Self {
        Self(Mutex::new(LruCache::sparse(NonZeroUsize::new(max_entries).unwrap_or(NonZeroUsize::MIN))))
    }

    /// Returns the entries, which nobody else uses meanwhile.
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
