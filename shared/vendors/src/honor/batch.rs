//! How many tokens a request may carry. Honor does not publish it, so it is found out when Honor complains.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Apps remembered at most.
const MAX_APPS: usize = 1000;

/// Sizes that were found out, by app.
#[derive(Debug, Default)]
pub(super) struct BatchSizes(Mutex<HashMap<String, usize>>);

impl BatchSizes {
    /// Maximum tokens of a request of this app: as configured, unless Honor was found to take less.
    pub(super) fn of(&self, app_id: &str, configured: usize) -> usize {
        self.sizes().get(app_id).map_or(configured, |found| configured.min(*found))
    }

    /// Remembers a size that Honor took after it had refused a larger one.
    pub(super) fn found(&self, app_id: &str, size: usize) {
        let mut sizes = self.sizes();
        if sizes.len() >= MAX_APPS {
            sizes.clear();
        }
        sizes.insert(app_id.to_owned(), size);
    }

    fn sizes(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
