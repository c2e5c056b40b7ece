//! A user's time zone.

use std::fmt;

use jiff::{civil::DateTime, tz};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{invalid::Invalid, time::Timestamp};

/// Default time zone of an app. Most users of the reference product live there.
pub const DEFAULT_ZONE: &str = "Asia/Shanghai";

/// A time zone by its name in the IANA database.
#[derive(Clone, PartialEq, Eq)]
pub struct TimeZone(tz::TimeZone);

impl TimeZone {
    /// Parses a caller's text in the field `time_zone`, in any case.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let zone = tz::TimeZone::get(text).ok().filter(|zone| zone.iana_name().is_some());
        let unknown = || {
            Invalid::new("time_zone", format!("must be a name of the IANA time zone database, which {text:?} is not"))
        };
        zone.map(Self).ok_or_else(unknown)
    }

    /// Returns the zone's name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or(DEFAULT_ZONE)
    }

    /// Returns the minute of the day, 0 to 1439, in the zone at `at`.
    pub fn minute_of_day(&self, at: Timestamp) -> u16 {
        // A `Timestamp` is before the year 9999, so the conversion cannot fail.
        let instant = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let local = self.0.to_datetime(instant);
        u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs())
    }

    /// Returns the instant at which the zone's clocks show this `yyyy-MM-dd HH:mm:ss`. Of two such instants it is the
    /// first; a time that the clocks skip is as much later.
    pub fn instant(&self, local: &str) -> Option<Timestamp> {
        let digits = |byte: u8| if byte.is_ascii_digit() { b'0' } else { byte };
        if !local.bytes().map(digits).eq(*b"0000-00-00 00:00:00") {
            return None;
        }
        let local = DateTime::strptime("%Y-%m-%d %H:%M:%S", local).ok()?;
        Timestamp::parse_millis(self.0.to_timestamp(local).ok()?.as_millisecond())
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self::parse(DEFAULT_ZONE).unwrap_or(Self(tz::TimeZone::UTC))
    }
}

impl fmt::Debug for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for TimeZone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for TimeZone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_show_the_zone_s_own_time_summer_and_winter() {
        let shown =
            |zone: &str, at: i64| TimeZone::parse(zone).unwrap().minute_of_day(Timestamp::from_millis(at * 1000));
        // 2026-01-15 21:00 UTC and 2026-07-15 21:00 UTC
        assert_eq!(shown("Europe/Berlin", 1_768_510_800), 22 * 60);
        assert_eq!(shown("Europe/Berlin", 1_784_149_200), 23 * 60);
        assert_eq!(shown("Asia/Shanghai", 1_768_510_800), 5 * 60);
        assert_eq!(shown("Asia/Kolkata", 1_768_510_800), 2 * 60 + 30);
    }

    #[test]
    fn a_local_time_is_read_in_the_zone_strictly() {
        let at = |zone: &str, text: &str| TimeZone::parse(zone).unwrap().instant(text).map(Timestamp::as_seconds);
        assert_eq!(at("Asia/Shanghai", "2026-01-16 05:00:00"), Some(1_768_510_800));
        assert_eq!(at("Europe/Berlin", "2026-07-15 23:00:00"), Some(1_784_149_200));
        // Clocks skip 02:30 and show 03:30 instead; in autumn they show 02:30 twice.
        assert_eq!(at("Europe/Berlin", "2026-03-29 02:30:00"), at("Europe/Berlin", "2026-03-29 03:30:00"));
        assert_eq!(at("Europe/Berlin", "2026-10-25 02:30:00"), at("UTC", "2026-10-25 00:30:00"));
        for wrong in
            ["2026-1-16 05:00:00", "2026-01-16T05:00:00", "2026-02-30 05:00:00", "2026-01-16 25:00:00", "", "1"]
        {
            assert_eq!(at("Asia/Shanghai", wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_unknown_zone_is_refused_by_name() {
        let refusal = TimeZone::parse("Mars/Olympus").unwrap_err().to_string();
        assert_eq!(refusal, "time_zone must be a name of the IANA time zone database, which \"Mars/Olympus\" is not");
        assert_eq!(TimeZone::parse("europe/berlin").unwrap().name(), "Europe/Berlin");
    }
}
