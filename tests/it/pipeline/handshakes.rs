//! Handshakes: who may connect, and what a client gets while the connection begins.

use std::time::Duration;

use serde_json::{Value, json};
use shared::ports::connections::KeepConnections;

use super::{
    harness::{OPERATOR_KEY, Stack, TestApp},
    socket::{Socket, handshake, user_token},
};

async fn online(stack: &Stack, app: &TestApp, user: &str) -> bool {
    let path = app.path(&format!("users/{user}/status"));
    stack.ok("GET", &path, &app.token, json!({})).await["data"][user] == "online"
}

fn query(token: &str) -> Value {
    json!({"org": "acme", "app": "chat", "device_id": "phone", "token": token})
}

#[tokio::test]
async fn a_user_connects_by_a_token_in_the_header_or_in_the_query() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = user_token(&stack, &app, "ann", json!({})).await;
    let (status, ..) = handshake(&stack, json!({}), query(&token)).await;
    assert_eq!(status, 200);
    assert!(online(&stack, &app, "ann").await);
    stack.clock.advance(Duration::from_secs(1));
    let headers = json!({"authorization": format!("Bearer {token}")});
    let (status, ..) = handshake(&stack, headers, json!({"org": "acme", "app": "chat", "device_id": "pad"})).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn who_may_not_connect_is_told_why() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let other = stack.app("shop", json!({})).await;
    let token = user_token(&stack, &app, "ann", json!({})).await;
    let foreign = user_token(&stack, &other, "ann", json!({})).await;
    let without = |name: &str| {
        let mut query = query(&token);
        query.as_object_mut().unwrap().remove(name);
        query
    };
    let with = |name: &str, value: &str| {
        let mut query = query(&token);
        query[name] = json!(value);
        query
    };
    for (query, status, says) in [
        (without("token"), 401, "Unable to authenticate"),
        (with("token", "no token"), 401, "Unable to authenticate"),
        (query(&foreign), 401, "Unable to authenticate"),
        (query(&app.token), 403, "this needs a user token"),
        (without("org"), 400, "org is required"),
        (without("app"), 400, "app is required"),
        (without("device_id"), 400, "device_id is required"),
        (with("org", "no org"), 400, "org must be"),
        (with("device_id", &"x".repeat(129)), 400, "device_id must be 1 to 128 bytes long"),
        (with("since", "yesterday"), 400, "since must be the id of a message"),
        (with("platform", &"x".repeat(65)), 400, "platform must be at most 64 bytes long"),
        (with("app", "nothing"), 404, "Could not find application"),
    ] {
        let (found, body, _) = handshake(&stack, json!({}), query.clone()).await;
        let text = body["error_description"].as_str().unwrap_or_default();
        assert_eq!(found, status, "{query} {body}");
        assert!(text.starts_with(says), "{query} {text}");
        assert!(!body.to_string().contains(&token));
    }
    let (status, ..) = handshake(&stack, json!({}), Value::Null).await;
    assert_eq!(status, 401);
    assert!(!online(&stack, &app, "ann").await);
    assert!(stack.direct_queue.is_empty());
}

#[tokio::test]
async fn a_user_who_connects_without_end_is_slowed_down() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = user_token(&stack, &app, "ann", json!({})).await;
    let mut refused = 0;
    for _ in 0..200 {
        let (status, ..) = handshake(&stack, json!({}), query(&token)).await;
        refused += u32::from(status == 429);
    }
    assert!(refused >= 150, "{refused}");
    let bob = user_token(&stack, &app, "bob", json!({})).await;
    assert_eq!(handshake(&stack, json!({}), query(&bob)).await.0, 200);
}

