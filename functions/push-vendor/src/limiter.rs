//! Limits the rate at which this process calls the vendor for a notifier. It makes no call while the vendor asked to
//! wait, and obeys the notifier's own `tokens_per_second`.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use shared::{
    domain::{
        id::{AppKey, NotifierName},
        time::Timestamp,
    },
    ports::names::NoPort,
};

/// Maximum notifiers whose pace a process remembers.
const MAX_REMEMBERED: usize = 1000;

/// The key of a pace. A new credential has its own pace.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PaceKey {
    /// the app
    pub(crate) app: AppKey,
    /// its notifier
    pub(crate) notifier: NotifierName,
    /// the credential in use
    pub(crate) fingerprint: String,
}

/// Admits calls or defers them.
#[derive(Debug, Default)]
pub(crate) struct Limiter(Mutex<HashMap<PaceKey, Pace>>);

impl NoPort for Limiter {}

#[derive(Debug, Clone, Copy)]
struct Pace {
    /// no call before this time
    paused_until: Timestamp,
    /// tokens that may pass now; negative after a call with more tokens than that
    allowance: f64,
    /// the time of this allowance
    at: Timestamp,
}

impl Limiter {
    /// Admits a call with so many tokens, or returns when to ask again. A call is admitted as a whole once the
    /// allowance is positive, and the next calls wait until its excess is repaid. The allowance is at most the tokens
    /// of one second.
    pub(crate) fn admit(
        &self,
        key: &PaceKey,
        tokens: usize,
        tokens_per_second: Option<u32>,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pace) = paces.get(key).filter(|pace| now < pace.paused_until) {
            return Err(pace.paused_until);
        }
        let Some(rate) = tokens_per_second.map(f64::from) else {
            return Ok(());
        };
        let pace = Self::pace(&mut paces, key, rate, now);
        pace.allowance = (pace.allowance + now.since(pace.at).as_secs_f64() * rate).min(rate);
        pace.at = now;
        if pace.allowance <= 0.0 {
            let wait = Duration::from_secs_f64((1.0 - pace.allowance) / rate);
            return Err(now.plus(wait.max(Duration::from_millis(1))));
        }
        pace.allowance -= tokens as f64;
        Ok(())
    }

    /// Admits nothing before `until`, or before a later time of an earlier pause.
    pub(crate) fn pause(&self, key: &PaceKey, until: Timestamp, now: Timestamp) {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pace = Self::pace(&mut paces, key, 0.0, now);
        pace.paused_until = pace.paused_until.max(until);
    }

    fn pace<'a>(paces: &'a mut HashMap<PaceKey, Pace>, key: &PaceKey, allowance: f64, now: Timestamp) -> &'a mut Pace {
        if paces.len() >= MAX_REMEMBERED && !paces.contains_key(key) {
            paces.retain(|_, pace| now < pace.paused_until);
        }
        paces.entry(key.clone()).or_insert(Pace { paused_until: now, allowance, at: now })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared::testing::sample::{app_key, notifier_name};

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn key(fingerprint: &str) -> PaceKey {
        PaceKey { app: app_key("org#app"), notifier: notifier_name("huawei"), fingerprint: fingerprint.into() }
    }

    fn after(milliseconds: u64) -> Timestamp {
        NOW.plus(Duration::from_millis(milliseconds))
    }

    #[test]
    fn without_a_limit_everything_passes() {
        let limiter = Limiter::default();
        assert!((0..1000).all(|_| limiter.admit(&key("a"), 1000, None, NOW).is_ok()));
    }

    #[test]
    fn nothing_passes_while_the_vendor_asked_to_wait() {
        let limiter = Limiter::default();
        limiter.pause(&key("a"), after(5000), NOW);
        limiter.pause(&key("a"), after(3000), NOW);
        assert_eq!(limiter.admit(&key("a"), 1, None, after(4999)), Err(after(5000)));
        assert_eq!(limiter.admit(&key("a"), 1, None, after(5000)), Ok(()));
    }

    #[test]
    fn another_credential_does_not_wait() {
        let limiter = Limiter::default();
        limiter.pause(&key("a"), after(5000), NOW);
        assert_eq!(limiter.admit(&key("b"), 1, None, NOW), Ok(()));
    }

    #[test]
    fn a_large_call_passes_and_the_next_one_waits_for_what_it_took() {
        let limiter = Limiter::default();
        assert_eq!(limiter.admit(&key("a"), 1000, Some(100), NOW), Ok(()));
        let again = limiter.admit(&key("a"), 1, Some(100), NOW).unwrap_err();
        assert_eq!(again, after(9010));
        assert_eq!(limiter.admit(&key("a"), 1, Some(100), again), Ok(()));
    }

    #[test]
    fn a_pause_leaves_a_limit_standing() {
        let limiter = Limiter::default();
        limiter.pause(&key("a"), after(1000), NOW);
        assert_eq!(limiter.admit(&key("a"), 500, Some(100), after(1000)), Ok(()));
        assert!(limiter.admit(&key("a"), 1, Some(100), after(1000)).is_err());
    }

    proptest! {
        #[test]
        fn in_any_time_no_more_passes_than_the_rate_allows_and_one_call_beyond(
            rate in 1u32..500,
            calls in prop::collection::vec((0u64..400, 1usize..1000), 1..200),
        ) {
            let limiter = Limiter::default();
            let (mut elapsed, mut passed, mut largest) = (0, 0.0, 0);
            for (step, tokens) in calls {
                elapsed += step;
                if limiter.admit(&key("a"), tokens, Some(rate), after(elapsed)).is_ok() {
                    passed += tokens as f64;
                    largest = largest.max(tokens);
                }
                let allowed = f64::from(rate) * (1.0 + elapsed as f64 / 1000.0) + largest as f64;
                prop_assert!(passed <= allowed, "{passed} of {allowed} in {elapsed} ms");
            }
        }

        #[test]
        fn whoever_comes_when_told_passes(rate in 1u32..500, tokens in prop::collection::vec(1usize..1000, 1..50)) {
            let limiter = Limiter::default();
            let mut now = NOW;
            for tokens in tokens {
                if let Err(again) = limiter.admit(&key("a"), tokens, Some(rate), now) {
                    prop_assert!(again > now);
                    now = again;
                    prop_assert_eq!(limiter.admit(&key("a"), tokens, Some(rate), now), Ok(()));
                }
            }
        }
    }
}
