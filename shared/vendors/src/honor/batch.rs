//! How many tokens a request may carry. Honor does not publish it, so it is found out when Honor complains.

use shared::cache::BoundedCache;

/// Apps remembered at most.
const MAX_APPS: usize = 1000;

/// Sizes that were found out, by app.
#[derive(Debug)]
pub(super) struct BatchSizes(BoundedCache<String, usize>);

impl Default for BatchSizes {
    fn default() -> Self {
        Self(BoundedCache::new(MAX_APPS))
    }
}

impl BatchSizes {
    /// Maximum tokens of a request of this app: as configured, unless Honor was found to take less.
    pub(super) fn of(&self, app_id: &str, configured: usize) -> usize {
        self.0.lock().get(app_id).map_or(configured, |found| configured.min(*found))
    }

    /// Remembers a size that Honor took after it had refused a larger one.
    pub(super) fn found(&self, app_id: &str, size: usize) {
        self.0.lock().put(app_id.to_owned(), size);
    }
}
