//! The operator's list of apps.

use curlew_tests::simulators::{honor::account::NOTIFIER as HONOR, interfaces};
use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use shared::{
    domain::{
        push::SemanticClass,
        reason::Reason,
        statistics::{Counted, CountedRow, Hour},
        time::Timestamp,
        vendor::Vendor,
    },
    ports::{clock::Clock, statistics::AddCounts},
    testing::{contract::AppsOfBefore, sample::app_key},
};

use super::harness::{FCM, OPERATOR_KEY, Stack};

const HOUR: Duration = Duration::from_secs(3600);

async fn list(stack: &Stack, query: &str) -> Value {
    stack.ok("GET", &format!("/management/apps{query}"), OPERATOR_KEY, json!({})).await
}

async fn create(stack: &Stack, org: &str, app: &str) {
    stack.ok("POST", "/management/apps", OPERATOR_KEY, json!({"org": org, "app": app})).await;
}

/// Returns the apps of a page, as `org/app`.
fn names(page: &Value) -> Vec<String> {
    let data = page["data"].as_array().unwrap();
    assert_eq!(page["count"], json!(data.len()));
    data.iter().map(|one| format!("{}/{}", one["org"].as_str().unwrap(), one["app"].as_str().unwrap())).collect()
}

/// Returns the entries by the names of their apps.
fn entries(page: &Value) -> BTreeMap<&str, &Value> {
    page["data"].as_array().unwrap().iter().map(|one| (one["app"].as_str().unwrap(), one)).collect()
}

async fn count(stack: &Stack, app: &str, at: Timestamp, counted: Counted, times: u64) {
    let counts = counted.figures().into_iter().map(|figure| (figure, times)).collect();
    let row = CountedRow { hour: Hour::of(at), subject: counted.subject(), counts };
    stack.runtime.add_counts(&app_key(app), &row, 0).await.unwrap();
}

const ACCEPTED: Counted = Counted::Accepted { vendor: Vendor::Fcm, class: SemanticClass::Im };
const REFUSED: Counted =
    Counted::Refused { vendor: Vendor::Oppo, class: SemanticClass::Call, reason: Reason::IllegalBinding };

#[tokio::test]
async fn apps_are_listed_by_name_page_by_page() {
    let stack = Stack::start();
    assert_eq!(names(&list(&stack, "").await), Vec::<String>::new());
    for (org, app) in [("b", "a"), ("a-b", "z"), ("a", "z"), ("a", "b"), ("a", "b-c")] {
        create(&stack, org, app).await;
        stack.clock.advance(Duration::from_secs(1));
    }
    let all = ["a/b", "a/b-c", "a/z", "a-b/z", "b/a"];
    let page = list(&stack, "").await;
    assert_eq!((names(&page), page.get("cursor")), (all.map(str::to_owned).into(), None));
    let mut seen = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = list(&stack, &query).await;
        seen.extend(names(&page));
        let Some(cursor) = page.get("cursor").and_then(Value::as_str) else { break };
        query = format!("?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, all);
    let last = list(&stack, "?limit=2&cursor=b/a").await;
    assert_eq!((names(&last).len(), last.get("cursor")), (0, None));
    assert_eq!(names(&list(&stack, "?limit=5").await), all);
    // A page may begin at any app, also at a deleted one.
    assert_eq!(names(&list(&stack, "?cursor=a/c").await), all[2..]);
}

#[tokio::test]
async fn a_page_has_twenty_apps_where_nothing_is_said() {
    let stack = Stack::start();
    for number in 0..25 {
        create(&stack, "acme", &format!("app{number:02}")).await;
    }
    let page = list(&stack, "").await;
    assert_eq!((names(&page).len(), &page["cursor"]), (20, &json!("acme/app19")));
    assert_eq!(names(&list(&stack, "?limit=100").await).len(), 25);
}

#[tokio::test]
async fn a_limit_or_cursor_that_is_none_is_refused_by_name() {
    let stack = Stack::start();
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("cursor=", "cursor"),
        ("cursor=acme", "cursor"),
        ("cursor=acme%23chat", "cursor"),
        ("cursor=acme/", "cursor"),
        ("cursor=acme/a/b", "cursor"),
        ("cursor=acme/%C3%BC", "cursor"),
    ] {
        let (status, answer) = stack.call("GET", &format!("/management/apps?{query}"), OPERATOR_KEY, &json!({})).await;
        let text = answer["error_description"].as_str().unwrap_or_default();
        assert!(status == 400 && text.starts_with(&format!("{field} must be")), "{query}: {status} {answer}");
    }
}

