//! The operator's view of push counts: by hour or day, by vendor, class or reason, and in Easemob's form.

use curlew_tests::simulators::xiaomi::account::NOTIFIER as XIAOMI;
use std::time::Duration;

use serde_json::{Value, json};
use shared::{
    domain::{
        push::SemanticClass::{self, Im, Marketing},
        reason::Reason::{IllegalBinding, ModeNone, UserOnline},
        statistics::{Counted, CountedRow, Hour},
        time::Timestamp,
        vendor::Vendor::{self, Fcm, Huawei, Meizu, Oppo, Xiaomi},
    },
    ports::{clock::Clock, statistics::AddCounts},
};
use tokio::time::Instant;

use super::{
    deadline::HANGS,
    harness::{HUAWEI, Stack, TestApp},
    support_tokens::support_token,
};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// An app that is 40 days old.
struct World {
    stack: Stack,
    app: TestApp,
    /// the beginning of the day before today
    day: i64,
}

impl World {
    async fn start() -> Self {
        let stack = Stack::start();
        let mut app = stack.app("chat", json!({})).await;
        stack.clock.advance(Duration::from_secs(40 * 24 * 3600));
        stack.renew(&mut app).await;
        let day = (stack.clock.now().as_millis().div_euclid(DAY) - 1) * DAY;
        Self { stack, app, day }
    }

    /// Adds `times` counts, `hours` after the beginning of the day before today.
    async fn count(&self, app: &TestApp, hours: i64, counted: Counted, times: u64) {
        let counts = counted.figures().into_iter().map(|figure| (figure, times)).collect();
        let hour = Hour::of(Timestamp::from_millis(self.day + hours * HOUR));
        let row = CountedRow { hour, subject: counted.subject(), counts };
        self.stack.runtime.add_counts(&app.key, &row, 0).await.unwrap();
    }

    async fn ask(&self, app: &TestApp, rest: &str) -> (u16, Value) {
        self.stack.call("GET", &app.path(rest), &app.token, &json!({})).await
    }

    /// Returns the counts from the day before today until the end of today.
    async fn stats(&self, more: &str) -> Value {
        let (from, to) = (self.day, self.day + 2 * DAY);
        let (status, answer) = self.ask(&self.app, &format!("push/stats?from={from}&to={to}{more}")).await;
        assert_eq!(status, 200, "{answer}");
        answer["data"].clone()
    }

    /// Returns an app with counts of three vendors and two classes, in two hours of one day and one of the next.
    async fn counted() -> Self {
        let world = Self::start().await;
        for (hours, counted, times) in [
            (1, suppressed(Im, UserOnline), 5),
            (1, suppressed(Marketing, ModeNone), 2),
            (1, Counted::Accepted { vendor: Huawei, class: Im }, 7),
            (1, Counted::Accepted { vendor: Fcm, class: Marketing }, 4),
            (1, Counted::Refused { vendor: Fcm, class: Im, reason: IllegalBinding }, 1),
            (1, Counted::Delivered { vendor: Huawei }, 6),
            (3, Counted::Accepted { vendor: Fcm, class: Im }, 10),
            (24, suppressed(Im, UserOnline), 1),
        ] {
            world.count(&world.app, hours, counted, times).await;
        }
        world
    }
}

const fn suppressed(class: SemanticClass, reason: shared::domain::reason::Reason) -> Counted {
    Counted::Suppressed { class, reason }
}

const fn accepted(vendor: Vendor) -> Counted {
    Counted::Accepted { vendor, class: Im }
}

/// Returns an entry's counts only: decided, suppressed, accepted, refused, delivered, clicked.
fn sums(entry: &Value) -> [Value; 6] {
    ["decided", "suppressed", "accepted", "refused", "delivered", "clicked"].map(|name| entry[name].clone())
}

/// Returns the expected counts of an entry. Counts that nobody reports are `null`.
fn expected(counts: [u64; 4], reported: [Value; 2]) -> [Value; 6] {
    let [delivered, clicked] = reported;
    let [decided, suppressed, accepted, refused] = counts.map(Value::from);
    [decided, suppressed, accepted, refused, delivered, clicked]
}

#[tokio::test]
async fn counts_are_shown_by_hour_and_by_day_the_oldest_first() {
    let world = World::counted().await;
    let shown = |data: &Value| {
        let entries = data.as_array().unwrap().iter();
        entries.map(|entry| ((entry["from"].as_i64().unwrap() - world.day) / HOUR, sums(entry))).collect::<Vec<_>>()
    };
    let null = || [Value::Null, Value::Null];
    let first = expected([19, 7, 11, 1], [json!(6), Value::Null]);
    let by_hour = [(1, first), (3, expected([10, 0, 10, 0], null())), (24, expected([1, 1, 0, 0], null()))];
    assert_eq!(shown(&world.stats("").await), by_hour);
    let by_day = [(0, expected([29, 7, 21, 1], [json!(6), Value::Null])), (24, expected([1, 1, 0, 0], null()))];
    assert_eq!(shown(&world.stats("&step=day").await), by_day);
}

