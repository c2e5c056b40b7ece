//! Rate limits: a token bucket for each app and each user, in the memory of one process.
//!
//! Several processes of a function together allow several times the rate. A bucket holds the calls of one second. A
//! bucket of acknowledged messages holds as many as can wait for a user.

use super::route_limits::RateClass;
use crate::{
    cache::BoundedCache,
    domain::{
        ack::{MAX_OF_GROUPS, MAX_ONE_TO_ONE},
        id::{AppKey, UserId},
        time::Timestamp,
    },
    ports::names::NoPort,
};

/// Maximum calls a second by the tokens of one user, over all routes. A user rarely needs to call.
pub const USER_CALLS_PER_SECOND: u32 = 20;
/// Maximum messages that one user may acknowledge over connections at once. A client that returns after an absence may
/// have so many.
pub const ACKED_AT_ONCE: u32 = (MAX_ONE_TO_ONE + MAX_OF_GROUPS) as u32;
/// Maximum messages a second that one user may acknowledge over connections. Each needs a look-up.
pub const ACKED_PER_SECOND: u32 = 100;
/// Maximum buckets in a process.
const MAX_BUCKETS: usize = 10_000;
const SECOND_MICROS: i64 = 1_000_000;

/// The owner of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Bucket {
    /// the app's own server
    App(AppKey, RateClass),
    /// all support staff of an app, so that they do not use up the app server's calls
    Support(AppKey, RateClass),
    /// all users of an app, so that they do not use up the app server's calls
    Users(AppKey, RateClass),
    /// one user, so that one user does not use up the others' calls
    User(AppKey, UserId),
    /// the acknowledgements of one user over connections
    Acked(AppKey, UserId),
}

/// The buckets of a process. Each is stored as the time, in microseconds, at which it is full again.
#[derive(Debug)]
pub struct RequestRates(BoundedCache<Bucket, i64>);

impl NoPort for RequestRates {}

impl Default for RequestRates {
    fn default() -> Self {
        Self(BoundedCache::new(MAX_BUCKETS))
    }
}

impl RequestRates {
    /// Counts a call by an app token. Returns `false` if there were too many.
    pub fn app_may_call(&self, app: &AppKey, class: RateClass, now: Timestamp) -> bool {
        self.take(Bucket::App(app.clone(), class), Limit::of_a_second(class.per_second()), 1, now)
    }

    /// Counts a call by a support token. Returns `false` if there were too many.
    pub fn support_may_call(&self, app: &AppKey, class: RateClass, now: Timestamp) -> bool {
        self.take(Bucket::Support(app.clone(), class), Limit::of_a_second(class.per_second()), 1, now)
    }

    /// Counts a call by a user token. Returns `false` if there were too many.
    pub fn user_may_call(&self, app: &AppKey, user: &UserId, class: RateClass, now: Timestamp) -> bool {
        self.take(Bucket::User(app.clone(), user.clone()), Limit::of_a_second(USER_CALLS_PER_SECOND), 1, now)
            && self.take(Bucket::Users(app.clone(), class), Limit::of_a_second(class.per_second()), 1, now)
    }

    /// Counts messages that a user acknowledges over a connection. Returns `false`, and counts none, if there were too
    /// many.
    pub fn user_may_acknowledge(&self, app: &AppKey, user: &UserId, messages: usize, now: Timestamp) -> bool {
        let limit = Limit { per_second: ACKED_PER_SECOND, at_once: ACKED_AT_ONCE };
        self.take(Bucket::Acked(app.clone(), user.clone()), limit, messages, now)
    }

    fn take(&self, bucket: Bucket, limit: Limit, number: usize, now: Timestamp) -> bool {
        let now = now.as_millis().saturating_mul(1000);
        let share = SECOND_MICROS / i64::from(limit.per_second);
        let whole = share.saturating_mul(limit.at_once.into());
        let mut buckets = self.0.lock();
        let full_at = buckets.get_or_insert_mut(bucket, || now);
        // A bucket that is full later than an empty one could be was counted before the clock was set back. It counts
        // as full.
        let empty_for = Some(*full_at - now).filter(|micros| (0..=whole).contains(micros)).unwrap_or(0);
        let taken = share.saturating_mul(i64::try_from(number).unwrap_or(i64::MAX));
        let after = now.saturating_add(empty_for).saturating_add(taken);
        let fits = after - now <= whole;
        if fits {
            *full_at = after;
        }
        fits
    }
}

