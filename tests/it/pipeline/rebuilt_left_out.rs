//! Requests that cannot be rebuilt: the trace says why. A trace without requests reads nothing for them.

use curlew_tests::simulators::device_token;
use curlew_tests::simulators::meizu::account::NOTIFIER as MEIZU;
use serde_json::{Value, json};
use shared::{
    app_configs::RECENT,
    domain::{
        decision::RecordedDecision,
        id::{DeviceId, MessageId, UserId},
        line::MAX_TITLE_BYTES,
        message::Receiver,
        outcome::DeviceOutcome,
    },
    ports::messages::RecordOutcomes,
};

use super::{
    harness::FCM,
    rebuilt::{World, device},
};

const SHOWN: [&str; 3] = ["notification", "vendor_request", "vendor_request_refused"];

/// Returns why the device of this notifier has no request.
fn left_out(trace: &Value, notifier: &str) -> Value {
    let device = device(trace, notifier);
    let reason = device.get("request_left_out").cloned().unwrap_or_default();
    let has = SHOWN.iter().any(|name| device.get(name).is_some());
    assert_eq!(reason.is_null(), has, "{device}");
    reason
}

#[tokio::test]
async fn a_binding_that_is_gone_leaves_its_request_out_and_no_other() {
    let world = World::start().await;
    let id = world.push(json!({})).await;
    world
        .set("PUT", "users/ann/push/binding", json!({"device_id": "phone", "device_token": "", "notifier_name": FCM}))
        .await;
    let trace = world.rebuilt(&id).await;
    assert_eq!((left_out(&trace, FCM), left_out(&trace, MEIZU)), (json!("binding_gone"), Value::Null));
}

#[tokio::test]
async fn a_notifier_that_was_deleted_or_made_anew_for_another_vendor_leaves_its_request_out() {
    let world = World::start().await;
    let id = world.push(json!({})).await;
    world.set("DELETE", &format!("notifiers/{FCM}"), json!({})).await;
    let trace = world.rebuilt(&id).await;
    assert_eq!((left_out(&trace, FCM), left_out(&trace, MEIZU)), (json!("notifier_gone"), Value::Null));
    assert!(device(&trace, FCM).get("vendor").is_none());

    let credential = curlew_tests::simulators::vivo::account::record();
    let other = json!({"name": FCM, "vendor": "vivo", "credential": credential});
    world.set("POST", "notifiers", other).await;
    let trace = world.rebuilt(&id).await;
    assert_eq!((left_out(&trace, FCM), left_out(&trace, MEIZU)), (json!("notifier_replaced"), Value::Null));
}

#[tokio::test]
async fn a_template_that_was_changed_since_or_shortly_before_leaves_the_requests_out() {
    let world = World::start().await;
    world.template("order", "Order", "{$msg}").await;
    let ext = json!({"ext": {"em_push_template": {"name": "order"}}});
    let id = world.push(ext.clone()).await;
    assert_eq!(left_out(&world.rebuilt(&id).await, FCM), Value::Null);
    let change = json!({"title_pattern": "Changed"});
    let path = world.app.path("notification/template/order");
    world.stack.ok("PUT", &path, &world.app.token, change).await;
    // A function may have decided with cached values.
    let fresh = world.push(ext).await;
    world.stack.clock.advance(RECENT);
    for id in [&id, &fresh] {
        let trace = world.rebuilt(id).await;
        assert_eq!(left_out(&trace, FCM), "template_changed");
        assert!(trace.get("rebuilt").is_none());
    }
}

#[tokio::test]
async fn a_decision_that_a_newer_version_made_leaves_the_requests_out() {
    let world = World::start().await;
    let id: MessageId = world.stack.send(&world.app, &["ann"], json!({})).await[0];
    let device = json!({"device_id": "phone", "notifier_name": FCM, "verdict": "push"});
    let newer = json!({"verdict": "push", "rules": ["route", "tides", "content"], "devices": [device]});
    let receiver = Receiver { user: UserId::parse("ann").unwrap(), msg_id: id };
    let decision = serde_json::from_value(newer).unwrap();
    world.stack.messages.record_outcomes(&world.app.key, &receiver, &decision, &[]).await.unwrap();
    assert_eq!(left_out(&world.rebuilt(&id.to_string()).await, FCM), "decision_unclear");
}

#[tokio::test]
async fn facts_are_read_only_for_a_request_of_a_message_that_was_pushed() {
    let world = World::start().await;
    let pushed = world.push(json!({})).await;
    let silent = world.push(json!({"ext": {"em_ignore_notification": true}})).await;
    world.rebuilt(&pushed).await;
    let reads = || (world.stack.users.faults.calls_of("facts"), world.stack.apps.faults.calls_of("app"));
    let before = reads();
    world.trace(&pushed, "").await;
    assert_eq!(world.rebuilt(&silent).await, world.trace(&silent, "").await);
    assert_eq!(reads(), before);
    world.rebuilt(&pushed).await;
    assert_eq!(reads().0, before.0 + 1);
}

#[tokio::test]
async fn a_wish_for_requests_that_is_neither_true_nor_false_is_refused_by_name() {
    let world = World::start().await;
    let id = world.push(json!({})).await;
    for value in ["yes", "", "TRUE", "1"] {
        let path = world.app.path(&format!("push/trace/{id}?user=ann&request={value}"));
        let (status, refusal) = world.stack.call("GET", &path, &world.app.token, &json!({})).await;
        assert_eq!((status, &refusal["error_description"]), (400, &json!("request must be true or false")), "{value}");
    }
}

#[tokio::test]
async fn a_push_that_the_recorded_decision_does_not_know_has_no_request() {
    let world = World::start().await;
    let id = world.push(json!({})).await;
    let receiver = Receiver { user: UserId::parse("ann").unwrap(), msg_id: MessageId::parse(&id).unwrap() };
    let stored = world.stack.stored(&world.app, "ann", receiver.msg_id).await;
    let decision = RecordedDecision::from(&stored.decision.unwrap());
    let outcome = DeviceOutcome { device_id: DeviceId::parse("watch").unwrap(), ..stored.outcomes[0].clone() };
    let notifier = outcome.notifier.to_string();
    world.stack.bind(&world.app, "ann", "watch", &notifier, &device_token("fcm").unwrap()).await;
    world.stack.messages.record_outcomes(&world.app.key, &receiver, &decision, &[outcome]).await.unwrap();
    let trace = world.rebuilt(&id).await;
    let watch = trace["devices"].as_array().unwrap().iter().find(|device| device["device_id"] == "watch").unwrap();
    assert_eq!(watch["request_left_out"], "not_in_decision", "{watch}");
    assert!(SHOWN.iter().all(|name| watch.get(name).is_none()), "{watch}");
}

#[tokio::test]
async fn a_text_that_would_be_cut_otherwise_is_not_taken_for_the_one_that_was_shown() {
    let world = World::start().await;
    world.template("order", "{$msg}", "Order").await;
    let language = "users/ann/notification/language";
    world.set("PUT", language, json!({"translationLanguage": "de"})).await;
    let translations = json!({"de": "x".repeat(MAX_TITLE_BYTES + 1), "fr": "court"});
    let ext = json!({"em_push_template": {"name": "order"}});
    let id = world.push(json!({"body": {"msg": "hello", "translations": translations}, "ext": ext})).await;
    assert_eq!(left_out(&world.rebuilt(&id).await, MEIZU), Value::Null);
    world.set("PUT", language, json!({"translationLanguage": "fr"})).await;
    assert_eq!(left_out(&world.rebuilt(&id).await, MEIZU), "decision_unclear");
}
