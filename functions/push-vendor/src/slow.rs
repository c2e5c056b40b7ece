//! Remembers dependencies that did not answer in time, by app. This process asks them again after [`UNREADABLE_DELAY`].
//!
//! A batch contains jobs of many apps, and its calls begin after the look-ups of all of them. So a dependency that
//! hangs for one app must not use up the time of every batch.

use std::{future::Future, time::Duration};

use shared::{
    cache::BoundedCache,
    domain::{
        id::{AppKey, NotifierName},
        time::Timestamp,
    },
    lambda::deadline::Deadline,
    ports::names::NoPort,
};

use crate::budget::UNREADABLE_DELAY;

/// Minimum time that a slow table needs to answer.
const FAIR: Duration = Duration::from_secs(1);
/// Maximum dependencies that a process remembers.
const MAX_REMEMBERED: usize = 1000;

/// A dependency of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Dependency {
    /// the recorded ends of an app's messages
    Ended(AppKey),
    /// the owners of an app's tokens
    Owners(AppKey),
    /// a notifier with its credential
    Notifier(AppKey, NotifierName),
}

/// Dependencies that did not answer, each with the time until which it is not asked.
#[derive(Debug)]
pub(crate) struct SlowDependencies(BoundedCache<Dependency, Timestamp>);

impl NoPort for SlowDependencies {}

impl Default for SlowDependencies {
    fn default() -> Self {
        Self(BoundedCache::new(MAX_REMEMBERED))
    }
}

impl SlowDependencies {
    /// Waits for an answer, at most until `ask_by`. Fails with the time of the next try if the dependency does not
    /// answer by then, or is still remembered as slow.
    pub(crate) async fn ask<F: Future>(
        &self,
        dependency: Dependency,
        ask_by: Deadline,
        now: Timestamp,
        answer: F,
    ) -> Result<F::Output, Timestamp> {
        if let Some(until) = self.until(&dependency, now) {
            return Err(until);
        }
        let given = ask_by.left();
        let answered = ask_by.wait(answer).await;
        answered.ok_or_else(|| {
            let until = now.plus(UNREADABLE_DELAY);
            self.note(dependency, given, until);
            until
        })
    }

    /// Returns the time until which this dependency is not asked, or `None` if it may be asked.
    fn until(&self, dependency: &Dependency, now: Timestamp) -> Option<Timestamp> {
        self.0.lock().get(dependency).copied().filter(|until| now < *until)
    }

    /// Remembers the dependency until this time. Does nothing if the time that it was `given` was too short to judge
    /// it.
    fn note(&self, dependency: Dependency, given: Duration, until: Timestamp) {
        if given < FAIR {
            return;
        }
        self.0.lock().put(dependency, until);
    }
}

#[cfg(test)]
mod tests {
    use shared::testing::sample::app_key;

    use super::*;

    #[test]
    fn what_did_not_answer_is_left_alone_until_its_time_and_nothing_else_is() {
        let (slow, now) = (SlowDependencies::default(), Timestamp::from_millis(1_000));
        let until = now.plus(Duration::from_secs(30));
        let ended = |app: &str| Dependency::Ended(app_key(app));
        slow.note(ended("a#c"), FAIR / 2, until);
        slow.note(ended("a#b"), FAIR, until);
        assert_eq!(slow.until(&ended("a#b"), now), Some(until));
        assert_eq!(slow.until(&ended("a#b"), until), None);
        assert_eq!(slow.until(&ended("a#c"), now), None);
        assert_eq!(slow.until(&Dependency::Owners(app_key("a#b")), now), None);
    }

    #[test]
    fn no_more_is_remembered_than_is_good() {
        let (slow, now) = (SlowDependencies::default(), Timestamp::from_millis(1_000));
        let ended = |number: usize| Dependency::Ended(app_key(&format!("a#b{number}")));
        (0..=MAX_REMEMBERED).for_each(|number| slow.note(ended(number), FAIR, now.plus(Duration::from_secs(1))));
        assert_eq!(slow.until(&ended(0), now), None);
        assert!(slow.until(&ended(MAX_REMEMBERED), now).is_some());
    }
}