#[tokio::test]
async fn the_list_is_for_operators() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    for token in [&*app.token, "", "another key"] {
        assert_eq!(stack.call("GET", "/management/apps", token, &json!({})).await.0, 401);
    }
}

/// Returns how many notifiers each app of the harness has: one for each interface of a vendor.
fn of_the_harness() -> usize {
    interfaces().count()
}

#[tokio::test]
async fn an_entry_says_how_many_notifiers_and_warnings_an_app_has() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    create(&stack, "acme", "empty").await;
    let created_at = stack.ok("GET", "/management/apps/acme/chat", OPERATOR_KEY, json!({})).await["createdAt"].clone();
    let before = list(&stack, "").await;
    let notifiers = stack.ok("GET", &app.path("notifiers"), &app.token, json!({})).await;
    let warnings: usize =
        notifiers["data"].as_array().unwrap().iter().map(|one| one["warnings"].as_array().unwrap().len()).sum();
    assert!(warnings > 0);
    let counts = json!({"accepted": 0, "refused": 0});
    let chat = json!({
        "org": "acme", "app": "chat", "createdAt": created_at, "notifiers": of_the_harness(), "warnings": warnings, "last_24h": counts,
    });
    let entries_before = entries(&before);
    assert_eq!(*entries_before["chat"], chat);
    assert_eq!((&entries_before["empty"]["notifiers"], &entries_before["empty"]["warnings"]), (&json!(0), &json!(0)));

    stack.ok("PUT", &app.path(&format!("notifiers/{HONOR}")), &app.token, json!({"expires_at": 7})).await;
    assert_eq!(entries(&list(&stack, "").await)["chat"]["warnings"], json!(warnings + 1));
    stack.ok("DELETE", &app.path(&format!("notifiers/{HONOR}")), &app.token, json!({})).await;
    let after = list(&stack, "").await;
    assert_eq!(
        (&after["data"][0]["notifiers"], &after["data"][0]["warnings"]),
        (&json!(of_the_harness() - 1), &json!(warnings))
    );
}

#[tokio::test]
async fn an_entry_counts_the_pushes_of_the_current_hour_and_the_24_before() {
    let stack = Stack::start();
    create(&stack, "acme", "chat").await;
    create(&stack, "acme", "other").await;
    stack.clock.advance(72 * HOUR);
    let now = stack.clock.now();
    for (hours, times) in [(0, 1), (1, 10), (24, 100), (25, 1_000)] {
        count(&stack, "acme#chat", now.minus(hours * HOUR), ACCEPTED, times).await;
        count(&stack, "acme#chat", now.minus(hours * HOUR), REFUSED, 2 * times).await;
    }
    let suppressed = Counted::Suppressed { class: SemanticClass::Im, reason: Reason::UserOnline };
    count(&stack, "acme#chat", now, suppressed, 50).await;
    let page = list(&stack, "").await;
    let found = entries(&page);
    assert_eq!(found["chat"]["last_24h"], json!({"accepted": 111, "refused": 222}));
    assert_eq!(found["other"]["last_24h"], json!({"accepted": 0, "refused": 0}));
}

#[tokio::test]
async fn pushes_of_a_former_app_of_the_name_are_not_counted() {
    let stack = Stack::start();
    let now = stack.clock.now();
    count(&stack, "acme#chat", now.minus(2 * HOUR), ACCEPTED, 5).await;
    create(&stack, "acme", "chat").await;
    count(&stack, "acme#chat", now, ACCEPTED, 7).await;
    assert_eq!(list(&stack, "").await["data"][0]["last_24h"]["accepted"], json!(7));
}

