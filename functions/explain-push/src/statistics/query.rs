//! The parameters of a call. Every error names the field and the rule.

use std::time::Duration;

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::Deserialize;
use shared::{
    domain::{
        invalid::Invalid,
        statistics::{Day, Hour},
        time::Timestamp,
        vendor::Vendor,
    },
    lambda::{access::path_param, error::ApiError, query::QueryParams},
};
use vendors::easemob_channel;

/// Maximum days of one call.
const MAX_DAYS: u32 = 31;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The dimension of the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Nothing,
    Vendor,
    Class,
    Reason,
}

/// The duration that an entry covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Hour,
    Day,
}

/// The query of `GET /push/stats`.
#[derive(Debug)]
pub(crate) struct StatisticsQuery {
    from: Timestamp,
    to: Timestamp,
    pub(super) by: By,
    pub(super) step: Step,
}

#[derive(Deserialize)]
struct RawAsked {
    from: Option<String>,
    to: Option<String>,
    by: Option<String>,
    step: Option<String>,
}

impl StatisticsQuery {
    fn parse(raw: RawAsked) -> Result<Self, Invalid> {
        let by = match raw.by.as_deref() {
            None => By::Nothing,
            Some("vendor") => By::Vendor,
            Some("class") => By::Class,
            Some("reason") => By::Reason,
            Some(_) => return Err(Invalid::new("by", "must be one of: vendor, class, reason")),
        };
        let step = match raw.step.as_deref() {
            None | Some("hour") => Step::Hour,
            Some("day") => Step::Day,
            Some(_) => return Err(Invalid::new("step", "must be one of: hour, day")),
        };
        Ok(Self { from: instant("from", raw.from)?, to: instant("to", raw.to)?, by, step })
    }

    /// Returns the first hour, and the hour after the last one: whole hours, or the hours of whole days.
    pub(super) fn hours(&self, now: Timestamp) -> Result<(Hour, Hour), Invalid> {
        if self.from >= self.to {
            return Err(Invalid::new("from", "must be before to"));
        }
        if self.to > now.plus(DAY) {
            return Err(Invalid::new("to", "must be at most a day after now"));
        }
        if self.to.since(self.from) > DAY * MAX_DAYS {
            return Err(Invalid::new("to", format!("must be at most {MAX_DAYS} days after from")));
        }
        let last = Timestamp::from_millis(self.to.as_millis() - 1);
        Ok(match self.step {
            Step::Hour => (Hour::of(self.from), Hour::of(last).next()),
            Step::Day => (Day::of(self.from).first_hour(), Day::of(last).next().first_hour()),
        })
    }
}

fn instant(field: &str, text: Option<String>) -> Result<Timestamp, Invalid> {
    let text = text.ok_or_else(|| Invalid::new(field, "is required: a time in Unix milliseconds"))?;
    let digits = Some(&text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let millis = digits.and_then(|digits| digits.parse().ok());
    let at = millis.and_then(Timestamp::parse_millis);
    at.ok_or_else(|| Invalid::new(field, "must be Unix milliseconds, not after the year 9999"))
}

impl<S: Send + Sync> FromRequestParts<S> for StatisticsQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let QueryParams(raw) = QueryParams::from_request_parts(parts, state).await?;
        Ok(Self::parse(raw)?)
    }
}

/// The path and query of Easemob's daily statistics.
#[derive(Debug)]
pub(crate) struct DailyQuery {
    begin: Day,
    end: Day,
    /// the vendor; `None` for all
    pub(super) platform: Option<Vendor>,
}

#[derive(Deserialize)]
struct RawPlatform {
    platform: Option<String>,
}

impl DailyQuery {
    fn parse(begin: &str, end: &str, platform: Option<&str>) -> Result<Self, Invalid> {
        let (begin, end) = (Day::parse_as("begin", begin)?, Day::parse_as("end", end)?);
        let known = |name: &str| Vendor::ALL.into_iter().find(|vendor| easemob_channel(*vendor) == name);
        let unknown = || {
            let names = Vendor::ALL.map(easemob_channel).join(", ");
            Invalid::new("platform", format!("must be one of: ALL, {names}"))
        };
        let wanted = platform.filter(|name| *name != "ALL");
        let platform = wanted.map(|name| known(name).ok_or_else(unknown)).transpose()?;
        Ok(Self { begin, end, platform })
    }

