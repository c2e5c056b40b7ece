//! Deletion of an app: its name stays reserved until all its data is deleted. A new app of the same name sees none of
//! it.

use std::time::Duration;

use curlew_tests::simulators::fcm;
use serde_json::{Value, json};
use shared::{
    domain::{
        directory::Shard,
        id::{AppKey, MessageId},
        message::Receiver,
        presence::PresenceStatus,
        statistics::{FLUSHES_IN_HAND, Hour},
    },
    ports::{
        clock::Clock,
        directory::ReadDirectory,
        messages::StoreMessages,
        users::{ManageBindings, TrackPresence},
    },
    testing::sample,
};

use super::harness::{FCM, OPERATOR_KEY, Stack, TestApp};

const PATH: &str = "/management/apps/acme/chat";

pub(super) async fn operator(stack: &Stack, method: &str) -> (u16, Value) {
    stack.call(method, PATH, OPERATOR_KEY, &json!({})).await
}

pub(super) async fn create(stack: &Stack) -> (u16, Value) {
    stack.call("POST", "/management/apps", OPERATOR_KEY, &json!({"org": "acme", "app": "chat"})).await
}

/// Returns how many users an app's directory has.
pub(super) async fn listed(stack: &Stack, app: &AppKey) -> usize {
    let mut listed = 0;
    for shard in Shard::all() {
        listed += stack.users.users(app, shard, None, usize::MAX).await.unwrap().len();
    }
    listed
}

/// Fills an app with users. Each has a binding, presence and a message.
pub(super) async fn fill(stack: &Stack, app: &TestApp, users: usize) {
    let (at, content) = (stack.clock.now(), sample::content("hi", stack.clock.now()));
    for number in 0..users {
        let name = format!("u{number}");
        let bound = sample::binding("phone", FCM, &format!("{}-{name}", app.key), at);
        stack.users.bind(&app.key, &sample::user(&name), &bound, 16).await.unwrap();
        let online = sample::event(&name, "phone", "s", PresenceStatus::Online, at);
        stack.users.apply(&app.key, &online, Duration::from_secs(300), 32).await.unwrap();
        let receiver = Receiver { user: sample::user(&name), msg_id: MessageId::new(at, number as u128) };
        stack.messages.store(&app.key, &[(&content, &[receiver])], &stack.clock).await.unwrap();
    }
}

#[tokio::test]
async fn a_deleted_app_holds_its_name_until_nothing_is_left() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let other = stack.app("other", json!({})).await;
    fill(&stack, &app, 40).await;
    fill(&stack, &other, 40).await;
    assert_eq!(operator(&stack, "GET").await.1["state"], "active");
    stack.clock.advance(Duration::from_secs(1));
    let (status, answer) = operator(&stack, "DELETE").await;
    assert_eq!((status, &answer["data"]["state"]), (200, &json!("deleting")));
    let since = answer["data"]["deletingSince"].clone();
    // A repeated deletion returns the same answer and changes nothing.
    assert_eq!(operator(&stack, "DELETE").await.1["data"]["deletingSince"], since);
    assert_eq!(stack.call("GET", &app.path("notifiers"), &app.token, &json!({})).await.0, 404);
    while stack.step().await {}
    let (status, shown) = operator(&stack, "GET").await;
    assert_eq!((status, &shown["state"], &shown["deletingSince"]), (200, &json!("deleting"), &since));
    let (status, refused) = create(&stack).await;
    assert_eq!(status, 409);
    let text = refused["error_description"].as_str().unwrap();
    assert!(text.contains("is being deleted"), "{text}");
    stack.drain().await;
    assert_eq!((operator(&stack, "GET").await.0, operator(&stack, "DELETE").await.0), (404, 404));
    assert_eq!((listed(&stack, &app.key).await, stack.messages.all(&app.key).len()), (0, 0));
    assert_eq!((listed(&stack, &other.key).await, stack.messages.all(&other.key).len()), (40, 40));
    assert_eq!(create(&stack).await.0, 201);
    assert!(stack.dead_letters.is_empty());
}

#[tokio::test]
async fn an_app_of_the_same_name_sees_nothing_of_the_former() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    let group = json!({"groupid": "g1", "owner": "bob", "members": ["ann"]});
    stack.ok("POST", &app.path("chatgroups"), &app.token, group.clone()).await;
    let message = json!({"from": "bob", "to": ["ann", "zoe"], "type": "txt", "body": {"msg": "hi"}}).to_string();
    let key = [("idempotency-key", "k1")];
    let path = app.path("messages/users");
    let (_, first) = stack.call_with("POST", &path, &app.token, &key, message.clone()).await;
    let to_group = json!({"from": "bob", "to": ["g1"], "type": "txt", "body": {"msg": "hi"}});
    let in_group = stack.ok("POST", &app.path("messages/chatgroups"), &app.token, to_group).await;
    stack.drain().await;
    assert_eq!(stack.shown("fcm", &token), 2);
    stack.clock.advance(Duration::from_secs(1));
    operator(&stack, "DELETE").await;
    stack.drain().await;
    stack.clock.advance(Duration::from_secs(1));

    let anew = stack.app("chat", json!({})).await;
    let get = async |path: &str| stack.call("GET", &anew.path(path), &anew.token, &json!({})).await.0;
    assert_eq!((get("users/ann").await, get("chatgroups/g1").await), (404, 404));
    // Zoe was never known as a user, so her message is still stored. It is not shown, and neither are the traces of the
    // group's messages.
    for (user, id) in [("ann", &first["data"]["ann"]), ("zoe", &first["data"]["zoe"]), ("ann", &in_group["data"]["g1"])]
    {
        let id = id.as_str().unwrap();
        assert_eq!(get(&format!("push/trace/{id}?user={user}")).await, 404, "{user}");
        assert_eq!(get(&format!("push/trace/{id}?user={user}&group=g1")).await, 404, "{user}");
    }
    let health =
        stack.ok("GET", &anew.path(&format!("notifiers/{FCM}")), &anew.token, json!({})).await["health"].clone();
    assert_eq!(health.get("last_success"), None, "{health}");
    let (status, again) = stack.call_with("POST", &path, &anew.token, &key, message).await;
    assert_eq!(status, 200);
    assert_ne!(again["data"], first["data"]);
    stack.ok("POST", &anew.path("chatgroups"), &anew.token, group).await;
}

