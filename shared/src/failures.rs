//! Recent failures of a dependency. A batch then meets the failure once, and not once for each record.

use std::{hash::Hash, time::Duration};

use crate::{
    cache::BoundedCache,
    domain::time::Timestamp,
    ports::{error::StoreError, names::NoPort},
};

/// Time for which a failure is remembered.
pub const REMEMBERED: Duration = Duration::from_secs(1);
/// Maximum failures that a process remembers.
const MAX_FAILURES: usize = 1000;

/// The failures within the last [`REMEMBERED`].
#[derive(Debug)]
pub struct RecentFailures<K>(BoundedCache<K, Timestamp>);

impl<K> NoPort for RecentFailures<K> {}

impl<K: Eq + Hash> Default for RecentFailures<K> {
    fn default() -> Self {
        Self(BoundedCache::new(MAX_FAILURES))
    }
}

impl<K: Eq + Hash> RecentFailures<K> {
    /// Fails if a request for `key` failed within the last [`REMEMBERED`].
    pub fn check(&self, key: &K, now: Timestamp) -> Result<(), StoreError> {
        if self.0.lock().get(key).is_some_and(|at| now.since(*at) < REMEMBERED) {
            return Err(StoreError::Unavailable("it failed a moment ago".into()));
        }
        Ok(())
    }

    /// Remembers that a request for `key` failed.
    pub fn note(&self, key: K, now: Timestamp) {
        self.0.lock().put(key, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_met_by_all_of_the_next_second_and_by_nobody_later() {
        let (failures, now) = (RecentFailures::default(), Timestamp::from_millis(1_000));
        assert!(failures.check(&"a", now).is_ok());
        failures.note("a", now);
        assert!(failures.check(&"a", now.plus(Duration::from_millis(999))).is_err());
        assert!(failures.check(&"b", now).is_ok());
        assert!(failures.check(&"a", now.plus(REMEMBERED)).is_ok());
    }
}
