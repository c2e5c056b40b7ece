//! Counts in memory that are not written yet.

use std::{collections::BTreeMap, time::Duration};

use super::{CountedRow, Counts, Hour, Subject};
use crate::domain::{id::AppKey, time::Timestamp};

/// Maximum age of counts that are written. Older counts may belong to a deleted app. Its name is free 16 minutes after
/// the deletion and may be in use again. Counts get so old only in an idle process, or while an app's rows are
/// throttled.
pub const MAX_WAIT: Duration = Duration::from_secs(600);

/// A row that is not written yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRow {
    /// what was counted
    pub row: CountedRow,
    /// when its first event was counted
    pub since: Timestamp,
}

impl WaitingRow {
    /// Returns whether it is too old to be written.
    pub fn is_outdated(&self, now: Timestamp) -> bool {
        is_outdated(self.since, now)
    }
}

/// The rows of an app, each with the time of its first count.
type Rows = BTreeMap<(Hour, Subject), (Counts, Timestamp)>;

/// Counts of several apps, one row for each app, hour and subject.
#[derive(Debug, Default)]
pub struct Tally {
    apps: BTreeMap<AppKey, Rows>,
    rows: usize,
}

impl Tally {
    /// Adds counts to the app's row of the same hour and subject, or replaces that row if it is outdated. Returns
    /// `false`, and adds nothing, if the row is new and the app already has `max_rows`.
    pub fn add(&mut self, app: &AppKey, waiting: WaitingRow, max_rows: usize) -> bool {
        let WaitingRow { row: CountedRow { hour, subject, counts }, since } = waiting;
        if counts.is_empty() {
            return true;
        }
        let known = self.apps.get_mut(app);
        let rows = known.as_ref().map_or(0, |rows| rows.len());
        if let Some((sum, first)) = known.and_then(|rows| rows.get_mut(&(hour, subject))) {
            if is_outdated(*first, since) {
                (*sum, *first) = (counts, since);
            } else {
                sum.add(&counts);
                *first = since.min(*first);
            }
            return true;
        }
        if rows >= max_rows {
            return false;
        }
        self.apps.entry(app.clone()).or_default().insert((hour, subject), (counts, since));
        self.rows += 1;
        true
    }

    /// Returns how many rows there are.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the rows by app.
    pub fn into_apps(self) -> impl Iterator<Item = (AppKey, Vec<WaitingRow>)> {
        self.apps.into_iter().map(|(app, rows)| {
            let rows = rows.into_iter().map(|((hour, subject), (counts, since))| {
                let row = CountedRow { hour, subject, counts };
                WaitingRow { row, since }
            });
            (app, rows.collect())
        })
    }
}

fn is_outdated(since: Timestamp, now: Timestamp) -> bool {
    now.since(since) > MAX_WAIT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{push::SemanticClass, statistics::Counted, vendor::Vendor},
        testing::sample::app_key,
    };

    fn accepted(hour: Hour, vendor: Vendor, since: Timestamp) -> WaitingRow {
        WaitingRow { row: CountedRow::of(hour, Counted::Accepted { vendor, class: SemanticClass::Im }, 1), since }
    }

    #[test]
    fn a_tally_keeps_apps_hours_and_subjects_apart_and_adds_up_the_rest() {
        let now = Timestamp::from_millis(0);
        let (hour, fcm) = (Hour::of(now), Vendor::Fcm);
        let mut tally = Tally::default();
        for (app, hour, vendor) in [
            ("a#a", hour, fcm),
            ("a#a", hour, fcm),
            ("b#b", hour, fcm),
            ("a#a", hour.next(), fcm),
            ("a#a", hour, Vendor::Oppo),
        ] {
            assert!(tally.add(&app_key(app), accepted(hour, vendor, now), 10));
        }
        assert_eq!(tally.rows(), 4);
        let (app, rows) = tally.into_apps().next().unwrap();
        assert_eq!((app, rows.len(), rows[0].row.counts.accepted()), (app_key("a#a"), 3, 2));
    }

    #[test]
    fn an_app_with_too_many_rows_gets_no_further_one_but_counts_on_in_those_it_has() {
        let now = Timestamp::from_millis(0);
        let hour = Hour::of(now);
        let mut tally = Tally::default();
        let mut count = |app: &str, hour: Hour| tally.add(&app_key(app), accepted(hour, Vendor::Fcm, now), 1);
        assert!(count("a#a", hour));
        assert!(!count("a#a", hour.next()));
        assert!(count("a#a", hour));
        assert!(count("b#b", hour.next()));
        assert_eq!(tally.rows(), 2);
    }

    #[test]
    fn a_row_is_as_old_as_its_first_count_and_what_is_outdated_gives_way_to_what_is_new() {
        let (first, app) = (Timestamp::from_millis(0), app_key("a#a"));
        let add = |after: &[Duration]| {
            let mut tally = Tally::default();
            for after in after {
                tally.add(&app, accepted(Hour::of(first), Vendor::Fcm, first.plus(*after)), 1);
            }
            let row = tally.into_apps().next().unwrap().1.remove(0);
            (row.row.counts.accepted(), row.since)
        };
        let (zero, later) = (Duration::ZERO, MAX_WAIT + Duration::from_millis(1));
        assert_eq!(add(&[zero, MAX_WAIT]), (2, first));
        assert_eq!(add(&[MAX_WAIT, zero]), (2, first));
        assert_eq!(add(&[zero, MAX_WAIT, later]), (1, first.plus(later)));
    }
}
