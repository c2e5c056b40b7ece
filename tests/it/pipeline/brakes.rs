//! Calls that are refused before they cost anything: large bodies, and calls above the rate.

use std::time::Duration;

use axum::http::header::RETRY_AFTER;
use serde_json::{Value, json};

use super::harness::{OPERATOR_KEY, Stack};

/// Returns status, `Retry-After` and body of a call.
async fn asked(stack: &Stack, method: &str, path: &str, token: &str) -> (u16, Option<String>, Value) {
    let (status, headers, body) = stack.respond(method, path, token, &[], "{}".into()).await;
    (status, headers.get(RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned()), body)
}

#[tokio::test]
async fn an_app_that_calls_too_often_is_told_when_to_call_again() {
    let stack = Stack::start();
    let (chat, shop) = (stack.app("chat", json!({"advanced_push": true})).await, stack.app("shop", json!({})).await);
    stack.clock.advance(Duration::from_secs(1));
    for (path, most) in [("users/ann/status", 100), ("notification/template", 10), ("push/settings", 100)] {
        let path = chat.path(path);
        for call in 0..most {
            assert_eq!(asked(&stack, "GET", &path, &chat.token).await.0 / 100, 2, "call {call} of {path}");
        }
        let (status, retry_after, body) = asked(&stack, "GET", &path, &chat.token).await;
        assert_eq!((status, retry_after.as_deref()), (429, Some("1")), "{path}");
        assert_eq!(body["error"], "reach_limit");
        assert_eq!(body["error_description"], "This request has reached api limit");
    }
    assert_eq!(asked(&stack, "GET", &shop.path("users/ann/status"), &shop.token).await.0, 200);
    stack.clock.advance(Duration::from_secs(1));
    for path in ["users/ann/status", "notification/template", "push/settings"] {
        assert_eq!(asked(&stack, "GET", &chat.path(path), &chat.token).await.0, 200);
    }
}

#[tokio::test]
async fn a_flood_by_one_user_harms_that_user_alone() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let user_token = async |name: &str| {
        let body = json!({"grant_type": "inherit", "username": name, "autoCreateUser": true});
        let issued = stack.ok("POST", &app.path("token"), &app.token, body).await;
        issued["access_token"].as_str().unwrap().to_owned()
    };
    let (ann, bob) = (user_token("ann").await, user_token("bob").await);
    let status =
        async |user: &str, token: &str| asked(&stack, "GET", &app.path(&format!("users/{user}/status")), token).await.0;
    for call in 0..500 {
        assert_eq!(status("ann", &ann).await, if call < 20 { 200 } else { 429 });
    }
    assert_eq!(status("bob", &bob).await, 200);
    for _ in 0..100 {
        assert_eq!(status("ann", &app.token).await, 200);
    }
}

#[tokio::test]
async fn whoever_has_no_right_takes_nobodys_calls() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let wrong = json!({"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"});
    for _ in 0..500 {
        assert_eq!(stack.call("POST", &app.path("token"), "", &wrong).await.0, 401);
        assert_eq!(stack.call("GET", &app.path("users/ann/status"), "wrong", &json!({})).await.0, 401);
    }
    let inherit = json!({"grant_type": "inherit", "username": "ann", "autoCreateUser": true});
    for _ in 0..100 {
        assert_eq!(asked(&stack, "GET", &app.path("users/ann/status"), &app.token).await.0, 200);
        assert_eq!(stack.call("POST", &app.path("token"), &app.token, &inherit).await.0, 200);
    }
}

#[tokio::test]
async fn a_store_that_fails_is_worth_trying_again() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    stack.users.faults.fail_next(1);
    let (status, retry_after, _) = asked(&stack, "GET", &app.path("users/ann/status"), &app.token).await;
    assert_eq!((status, retry_after.as_deref()), (503, Some("1")));
    // The same when the token cannot be verified.
    stack.clock.advance(Duration::from_secs(60));
    stack.apps.faults.fail_next(1);
    let (status, retry_after, _) = asked(&stack, "GET", &app.path("users/ann/status"), &app.token).await;
    assert_eq!((status, retry_after.as_deref()), (503, Some("1")));
    assert_eq!(asked(&stack, "GET", &app.path("users/ann/status"), "").await.1, None);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_anything_is_read() {
    let stack = Stack::start();
    let kb = 1024;
    for (method, path, most) in [
        ("POST", "/acme/chat/token", 16 * kb),
        ("POST", "/management/apps", 16 * kb),
        ("POST", "/management/apps/acme/chat/credentials", 16 * kb),
        ("PUT", "/acme/chat/push/settings", 16 * kb),
        ("PUT", "/acme/chat/users/ann/push/binding", 64 * kb),
        ("POST", "/acme/chat/notifiers", 128 * kb),
        ("POST", "/acme/chat/messages/users", 256 * kb),
        ("POST", "/acme/chat/presence/events", 1024 * kb),
        ("POST", "/push/report/huawei/secret", 1024 * kb),
        ("POST", "/acme/chat/messages/batch", 4096 * kb),
        ("DELETE", "/acme/chat/notifiers/a", 16 * kb),
        ("POST", "/no/such/route", 16 * kb),
    ] {
        // A failed read is cached for a second. A call that is not refused at once reads the app and fails.
        stack.clock.advance(Duration::from_secs(1));
        stack.apps.faults.fail_next(1);
        let (status, answer) = stack.call_with(method, path, "a.b.c", &[], " ".repeat(most + 1)).await;
        let text = format!("the request body exceeds {most} bytes");
        assert_eq!((status, answer["error_description"].as_str()), (413, Some(text.as_str())), "{path}");
        assert_eq!(answer["error"], "request_entity_too_large");
        assert_eq!(stack.apps.faults.left(), 1);
        let (status, _) = stack.call_with(method, path, "a.b.c", &[], " ".repeat(most)).await;
        assert_ne!(status, 413, "{path}");
        if stack.apps.faults.left() == 1 {
            let _ = stack.call("GET", "/acme/chat/push/settings", "a.b.c", &json!({})).await;
        }
    }
    // The announced length counts before the body arrives.
    let announced = [("content-length", "16385")];
    assert_eq!(stack.call_with("POST", "/acme/chat/token", "", &announced, "{}".into()).await.0, 413);
    let body = json!({"org": "acme", "app": "chat"});
    assert_eq!(stack.call("POST", "/management/apps", OPERATOR_KEY, &body).await.0, 201);
}
