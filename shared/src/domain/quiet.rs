//! Do-not-disturb: a daily window in the user's time zone.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::invalid::Invalid;

const MINUTES_OF_A_DAY: u16 = 24 * 60;

/// A daily window in minutes of the day, end excluded. If the end is before the start, it spans midnight. If both are
/// equal, it is the whole day. Source: Easemob, "push notification mode and do-not-disturb".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyWindow {
    start: u16,
    end: u16,
}

impl DailyWindow {
    /// Parses `HH:MM-HH:MM`. The empty text and exactly `00:00-00:00` mean that there is no window.
    pub fn parse(text: &str) -> Result<Option<Self>, Invalid> {
        if text.is_empty() {
            return Ok(None);
        }
        let window =
            text.split_once('-').and_then(|(start, end)| Some(Self { start: minute(start)?, end: minute(end)? }));
        let window = window.ok_or_else(|| Invalid::new("ignoreInterval", "must be HH:MM-HH:MM, 00:00 to 23:59"))?;
        Ok((window != Self { start: 0, end: 0 }).then_some(window))
    }

    /// Creates a window from whole hours, 0 to 23. Equal hours mean the whole day, even midnight to midnight.
    pub fn of_hours(start: u8, end: u8) -> Self {
        let window = Self { start: u16::from(start) * 60, end: u16::from(end) * 60 };
        // `00:00-00:00` would mean that there is no window.
        if window == (Self { start: 0, end: 0 }) { Self { start: 1, end: 1 } } else { window }
    }

    /// Returns start and end in hours, if both are whole hours.
    pub fn hours(self) -> Option<(u16, u16)> {
        let whole = self.start.is_multiple_of(60) && self.end.is_multiple_of(60);
        (whole || self == Self::of_hours(0, 0)).then_some((self.start / 60, self.end / 60))
    }

    /// Returns whether this minute of the day is in the window.
    pub const fn covers(self, minute: u16) -> bool {
        if self.start < self.end {
            self.start <= minute && minute < self.end
        } else {
            // If both ends are equal, every minute is covered.
            self.start <= minute || minute < self.end
        }
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two_digits = |part: &str| {
        let whole = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        if whole { part.parse::<u16>().ok() } else { None }
    };
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    (minutes < 60).then_some(hours * 60 + minutes).filter(|minute| *minute < MINUTES_OF_A_DAY)
}

impl fmt::Display for DailyWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = (self.start, self.end);
        write!(f, "{:02}:{:02}-{:02}:{:02}", start / 60, start % 60, end / 60, end % 60)
    }
}

impl Serialize for DailyWindow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DailyWindow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let window = Self::parse(&text).map_err(serde::de::Error::custom)?;
        window.ok_or_else(|| serde::de::Error::custom("a window that is stored has a length"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn window(text: &str) -> DailyWindow {
        DailyWindow::parse(text).unwrap().unwrap()
    }

    #[test]
    fn a_window_covers_its_start_and_not_its_end() {
        let night = window("21:30-08:00");
        assert!(night.covers(21 * 60 + 30) && night.covers(0) && night.covers(8 * 60 - 1));
        assert!(!night.covers(8 * 60) && !night.covers(21 * 60 + 29));
        let morning = window("08:00-12:00");
        assert!(morning.covers(8 * 60) && !morning.covers(12 * 60) && !morning.covers(0));
    }

    #[test]
    fn equal_ends_are_the_whole_day_but_midnight_to_midnight_is_off() {
        assert!((0..MINUTES_OF_A_DAY).all(|minute| window("10:00-10:00").covers(minute)));
        assert_eq!(DailyWindow::parse("00:00-00:00").unwrap(), None);
        assert_eq!(DailyWindow::parse("").unwrap(), None);
    }

    #[test]
    fn whole_hours_are_a_window_too_and_equal_ones_the_whole_day() {
        assert_eq!(DailyWindow::of_hours(22, 7), window("22:00-07:00"));
        assert_eq!(window("22:00-07:00").hours(), Some((22, 7)));
        assert_eq!(window("22:30-07:00").hours(), None);
        for hour in 0..24 {
            let whole_day = DailyWindow::of_hours(hour, hour);
            assert!((0..MINUTES_OF_A_DAY).all(|minute| whole_day.covers(minute)), "{hour}");
            assert_eq!(whole_day.hours(), Some((hour.into(), hour.into())));
            assert_eq!(DailyWindow::parse(&whole_day.to_string()).unwrap(), Some(whole_day));
        }
    }

    #[test]
    fn another_form_is_refused() {
        for text in [
            "8:00-12:00",
            "08:00",
            "24:00-08:00",
            "08:60-09:00",
            "08:00-12:00-13:00",
            "+8:00-09:00",
            " 08:00-09:00",
            "a",
        ] {
            let refusal = DailyWindow::parse(text).unwrap_err();
            assert_eq!(refusal.to_string(), "ignoreInterval must be HH:MM-HH:MM, 00:00 to 23:59", "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_window_is_written_as_it_is_read(start in 0u16..1440, end in 0u16..1440) {
            let written = DailyWindow { start, end }.to_string();
            let expected = (start, end) != (0, 0);
            prop_assert_eq!(DailyWindow::parse(&written).unwrap(), expected.then_some(DailyWindow { start, end }));
        }

        #[test]
        fn a_window_and_its_opposite_share_the_day(start in 0u16..1440, end in 0u16..1440, minute in 0u16..1440) {
            prop_assume!(start != end);
            let (window, opposite) = (DailyWindow { start, end }, DailyWindow { start: end, end: start });
            prop_assert!(window.covers(minute) != opposite.covers(minute));
        }
    }
}
