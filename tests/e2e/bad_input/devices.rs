//! Bad input for bindings and presence.

use curlew_tests::stack::Event;
use reqwest::Method;
use serde_json::{Value, json};

use super::{all_are_illegal, with};
use crate::harness::{FCM, Phone, World, canary};

#[tokio::test]
async fn a_binding_that_breaks_a_rule_is_refused_by_name() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let good = json!({"device_id": "d", "device_token": Phone::new("fcm", "ann").token, "notifier_name": FCM});
    let cases = [
        (with(&good, "device_id", Value::Null), "device_id is required"),
        (with(&good, "device_id", json!(7)), "device_id must be a string"),
        (with(&good, "device_id", json!("")), "device_id must be 1 to 128 bytes long"),
        (with(&good, "device_id", json!("x".repeat(129))), "device_id must be 1 to 128 bytes long"),
        (with(&good, "device_id", json!("a\nb")), "device_id must not contain control characters"),
        (with(&good, "device_token", Value::Null), "device_token is required"),
        (with(&good, "device_token", json!({})), "device_token must be a string"),
        (with(&good, "device_token", json!("x".repeat(4097))), "device_token must be 1 to 4096 bytes long"),
        (
            with(&good, "device_token", json!(format!("has blanks {}", canary::secret()))),
            "device_token must be visible ASCII",
        ),
        (with(&good, "notifier_name", Value::Null), "notifier_name is required"),
        (with(&good, "notifier_name", json!("x".repeat(129))), "notifier_name must be 1 to 128 bytes long"),
        (with(&good, "notifier_name", json!("a/b")), "notifier_name must not contain /"),
    ];
    all_are_illegal(&tenant, Method::PUT, "/users/ann/push/binding", &cases).await;
    let cases = [
        (json!({}), "device_id is required"),
        (json!({"device_id": "d", "unbind_token": "yes"}), "unbind_token must be true or false"),
    ];
    all_are_illegal(&tenant, Method::POST, "/users/ann/push/logout", &cases).await;
    assert!(tenant.app.bindings("ann").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_bad_presence_event_costs_itself_only() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let good = serde_json::to_value(Event::now("ann", "d", "s", "online")).unwrap();
    let ts = good["ts"].as_i64().unwrap();
    let bad = [
        (with(&good, "user", Value::Null), "user is required"),
        (with(&good, "user", json!("no blanks")), "user must be 1 to 64 characters"),
        (with(&good, "device_id", json!("")), "device_id must be 1 to 128 bytes long"),
        (with(&good, "session", Value::Null), "session is required"),
        (with(&good, "status", json!("asleep")), "status must be one of: online, heartbeat, offline, kicked, logout"),
        (with(&good, "ts", json!(ts + 3_600_000)), "ts must be Unix milliseconds, at most 60 s in the future"),
        (with(&good, "ts", json!("now")), "ts must be a whole number"),
        (with(&good, "platform", json!("x".repeat(65))), "platform must be at most 64 bytes long"),
        (json!("nothing"), "event must be an object"),
    ];
    let mut events: Vec<Value> = bad.iter().map(|(event, _)| event.clone()).collect();
    events.insert(4, good.clone());
    let call = tenant.app.call(Method::POST, "/presence/events").json(&json!({"events": events}));
    let answer = call.send().await.unwrap().success().unwrap();
    let mut results = answer["data"].as_array().unwrap().clone();
    assert_eq!(results.remove(4), json!({"user": "ann", "device_id": "d", "result": "applied"}));
    for (result, (_, text)) in results.iter().zip(&bad) {
        assert_eq!(result["result"], "invalid");
        assert!(result["reason"].as_str().unwrap().starts_with(text), "{result} does not begin like {text}");
    }
    let cases = [
        (json!({}), "events is required"),
        (json!({"events": {}}), "events must be an array"),
        (json!({"events": []}), "events must have 1 to 500 entries"),
        (json!({"events": vec![good; 501]}), "events must have 1 to 500 entries"),
    ];
    all_are_illegal(&tenant, Method::POST, "/presence/events", &cases).await;
    let many: Vec<String> = (0..101).map(|index| format!("u{index}")).collect();
    let cases = [
        (json!({}), "usernames is required"),
        (json!({"usernames": [7]}), "usernames[0] must be a string"),
        (json!({"usernames": many}), "request body exceeds maximum limit, maximum limit is 100"),
    ];
    all_are_illegal(&tenant, Method::POST, "/users/batch/status", &cases).await;
}
