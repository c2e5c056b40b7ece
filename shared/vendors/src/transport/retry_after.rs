//! The `Retry-After` header (RFC 9110, section 10.2.3): seconds, or a date.

use std::time::{Duration, UNIX_EPOCH};

use shared::domain::time::Timestamp;

/// How long the header asks to wait. A date that has passed asks for no wait; nonsense asks for nothing.
///
/// The value is the server's word and may be absurd: whoever waits for it caps it.
pub fn parse(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(header).ok()?;
    let millis = date.duration_since(UNIX_EPOCH).ok()?.as_millis();
    Some(Timestamp::from_millis(i64::try_from(millis).ok()?).since(now))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    #[test]
    fn seconds_and_dates_are_understood() {
        let wait = |header| parse(header, NOW);
        assert_eq!(wait("120"), Some(Duration::from_secs(120)));
        assert_eq!(wait(" 0 "), Some(Duration::ZERO));
        assert_eq!(wait("Thu, 01 Jan 2026 00:01:30 GMT"), Some(Duration::from_secs(90)));
        assert_eq!(wait("Thursday, 01-Jan-26 00:01:30 GMT"), Some(Duration::from_secs(90)));
        assert_eq!(wait("Wed, 31 Dec 2025 23:59:59 GMT"), Some(Duration::ZERO));
    }

    #[test]
    fn nonsense_asks_for_nothing() {
        for header in ["", "soon", "-1", "1.5", "Thu, 99 Jan 2026 00:00:00 GMT"] {
            assert_eq!(parse(header, NOW), None, "{header:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(header in ".{0,64}") {
            parse(&header, NOW);
        }
    }
}