#[tokio::test]
async fn what_an_idle_process_counted_of_a_deleted_app_is_not_counted_of_the_next() {
    let stack = Stack::start();
    // The name is reused within the hour in which the former app's messages were accepted.
    let into_hour = stack.clock.now().since(Hour::of(stack.clock.now()).begin());
    stack.clock.advance(Duration::from_secs(3660) - into_hour);
    let app = stack.app("chat", json!({})).await;
    for _ in 0..FLUSHES_IN_HAND {
        stack.send(&app, &["ann"], json!({})).await;
        stack.drain().await;
    }
    // The process keeps this message's count for a later batch.
    stack.send(&app, &["ann"], json!({})).await;
    stack.drain().await;
    assert_eq!(stack.runtime.all_counts(&app.key).suppressed(), u64::from(FLUSHES_IN_HAND));
    operator(&stack, "DELETE").await;
    stack.drain().await;
    let anew = stack.app("chat", json!({})).await;
    stack.clock.advance(Duration::from_secs(60));
    stack.send(&anew, &["bob"], json!({})).await;
    stack.drain().await;
    assert_eq!(stack.runtime.all_counts(&anew.key).suppressed(), 1);
}

#[tokio::test]
async fn who_was_erased_in_the_former_app_is_nobody_in_the_next() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    fill(&stack, &app, 1).await;
    let erase = async |app: &TestApp| stack.call("DELETE", &app.path("users/u0"), &app.token, &json!({})).await.0;
    assert_eq!((erase(&app).await, erase(&app).await), (200, 200));
    operator(&stack, "DELETE").await;
    stack.drain().await;
    stack.clock.advance(Duration::from_secs(1));
    let anew = stack.app("chat", json!({})).await;
    assert_eq!(erase(&anew).await, 404);
    fill(&stack, &anew, 1).await;
    stack.clock.advance(Duration::from_secs(1));
    assert_eq!((erase(&anew).await, erase(&anew).await), (200, 200));
}

#[tokio::test]
async fn the_tokens_of_a_deleted_app_open_nothing_of_the_next() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    operator(&stack, "DELETE").await;
    stack.drain().await;
    stack.app("chat", json!({})).await;
    assert_eq!(stack.call("GET", &app.path("notifiers"), &app.token, &json!({})).await.0, 401);
}

#[tokio::test]
async fn an_app_with_five_thousand_users_goes_though_the_function_dies_three_times() {
    let stack = Stack::start();
    let (app, other) = (stack.app("chat", json!({})).await, stack.app("other", json!({})).await);
    fill(&stack, &app, 5_000).await;
    fill(&stack, &other, 10).await;
    for number in 0..30 {
        let members: Vec<String> = (0..100).map(|member| format!("u{}", number * 100 + member)).collect();
        let group = json!({"groupid": format!("g{number}"), "owner": "u0", "members": members});
        stack.ok("POST", &app.path("chatgroups"), &app.token, group).await;
        stack.clock.advance(Duration::from_secs(1));
    }
    operator(&stack, "DELETE").await;
    for (method, calls) in [("delete_group", 10), ("forget_user", 1_500), ("erase_messages", 1_500)] {
        let faults = match method {
            "delete_group" => &stack.groups.faults,
            "forget_user" => &stack.users.faults,
            _ => &stack.messages.faults,
        };
        faults.lose_answer_after(method, calls);
        stack.erase_queue.faults.fail_next_of("queue_erase", 1);
        let before = listed(&stack, &app.key).await;
        assert!(stack.erase_step().await);
        let left = listed(&stack, &app.key).await;
        assert_eq!((faults.left(), stack.erase_queue.faults.left()), (0, 0), "{method}");
        assert!(left > 0 && (left < before || method == "delete_group"), "{method}: {left} of {before}");
    }
    stack.drain().await;
    assert_eq!((listed(&stack, &app.key).await, stack.messages.all(&app.key).len()), (0, 0));
    assert_eq!((listed(&stack, &other.key).await, stack.messages.all(&other.key).len()), (10, 10));
    assert_eq!(create(&stack).await.0, 201);
    assert!(stack.dead_letters.is_empty());
}

#[tokio::test]
async fn users_who_became_known_while_the_app_was_deleted_go_with_a_later_sweep() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    operator(&stack, "DELETE").await;
    while stack.step().await {}
    // Another function has the app cached for a minute.
    fill(&stack, &app, 3).await;
    stack.drain().await;
    assert_eq!((listed(&stack, &app.key).await, stack.messages.all(&app.key).len()), (0, 0));
}

#[tokio::test]
async fn a_deletion_whose_record_was_not_queued_is_taken_up_by_its_repeat() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    fill(&stack, &app, 3).await;
    stack.erase_queue.faults.fail_next_of("queue_erase", 1);
    assert_eq!(operator(&stack, "DELETE").await.0, 503);
    assert_eq!(operator(&stack, "GET").await.1["state"], "deleting");
    assert_eq!(operator(&stack, "DELETE").await.0, 200);
    stack.drain().await;
    assert_eq!(create(&stack).await.0, 201);
}
