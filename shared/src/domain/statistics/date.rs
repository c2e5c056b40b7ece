//! Days in the form that callers write: `yyyy-MM-dd`.

use super::Day;
use crate::domain::{invalid::Invalid, time::Timestamp};

impl Day {
    /// Parses a caller's date.
    pub fn parse_as(field: &str, text: &str) -> Result<Self, Invalid> {
        parsed(text).ok_or_else(|| Invalid::new(field, "must be a date that exists, as yyyy-MM-dd"))
    }

    /// Returns the date as the API writes it.
    pub fn date(self) -> String {
        let compact = self.to_string();
        let (year, rest) = compact.split_at_checked(4).unwrap_or_default();
        let (month, day) = rest.split_at_checked(2).unwrap_or_default();
        format!("{year}-{month}-{day}")
    }
}

fn parsed(text: &str) -> Option<Day> {
    let [year, month, day] = <[&str; 3]>::try_from(text.split('-').collect::<Vec<_>>()).ok()?;
    let written = |part: &str, digits| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
    if !(written(year, 4) && written(month, 2) && written(day, 2)) {
        return None;
    }
    let date = jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    let midnight = date.to_datetime(jiff::civil::Time::midnight());
    let begin = jiff::tz::Offset::UTC.to_timestamp(midnight).ok()?;
    Some(Day::of(Timestamp::from_millis(begin.as_millisecond())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_day_that_it_names() {
        for (date, millis) in [("1970-01-01", 0), ("2026-01-01", 1_767_225_600_000), ("2028-02-29", 1_835_395_200_000)]
        {
            let day = Day::parse_as("begin", date).unwrap();
            assert_eq!((day.first_hour().begin(), day.date()), (Timestamp::from_millis(millis), date.to_owned()));
        }
    }

    #[test]
    fn what_no_calendar_has_is_refused_with_field_and_rule() {
        for text in [
            "",
            "2026-02-30",
            "2027-02-29",
            "2026-13-01",
            "2026-1-01",
            "20260101",
            "2026-01-01-",
            "+026-01-01",
            "2026-01-0x",
        ] {
            let refused = Day::parse_as("begin", text).unwrap_err();
            assert_eq!(refused.to_string(), "begin must be a date that exists, as yyyy-MM-dd", "{text}");
        }
    }
}