#[tokio::test]
async fn an_app_that_a_version_before_made_anew_is_shown_by_its_own_row() {
    let stack = Stack::start();
    let former = stack.clock.now();
    stack.clock.advance(2 * HOUR);
    let now = stack.clock.now();
    count(&stack, "acme#chat", former, ACCEPTED, 5).await;
    create(&stack, "acme", "chat").await;
    stack.apps.list_as_created(&app_key("acme#chat"), former);
    count(&stack, "acme#chat", now, ACCEPTED, 7).await;
    let page = list(&stack, "").await;
    let shown = &page["data"][0];
    assert_eq!((&shown["createdAt"], &shown["last_24h"]["accepted"]), (&json!(now), &json!(7)));
}

#[tokio::test]
async fn an_app_whose_name_is_held_is_listed_and_can_be_deleted_again() {
    let stack = Stack::start();
    create(&stack, "acme", "old").await;
    let key = app_key("acme#old");
    stack.apps.set_users_listed(&key, false).await;
    stack.ok("DELETE", "/management/apps/acme/old", OPERATOR_KEY, json!({})).await;
    stack.drain().await;
    let page = list(&stack, "").await;
    let held = &page["data"][0];
    assert_eq!((&held["state"], &held["notifiers"], &held["last_24h"]), (&json!("held"), &Value::Null, &Value::Null));
    stack.apps.set_users_listed(&key, true).await;
    stack.ok("DELETE", "/management/apps/acme/old", OPERATOR_KEY, json!({})).await;
    assert_eq!(list(&stack, "").await["data"][0]["state"], "deleting");
    stack.drain().await;
    assert_eq!(names(&list(&stack, "").await), Vec::<String>::new());
}

