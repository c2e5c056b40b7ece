//! Counts by day and channel, in Easemob's form and terms.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use shared::{
    domain::{
        statistics::{CountedRow, Counts, Day, Subject},
        vendor::Vendor,
    },
    ports::apps::AppConfig,
};
use vendors::easemob_channel;

use super::reporting::Reporting;

/// Counts by day and vendor.
pub(super) struct Daily {
    platform: Option<Vendor>,
    days: BTreeMap<Day, BTreeMap<Vendor, Counts>>,
}

impl Daily {
    /// Creates empty counts of all days from the first to the last.
    pub(super) fn new(platform: Option<Vendor>, first: Day, last: Day) -> Self {
        let days = std::iter::successors(Some(first), |day| Some(day.next())).take_while(|day| *day <= last);
        Self { platform, days: days.map(|day| (day, BTreeMap::new())).collect() }
    }

    /// Adds a row. Suppressed receivers have no channel.
    pub(super) fn add(&mut self, row: &CountedRow) {
        let Subject::Vendor(vendor) = row.subject else { return };
        if self.platform.is_none_or(|wanted| wanted == vendor)
            && let Some(day) = self.days.get_mut(&row.hour.day())
        {
            day.entry(vendor).or_default().add(&row.counts);
        }
    }

    /// Returns the counts as the API writes them.
    pub(super) fn shown(&self, config: &AppConfig) -> Value {
        let rows = self.days.values().flatten();
        let reporting = Reporting::of(config, rows.map(|(vendor, counts)| (*vendor, counts)));
        let day = |(day, vendors): (&Day, &BTreeMap<Vendor, Counts>)| {
            let channels = vendors.iter().map(|(vendor, counts)| {
                let mut shown = json!({"successCount": counts.accepted(), "failCount": counts.refused()});
                if reporting.delivered(*vendor) {
                    shown["arriveCount"] = json!(counts.delivered());
                }
                (easemob_channel(*vendor).to_owned(), shown)
            });
            (day.date(), Value::Object(channels.collect()))
        };
        Value::Object(self.days.iter().map(day).collect::<Map<_, _>>())
    }
}
