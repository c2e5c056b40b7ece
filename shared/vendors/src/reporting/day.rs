//! Days as the Chinese vendors count them: China has one time, eight hours ahead of UTC, and no summer time.

use std::time::Duration;

use shared::domain::time::Timestamp;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const AHEAD: i64 = 8 * HOUR;

/// How long until clocks in China show this full hour: more than nothing, at most a day.
pub fn until_hour(hour: i64, now: Timestamp) -> Duration {
    let since = now.as_millis().saturating_add(AHEAD).saturating_sub(hour.saturating_mul(HOUR)).rem_euclid(DAY);
    Duration::from_millis(u64::try_from(DAY - since).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-01-01T00:00:00Z, eight in the morning in China.
    const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    #[test]
    fn a_day_in_china_ends_at_four_in_the_afternoon_utc() {
        assert_eq!(until_hour(0, NOW), Duration::from_secs(16 * 3600));
        assert_eq!(until_hour(7, NOW), Duration::from_secs(23 * 3600));
        assert_eq!(until_hour(8, NOW), Duration::from_secs(24 * 3600));
        assert_eq!(until_hour(8, NOW.plus(Duration::from_millis(1))), Duration::from_millis(24 * 3_600_000 - 1));
    }

    proptest! {
        #[test]
        fn no_wait_is_longer_than_a_day(hour in 0i64..24, now: i64) {
            let wait = until_hour(hour, Timestamp::from_millis(now));
            prop_assert!(wait > Duration::ZERO && wait <= Duration::from_secs(86_400));
        }
    }
}
