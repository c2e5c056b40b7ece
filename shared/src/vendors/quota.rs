//! Daily quotas of vendors in China.

use std::time::Duration;

use crate::domain::time::Timestamp;

/// China's time is UTC+8 all year.
const AHEAD_OF_UTC: i64 = 8 * 3_600_000;
const DAY: i64 = 86_400_000;

/// How long the day in China still lasts; never zero.
pub fn until_midnight_in_china(now: Timestamp) -> Duration {
    let passed = now.as_millis().saturating_add(AHEAD_OF_UTC).rem_euclid(DAY);
    Duration::from_millis(u64::try_from(DAY - passed).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_day_ends_at_four_in_the_afternoon_of_utc() {
        let left = |millis| until_midnight_in_china(Timestamp::from_millis(millis)).as_millis();
        // 2026-01-15 09:00:00 UTC
        assert_eq!(left(1_768_467_600_000), 7 * 3_600_000);
        assert_eq!(left(1_768_492_799_999), 1);
        assert_eq!(left(1_768_492_800_000), 86_400_000);
    }

    proptest! {
        #[test]
        fn it_is_never_over_and_never_longer_than_a_day(millis: i64) {
            let left = until_midnight_in_china(Timestamp::from_millis(millis));
            prop_assert!(left > Duration::ZERO && left <= Duration::from_secs(86_400));
        }
    }
}
