//! Invariants of the whole run. The module's name keeps it last: see `harness::gate`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::PoisonError,
};

use curlew_tests::{
    canaries::Search,
    simulators::{Answered, Endpoint, Filter, SIMULATORS},
    stack::queues,
};
use serde_json::{Value, json};
use shared::{domain::outcome::PushStatus, lambda::metric::Metric};

use crate::harness::{World, canary, until};

/// Texts by the place where they were found.
type Places = BTreeMap<String, String>;

/// Checks that no log, metric, error answer or dead-letter reason has what only the vendor, the store and the phone may
/// see. Records on queues and dead-letter queues have texts and device tokens, because a function needs them to go on.
/// They have no credential and no bearer.
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
    note_secrets_of_the_stack(&world).await;
    note_access_tokens(&world).await;
    let planted = plant(&world).await;
    let (everything, credentials) = (canary::everything(), canary::credentials());

    // Known text is found: messages in the logs, secrets at the vendors, a planted credential on a dead-letter queue.
    let expected = [("CheckPresenceLogGroup", "ann"), ("PushFcmLogGroup", "ann"), ("PushHuaweiLogGroup", "bob")];
    let written = until("the log of the last messages", async || {
        let written = written(&world).await;
        let complete = expected.iter().all(|(group, user)| Search::new([ids[*user].as_str()]).finds(&written[*group]));
        complete.then_some(written)
    })
    .await;
    let all_ids = Search::new(ids.values().map(String::as_str));
    assert!(all_ids.finds(&written["emulator.log"]), "emulator.log lacks the functions' lines");
    assert!(written["PushFcmLogGroup"].contains("\"PushOutcomes\""), "the metrics are in the logs");
    assert!(written["error answers"].contains("Unable to authenticate"));
    for phone in &phones {
        let sent = &tenant.sends(phone).await[0].body;
        assert!(everything.finds(sent) && sent.contains(&phone.token), "{sent}");
    }
    let records = records(&world).await;
    remove(&world, &planted).await;
    assert!(credentials.finds(&records[PLANTED_ON]), "the planted credential is not found");
    assert!(records.keys().any(|place| place.starts_with("sent by ")), "{:?}", records.keys());

    assert_clean(&everything, &written);
    let of_functions = records.into_iter().map(|(place, text)| (place, text.replace(&planted, "planted"))).collect();
    assert_clean(&credentials, &of_functions);
    let bytes = written.values().map(String::len).sum::<usize>();
    println!("{} canaries in none of {bytes} bytes of logs", everything.canaries());
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
    until("a run of the schedule", async || log_file(&world, "emulator.log").contains(&runs).then_some(())).await;
}

fn assert_clean(search: &Search, places: &Places) {
    for (place, text) in places {
        let lines = search.lines(text);
        assert!(lines.is_empty(), "{place} shows canaries in {} lines, such as {}", lines.len(), lines[0]);
    }
}

/// The dead-letter queue on which a credential is planted.
const PLANTED_ON: &str = "CallbackDeadLetterQueue";

/// Puts a record with a credential on a dead-letter queue, as a faulty function would. Returns the record.
async fn plant(world: &World) -> String {
    let record = json!({"token": canary::credential()}).to_string();
    world.stack.cloud.put_record(PLANTED_ON, &record, 0).await.unwrap();
    record
}

/// Removes the planted record.
async fn remove(world: &World, planted: &str) {
    let cloud = &world.stack.cloud;
    let seen = until("the planted record", async || {
        let records = cloud.dead_lettered(PLANTED_ON).await.unwrap();
        records.into_iter().find(|record| record.body == planted)
    })
    .await;
    cloud.remove(PLANTED_ON, &seen).await.unwrap();
}

/// Notes what the stack generated for itself.
async fn note_secrets_of_the_stack(world: &World) {
    for secret in ["OperatorKeySecret", "TokenSigningSecret"] {
        canary::note(&world.stack.cloud.secret(secret).await.unwrap());
    }
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

/// Returns what functions and emulator wrote since the stack is up, and the run's error answers.
async fn written(world: &World) -> Places {
    let mut places = Places::new();
    for group in world.stack.logs.groups() {
        let lines = world.stack.logs.lines(group, 0).await.unwrap();
        places.insert(group.to_owned(), lines.join("\n"));
    }
    for file in ["emulator.log", "forwarder.log"] {
        places.insert(file.to_owned(), log_file(world, file));
    }
    let refusals = canary::refusals().lock().unwrap_or_else(PoisonError::into_inner).join("\n");
    places.insert("error answers".to_owned(), refusals);
    let reasons = dead_letters(world).await.into_iter().filter_map(|(_, _, reason)| reason);
    places.insert("dead-letter reasons".to_owned(), reasons.collect::<Vec<_>>().join("\n"));
    places
}

/// Returns the bodies of records: on dead-letter queues, and the latest that each function sent.
async fn records(world: &World) -> Places {
    let mut places = Places::new();
    for (queue, body, _) in dead_letters(world).await {
        *places.entry(queue).or_default() += &format!("{body}\n");
    }
    for record in world.stack.sent.records().await.unwrap() {
        *places.entry(format!("sent by {}", record.caller)).or_default() += &format!("{}\n", record.entry);
    }
    places
}

/// Returns the records on dead-letter queues: queue, body, reason.
async fn dead_letters(world: &World) -> BTreeSet<(String, String, Option<String>)> {
    let mut found = BTreeSet::new();
    let queues = world.stack.description.queues.keys().filter(|queue| queue.contains("DeadLetter"));
    for queue in queues {
        let depth = world.stack.cloud.depth(queue).await.unwrap();
        let seen = async || {
            let records = world.stack.cloud.dead_lettered(queue).await.unwrap();
            found.extend(records.into_iter().map(|record| (queue.clone(), record.body, record.reason)));
            let of_queue = found.iter().filter(|(of, ..)| of == queue).count() as u64;
            (of_queue >= depth).then_some(())
        };
        until(&format!("the {depth} records of {queue}"), seen).await;
    }
    found
}

/// Returns a line of each metric that a log group has.
async fn written_metrics(world: &World) -> BTreeMap<(&str, String), Value> {
    let mut written = BTreeMap::new();
    for group in world.stack.logs.groups() {
        for line in world.stack.logs.lines(group, 0).await.unwrap() {
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(name) = line.pointer("/_aws/CloudWatchMetrics/0/Metrics/0/Name").and_then(Value::as_str) {
                written.insert((group, name.to_owned()), line);
            }
        }
    }
    written
}

fn log_file(world: &World, name: &str) -> String {
    let file = world.stack.description.log_dir.join(name);
    String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned()
}
