//! Statistics of pushes.

use std::time::Duration;

use futures::future::join_all;

use super::{Case, RuntimeStore, run::suite};
use crate::{
    domain::{
        id::AppKey,
        push::SemanticClass,
        reason::Reason,
        statistics::{Counted, CountedRow, Counts, Figure, Hour, STATISTICS_RETENTION, Subject, hours_by_day},
        time::Timestamp,
        vendor::Vendor,
    },
    ports::statistics::SHARDS,
};

suite! { "statistics" on dyn RuntimeStore:
    nothing_is_counted_before_something_is_added,
    what_is_added_adds_up_over_all_shards,
    every_figure_is_read_as_it_was_added,
    hours_days_and_subjects_are_apart,
    only_the_hours_that_are_asked_for_are_read_in_their_order,
    counts_are_forgotten_after_400_days,
    additions_at_the_same_time_all_count,
    erasing_hours_leaves_other_hours_and_apps,
    apps_are_apart,
}

const FCM: Subject = Subject::Vendor(Vendor::Fcm);
const ACCEPTED: Counted = Counted::Accepted { vendor: Vendor::Fcm, class: SemanticClass::Im };

/// Returns the first hour of the day after the case began.
fn midnight(case: &Case) -> Hour {
    Hour::of(case.at(0)).day().next().first_hour()
}

fn later(hour: Hour, hours: usize) -> Hour {
    (0..hours).fold(hour, |hour, _| hour.next())
}

fn row(hour: Hour, counted: Counted, times: u64) -> CountedRow {
    let counts = counted.figures().into_iter().map(|figure| (figure, times)).collect();
    CountedRow { hour, subject: counted.subject(), counts }
}

async fn add(runtime: &dyn RuntimeStore, app: &AppKey, row: &CountedRow, shard: u8) {
    runtime.add_counts(app, row, shard).await.unwrap();
}

async fn read(runtime: &dyn RuntimeStore, app: &AppKey, from: Hour, to: Hour, now: Timestamp) -> Vec<CountedRow> {
    let mut rows = Vec::new();
    for hours in hours_by_day(from, to) {
        rows.extend(runtime.counts(app, hours, now).await.unwrap());
    }
    rows
}

async fn nothing_is_counted_before_something_is_added(runtime: &dyn RuntimeStore, case: &Case) {
    let hour = midnight(case);
    assert_eq!(read(runtime, &case.app, hour, later(hour, 48), hour.begin()).await, []);
}

async fn what_is_added_adds_up_over_all_shards(runtime: &dyn RuntimeStore, case: &Case) {
    let hour = midnight(case);
    for shard in (0..SHARDS).chain([0]) {
        add(runtime, &case.app, &row(hour, ACCEPTED, u64::from(shard) + 1), shard).await;
    }
    let sum = (1..=u64::from(SHARDS)).sum::<u64>() + 1;
    assert_eq!(read(runtime, &case.app, hour, hour.next(), hour.begin()).await, [row(hour, ACCEPTED, sum)]);
}

async fn every_figure_is_read_as_it_was_added(runtime: &dyn RuntimeStore, case: &Case) {
    let hour = midnight(case);
    let counts = |figures: Vec<Figure>| figures.into_iter().zip(1..).collect::<Counts>();
    let rows = [
        CountedRow { hour, subject: FCM, counts: counts(Figure::of_vendor().collect()) },
        CountedRow {
            hour,
            subject: Subject::Suppressed(SemanticClass::Mention),
            counts: counts(Figure::of_suppressed().collect()),
        },
    ];
    for row in &rows {
        add(runtime, &case.app, row, 1).await;
    }
    assert_eq!(read(runtime, &case.app, hour, hour.next(), hour.begin()).await, rows);
}

async fn hours_days_and_subjects_are_apart(runtime: &dyn RuntimeStore, case: &Case) {
    let hour = midnight(case);
    let skipped = Counted::Suppressed { class: SemanticClass::Im, reason: Reason::UserOnline };
    let rows = [
        row(hour, ACCEPTED, 1),
        row(hour, Counted::Delivered { vendor: Vendor::Oppo }, 2),
        row(hour, skipped, 3),
        row(hour, Counted::Suppressed { class: SemanticClass::Call, reason: Reason::UserOnline }, 4),
        row(hour.next(), ACCEPTED, 5),
        row(later(hour, 24), ACCEPTED, 6),
    ];
    for row in &rows {
        add(runtime, &case.app, row, 2).await;
    }
    assert_eq!(read(runtime, &case.app, hour, later(hour, 25), hour.begin()).await, rows);
}

async fn only_the_hours_that_are_asked_for_are_read_in_their_order(runtime: &dyn RuntimeStore, case: &Case) {
    let hour = midnight(case);
    for number in [23, 3, 10, 2, 9] {
        add(runtime, &case.app, &row(later(hour, number), ACCEPTED, 1), u8::try_from(number % 4).unwrap()).await;
    }
    let found = read(runtime, &case.app, later(hour, 3), later(hour, 23), hour.begin()).await;
    assert_eq!(found.iter().map(|row| row.hour.of_day()).collect::<Vec<_>>(), [3, 9, 10]);
}

async fn counts_are_forgotten_after_400_days(runtime: &dyn RuntimeStore, case: &Case) {
    let hour = midnight(case);
    add(runtime, &case.app, &row(hour, ACCEPTED, 1), 0).await;
    let end = hour.begin().plus(STATISTICS_RETENTION);
    let before = end.minus(Duration::from_secs(1));
    assert_eq!(read(runtime, &case.app, hour, hour.next(), before).await.len(), 1);
    assert_eq!(read(runtime, &case.app, hour, hour.next(), end).await, []);
}

async fn additions_at_the_same_time_all_count(runtime: &dyn RuntimeStore, case: &Case) {
    let hour = midnight(case);
    let one = row(hour, ACCEPTED, 1);
    join_all((0..20).map(|number| add(runtime, &case.app, &one, number % SHARDS))).await;
    assert_eq!(read(runtime, &case.app, hour, hour.next(), hour.begin()).await, [row(hour, ACCEPTED, 20)]);
}

async fn erasing_hours_leaves_other_hours_and_apps(runtime: &dyn RuntimeStore, case: &Case) {
    let hour = midnight(case);
    for number in 0..5 {
        add(runtime, &case.app, &row(later(hour, number), ACCEPTED, 1), u8::try_from(number % 4).unwrap()).await;
        add(runtime, &case.elsewhere, &row(later(hour, number), ACCEPTED, 1), 0).await;
    }
    for hours in hours_by_day(hour.next(), later(hour, 4)) {
        runtime.erase_counts(&case.app, hours).await.unwrap();
        runtime.erase_counts(&case.app, hours).await.unwrap();
    }
    let left = read(runtime, &case.app, hour, later(hour, 24), hour.begin()).await;
    assert_eq!(left, [row(hour, ACCEPTED, 1), row(later(hour, 4), ACCEPTED, 1)]);
    assert_eq!(read(runtime, &case.elsewhere, hour, later(hour, 24), hour.begin()).await.len(), 5);
}

async fn apps_are_apart(runtime: &dyn RuntimeStore, case: &Case) {
    let hour = midnight(case);
    add(runtime, &case.app, &row(hour, ACCEPTED, 1), 0).await;
    assert_eq!(read(runtime, &case.elsewhere, hour, hour.next(), hour.begin()).await, []);
}