    /// Returns the first and the last day.
    pub(super) fn days(&self, now: Timestamp) -> Result<(Day, Day), Invalid> {
        let Self { begin, end, .. } = *self;
        if begin > end {
            return Err(Invalid::new("begin", "must not be after end"));
        }
        if end > Day::of(now).next() {
            return Err(Invalid::new("end", "must not be after tomorrow in UTC"));
        }
        if end.first_hour().begin().since(begin.first_hour().begin()) >= DAY * MAX_DAYS {
            return Err(Invalid::new("end", format!("must be at most {} days after begin", MAX_DAYS - 1)));
        }
        Ok((begin, end))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for DailyQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let (begin, end) = (path_param(parts, state, "begin").await?, path_param(parts, state, "end").await?);
        let QueryParams(RawPlatform { platform }) = QueryParams::from_request_parts(parts, state).await?;
        Ok(Self::parse(&begin, &end, platform.as_deref())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-15T09:00:00Z.
    const NOW: Timestamp = Timestamp::from_millis(1_768_467_600_000);

    fn asked(from: &str, to: &str, by: Option<&str>, step: Option<&str>) -> Result<(Hour, Hour), String> {
        let [by, step] = [by, step].map(|one| one.map(str::to_owned));
        let raw = RawAsked { from: Some(from.into()), to: Some(to.into()), by, step };
        StatisticsQuery::parse(raw).and_then(|asked| asked.hours(NOW)).map_err(|refused| refused.to_string())
    }

    fn days(begin: &str, end: &str, platform: Option<&str>) -> Result<(Day, Day), String> {
        DailyQuery::parse(begin, end, platform).and_then(|asked| asked.days(NOW)).map_err(|refused| refused.to_string())
    }

    fn after_now(hours: i64) -> String {
        (NOW.as_millis() + hours * 3_600_000).to_string()
    }

    #[test]
    fn a_question_that_breaks_a_rule_is_refused_with_field_and_rule() {
        let millis = "must be Unix milliseconds, not after the year 9999";
        for (from, to, by, step, says) in [
            ("", "1", None, None, format!("from {millis}")),
            ("-1", "1", None, None, format!("from {millis}")),
            ("1e3", "1", None, None, format!("from {millis}")),
            ("0", "253402300800000", None, None, format!("to {millis}")),
            ("0", "99999999999999999999", None, None, format!("to {millis}")),
            (&after_now(0), &after_now(0), None, None, "from must be before to".into()),
            (&after_now(1), &after_now(0), None, None, "from must be before to".into()),
            (&after_now(0), &after_now(25), None, None, "to must be at most a day after now".into()),
            (&after_now(-31 * 24 - 1), &after_now(0), None, None, "to must be at most 31 days after from".into()),
            ("0", "1", Some("day"), None, "by must be one of: vendor, class, reason".into()),
            ("0", "1", Some("vendor"), Some("week"), "step must be one of: hour, day".into()),
        ] {
            assert_eq!(asked(from, to, by, step), Err(says), "{from} {to}");
        }
        let (from, to) = (None, Some("1".to_owned()));
        let missing = StatisticsQuery::parse(RawAsked { from, to, by: None, step: None }).unwrap_err();
        assert_eq!(missing.to_string(), "from is required: a time in Unix milliseconds");
    }

    #[test]
    fn the_longest_and_the_latest_question_is_answered() {
        let (from, to) = (after_now(24 - 31 * 24), after_now(24));
        let (first, end) = asked(&from, &to, None, None).unwrap();
        assert_eq!(end.begin().since(first.begin()), DAY * MAX_DAYS);
    }

    #[test]
    fn the_hour_or_day_of_either_end_is_counted_whole() {
        let at = NOW.as_millis();
        let ends = |step| {
            let (first, end) = asked(&(at + 1).to_string(), &(at + 2).to_string(), None, Some(step)).unwrap();
            (first.begin().as_millis() - at, end.begin().as_millis() - at)
        };
        assert_eq!(ends("hour"), (0, 3_600_000));
        assert_eq!(ends("day"), (-9 * 3_600_000, 15 * 3_600_000));
        let (_, end) = asked(&(at - 1).to_string(), &at.to_string(), None, None).unwrap();
        assert_eq!(end.begin(), NOW, "what begins with the end is not counted");
    }

    #[test]
    fn days_that_break_a_rule_are_refused_with_field_and_rule() {
        let exists = "must be a date that exists, as yyyy-MM-dd";
        let names = format!("ALL, {}", Vendor::ALL.map(easemob_channel).join(", "));
        for (begin, end, platform, says) in [
            ("2026-02-30", "2026-01-01", None, format!("begin {exists}")),
            ("2026-01-01", "today", None, format!("end {exists}")),
            ("2026-01-02", "2026-01-01", None, "begin must not be after end".into()),
            ("2026-01-01", "2026-01-17", None, "end must not be after tomorrow in UTC".into()),
            ("2025-12-16", "2026-01-16", None, "end must be at most 30 days after begin".into()),
            ("2026-01-01", "2026-01-02", Some("APNS"), format!("platform must be one of: {names}")),
            ("2026-01-01", "2026-01-02", Some("fcm"), format!("platform must be one of: {names}")),
        ] {
            assert_eq!(days(begin, end, platform), Err(says), "{begin} {end}");
        }
        let (first, last) = days("2025-12-17", "2026-01-16", Some("HONOR")).unwrap();
        assert_eq!((first.date(), last.date()), ("2025-12-17".to_owned(), "2026-01-16".to_owned()));
    }
}
