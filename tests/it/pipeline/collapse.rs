//! One notification for each message, or with the option `collapse` for each conversation.

use std::time::Duration;

use curlew_tests::simulators::{fcm, interfaces};
use serde_json::{Value, json};
use shared::app_configs::KEPT;

use super::harness::{FCM, Stack, TestApp};

async fn set(stack: &Stack, app: &TestApp, notifier: &str, options: Value) -> (u16, Value) {
    let path = app.path(&format!("notifiers/{}", notifier.replace('#', "%23")));
    stack.call("PUT", &path, &app.token, &json!({"options": options})).await
}

/// Sets the options of every notifier, and waits until no function has the old ones cached.
async fn set_all(stack: &Stack, app: &TestApp, options: &Value) {
    for (_, interface) in interfaces() {
        let notifier = interface.notifier;
        assert_eq!(set(stack, app, notifier, options.clone()).await.0, 200, "{notifier}");
    }
    stack.clock.advance(KEPT);
}

/// Binds Ann's phone. The most recently bound notifier is used.
async fn bind(stack: &Stack, app: &TestApp, notifier: &str, token: &str) {
    stack.clock.advance(Duration::from_millis(1));
    stack.bind(app, "ann", "phone", notifier, token).await;
}

async fn say(stack: &Stack, app: &TestApp, from: &str, text: &str) {
    stack.send(app, &["ann"], json!({"from": from, "body": {"msg": text}})).await;
    stack.drain().await;
}

/// Returns the texts of the phone's notifications, oldest first.
fn shade(stack: &Stack, vendor: &str, token: &str) -> Vec<String> {
    let shade = stack.simulators.device(vendor, token).shade;
    shade.into_iter().map(|shown| shown.delivery.notice.body.unwrap_or_default()).collect()
}

#[tokio::test]
async fn a_conversation_has_one_notification_where_the_notifier_says_so() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    stack.ok("PUT", &app.path("users/ann"), &app.token, json!({"notification_display_style": 1})).await;
    stack.ok("POST", &app.path("chatgroups"), &app.token, json!({"groupid": "g", "members": ["ann", "bob"]})).await;
    set_all(&stack, &app, &json!({"collapse": "conversation"})).await;
    for (simulator, interface) in interfaces() {
        let (vendor, notifier) = (simulator.name(), interface.notifier);
        let token = (interface.device_token)();
        bind(&stack, &app, notifier, &token).await;
        say(&stack, &app, "bob", "one").await;
        say(&stack, &app, "carl", "two").await;
        let group = json!({"from": "bob", "to": ["g"], "type": "txt", "body": {"msg": "three"}});
        stack.ok("POST", &app.path("messages/chatgroups"), &app.token, group).await;
        stack.drain().await;
        say(&stack, &app, "bob", "four").await;
        let shown = shade(&stack, vendor, &token);
        assert_eq!(shown.len(), 3, "{notifier}: {shown:?}");
        for (shown, text) in shown.iter().zip(["two", "three", "four"]) {
            assert!(shown.ends_with(text), "{notifier}: {shown} should say {text}");
        }
        assert_eq!(stack.delivered(vendor, &token), 4, "{notifier}: no message was taken for a repeat");
    }
}

#[tokio::test]
async fn without_the_option_every_message_has_its_own_notification() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let tokens: Vec<String> = interfaces().map(|(_, interface)| (interface.device_token)()).collect();
    for options in [json!({}), json!({"collapse": "message"})] {
        set_all(&stack, &app, &options).await;
        for ((_, interface), token) in interfaces().zip(&tokens) {
            bind(&stack, &app, interface.notifier, token).await;
            say(&stack, &app, "bob", "hello").await;
        }
    }
    for ((simulator, interface), token) in interfaces().zip(&tokens) {
        assert_eq!(stack.shown(simulator.name(), token), 2, "{}", interface.notifier);
    }
}

#[tokio::test]
async fn a_conversation_is_shown_by_a_dry_run_as_what_is_replaced() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    stack.bind(&app, "ann", "phone", FCM, &fcm::device_token()).await;
    set(&stack, &app, FCM, json!({"collapse": "conversation"})).await;
    let asked = json!({"from": "Bob", "to": ["ann"], "type": "txt", "body": {"msg": "hello"}});
    let told = stack.ok("POST", &app.path("push/explain"), &app.token, asked).await;
    let device = &told["data"]["devices"][0];
    assert_eq!(device["notification"]["replace_id"], "user:bob", "{device}");
    assert_eq!(device["vendor_request"]["body"]["message"]["android"]["notification"]["tag"], "user:bob");
}

#[tokio::test]
async fn a_word_that_collapse_does_not_know_is_refused() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    for (_, interface) in interfaces() {
        let notifier = interface.notifier;
        let (status, answer) = set(&stack, &app, notifier, json!({"collapse": "group"})).await;
        assert_eq!(status, 400, "{notifier}");
        assert!(
            answer.to_string().contains("options.collapse must be one of: message, conversation"),
            "{notifier}: {answer}"
        );
    }
}
