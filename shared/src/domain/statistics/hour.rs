//! Hours and days in UTC.

use std::fmt;

use crate::domain::time::Timestamp;

const HOUR_MILLIS: i64 = 3_600_000;
const HOURS_A_DAY: i64 = 24;

/// An hour in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(i64);

impl Hour {
    /// Returns the hour of an instant.
    pub const fn of(at: Timestamp) -> Self {
        Self(at.as_millis().div_euclid(HOUR_MILLIS))
    }

    /// Returns its first instant.
    pub const fn begin(self) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_mul(HOUR_MILLIS))
    }

    /// Returns the next hour.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Returns its day.
    pub const fn day(self) -> Day {
        Day(self.0.div_euclid(HOURS_A_DAY))
    }

    /// Returns its number within the day, from 0 to 23.
    pub fn of_day(self) -> u8 {
        u8::try_from(self.0.rem_euclid(HOURS_A_DAY)).unwrap_or_default()
    }
}

/// A day in UTC, written `yyyymmdd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
    /// Returns the day of an instant.
    pub const fn of(at: Timestamp) -> Self {
        Hour::of(at).day()
    }

    /// Returns its first hour.
    pub const fn first_hour(self) -> Hour {
        Hour(self.0.saturating_mul(HOURS_A_DAY))
    }

    /// Returns the next day.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Returns the hour with this number, 0 to 23.
    pub fn hour(self, number: u8) -> Option<Hour> {
        (i64::from(number) < HOURS_A_DAY).then(|| Hour(self.first_hour().0.saturating_add(number.into())))
    }

    /// Returns all of its hours.
    pub const fn hours(self) -> HoursOfDay {
        let first = self.first_hour();
        HoursOfDay { first, last: Hour(first.0.saturating_add(HOURS_A_DAY - 1)) }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let begin = jiff::Timestamp::from_millisecond(self.first_hour().begin().as_millis());
        let date = jiff::tz::Offset::UTC.to_datetime(begin.unwrap_or(jiff::Timestamp::UNIX_EPOCH)).date();
        write!(f, "{:04}{:02}{:02}", date.year(), date.month(), date.day())
    }
}

/// Consecutive hours of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoursOfDay {
    /// the first of them
    first: Hour,
    /// the last of them, on the same day
    last: Hour,
}

impl HoursOfDay {
    /// Returns the day.
    pub const fn day(self) -> Day {
        self.first.day()
    }

    /// Returns the first of them.
    pub const fn first(self) -> Hour {
        self.first
    }

    /// Returns the last of them.
    pub const fn last(self) -> Hour {
        self.last
    }

    /// Returns whether an hour is among them.
    pub fn contains(self, hour: Hour) -> bool {
        (self.first..=self.last).contains(&hour)
    }
}

/// Returns the hours from `from` until before `to`, day by day, the oldest first.
pub fn hours_by_day(from: Hour, to: Hour) -> impl Iterator<Item = HoursOfDay> {
    let mut begin = from;
    std::iter::from_fn(move || {
        if begin >= to {
            return None;
        }
        let next = begin.day().next().first_hour();
        let hours = HoursOfDay { first: begin, last: Hour(next.min(to).0 - 1) };
        begin = next;
        Some(hours)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01T00:00:00Z.
    const NEW_YEAR: i64 = 1_767_225_600_000;

    fn hour(after: i64) -> Hour {
        Hour::of(Timestamp::from_millis(NEW_YEAR + after * HOUR_MILLIS))
    }

    #[test]
    fn an_hour_knows_its_day_and_its_number_in_it() {
        let before = Hour::of(Timestamp::from_millis(NEW_YEAR - 1));
        assert_eq!((before.day().to_string().as_str(), before.of_day()), ("20251231", 23));
        assert_eq!((before.next().day().to_string().as_str(), before.next().of_day()), ("20260101", 0));
        assert_eq!(hour(5).begin(), Timestamp::from_millis(NEW_YEAR + 5 * HOUR_MILLIS));
        assert_eq!(hour(5).day().hour(5), Some(hour(5)));
        assert_eq!(hour(5).day().hour(24), None);
        assert_eq!(Day::of(Timestamp::from_millis(0)).to_string(), "19700101");
    }

    #[test]
    fn hours_are_split_where_days_end() {
        let split: Vec<(String, u8, u8)> = hours_by_day(hour(-2), hour(25))
            .map(|hours| (hours.day().to_string(), hours.first().of_day(), hours.last().of_day()))
            .collect();
        let expected = [("20251231", 22, 23), ("20260101", 0, 23), ("20260102", 0, 0)];
        assert_eq!(split, expected.map(|(day, first, last)| (day.to_owned(), first, last)));
        assert_eq!(hours_by_day(hour(3), hour(3)).count(), 0);
        assert_eq!(hours_by_day(hour(4), hour(3)).count(), 0);
        assert_eq!(hours_by_day(hour(0), hour(24)).next(), Some(hour(0).day().hours()));
    }
}
