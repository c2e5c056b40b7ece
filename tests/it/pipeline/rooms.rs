//! Messages to chat rooms are accepted and delivered nowhere.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::domain::id::MessageId;

use super::groups::World;

const TEXT: &str = "hello";

/// Returns every call that sends to chat rooms, and the keys of its answer.
fn calls() -> [(&'static str, Value, Vec<&'static str>); 5] {
    let content = json!({"from": "carol", "type": "txt", "body": {"msg": TEXT}, "chatroom_msg_level": "high"});
    let with = |more: Value| {
        let mut body = content.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let message = json!({"type": "txt", "msg": TEXT});
    let old = json!({"target_type": "chatrooms", "target": ["birds", "Lobby"], "msg": message});
    [
        ("messages/chatrooms", with(json!({"to": ["birds", "Lobby"]})), vec!["Lobby", "birds"]),
        ("messages/chatrooms/users", with(json!({"to": ["birds"], "users": ["ann"]})), vec!["birds"]),
        ("messages/chatrooms/broadcast", json!({"from": "carol", "msg": message, "ext": {"a": 1}}), vec!["id"]),
        ("messages?useMsgId=true", old.clone(), vec!["Lobby", "birds"]),
        ("messages", old, vec!["Lobby", "birds"]),
    ]
}

#[tokio::test]
async fn a_message_to_a_chat_room_gets_ids_and_pushes_to_nobody() {
    // A group with the room's name must not get it either.
    let world = World::start(&["ann", "bob"]).await;
    let phones = world.with_phones(&["ann", "bob"]).await;
    let (stack, app) = (&world.stack, &world.app);
    let mut ids = BTreeSet::new();
    for (path, body, keys) in calls() {
        let answer = stack.ok("POST", &app.path(path), &app.token, body).await;
        let data = answer["data"].as_object().unwrap();
        assert_eq!(data.keys().map(String::as_str).collect::<Vec<_>>(), keys, "{path}");
        for id in data.values().filter(|id| *id != "success") {
            assert!(ids.insert(MessageId::parse(id.as_str().unwrap()).unwrap()), "{path}: {id} came twice");
        }
    }
    assert_eq!(ids.len(), 6);
    assert!(stack.dispatch_queue.is_empty() && stack.messages.all(&app.key).is_empty());
    stack.drain().await;
    assert_eq!(world.delivered(&phones), [0, 0]);
    let count = stack.ok("GET", &app.path("users/ann/offline_msg_count"), &app.token, json!({})).await;
    assert_eq!(count["data"], json!({"ann": 0}));
}

#[tokio::test]
async fn a_repeat_under_a_key_gets_the_same_ids() {
    let world = World::start(&[]).await;
    for (place, (path, body, _)) in calls().into_iter().enumerate() {
        let key = format!("key-{place}");
        let send = || async {
            let (path, token) = (world.app.path(path), &world.app.token);
            world.stack.call_with("POST", &path, token, &[("idempotency-key", &key)], body.to_string()).await
        };
        let (first, again) = (send().await, send().await);
        assert_eq!((first.0, &first.1["data"]), (200, &again.1["data"]), "{path}");
    }
}

#[tokio::test]
async fn a_message_to_chat_rooms_that_breaks_a_rule_is_refused_by_name() {
    let world = World::start(&[]).await;
    let many: Vec<String> = (0..11).map(|room| format!("r{room}")).collect();
    for (path, field, value, text) in [
        ("messages/chatrooms", "to", json!([]), "param to can't be empty"),
        ("messages/chatrooms", "to", json!(many), "params to's size can't exceed limit 10"),
        ("messages/chatrooms", "to", json!("r1"), "to must be an array of chat room ids"),
        ("messages/chatrooms", "body", json!({}), "param body can't be empty"),
        ("messages/chatrooms/users", "users", json!([]), "param users can't be empty"),
        ("messages/chatrooms/users", "to", json!(["r1", "r2"]), "params to's size can't exceed limit 1"),
        ("messages/chatrooms/broadcast", "msg", Value::Null, "param msg can't be empty"),
        ("messages/chatrooms/broadcast", "msg", json!({"type": "txt"}), "param msg can't be empty"),
    ] {
        let mut body = calls().into_iter().find(|call| call.0 == path).unwrap().1;
        body[field] = value;
        let (status, answer) = world.stack.call("POST", &world.app.path(path), &world.app.token, &body).await;
        assert_eq!((status, answer["error_description"].as_str().unwrap()), (400, text), "{path} {field}");
    }
}
