//! How many tokens a request may carry, for vendors that publish no number: found out when the vendor complains.

use shared::cache::BoundedCache;

/// Accounts remembered at most.
const MAX_ACCOUNTS: usize = 1000;

/// Sizes that were found out, by the vendor's id of an account.
#[derive(Debug)]
pub struct RequestSizes(BoundedCache<String, usize>);

impl Default for RequestSizes {
    fn default() -> Self {
        Self(BoundedCache::new(MAX_ACCOUNTS))
    }
}

impl RequestSizes {
    /// Returns the maximum tokens of a request: as configured, unless the vendor was found to take less.
    pub fn of(&self, account: &str, configured: usize) -> usize {
        self.0.lock().get(account).map_or(configured, |found| configured.min(*found))
    }

    /// Remembers a size that the vendor took after it had refused a larger one.
    pub fn found(&self, account: &str, size: usize) {
        self.0.lock().put(account.to_owned(), size);
    }
}
