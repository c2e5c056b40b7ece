//! Message classes: where they come from, what a vendor gets, and the warnings for operators.

use curlew_tests::simulators::meizu::account::NOTIFIER as MEIZU;
use curlew_tests::simulators::{Endpoint, Filter, fcm, meizu};
use serde_json::{Value, json};
use shared::domain::vendor::Vendor;

use super::harness::{FCM, Stack, TestApp};

/// Returns the priority of the last request to FCM.
fn priority(stack: &Stack) -> String {
    let requests = stack.simulators.requests(&Filter::vendor("fcm").at(Endpoint::Send));
    let body: Value = serde_json::from_str(&requests.last().unwrap().body).unwrap();
    body["message"]["android"]["priority"].as_str().unwrap().to_owned()
}

async fn create(stack: &Stack, app: &TestApp, options: Value) -> Value {
    let body = json!({
        "name": "another", "vendor": "meizu", "credential": meizu::account::record(), "options": options,
    });
    stack.ok("POST", &app.path("notifiers"), &app.token, body).await
}

#[tokio::test]
async fn a_message_is_of_the_class_that_its_sender_chose() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    stack.bind(&app, "ann", "phone", FCM, &fcm::device_token()).await;
    for (ext, expected) in [
        (json!({}), "HIGH"),
        (json!({"em_push_class": "marketing"}), "NORMAL"),
        (json!({"em_push_class": "call"}), "HIGH"),
        (json!({"em_push_class": "marketing", "em_at_list": ["ann"]}), "NORMAL"),
    ] {
        stack.send(&app, &["ann"], json!({"ext": ext})).await;
        stack.drain().await;
        assert_eq!(priority(&stack), expected, "{ext}");
    }
}

#[tokio::test]
async fn a_class_that_is_none_is_refused_by_name() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    for (class, text) in [
        (json!("IM"), "ext.em_push_class must be one of im, mention, call, system, marketing"),
        (json!(1), "ext.em_push_class must be a string"),
    ] {
        let body = json!({
            "from": "bob", "to": ["ann"], "type": "txt", "body": {"msg": "x"}, "ext": {"em_push_class": class},
        });
        let (status, answer) = stack.call("POST", &app.path("messages/users"), &app.token, &body).await;
        assert_eq!((status, answer["error_description"].as_str().unwrap()), (400, text));
    }
    let path = app.path(&format!("notifiers/{FCM}/test"));
    let (status, answer) = stack.call("POST", &path, &app.token, &json!({"device_token": "t", "class": "chat"})).await;
    assert_eq!(status, 400);
    assert!(answer["error_description"].as_str().unwrap().starts_with("class must be one of"), "{answer}");
}

#[tokio::test]
async fn whoever_configures_a_notifier_is_warned_of_what_is_in_the_way() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let created = create(&stack, &app, json!({"notice_msg_type": 0})).await;
    let warning = json!({
        "kind": "preflight",
        "classes": ["im", "mention"],
        "field": "options.notice_msg_type",
        "message": "options.notice_msg_type is 0: Meizu shows a few public messages a day on a phone",
    });
    assert_eq!(created["warnings"], json!([warning]));

    let path = app.path("notifiers/another");
    let renewed = json!({"credential": meizu::account::record(), "options": {}});
    assert_eq!(stack.ok("PUT", &path, &app.token, renewed).await["warnings"], json!([]));
    // The same without the credential, which cannot be decrypted here.
    let changed = stack.ok("PUT", &path, &app.token, json!({"options": {"notice_msg_type": 0}})).await;
    assert_eq!(changed["warnings"], json!([warning]));
}

#[tokio::test]
async fn a_test_push_is_of_the_class_asked_for_and_says_what_is_in_the_way() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let path = app.path(&format!("notifiers/{MEIZU}"));
    stack.ok("PUT", &path, &app.token, json!({"options": {"notice_msg_type": 0}})).await;
    stack.clock.advance(shared::app_configs::KEPT);
    let report = stack.test_push(Vendor::Meizu, &app, MEIZU, &meizu::device_token()).await;
    assert_eq!(report["warnings"][0]["field"], "options.notice_msg_type", "{report}");
    assert_eq!(report["warnings"][0]["classes"], json!(["im"]));
    assert_eq!(report["warnings"][0]["kind"], "preflight");

    let path = app.path(&format!("notifiers/{FCM}/test"));
    stack.ok("POST", &path, &app.token, json!({"device_token": "t", "class": "call"})).await;
    let asked = stack.tester.pushes();
    assert_eq!(asked.last().unwrap().1.class.name(), "call");
}
