//! An app's settings, from the call that changes them to their effect.

use curlew_tests::simulators::fcm;
use serde_json::json;
use shared::{app_configs::KEPT, domain::reason::Reason};

use super::harness::{FCM, Stack};

#[tokio::test]
async fn a_changed_policy_decides_later_messages() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({"max_bindings": 7})).await;
    let path = app.path("push/settings");
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    stack.report(&app, "ann", "browser", "s1", "online").await;
    let before = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    assert_eq!(stack.suppression(&app, "ann", before).await, Some(Reason::UserOnline));

    let shown = json!({
        "advanced_push": false,
        "multi_device_policy": "any_offline",
        "time_zone": "Europe/Berlin",
        "large_group_limit": 100_000,
        "max_bindings": 7,
        "max_devices": 1,
        "online_recheck": {"enabled": true, "seconds": 3600},
        "presence_lease_seconds": 3600,
        "presence_heartbeat_seconds": 1,
        "privacy": "notice",
    });
    let change = json!({
        "multi_device_policy": "any_offline",
        "time_zone": "europe/berlin",
        "large_group_limit": 100_000,
        "max_devices": 1,
        "online_recheck": {"seconds": 3600},
        "presence_lease_seconds": 3600,
        "presence_heartbeat_seconds": 1,
        "privacy": "notice",
        "unknown": 1,
    });
    let changed = stack.ok("PUT", &path, &app.token, change).await;
    for (name, value) in shown.as_object().unwrap() {
        assert_eq!(&changed[name], value);
    }
    stack.clock.advance(KEPT);
    stack.send(&app, &["ann"], json!({})).await;
    stack.drain().await;
    assert_eq!(stack.shown("fcm", &token), 1);
}

#[tokio::test]
async fn a_setting_that_breaks_a_rule_changes_nothing() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let path = app.path("push/settings");
    let before = stack.ok("GET", &path, &app.token, json!({})).await;
    for (change, text) in [
        (json!({"max_bindings": 3, "presence_lease_seconds": 4}), "presence_lease_seconds must be 5 to 3600"),
        (json!({"max_bindings": 0}), "max_bindings must be 1 to 100"),
        (json!({"max_devices": 0}), "max_devices must be 1 to 32"),
        (json!({"max_devices": 33}), "max_devices must be 1 to 32"),
        (json!({"max_devices": null, "max_bindings": "3"}), "max_bindings must be a whole number"),
        (json!({"large_group_limit": 100_001}), "large_group_limit must be 1 to 100000"),
        (json!({"large_group_limit": -1}), "large_group_limit must be 1 to 100000"),
        (json!({"task_pushes_per_second": 0}), "task_pushes_per_second must be 1 to 1000"),
        (json!({"task_pushes_per_second": 1001}), "task_pushes_per_second must be 1 to 1000"),
        (json!({"presence_heartbeat_seconds": 0}), "presence_heartbeat_seconds must be 1 to 3600"),
        (json!({"online_recheck": {"seconds": 3601}}), "online_recheck.seconds must be 1 to 3600"),
        (json!({"online_recheck": {"enabled": 1}}), "online_recheck.enabled must be true or false"),
        (json!({"online_recheck": true}), "online_recheck must be an object"),
        (json!({"advanced_push": "on"}), "advanced_push must be true or false"),
        (json!({"privacy": "all"}), "privacy must be one of: content, notice"),
        (
            json!({"time_zone": "Berlin"}),
            "time_zone must be a name of the IANA time zone database, which \"Berlin\" is not",
        ),
        (json!({"multi_device_policy": "some"}), "multi_device_policy must be one of: all_offline, any_offline"),
    ] {
        let (status, answer) = stack.call("PUT", &path, &app.token, &change).await;
        assert_eq!((status, answer["error_description"].as_str().unwrap()), (400, text));
    }
    let after = stack.ok("GET", &path, &app.token, json!({})).await;
    for name in before.as_object().unwrap().keys().filter(|name| *name != "timestamp" && *name != "duration") {
        assert_eq!(before[name], after[name]);
    }
    assert_eq!(stack.call("GET", &path, "", &json!({})).await.0, 401);
}