#[tokio::test]
async fn a_connection_that_ends_leaves_its_device_offline_and_nothing_behind() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let phone = Socket::connect(&stack, &app, "ann", "phone").await;
    stack.drain().await;
    stack.clock.advance(Duration::from_secs(5));
    phone.close().await;
    assert!(!online(&stack, &app, "ann").await);
    assert_eq!(phone.send(r#"{"action":"ping"}"#).await["code"], "not_connected");
    // The end is reported twice.
    phone.close().await;
}

#[tokio::test]
async fn a_late_end_of_an_older_connection_leaves_the_newer_one_online() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let old = Socket::connect(&stack, &app, "ann", "phone").await;
    stack.clock.advance(Duration::from_secs(5));
    let new = Socket::connect(&stack, &app, "ann", "phone").await;
    stack.clock.advance(Duration::from_secs(5));
    old.close().await;
    assert!(online(&stack, &app, "ann").await);
    stack.drain().await;
    assert!(new.is_open());
}

#[tokio::test]
async fn a_newer_connection_of_the_device_supersedes_the_older_one() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let old = Socket::connect(&stack, &app, "ann", "phone").await;
    let pad = Socket::connect(&stack, &app, "ann", "pad").await;
    stack.clock.advance(Duration::from_secs(5));
    let new = Socket::connect(&stack, &app, "ann", "phone").await;
    stack.step().await;
    assert!(stack.connections.was_closed(&old.id) && !old.is_open());
    stack.drain().await;
    assert!(new.is_open() && pad.is_open());
    assert!(online(&stack, &app, "ann").await);
}

#[tokio::test]
async fn the_client_is_told_before_its_connection_is_closed() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let old = Socket::connect(&stack, &app, "ann", "phone").await;
    stack.clock.advance(Duration::from_secs(5));
    let _new = Socket::connect(&stack, &app, "ann", "phone").await;
    // The frame is sent, and the connection cannot be closed yet.
    stack.connections.faults.fail_next_of("close", 1);
    stack.step().await;
    let frames = old.frames();
    assert_eq!(frames.last().unwrap(), &json!({"kind": "kicked", "reason": "superseded"}));
    stack.drain().await;
    assert!(stack.connections.was_closed(&old.id));
}

#[tokio::test]
async fn two_connections_of_one_device_at_once_leave_one() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = user_token(&stack, &app, "ann", json!({})).await;
    let both = [handshake(&stack, json!({}), query(&token)).await, handshake(&stack, json!({}), query(&token)).await];
    assert_eq!(both.each_ref().map(|(status, ..)| *status), [200, 409]);
    stack.drain().await;
    assert!(both[0].2.is_open());
    assert!(online(&stack, &app, "ann").await);
}

#[tokio::test]
async fn a_kick_closes_the_connection_and_keeps_the_device_kicked() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    for (status, reason) in [("kicked", "kicked"), ("logout", "logout"), ("offline", "offline")] {
        let phone = Socket::connect(&stack, &app, "ann", "phone").await;
        stack.drain().await;
        stack.clock.advance(Duration::from_secs(5));
        stack.report(&app, "ann", "phone", &format!("of the server: {status}"), status).await;
        stack.connections.faults.fail_next_of("close", 1);
        stack.step().await;
        assert_eq!(phone.frames(), [json!({"kind": "kicked", "reason": reason})], "{status}");
        stack.drain().await;
        assert!(!phone.is_open());
        assert!(!online(&stack, &app, "ann").await);
    }
}

#[tokio::test]
async fn a_gateway_that_reports_the_device_supersedes_the_connection() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let phone = Socket::connect(&stack, &app, "ann", "phone").await;
    stack.drain().await;
    stack.clock.advance(Duration::from_secs(5));
    stack.report(&app, "ann", "phone", "g1", "online").await;
    stack.drain().await;
    assert!(!phone.is_open());
    assert!(online(&stack, &app, "ann").await);
}

#[tokio::test]
async fn an_access_token_that_ends_ends_the_connection() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = user_token(&stack, &app, "ann", json!({"ttl": 3600})).await;
    let (_, _, phone) = handshake(&stack, json!({}), query(&token)).await;
    stack.step().await;
    stack.clock.advance(Duration::from_secs(3599));
    assert!(online(&stack, &app, "ann").await);
    stack.step().await;
    assert!(phone.is_open());
    stack.drain().await;
    assert!(stack.connections.was_closed(&phone.id));
    assert!(!online(&stack, &app, "ann").await);
}

