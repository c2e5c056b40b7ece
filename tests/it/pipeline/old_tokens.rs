//! User tokens from before an erasure: they give no access to the next user of the name.

use std::time::Duration;

use curlew_tests::simulators::fcm;
use serde_json::{Value, json};
use shared::{
    domain::{app::MAX_TOKEN_SECONDS, id::MessageId},
    ports::clock::Clock,
};

use super::{
    harness::{FCM, Stack, TestApp},
    socket::{handshake, user_token},
};

const DAY: Duration = Duration::from_secs(86_400);

/// Returns an app in which Ann's name belongs to somebody else now, with the former Ann's token.
async fn world() -> (Stack, TestApp, String) {
    let stack = Stack::start();
    let app = stack.app("tokens", json!({"advanced_push": true, "max_token_seconds": MAX_TOKEN_SECONDS})).await;
    let old = user_token(&stack, &app, "ann", json!({"ttl": MAX_TOKEN_SECONDS})).await;
    stack.bind(&app, "ann", "phone", FCM, &fcm::device_token()).await;
    stack.clock.advance(Duration::from_secs(2));
    stack.ok("DELETE", &app.path("users/ann"), &app.token, json!({})).await;
    stack.clock.advance(Duration::from_secs(2));
    stack.ok("POST", &app.path("users"), &app.token, json!({"username": "ann", "nickname": "new"})).await;
    (stack, app, old)
}

/// Returns every call that a user token may make for its own user.
fn calls(stack: &Stack) -> Vec<(&'static str, String, Value)> {
    let id = MessageId::new(stack.clock.now(), 1);
    let status = format!("users/ann/offline_msg_status/{id}");
    let token = fcm::device_token();
    let bound = json!({"device_id": "old phone", "device_token": token, "notifier_name": FCM});
    let event = json!({
        "user": "ann", "device_id": "old phone", "session": "s", "status": "online", "ts": stack.clock.now(),
    });
    [
        ("GET", "users/ann", json!({})),
        ("PUT", "users/ann", json!({"nickname": "old"})),
        ("GET", "users/ann/notification/user/ann", json!({})),
        ("PUT", "users/ann/notification/user/bob", json!({"type": "NONE"})),
        ("GET", "users/ann/notification/language", json!({})),
        ("PUT", "users/ann/notification/language", json!({"translationLanguage": "de"})),
        ("GET", "users/ann/notification/template", json!({})),
        ("PUT", "users/ann/notification/template", json!({"templateName": "default"})),
        ("PUT", "metadata/user/ann", json!({"sign": "old"})),
        ("PUT", "users/ann/push/binding", bound),
        ("GET", "users/ann/push/binding", json!({})),
        ("POST", "users/ann/push/logout", json!({"device_id": "old phone"})),
        ("POST", "presence/events", json!({"events": [event]})),
        ("GET", "users/ann/status", json!({})),
        ("GET", "users/ann/offline_messages", json!({})),
        ("POST", "users/ann/offline_messages/ack", json!({"up_to": id})),
        ("GET", "users/ann/offline_msg_count", json!({})),
        ("GET", &status, json!({})),
    ]
    .map(|(method, rest, body)| (method, rest.to_owned(), body))
    .into()
}

#[tokio::test]
async fn a_token_from_before_an_erasure_opens_nothing_of_who_has_the_name_now() {
    let (stack, mut app, old) = world().await;
    let unharmed = user_token(&stack, &app, "bob", json!({"ttl": MAX_TOKEN_SECONDS})).await;
    stack.send(&app, &["ann"], json!({})).await;
    // The last wait ends a day before the token expires.
    for wait in [Duration::ZERO, 30 * DAY, 333 * DAY] {
        stack.clock.advance(wait);
        stack.renew(&mut app).await;
        assert_eq!(stack.call("GET", &app.path("users/bob"), &unharmed, &json!({})).await.0, 200);
        let fresh = user_token(&stack, &app, "ann", json!({})).await;
        for (method, rest, body) in calls(&stack) {
            let (status, answer) = stack.call(method, &app.path(&rest), &old, &body).await;
            assert_eq!((status, &answer["error"]), (401, &json!("auth_bad_access_token")), "{method} {rest}: {answer}");
            stack.clock.advance(Duration::from_secs(1));
            // The call is not the cause: with a new token it gets further.
            assert_ne!(stack.call(method, &app.path(&rest), &fresh, &body).await.0, 401, "{method} {rest}");
        }
        let query = json!({"org": app.key.org(), "app": app.key.app(), "device_id": "phone", "token": old});
        assert_eq!(handshake(&stack, json!({}), query).await.0, 401);
    }
}

#[tokio::test]
async fn what_an_old_token_was_refused_did_not_happen() {
    let (stack, app, old) = world().await;
    stack.send(&app, &["ann"], json!({})).await;
    for (method, rest, body) in calls(&stack) {
        assert_eq!(stack.call(method, &app.path(&rest), &old, &body).await.0, 401, "{method} {rest}");
        stack.clock.advance(Duration::from_secs(1));
    }
    let shown = stack.ok("GET", &app.path("users/ann"), &app.token, json!({})).await["entities"][0].clone();
    assert_eq!((&shown["nickname"], shown.get("pushInfo")), (&json!("new"), None));
    let count = stack.ok("GET", &app.path("users/ann/offline_msg_count"), &app.token, json!({})).await;
    assert_eq!(count["data"], json!({"ann": 1}));
    let status = stack.ok("GET", &app.path("users/ann/status"), &app.token, json!({})).await;
    assert_eq!(status["data"], json!({"ann": "offline"}));
}

#[tokio::test]
async fn an_erasure_is_looked_up_once_for_a_user_token_and_never_for_an_app_token_that_binds() {
    let (stack, app, _) = world().await;
    let own = user_token(&stack, &app, "ann", json!({})).await;
    let faults = &stack.erasures.faults;
    // Each read meets one of these faults, without a delay.
    for _ in 0..100 {
        faults.stall("erased_at", &stack.clock, Duration::ZERO);
    }
    for (method, rest, body) in calls(&stack) {
        let before = faults.left();
        stack.call(method, &app.path(&rest), &own, &body).await;
        assert_eq!(before - faults.left(), 1, "{method} {rest}");
        stack.clock.advance(Duration::from_secs(1));
        let before = faults.left();
        stack.call(method, &app.path(&rest), &app.token, &body).await;
        let read = usize::from(rest.contains("offline_m"));
        assert_eq!(before - faults.left(), read, "{method} {rest}");
        stack.clock.advance(Duration::from_secs(1));
    }
}
