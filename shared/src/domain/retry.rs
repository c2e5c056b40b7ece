//! Retry policies: growing delays with jitter, bounded by the message's expiry.

use std::time::Duration;

use super::time::Timestamp;

/// Growth of the delay between retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// the first delay
    pub first: Duration,
    /// the maximum delay, unless the vendor asks for more
    pub most: Duration,
    /// the maximum hint of a vendor that is obeyed
    pub max_hint: Duration,
}

/// Retry policy of vendor calls.
pub const PUSH: Schedule =
    Schedule { first: Duration::from_secs(2), most: Duration::from_secs(900), max_hint: Duration::from_secs(3600) };

/// Retry policy of decisions whose facts could not be read.
pub const DISPATCH: Schedule =
    Schedule { first: Duration::from_secs(1), most: Duration::from_secs(300), max_hint: Duration::from_secs(300) };

/// Retry policy of erasures. They never expire; the caller counts the attempts.
pub const ERASE: Schedule =
    Schedule { first: Duration::from_secs(15), most: Duration::from_secs(900), max_hint: Duration::ZERO };

impl Schedule {
    /// Returns the delay after `attempts` failures. `jitter` (0 to 1) chooses between half of the grown delay and all
    /// of it. The delay is never shorter than the hint, which is limited by `max_hint`.
    pub fn delay(&self, attempts: u32, hint: Option<Duration>, jitter: f64) -> Duration {
        let doubled = self.first.saturating_mul(1 << attempts.saturating_sub(1).min(20));
        let grown = doubled.min(self.most).mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
        grown.max(hint.unwrap_or_default().min(self.max_hint))
    }

    /// Returns when to retry, or `None` if that is after `deadline`.
    pub fn next(
        &self,
        attempts: u32,
        hint: Option<Duration>,
        jitter: f64,
        now: Timestamp,
        deadline: Timestamp,
    ) -> Option<Timestamp> {
        let at = now.plus(self.delay(attempts, hint, jitter));
        (at < deadline).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_delay_grows_within_its_bounds(attempts in 1u32..200, jitter in 0.0f64..=1.0) {
            let delay = PUSH.delay(attempts, None, jitter);
            prop_assert!(delay >= PUSH.first / 2 && delay <= PUSH.most);
            prop_assert!(PUSH.delay(attempts + 1, None, jitter) >= delay);
        }

        #[test]
        fn a_hint_is_honoured_up_to_its_cap(attempts in 1u32..50, hint in 0u64..100_000, jitter in 0.0f64..=1.0) {
            let hint = Duration::from_secs(hint);
            let delay = PUSH.delay(attempts, Some(hint), jitter);
            prop_assert!(delay >= hint.min(PUSH.max_hint));
            prop_assert!(delay <= PUSH.most.max(PUSH.max_hint));
        }

        #[test]
        fn nothing_is_tried_at_or_after_its_deadline(attempts in 1u32..50, left in 0i64..10_000, jitter in 0.0f64..=1.0) {
            let now = Timestamp::from_millis(1_000_000);
            let deadline = Timestamp::from_millis(1_000_000 + left);
            if let Some(at) = PUSH.next(attempts, None, jitter, now, deadline) {
                prop_assert!(at < deadline && at > now);
            }
        }
    }
}
