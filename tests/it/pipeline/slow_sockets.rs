//! Slow tables behind a connection: the function answers before it would be killed, and leaves no half-done work.

use std::time::Duration;

use serde_json::{Value, json};
use shared::testing::memory::Faults;

use super::{
    harness::{INVOCATION, Stack, TestApp},
    socket::{Socket, handshake, user_token},
};

/// Longer than an invocation.
const SLOW: Duration = Duration::from_secs(120);

async fn is_online(stack: &Stack, app: &TestApp) -> bool {
    let path = app.path("users/ann/status");
    stack.ok("GET", &path, &app.token, json!({})).await["data"]["ann"] == "online"
}

fn query(token: &str) -> Value {
    json!({"org": "acme", "app": "chat", "device_id": "phone", "token": token})
}

fn table<'a>(stack: &'a Stack, method: &str) -> &'a Faults {
    match method {
        "open" | "find" | "note_live" => &stack.runtime.faults,
        "connect" | "end" | "mark_live" => &stack.users.faults,
        "queue_direct" => &stack.direct_queue.faults,
        _ => &stack.messages.faults,
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_behind_a_slow_table_is_refused_in_time_and_its_device_ends_offline() {
    for method in ["open", "connect", "queue_direct"] {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let token = user_token(&stack, &app, "ann", json!({})).await;
        table(&stack, method).slow_down_of(method, SLOW);
        let begun = tokio::time::Instant::now();
        let (status, body, refused) = handshake(&stack, json!({}), query(&token)).await;
        assert_eq!((status, &body["error"]), (503, &json!("service_unavailable")), "{method}");
        assert!(begun.elapsed() < INVOCATION, "{method} {:?}", begun.elapsed());
        table(&stack, method).at_full_speed();
        assert!(!refused.is_open());
        stack.drain().await;
        assert!(!is_online(&stack, &app).await, "{method}");
        assert!(stack.dead_letters.is_empty());
        stack.clock.advance(Duration::from_secs(1));
        let (status, ..) = handshake(&stack, json!({}), query(&token)).await;
        assert_eq!(status, 200, "{method}");
        stack.drain().await;
        assert!(is_online(&stack, &app).await);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_handshake_wrote_before_its_table_became_slow_is_taken_back() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = user_token(&stack, &app, "ann", json!({})).await;
    // Presence is written. Then the queue is slow, once.
    stack.direct_queue.faults.slow_next_of("queue_direct", SLOW);
    let (status, ..) = handshake(&stack, json!({}), query(&token)).await;
    assert_eq!(status, 503);
    assert!(is_online(&stack, &app).await, "until the queue is worked off");
    stack.drain().await;
    assert!(!is_online(&stack, &app).await);
}

#[tokio::test(start_paused = true)]
async fn a_frame_behind_a_slow_table_is_answered_in_time() {
    for method in ["find", "mark_live", "stored", "acknowledge"] {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let phone = Socket::connect(&stack, &app, "ann", "phone").await;
        let id = stack.send(&app, &["ann"], json!({})).await[0];
        table(&stack, method).slow_down_of(method, SLOW);
        let begun = tokio::time::Instant::now();
        assert_eq!(phone.ack(&[id]).await["code"], "unavailable", "{method}");
        assert!(begun.elapsed() < INVOCATION, "{method} {:?}", begun.elapsed());
        table(&stack, method).at_full_speed();
        assert_eq!(phone.ack(&[id]).await, json!({"kind": "acked", "acked": 1}), "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_connection_behind_a_slow_table_is_answered_in_time_and_found_later() {
    for method in ["find", "end"] {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let phone = Socket::connect(&stack, &app, "ann", "phone").await;
        stack.drain().await;
        table(&stack, method).slow_down_of(method, SLOW);
        let begun = tokio::time::Instant::now();
        phone.close().await;
        assert!(begun.elapsed() < INVOCATION, "{method} {:?}", begun.elapsed());
        table(&stack, method).at_full_speed();
        stack.send(&app, &["ann"], json!({})).await;
        stack.drain().await;
        assert!(!is_online(&stack, &app).await, "{method}");
    }
}