#[tokio::test]
async fn counts_are_told_apart_by_vendor_by_class_or_by_reason_and_add_up_to_the_same() {
    let world = World::counted().await;
    let null = || [Value::Null, Value::Null];
    let reports = || [json!(6), Value::Null];
    for (by, expected) in [
        (
            "vendor",
            vec![
                (Some("fcm"), expected([15, 0, 14, 1], null())),
                (Some("huawei"), expected([7, 0, 7, 0], reports())),
                (None, expected([7, 7, 0, 0], null())),
            ],
        ),
        (
            "class",
            vec![(Some("im"), expected([23, 5, 17, 1], null())), (Some("marketing"), expected([6, 2, 4, 0], null()))],
        ),
    ] {
        let data = world.stats(&format!("&step=day&by={by}")).await;
        let first_day = data.as_array().unwrap().iter().filter(|entry| entry["from"] == world.day);
        let shown: Vec<_> = first_day.map(|entry| (entry[by].as_str(), sums(entry))).collect();
        assert_eq!(shown, expected, "{by}");
    }
    let data = world.stats("&step=day&by=reason").await;
    let first_day = data.as_array().unwrap().iter().filter(|entry| entry["from"] == world.day);
    let mut shown: Vec<_> = first_day.map(|entry| (entry["reason"].as_str(), sums(entry))).collect();
    shown.sort_by_key(|(reason, _)| *reason);
    let expected = [
        (None, expected([21, 0, 21, 0], reports())),
        (Some("illegal binding"), expected([1, 0, 0, 1], null())),
        (Some("mode none"), expected([2, 2, 0, 0], null())),
        (Some("user online"), expected([5, 5, 0, 0], null())),
    ];
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn what_nobody_reports_is_null_and_what_was_not_seen_yet_is_zero() {
    let world = World::start().await;
    for vendor in [Fcm, Huawei, Xiaomi, Oppo, Meizu] {
        world.count(&world.app, 1, accepted(vendor), 3).await;
    }
    let reported = async || {
        let data = world.stats("&by=vendor").await;
        let reported = |entry: &Value| {
            let name = entry["vendor"].as_str().unwrap().to_owned();
            (name, entry["delivered"].clone(), entry["clicked"].clone())
        };
        data.as_array().unwrap().iter().map(reported).collect::<Vec<_>>()
    };
    let line = |vendor: &str, delivered: Value, clicked: Value| (vendor.to_owned(), delivered, clicked);
    let (null, zero) = (|| Value::Null, || json!(0));
    let before = [
        line("fcm", null(), null()),
        line("huawei", zero(), null()),
        line("xiaomi", zero(), zero()),
        line("oppo", zero(), null()),
        // The harness has a Meizu notifier without an address.
        line("meizu", null(), null()),
    ];
    assert_eq!(reported().await, before);
    // Clients report clicks, and Meizu's console has the address.
    for counted in [Counted::Clicked { vendor: Fcm }, Counted::Delivered { vendor: Meizu }] {
        world.count(&world.app, 2, counted, 1).await;
    }
    let after = reported().await;
    assert_eq!(after[0], line("fcm", null(), zero()));
    assert_eq!(after[4], line("meizu", zero(), null()));
    assert_eq!(after[5], line("fcm", null(), json!(1)));
    // Xiaomi's notifier has no address any more.
    let path = world.app.path(&format!("notifiers/{XIAOMI}"));
    world.stack.ok("PUT", &path, &world.app.token, json!({"options": {"receipts": "off"}})).await;
    world.stack.clock.advance(shared::app_configs::KEPT);
    assert_eq!(reported().await[2], line("xiaomi", null(), null()));
}

#[tokio::test]
async fn an_app_sees_neither_the_counts_of_another_nor_those_of_an_earlier_one_of_its_name() {
    let world = World::counted().await;
    let other = world.stack.app("other", json!({})).await;
    let (from, to) = (world.day, world.day + 2 * DAY);
    let path = format!("push/stats?from={from}&to={to}");
    world.count(&other, 1, accepted(Fcm), 1).await;
    let reads = || world.stack.runtime.faults.calls_of("counts");
    let before = reads();
    let (_, answer) = world.ask(&other, &path).await;
    assert_eq!(answer["data"], json!([]), "counted before the app was created");
    assert_eq!(reads() - before, 1, "only the day of its creation is read");
    let now = (world.stack.clock.now().as_millis() - world.day) / HOUR;
    world.count(&other, now, accepted(Fcm), 9).await;
    let (_, answer) = world.ask(&other, &path).await;
    assert_eq!((answer["data"].as_array().unwrap().len(), &answer["data"][0]["accepted"]), (1, &json!(9)));
}

#[tokio::test]
async fn days_are_shown_by_channel_in_easemobs_words() {
    let world = World::counted().await;
    let date = |days: i64| {
        let day = shared::domain::statistics::Day::of(Timestamp::from_millis(world.day + days * DAY));
        day.date()
    };
    let path = |platform: &str| format!("push/data/offline-push/begin/{}/end/{}{platform}", date(-1), date(1));
    let fcm = json!({"successCount": 14, "failCount": 1});
    let huawei = json!({"successCount": 7, "failCount": 0, "arriveCount": 6});
    for (platform, channels) in [
        ("", json!({"FCM": fcm, "HUAWEIPUSH": huawei})),
        ("?platform=ALL", json!({"FCM": fcm, "HUAWEIPUSH": huawei})),
        ("?platform=HUAWEIPUSH", json!({"HUAWEIPUSH": huawei})),
        ("?platform=HONOR", json!({})),
    ] {
        let (status, answer) = world.ask(&world.app, &path(platform)).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["data"], json!({date(-1): {}, date(0): channels, date(1): {}}), "{platform}");
    }
}

