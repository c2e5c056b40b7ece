//! Dependencies that did not answer in time, by app: this process asks them again after [`UNREADABLE_DELAY`].
//!
//! A batch is of many apps, and its calls begin when all of it is looked up. So what hangs for one app must not take its time from
//! every batch.

use std::{future::Future, time::Duration};

use shared::{
    cache::BoundedCache,
    domain::{
        id::{AppKey, NotifierName},
        time::Timestamp,
    },
    lambda::deadline::Deadline,
};

use crate::budget::UNREADABLE_DELAY;

/// Shortest time in which an answer is expected of a slow table.
const FAIR: Duration = Duration::from_secs(1);
/// Maximum dependencies that a process remembers.
const MAX_REMEMBERED: usize = 1000;

/// What a batch asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Dependency {
    /// what was recorded of an app's messages
    Ended(AppKey),
    /// who owns an app's tokens
    Owners(AppKey),
    /// a notifier, with its credential
    Notifier(AppKey, NotifierName),
}

/// Dependencies that did not answer, and until when nobody asks them.
#[derive(Debug)]
pub(crate) struct SlowDependencies(BoundedCache<Dependency, Timestamp>);

impl Default for SlowDependencies {
    fn default() -> Self {
        Self(BoundedCache::new(MAX_REMEMBERED))
    }
}

impl SlowDependencies {
    /// Waits for an answer, at most until `ask_by`. A dependency that does not answer by then, or did not a while ago, is an error: when
    /// to ask again.
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

    /// Returns until when nobody asks this dependency; `None` if it may be asked.
    fn until(&self, dependency: &Dependency, now: Timestamp) -> Option<Timestamp> {
        self.0.lock().get(dependency).copied().filter(|until| now < *until)
    }

    /// Notes until when nobody asks, unless the time that the dependency was `given` was too short to tell.
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