#[tokio::test]
async fn a_frame_of_an_expired_or_revoked_token_ends_the_connection() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = user_token(&stack, &app, "ann", json!({"ttl": 60})).await;
    let (_, _, phone) = handshake(&stack, json!({}), query(&token)).await;
    stack.clock.advance(Duration::from_secs(60));
    assert_eq!(phone.send(r#"{"action":"ping"}"#).await["code"], "token_expired");

    let pad = Socket::connect(&stack, &app, "ann", "pad").await;
    assert_eq!(pad.send(r#"{"action":"ping"}"#).await, json!({"kind": "pong"}));
    stack.ok("POST", "/management/apps/acme/chat/tokens/revoke", OPERATOR_KEY, json!({})).await;
    stack.clock.advance(Duration::from_secs(61));
    assert_eq!(pad.send(r#"{"action":"ping"}"#).await["code"], "token_revoked");
    stack.drain().await;
    assert!(stack.connections.was_closed(&phone.id) && stack.connections.was_closed(&pad.id));
}

#[tokio::test]
async fn a_connection_whose_page_cannot_be_queued_is_refused_and_leaves_the_device_offline() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = user_token(&stack, &app, "ann", json!({})).await;
    stack.direct_queue.faults.fail_next_of("queue_direct", 1);
    let (status, body, _) = handshake(&stack, json!({}), query(&token)).await;
    assert_eq!((status, &body["error"]), (503, &json!("service_unavailable")));
    assert!(!online(&stack, &app, "ann").await);
    stack.clock.advance(Duration::from_secs(1));
    assert_eq!(handshake(&stack, json!({}), query(&token)).await.0, 200);
}

#[tokio::test]
async fn frames_that_mean_nothing_cost_an_answer_and_no_more() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let phone = Socket::connect(&stack, &app, "ann", "phone").await;
    let large = format!(r#"{{"action":"ack","msg_ids":["{}"]}}"#, "x".repeat(40_000));
    for (frame, binary, code) in [
        ("", false, "bad_frame"),
        ("hello", false, "bad_frame"),
        ("[]", false, "bad_frame"),
        (r#"{"action":"ack","msg_ids":"all"}"#, false, "bad_frame"),
        (r#"{"action":"dance"}"#, false, "unknown_action"),
        ("aGVsbG8=", true, "bad_frame"),
        (&large, false, "too_large"),
    ] {
        // None of these calls reads a table.
        stack.runtime.faults.fail_next_of("find", 1);
        let answer = phone.send_as(frame, binary).await;
        assert_eq!((&answer["kind"], &answer["code"]), (&json!("error"), &json!(code)), "{frame}");
    }
    assert_eq!(phone.send(r#"{"action":"ping"}"#).await["code"], "unavailable");
}

#[tokio::test]
async fn a_frame_before_the_handshake_ended_is_answered_and_harms_nothing() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let phone = Socket::connect(&stack, &app, "ann", "phone").await;
    let early = Socket::connect(&stack, &app, "ann", "pad").await;
    stack.runtime.forget(&early.id).await.unwrap();
    assert_eq!(early.send(r#"{"action":"ping"}"#).await["code"], "not_connected");
    assert!(early.is_open() && phone.is_open());
}

#[tokio::test]
async fn ten_thousand_frames_are_bounded_and_others_go_on() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let phone = Socket::connect(&stack, &app, "ann", "phone").await;
    let other = Socket::connect(&stack, &app, "bob", "phone").await;
    let mut answered = 0;
    for _ in 0..10_000 {
        let answer = phone.send(r#"{"action":"ping"}"#).await;
        match answer["kind"].as_str().unwrap() {
            "pong" => answered += 1,
            _ => assert_eq!(answer["code"], "too_many_frames"),
        }
    }
    assert!(answered <= 20, "{answered}");
    assert_eq!(other.send(r#"{"action":"ping"}"#).await["kind"], "pong");
    stack.clock.advance(Duration::from_secs(2));
    assert_eq!(phone.send(r#"{"action":"ping"}"#).await["kind"], "pong");
}
