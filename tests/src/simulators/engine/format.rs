//! Formats of values that several vendors share.

/// Returns whether a text has digits, and up to nine decimals.
fn is_decimal(text: &str) -> bool {
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, fraction)) => all_digits(whole) && all_digits(fraction) && fraction.len() <= 9,
        None => all_digits(text),
    }
}

/// Returns whether a text is seconds with an `s`, like `"3.5s"`. A sign is allowed: the caller checks the range.
pub fn is_duration(text: &str) -> bool {
    text.strip_suffix('s').is_some_and(|number| is_decimal(number.strip_prefix('-').unwrap_or(number)))
}

/// Returns the seconds of a duration, with or without its `s`.
pub fn seconds(text: &str) -> Option<f64> {
    text.strip_suffix('s').unwrap_or(text).parse().ok()
}

/// Returns whether a text is RFC 3339 in UTC, like `2026-01-01T00:00:00.5Z`.
pub fn is_timestamp(text: &str) -> bool {
    let Some((date, time)) = text.strip_suffix('Z').and_then(|rest| rest.split_once('T')) else { return false };
    let fits = |part: &str, digits: usize, most: u32| {
        part.len() == digits && part.parse::<u32>().is_ok_and(|number| number <= most)
    };
    let date: Vec<&str> = date.split('-').collect();
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let clock: Vec<&str> = clock.split(':').collect();
    matches!(date[..], [year, month, day] if fits(year, 4, 9999) && fits(month, 2, 12) && fits(day, 2, 31))
        && matches!(clock[..], [hour, minute, second] if fits(hour, 2, 23) && fits(minute, 2, 59) && fits(second, 2, 60))
        && is_decimal(fraction)
}

/// Returns whether a text is a colour: `#rrggbb`.
pub fn is_color(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Returns whether a text is an `https` address.
pub fn is_https(text: &str) -> bool {
    text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_end_in_s_and_have_at_most_nine_decimals() {
        for good in ["0s", "86400s", "3.5s", "0.123456789s", "-1s"] {
            assert!(is_duration(good), "{good}");
        }
        for bad in ["", "s", "5", "5 s", ".5s", "5.s", "1e3s", "0.1234567890s", "+5s"] {
            assert!(!is_duration(bad), "{bad}");
        }
        assert_eq!(seconds("3.5s"), Some(3.5));
        assert_eq!(seconds("60"), Some(60.0));
    }

    #[test]
    fn timestamps_are_rfc_3339_in_utc() {
        for good in ["2026-01-01T00:00:00Z", "2026-12-31T23:59:60.123Z"] {
            assert!(is_timestamp(good), "{good}");
        }
        for bad in [
            "",
            "2026-01-01",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00+08:00",
            "2026-1-1T0:0:0Z",
        ] {
            assert!(!is_timestamp(bad), "{bad}");
        }
    }
}
