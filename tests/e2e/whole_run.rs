//! Invariants of the whole run. The module's name keeps it last: see `harness::gate`.

use std::{collections::BTreeMap, fs, sync::PoisonError};

use curlew_tests::{
    simulators::{Answered, Endpoint, Filter, SIMULATORS},
    stack::queues,
};
use serde_json::{Value, json};
use shared::{domain::outcome::PushStatus, lambda::metric::Metric};

use crate::harness::{World, canary, until};

/// Checks that no log, metric or error answer has what only the vendor, the store and the phone may see.
#[tokio::test]
async fn no_secret_no_token_and_no_text_got_where_logs_go() {
    let world = World::after_all_others().await;
    // The search needs messages in the logs, even if no other test was chosen.
    let tenant = world.tenant().await;
    let phones = [tenant.phone("fcm", "ann").await, tenant.phone("huawei", "bob").await];
    let ids = tenant.send(&["ann", "bob"], json!({})).await;
    for phone in &phones {
        assert_eq!(tenant.outcome(&phone.user, &ids[&phone.user]).await.status, PushStatus::Success);
    }
    assert_eq!(tenant.app.anonymous_call(reqwest::Method::GET, "/notifiers").send().await.unwrap().status, 401);
    note_access_tokens(&world).await;
    let secrets = canary::all();

    // The search finds known text: messages in the logs, and secrets in the store and at the vendors.
    let expected = [("CheckPresenceLogGroup", "ann"), ("PushFcmLogGroup", "ann"), ("PushHuaweiLogGroup", "bob")];
    let logs = until("the log of the last messages", async || {
        let logs = logs(&world).await;
        let complete = expected.iter().all(|(group, user)| logs[*group].contains(&ids[*user]));
        complete.then_some(logs)
    })
    .await;
    assert!(ids.values().all(|id| logs["emulator.log"].contains(id)), "emulator.log lacks the functions' lines");
    assert!(logs["PushFcmLogGroup"].contains("\"PushOutcomes\""), "the metrics are in the logs");
    for phone in &phones {
        let sent = &tenant.sends(phone).await[0].body;
        assert!(!found(sent, &secrets).is_empty() && sent.contains(&phone.token), "{sent}");
    }
    let refusals = canary::refusals().lock().unwrap_or_else(PoisonError::into_inner).join("\n");
    assert!(refusals.contains("Unable to authenticate"));

    for (place, text) in logs.iter().chain([(&"error answers".to_owned(), &refusals)]) {
        let lines: Vec<&str> = text.lines().filter(|line| !found(line, &secrets).is_empty()).collect();
        assert!(lines.is_empty(), "{place} shows secrets in {} lines, such as {}", lines.len(), lines[0]);
    }
    println!("{} secrets in none of {} bytes of logs", secrets.len(), logs.values().map(String::len).sum::<usize>());
}

/// Checks that the functions write metrics, and none that is not listed, since a new one costs money.
#[tokio::test]
async fn the_metrics_of_the_run_are_listed_and_those_of_a_push_are_among_them() {
    let world = World::after_all_others().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("xiaomi", "cid").await;
    let ids = tenant.send(&["cid"], json!({})).await;
    assert_eq!(tenant.outcome("cid", &ids["cid"]).await.status, PushStatus::Success);
    assert_eq!(tenant.sends(&phone).await.len(), 1);
    let of_a_push = [
        ("CheckPresenceLogGroup", Metric::Decisions),
        ("PushXiaomiLogGroup", Metric::PushOutcomes),
        ("PushXiaomiLogGroup", Metric::VendorLatency),
        ("PushXiaomiLogGroup", Metric::ReceiptsExpected),
    ];
    let written = until("the metrics of the push", async || {
        let written = written_metrics(&world).await;
        of_a_push
            .iter()
            .all(|(group, metric)| written.contains_key(&(*group, metric.name().to_owned())))
            .then_some(written)
    })
    .await;
    for ((group, name), line) in &written {
        let metric = Metric::ALL.into_iter().find(|metric| metric.name() == name);
        let metric = metric.unwrap_or_else(|| panic!("{group} writes an unknown metric: {line}"));
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Dimensions"], json!([metric.dimensions()]), "{group}: {line}");
        assert_eq!(directive["Metrics"][0]["Unit"], metric.unit(), "{group}: {line}");
    }
}

/// Checks that the queues are empty when all work is done.
#[tokio::test]
async fn nothing_is_left_on_any_queue() {
    let world = World::after_all_others().await;
    for queue in queues() {
        world.holds(&queue, 0).await;
    }
}

/// Checks that EventBridge runs the template's schedule. Tests invoke its function themselves, so as not to wait for it.
#[tokio::test]
async fn the_schedule_runs_by_itself() {
    let world = World::after_all_others().await;
    let function = &world.stack.description.functions["RunSchedule"];
    let runs = format!("EventBridge → Lambda {function}: dispatched");
    until("a run of the schedule", async || emulator_log(&world).contains(&runs).then_some(())).await;
}

/// Returns the secrets that a text contains.
fn found<'a>(text: &str, secrets: &'a [String]) -> Vec<&'a str> {
    secrets.iter().map(String::as_str).filter(|secret| text.contains(*secret)).collect()
}

/// Notes the access tokens that the vendors issued.
async fn note_access_tokens(world: &World) {
    let filter = Filter { endpoint: Some(Endpoint::Token), ..Filter::default() };
    for request in world.stack.vendors.requests(&filter).await.unwrap() {
        let Answered::Http { body, .. } = &request.answered else { continue };
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let places = SIMULATORS.into_iter().filter_map(|simulator| Some(simulator.access_tokens.as_ref()?.answered_at));
        let tokens = places.filter_map(|place| body.pointer(place)?.as_str());
        tokens.for_each(canary::note);
    }
}

/// Returns everything that the functions and the emulator wrote during this run, by place.
async fn logs(world: &World) -> BTreeMap<String, String> {
    let mut logs = BTreeMap::new();
    for group in world.stack.logs.groups() {
        let lines = world.stack.logs.lines(group, canary::began().as_millis()).await.unwrap();
        logs.insert(group.to_owned(), lines.join("\n"));
    }
    logs.insert("emulator.log".to_owned(), emulator_log(world));
    logs
}

/// Returns a line of each metric that a log group has.
async fn written_metrics(world: &World) -> BTreeMap<(&str, String), Value> {
    let mut written = BTreeMap::new();
    for group in world.stack.logs.groups() {
        for line in world.stack.logs.lines(group, canary::began().as_millis()).await.unwrap() {
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(name) = line.pointer("/_aws/CloudWatchMetrics/0/Metrics/0/Name").and_then(Value::as_str) {
                written.insert((group, name.to_owned()), line);
            }
        }
    }
    written
}

fn emulator_log(world: &World) -> String {
    let file = world.stack.description.log_dir.join("emulator.log");
    String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned()
}
