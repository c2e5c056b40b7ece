//! What did not answer in time, by app: this process asks again after [`UNREADABLE`](crate::deliver::UNREADABLE).
//!
//! A batch is of many apps, and its calls begin when all of it is looked up. So what hangs for one app must not take its time from
//! every batch.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use shared::domain::{
    id::{AppKey, NotifierName},
    time::Timestamp,
};

/// In less time no answer is expected of a slow table.
const FAIR: Duration = Duration::from_secs(1);
/// Maximum that a process remembers. Above it, it forgets all and asks again.
const MAX_REMEMBERED: usize = 1000;

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Asked {
    /// what was recorded of messages
    Ended(AppKey),
    /// whose tokens they are
    Owners(AppKey),
    /// a notifier, with its credential
    Notifier(AppKey, NotifierName),
}

/// What did not answer, and until when it is left alone.
#[derive(Debug, Default)]
pub(crate) struct Slow(Mutex<HashMap<Asked, Timestamp>>);

impl Slow {
    /// Until when this is not asked for; `None` if it may be.
    pub(crate) fn until(&self, asked: &Asked, now: Timestamp) -> Option<Timestamp> {
        let slow = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slow.get(asked).copied().filter(|until| now < *until)
    }

    /// Leaves it alone until then, unless the time that it was `given` was too short to tell.
    pub(crate) fn note(&self, asked: Asked, given: Duration, until: Timestamp) {
        if given < FAIR {
            return;
        }
        let mut slow = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slow.len() >= MAX_REMEMBERED {
            slow.clear();
        }
        slow.insert(asked, until);
    }
}

#[cfg(test)]
mod tests {
    use shared::testing::sample::app_key;

    use super::*;

    #[test]
    fn what_did_not_answer_is_left_alone_until_its_time_and_nothing_else_is() {
        let (slow, now) = (Slow::default(), Timestamp::from_millis(1_000));
        let until = now.plus(Duration::from_secs(30));
        let ended = |app: &str| Asked::Ended(app_key(app));
        slow.note(ended("a#c"), FAIR / 2, until);
        slow.note(ended("a#b"), FAIR, until);
        assert_eq!(slow.until(&ended("a#b"), now), Some(until));
        assert_eq!(slow.until(&ended("a#b"), until), None);
        assert_eq!(slow.until(&ended("a#c"), now), None);
        assert_eq!(slow.until(&Asked::Owners(app_key("a#b")), now), None);
    }

    #[test]
    fn no_more_is_remembered_than_is_good() {
        let (slow, now) = (Slow::default(), Timestamp::from_millis(1_000));
        let ended = |number: usize| Asked::Ended(app_key(&format!("a#b{number}")));
        (0..=MAX_REMEMBERED).for_each(|number| slow.note(ended(number), FAIR, now.plus(Duration::from_secs(1))));
        assert_eq!(slow.until(&ended(0), now), None);
        assert!(slow.until(&ended(MAX_REMEMBERED), now).is_some());
    }
}
