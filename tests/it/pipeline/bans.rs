//! A banned user gets no push, no connection and no token until the ban ends.

use std::time::Duration;

use curlew_tests::simulators::fcm;
use serde_json::{Value, json};
use shared::domain::reason::Reason;

use super::{
    harness::{FCM, Stack, TestApp},
    socket::{Socket, handshake, user_token},
};

/// Returns an app with Ann, whose phone is bound and never reported presence.
async fn world() -> (Stack, TestApp, String) {
    let stack = Stack::start();
    let app = stack.app("bans", json!({"advanced_push": true})).await;
    let phone = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &phone).await;
    (stack, app, phone)
}

async fn set(stack: &Stack, app: &TestApp, what: &str) {
    stack.ok("POST", &app.path(&format!("users/ann/{what}")), &app.token, Value::Null).await;
}

fn query(app: &TestApp, token: &str) -> Value {
    json!({"org": app.key.org(), "app": app.key.app(), "device_id": "tablet", "token": token})
}

#[tokio::test]
async fn nobody_is_pushed_to_who_is_banned() {
    let (stack, app, phone) = world().await;
    let group = json!({"groupid": "g1", "owner": "bob", "members": ["ann"]});
    stack.ok("POST", &app.path("chatgroups"), &app.token, group).await;
    set(&stack, &app, "deactivate").await;
    let id = stack.send(&app, &["ann"], json!({"ext": {"em_force_notification": true}})).await[0];
    let to_group = json!({"from": "bob", "to": ["g1"], "type": "txt", "body": {"msg": "hello"}});
    stack.ok("POST", &app.path("messages/chatgroups"), &app.token, to_group).await;
    stack.drain().await;
    assert_eq!(stack.suppression(&app, "ann", id).await, Some(Reason::UserBanned));
    assert_eq!(stack.delivered("fcm", &phone), 0);
    // Messages that arrived during the ban wait.
    let count = stack.ok("GET", &app.path("users/ann/offline_msg_count"), &app.token, json!({})).await;
    assert_eq!(count["data"], json!({"ann": 2}));
    set(&stack, &app, "activate").await;
    stack.send(&app, &["ann"], json!({})).await;
    stack.drain().await;
    assert_eq!(stack.delivered("fcm", &phone), 1);
}

#[tokio::test]
async fn a_banned_user_opens_no_connection_with_a_token_of_before() {
    let (stack, app, _) = world().await;
    let token = user_token(&stack, &app, "ann", json!({})).await;
    set(&stack, &app, "deactivate").await;
    let (status, answer, _) = handshake(&stack, json!({}), query(&app, &token)).await;
    assert_eq!((status, &answer["error"]), (403, &json!("forbidden")), "{answer}");
    assert_eq!(answer["error_description"], "the user is banned");
    let shown = stack.ok("GET", &app.path("users/ann/status"), &app.token, json!({})).await;
    assert_eq!(shown["data"], json!({"ann": "offline"}));
    stack.drain().await;
    assert!(stack.dead_letters.is_empty());
    set(&stack, &app, "activate").await;
    stack.clock.advance(Duration::from_secs(1));
    assert_eq!(handshake(&stack, json!({}), query(&app, &token)).await.0, 200);
}

#[tokio::test]
async fn a_connection_that_cannot_learn_of_a_ban_is_refused_and_leaves_nobody_online() {
    let (stack, app, _) = world().await;
    let token = user_token(&stack, &app, "ann", json!({})).await;
    stack.users.faults.fail_next_of("is_banned", 1);
    assert_eq!(handshake(&stack, json!({}), query(&app, &token)).await.0, 503);
    let shown = stack.ok("GET", &app.path("users/ann/status"), &app.token, json!({})).await;
    assert_eq!((&shown["data"], stack.users.faults.left()), (&json!({"ann": "offline"}), 0));
}

#[tokio::test]
async fn a_ban_of_somebody_erased_meanwhile_is_not_found_and_brings_nobody_back() {
    let (stack, app, _) = world().await;
    stack.ok("DELETE", &app.path("users/ann"), &app.token, json!({})).await;
    for what in ["deactivate", "activate"] {
        let path = app.path(&format!("users/ann/{what}"));
        assert_eq!(stack.call("POST", &path, &app.token, &Value::Null).await.0, 404, "{what}");
    }
    assert_eq!(stack.call("GET", &app.path("users/ann"), &app.token, &json!({})).await.0, 404);
    stack.drain().await;
    assert_eq!(stack.ok("GET", &app.path("users"), &app.token, json!({})).await["count"], 0);
}

#[tokio::test]
async fn a_refused_connection_of_a_banned_user_ends_the_one_that_it_took_over() {
    let (stack, app, _) = world().await;
    let token = user_token(&stack, &app, "ann", json!({})).await;
    let open = Socket::connect(&stack, &app, "ann", "tablet").await;
    stack.clock.advance(Duration::from_secs(1));
    // The ban is stored, and the call fails before the devices are forced off.
    stack.users.faults.fail_next_of("presence", 1);
    let banned = stack.call("POST", &app.path("users/ann/deactivate"), &app.token, &Value::Null).await;
    assert_eq!(banned.0, 503);
    assert_eq!(handshake(&stack, json!({}), query(&app, &token)).await.0, 403);
    while stack.step().await {}
    assert!(!open.is_open());
}