#[tokio::test]
async fn a_question_that_breaks_a_rule_reads_nothing_and_a_user_may_not_ask() {
    let world = World::start().await;
    let grant = json!({"grant_type": "inherit", "username": "ann", "autoCreateUser": true});
    let user = world.stack.ok("POST", &world.app.path("token"), &world.app.token, grant).await;
    let user = user["access_token"].as_str().unwrap();
    let (from, to) = (world.day, world.day + DAY);
    for (good, bad, says) in [
        (
            format!("push/stats?from={from}&to={to}"),
            format!("push/stats?from={to}&to={from}"),
            "from must be before to",
        ),
        (
            "push/data/offline-push/begin/2026-01-20/end/2026-01-21".to_owned(),
            "push/data/offline-push/begin/2026-02-30/end/2026-02-31".to_owned(),
            "begin must be a date that exists, as yyyy-MM-dd",
        ),
    ] {
        let (status, refused) = world.ask(&world.app, &bad).await;
        assert_eq!((status, &refused["error_description"]), (400, &json!(says)));
        assert_eq!(world.stack.runtime.faults.calls_of("counts"), 0);
        for (token, status) in [("", 401), (user, 403)] {
            assert_eq!(world.stack.call("GET", &world.app.path(&good), token, &json!({})).await.0, status);
        }
    }
    let twice = format!("push/stats?from={from}&from={from}&to={to}");
    assert_eq!(world.ask(&world.app, &twice).await.0, 400);
}

#[tokio::test(start_paused = true)]
async fn the_longest_question_is_answered_within_the_functions_time_or_refused_for_now() {
    let world = World::start().await;
    let (from, to) = (world.day + 2 * DAY - 31 * DAY - HOUR, world.day + 2 * DAY - HOUR);
    let path = format!("push/stats?from={from}&to={to}");
    world.count(&world.app, 1, accepted(Fcm), 1).await;
    let reads = world.stack.runtime.faults.calls_of("counts");
    let began = Instant::now();
    world.stack.runtime.faults.slow_down_of("counts", Duration::from_millis(300));
    let (status, answer) = world.ask(&world.app, &path).await;
    assert_eq!((status, answer["data"].as_array().unwrap().len()), (200, 1));
    assert_eq!(world.stack.runtime.faults.calls_of("counts") - reads, 32, "31 days begin and end within a day");
    assert_eq!(began.elapsed(), Duration::from_millis(16 * 300), "two days at a time");

    world.stack.runtime.faults.at_full_speed();
    world.stack.runtime.faults.slow_down_of("counts", HANGS);
    let began = Instant::now();
    assert_eq!(world.ask(&world.app, &path).await.0, 503);
    assert!(began.elapsed() < Duration::from_secs(10));
    world.stack.runtime.faults.at_full_speed();
    world.stack.runtime.faults.fail_next_of("counts", 1);
    assert_eq!(world.ask(&world.app, &path).await.0, 503);
}

#[tokio::test]
async fn a_pushed_and_a_suppressed_receiver_are_counted_and_shown_to_support_too() {
    let world = World::start().await;
    let token = curlew_tests::simulators::huawei::device_token();
    world.stack.bind(&world.app, "ann", "phone", HUAWEI, &token).await;
    world.stack.send(&world.app, &["ann", "nobody"], json!({})).await;
    world.stack.drain().await;
    let support = support_token(&world.stack, &world.app, json!({})).await;
    let path =
        world.app.path(&format!("push/stats?from={}&to={}&step=day&by=vendor", world.day + DAY, world.day + 2 * DAY));
    for token in [&world.app.token, &support] {
        let answer = world.stack.ok("GET", &path, token, json!({})).await;
        let shown: Vec<_> = answer["data"].as_array().unwrap().iter().map(sums).collect();
        let (pushed, silent) = ([1, 0, 1, 0], [1, 1, 0, 0]);
        let expected = [expected(pushed, [json!(0), Value::Null]), expected(silent, [Value::Null, Value::Null])];
        assert_eq!(shown, expected, "{answer}");
    }
}