#[tokio::test]
async fn what_cannot_be_read_of_an_app_is_null_and_costs_no_other_its_entry() {
    let stack = Stack::start();
    for app in ["bad", "good"] {
        stack.app(app, json!({})).await;
        count(&stack, &format!("acme#{app}"), stack.clock.now(), ACCEPTED, 3).await;
    }
    let whole = list(&stack, "").await;
    let of = |page: &Value, app: &str, name: &str| entries(page)[app][name].clone();
    let counts = json!({"accepted": 3, "refused": 0});

    stack.runtime.faults.corrupt("health_of", "acme#bad");
    let page = list(&stack, "").await;
    assert_eq!((of(&page, "bad", "notifiers"), of(&page, "bad", "warnings")), (json!(of_the_harness()), Value::Null));
    assert_eq!((of(&page, "bad", "last_24h"), entries(&page)["good"]), (counts.clone(), entries(&whole)["good"]));
    stack.runtime.faults.mend();

    stack.apps.faults.corrupt("app_summary", "acme#bad");
    let page = list(&stack, "").await;
    assert_eq!((of(&page, "bad", "notifiers"), of(&page, "bad", "warnings")), (Value::Null, Value::Null));
    assert_eq!((of(&page, "bad", "last_24h"), entries(&page)["good"]), (counts, entries(&whole)["good"]));
    assert_eq!(of(&page, "bad", "createdAt"), of(&whole, "bad", "createdAt"));
    stack.apps.faults.mend();

    stack.runtime.faults.fail_next_of("counts", 1);
    let page = list(&stack, "").await;
    let (unknown, known): (Vec<_>, Vec<_>) =
        page["data"].as_array().unwrap().iter().partition(|one| one["last_24h"].is_null());
    assert_eq!((unknown.len(), known.len(), stack.runtime.faults.left()), (1, 1, 0));
    assert!(unknown[0]["notifiers"] == of_the_harness() && unknown[0]["warnings"].is_number(), "{page}");
    assert_eq!(list(&stack, "").await["data"], whole["data"]);
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_no_empty_list() {
    let stack = Stack::start();
    stack.apps.faults.fail_next_of("listed_apps", 1);
    assert_eq!(stack.call("GET", "/management/apps", OPERATOR_KEY, &json!({})).await.0, 503);
}

#[tokio::test(start_paused = true)]
async fn an_app_that_hangs_costs_itself_only() {
    let stack = Stack::start();
    for app in ["a", "b", "c"] {
        create(&stack, "acme", app).await;
    }
    stack.apps.faults.slow_next_of("app_summary", 60 * HOUR);
    let began = tokio::time::Instant::now();
    let page = list(&stack, "").await;
    assert_eq!(began.elapsed().as_secs(), 3);
    let unknown: Vec<&Value> =
        page["data"].as_array().unwrap().iter().filter(|one| one["notifiers"].is_null()).collect();
    assert_eq!((unknown.len(), names(&page).len()), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn the_answer_comes_in_time_though_every_app_hangs_and_of_eight_apps_is_read_at_once() {
    let stack = Stack::start();
    for number in 0..100 {
        create(&stack, "acme", &format!("app{number:02}")).await;
    }
    stack.runtime.faults.slow_down_of("counts", Duration::from_secs(1));
    let began = tokio::time::Instant::now();
    let page = list(&stack, "?limit=16").await;
    assert_eq!(began.elapsed().as_secs(), 2);
    assert!(page["data"].as_array().unwrap().iter().all(|one| one["last_24h"]["accepted"] == 0), "{page}");

    stack.apps.faults.slow_down_of("app_summary", 60 * HOUR);
    let began = tokio::time::Instant::now();
    let page = list(&stack, "?limit=100").await;
    assert_eq!(began.elapsed().as_secs(), 15);
    assert_eq!(names(&page).len(), 100);
    assert!(page["data"].as_array().unwrap().iter().all(|one| one["notifiers"].is_null()), "{page}");
}

#[tokio::test]
async fn an_app_that_is_being_deleted_says_so_until_its_name_is_free() {
    let stack = Stack::start();
    for app in ["chat", "other"] {
        let app = stack.app(app, json!({})).await;
        stack.bind(&app, "ann", "phone", FCM, &format!("token-of-{}", app.key.app())).await;
    }
    count(&stack, "acme#chat", stack.clock.now(), ACCEPTED, 3).await;
    stack.clock.advance(Duration::from_secs(1));
    let other = entries(&list(&stack, "").await)["other"].clone();
    let created_at = list(&stack, "").await["data"][0]["createdAt"].clone();
    stack.ok("DELETE", "/management/apps/acme/chat", OPERATOR_KEY, json!({})).await;
    let deleting = json!({
        "org": "acme", "app": "chat", "createdAt": created_at, "state": "deleting",
        "notifiers": null, "warnings": null, "last_24h": null,
    });
    let page = list(&stack, "").await;
    assert_eq!((entries(&page)["chat"], entries(&page)["other"]), (&deleting, &other));
    while stack.step().await {}
    assert_eq!(*entries(&list(&stack, "").await)["chat"], deleting);
    stack.drain().await;
    assert_eq!(names(&list(&stack, "").await), ["acme/other"]);
    create(&stack, "acme", "chat").await;
    let anew = list(&stack, "").await;
    assert_eq!((names(&anew).len(), anew["data"][0].get("state")), (2, None));
    assert_ne!(anew["data"][0]["createdAt"], created_at);
}

#[tokio::test]
async fn an_app_whose_name_a_version_before_freed_is_left_out_and_hides_none_behind_it() {
    let stack = Stack::start();
    for app in ["a", "b", "c"] {
        create(&stack, "acme", app).await;
    }
    stack.ok("DELETE", "/management/apps/acme/a", OPERATOR_KEY, json!({})).await;
    stack.apps.free_name_but_not_the_list(&app_key("acme#a"));
    let page = list(&stack, "?limit=1").await;
    assert_eq!((names(&page).len(), &page["cursor"]), (0, &json!("acme/a")));
    assert_eq!(names(&list(&stack, "").await), ["acme/b", "acme/c"]);
}