/// Capacity of a bucket.
#[derive(Debug, Clone, Copy)]
struct Limit {
    per_second: u32,
    /// calls that a full bucket allows at once
    at_once: u32,
}

impl Limit {
    fn of_a_second(calls: u32) -> Self {
        Self { per_second: calls, at_once: calls }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn app(name: &str) -> AppKey {
        AppKey::new("acme", name).unwrap()
    }

    fn user(name: &str) -> UserId {
        UserId::parse(name).unwrap()
    }

    const NOW: Timestamp = Timestamp::from_millis(1_768_467_600_000);

    #[test]
    fn a_second_holds_as_many_calls_as_the_class_allows_and_fills_again_evenly() {
        let rates = RequestRates::default();
        for class in [RateClass::Tokens, RateClass::Templates, RateClass::Users] {
            let calls = |at| (0..1000).filter(|_| rates.app_may_call(&app("chat"), class, at)).count();
            let most = usize::try_from(class.per_second()).unwrap();
            assert_eq!(calls(NOW), most);
            assert_eq!(calls(NOW.plus(Duration::from_millis(500))), most / 2);
            assert_eq!(calls(NOW.plus(Duration::from_secs(3600))), most);
        }
    }

    #[test]
    fn classes_apps_and_users_are_apart() {
        let rates = RequestRates::default();
        let flood = |app: &AppKey, name: &str| {
            (0..1000).filter(|_| rates.user_may_call(app, &user(name), RateClass::Users, NOW)).count()
        };
        let a_users = usize::try_from(USER_CALLS_PER_SECOND).unwrap();
        assert_eq!((flood(&app("chat"), "ann"), flood(&app("chat"), "bob")), (a_users, a_users));
        // All users of the app together are limited. Its server and other apps may still call.
        let all: usize = (0..50).map(|number| flood(&app("chat"), &format!("user-{number}"))).sum();
        assert_eq!((all, flood(&app("chat"), "eve")), (60, 0));
        let by_support = (0..1000).filter(|_| rates.support_may_call(&app("chat"), RateClass::Users, NOW)).count();
        assert_eq!(by_support, usize::try_from(RateClass::Users.per_second()).unwrap());
        assert!(rates.app_may_call(&app("chat"), RateClass::Users, NOW));
        assert_eq!(flood(&app("shop"), "ann"), a_users);
        assert!(rates.user_may_call(&app("chat"), &user("joe"), RateClass::Language, NOW));
    }

    #[test]
    fn acknowledgements_count_by_messages_all_that_can_wait_at_once_and_then_a_hundred_a_second() {
        let rates = RequestRates::default();
        let (app, ann) = (app("chat"), user("ann"));
        let hundreds = |at| (0..100).filter(|_| rates.user_may_acknowledge(&app, &ann, 100, at)).count();
        assert_eq!(hundreds(NOW), 7);
        assert!(!rates.user_may_acknowledge(&app, &ann, 1, NOW), "a message more");
        assert_eq!(hundreds(NOW.plus(Duration::from_millis(999))), 0);
        assert_eq!(hundreds(NOW.plus(Duration::from_secs(2))), 2);
        assert_eq!(hundreds(NOW.plus(Duration::from_secs(3600))), 7);
        assert!(rates.user_may_acknowledge(&app, &user("bob"), 100, NOW));
        assert!(rates.user_may_call(&app, &ann, RateClass::Users, NOW), "frames are counted apart");
    }

    #[test]
    fn a_clock_that_is_put_back_stops_nobody() {
        let rates = RequestRates::default();
        assert!(rates.app_may_call(&app("chat"), RateClass::Users, NOW.plus(Duration::from_secs(60))));
        assert!(rates.app_may_call(&app("chat"), RateClass::Users, NOW));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let rates = RequestRates::default();
        for number in 0..MAX_BUCKETS + 10 {
            rates.user_may_call(&app("chat"), &user(&format!("user-{number}")), RateClass::Users, NOW);
        }
        assert!(rates.0.lock().len() <= MAX_BUCKETS);
    }
}
