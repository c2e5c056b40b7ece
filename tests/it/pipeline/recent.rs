//! A user's recent messages: what support sees, and what nobody sees.

use std::time::Duration;

use curlew_tests::simulators::{fcm, huawei};
use serde_json::{Value, json};
use shared::domain::message::OFFLINE_RETENTION;
use tokio::time::Instant;

use super::{
    harness::{FCM, HUAWEI, Stack, TestApp},
    socket::user_token,
    support_tokens::support_token,
};

/// An app with the group `birds`. Ann has a phone.
struct World {
    stack: Stack,
    app: TestApp,
    support: String,
}

impl World {
    async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        stack.bind(&app, "ann", "phone", HUAWEI, &huawei::device_token()).await;
        let birds = json!({"groupid": "birds", "members": ["ann", "bob"]});
        stack.ok("POST", &app.path("chatgroups"), &app.token, birds).await;
        stack.clock.advance(Duration::from_millis(1));
        let support = support_token(&stack, &app, json!({})).await;
        Self { stack, app, support }
    }

    /// Sends a message to Ann. Returns its id.
    async fn send(&self) -> String {
        self.stack.clock.advance(Duration::from_millis(1));
        self.stack.send(&self.app, &["ann"], json!({})).await[0].to_string()
    }

    /// Sends a message to the group. Returns its id.
    async fn send_to_group(&self, route: &str, more: Value) -> String {
        self.stack.clock.advance(Duration::from_millis(1));
        let mut body = json!({"from": "bob", "to": ["birds"], "type": "txt", "body": {"msg": "secret words"}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = self.stack.ok("POST", &self.app.path(route), &self.app.token, body).await;
        answer["data"]["birds"].as_str().unwrap().to_owned()
    }

    async fn page(&self, query: &str) -> Value {
        self.stack.ok("GET", &self.path(query), &self.support, json!({})).await
    }

    fn path(&self, query: &str) -> String {
        self.app.path(&format!("users/ann/messages{query}"))
    }

    async fn list(&self) -> Vec<Value> {
        self.page("").await["data"].as_array().unwrap().clone()
    }

    async fn ids(&self) -> Vec<String> {
        self.list().await.iter().map(|message| message["msg_id"].as_str().unwrap().to_owned()).collect()
    }

    async fn refusal(&self, path: &str, token: &str) -> (u16, String) {
        let (status, answer) = self.stack.call("GET", path, token, &json!({})).await;
        (status, answer["error_description"].as_str().unwrap_or_default().to_owned())
    }
}

#[tokio::test]
async fn one_to_one_and_group_messages_come_newest_first_with_what_became_of_them_and_no_text() {
    let world = World::start().await;
    let first = world.send().await;
    world.stack.drain().await;
    let of_group = world.send_to_group("messages/chatgroups", json!({})).await;
    world.stack.drain().await;
    world.stack.report(&world.app, "ann", "phone", "s1", "online").await;
    let silent = world.send().await;
    world.stack.drain().await;
    let waiting = world.send().await;

    let list = world.list().await;
    let ids: Vec<&str> = list.iter().map(|message| message["msg_id"].as_str().unwrap()).collect();
    assert_eq!(ids, [&waiting, &silent, &of_group, &first]);
    assert_eq!((&list[0]["verdict"], &list[0]["devices"]), (&json!("pending"), &json!([])));
    assert_eq!((&list[1]["verdict"], &list[1]["reason"]), (&json!("skip"), &json!("user online")));
    let pushed = json!([{"device_id": "phone", "notifier_name": HUAWEI, "outcome": "success"}]);
    for (message, chat_type, from) in [(&list[2], "groupchat", "bob"), (&list[3], "chat", "sender")] {
        assert_eq!((&message["verdict"], &message["devices"]), (&json!("push"), &pushed), "{message}");
        assert_eq!((&message["chat_type"], &message["from"]), (&json!(chat_type), &json!(from)));
        assert_eq!(message["type"], "txt");
    }
    assert_eq!((&list[2]["group_id"], list[3].get("group_id")), (&json!("birds"), None));
    let text = json!(list).to_string();
    assert!(!text.contains("secret words") && !text.contains("hello"), "{text}");
}

#[tokio::test]
async fn instant_pushes_of_every_strategy_are_listed_among_the_messages_on_every_page() {
    let world = World::start().await;
    let mut sent = Vec::new();
    for strategy in 0..5 {
        sent.push(world.send().await);
        world.stack.clock.advance(Duration::from_secs(1));
        let notice = json!({"strategy": strategy, "pushMessage": {"title": "Notice", "content": "secret words"}});
        let path = world.app.path("push/async/ann");
        let answer = world.stack.ok("POST", &path, &world.app.token, notice).await;
        sent.push(answer["data"][0]["msg_id"].as_str().unwrap().to_owned());
        world.stack.drain().await;
    }
    sent.reverse();
    assert_eq!(world.ids().await, sent);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.page(&format!("?limit=3{cursor}")).await;
        seen.extend(page["data"].as_array().unwrap().iter().map(|one| one["msg_id"].as_str().unwrap().to_owned()));
        let Some(next) = page["cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, sent);
    let list = world.list().await;
    let by_vendor = list.iter().find(|one| one["msg_id"] == json!(sent[4])).unwrap();
    let pushed = json!([{"device_id": "phone", "notifier_name": HUAWEI, "outcome": "success"}]);
    assert_eq!((&by_vendor["from"], &by_vendor["devices"]), (&json!("admin"), &pushed), "{by_vendor}");
    assert!(!json!(list).to_string().contains("secret words"));
}

#[tokio::test]
async fn a_refused_push_and_a_device_that_lost_its_binding_are_shown() {
    let world = World::start().await;
    let token = fcm::device_token();
    world.stack.bind(&world.app, "ann", "tablet", FCM, &token).await;
    world.stack.simulators.add_faults([fcm::scripts::unregistered(&token)]).unwrap();
    world.send().await;
    world.stack.drain().await;
    let devices = world.list().await[0]["devices"].clone();
    let outcome =
        |id: &str| devices.as_array().unwrap().iter().find(|one| one["device_id"] == id).unwrap()["outcome"].clone();
    assert_eq!((outcome("phone"), outcome("tablet")), (json!("success"), json!("fail")), "{devices}");
}

#[tokio::test]
async fn an_acknowledged_message_is_shown_as_before() {
    let world = World::start().await;
    let ids = [world.send().await, world.send_to_group("messages/chatgroups", json!({})).await];
    world.stack.drain().await;
    let before = world.list().await;
    let path = world.app.path("users/ann/offline_messages/ack");
    world.stack.ok("POST", &path, &world.app.token, json!({"up_to": ids[1]})).await;
    assert_eq!((world.list().await, before.len()), (before, 2));
}

#[tokio::test]
async fn messages_of_a_group_that_are_not_anns_are_not_shown() {
    let world = World::start().await;
    world.send_to_group("messages/chatgroups", json!({"from": "ann"})).await;
    world.send_to_group("messages/chatgroups/users", json!({"users": ["bob"], "from": "cat"})).await;
    let room = json!({"from": "bob", "to": ["lobby"], "type": "txt", "body": {"msg": "hi"}});
    world.stack.ok("POST", &world.app.path("messages/chatrooms"), &world.app.token, room).await;
    world.stack.drain().await;
    assert_eq!(world.ids().await, [] as [&str; 0]);
    let directed = world.send_to_group("messages/chatgroups/users", json!({"users": ["ann"]})).await;
    world.stack.drain().await;
    assert_eq!(world.ids().await, [directed]);
    let member = world.app.path("chatgroups/birds/users/ann");
    world.stack.ok("DELETE", &member, &world.app.token, json!({})).await;
    assert_eq!(world.ids().await, [] as [&str; 0]);
    world.stack.clock.advance(Duration::from_millis(1));
    world.stack.ok("POST", &member, &world.app.token, json!({})).await;
    assert_eq!(world.ids().await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_decision_for_the_whole_group_is_shown_to_each_member() {
    let world = World::start().await;
    world.stack.ok("POST", &world.app.path("chatgroups/birds/disable"), &world.app.token, json!({})).await;
    world.send_to_group("messages/chatgroups", json!({})).await;
    world.stack.drain().await;
    let list = world.list().await;
    assert_eq!((&list[0]["verdict"], &list[0]["devices"]), (&json!("skip"), &json!([])), "{list:?}");
    assert!(list[0]["reason"].is_string());
}

#[tokio::test]
async fn who_has_the_name_now_sees_nothing_of_who_had_it_before() {
    let world = World::start().await;
    world.send().await;
    world.send_to_group("messages/chatgroups", json!({})).await;
    let notice = json!({"pushMessage": {"title": "Notice"}});
    world.stack.ok("POST", &world.app.path("push/async/ann"), &world.app.token, notice).await;
    world.stack.drain().await;
    assert_eq!(world.list().await.len(), 3);
    world.stack.ok("DELETE", &world.app.path("users/ann"), &world.app.token, json!({})).await;
    assert_eq!(world.refusal(&world.path(""), &world.support).await, (404, "the app has no user ann".into()));
    // Nothing of the former Ann is deleted from the tables yet.
    world.stack.clock.advance(Duration::from_millis(1));
    world.stack.bind(&world.app, "ann", "phone", HUAWEI, &huawei::device_token()).await;
    assert_eq!(world.list().await, [] as [Value; 0]);
    let new = world.send().await;
    assert_eq!(world.ids().await, [new]);
}

#[tokio::test]
async fn messages_go_after_seven_days() {
    let mut world = World::start().await;
    world.send().await;
    world.stack.drain().await;
    world.stack.clock.advance(OFFLINE_RETENTION);
    world.stack.renew(&mut world.app).await;
    world.support = support_token(&world.stack, &world.app, json!({})).await;
    assert_eq!(world.list().await, [] as [Value; 0]);
}

#[tokio::test]
async fn pages_follow_their_cursor_while_messages_arrive() {
    let world = World::start().await;
    let mut sent = Vec::new();
    for _ in 0..4 {
        sent.push(world.send().await);
        sent.push(world.send_to_group("messages/chatgroups", json!({})).await);
    }
    let (mut seen, mut query) = (Vec::new(), "?limit=3".to_owned());
    loop {
        let page = world.page(&query).await;
        seen.extend(page["data"].as_array().unwrap().iter().map(|one| one["msg_id"].as_str().unwrap().to_owned()));
        world.send().await;
        let Some(cursor) = page["cursor"].as_str() else { break };
        query = format!("?limit=3&cursor={cursor}");
    }
    sent.reverse();
    assert_eq!(seen, sent);
}

#[tokio::test]
async fn a_call_that_breaks_a_rule_is_refused_by_name() {
    let world = World::start().await;
    for _ in 0..3 {
        world.send().await;
    }
    let cursor = world.page("?limit=1").await["cursor"].as_str().unwrap().to_owned();
    let wrong = "cursor must be the cursor of an earlier page of this user";
    for (query, text) in [
        ("?limit=0".to_owned(), "limit must be 1 to 100"),
        ("?limit=101".to_owned(), "limit must be 1 to 100"),
        ("?cursor=".to_owned(), wrong),
        (format!("?cursor={}", cursor.to_uppercase()), wrong),
        (format!("?cursor={}0", &cursor[..cursor.len() - 1].replace('0', "1")), wrong),
    ] {
        assert_eq!(world.refusal(&world.path(&query), &world.support).await, (400, text.to_owned()), "{query}");
    }
    let other = world.app.path(&format!("users/bob/messages?cursor={cursor}"));
    assert_eq!(world.refusal(&other, &world.support).await, (400, wrong.to_owned()));
    let nobody = world.app.path("users/nobody/messages");
    assert_eq!(world.refusal(&nobody, &world.support).await, (404, "the app has no user nobody".into()));
    assert_eq!(world.refusal(&world.app.path("users/a%20b/messages"), &world.support).await.0, 404);
    let ann = user_token(&world.stack, &world.app, "ann", json!({})).await;
    assert_eq!(world.refusal(&world.path(""), &ann).await.0, 403);
    assert_eq!(world.refusal(&world.path(""), "").await.0, 401);
    let shown = world.stack.ok("GET", &world.path(""), &world.app.token, json!({})).await;
    assert_eq!(shown["data"], world.page("").await["data"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_behind_a_slow_table_is_refused_before_the_function_ends() {
    let world = World::start().await;
    let mut groups = Vec::new();
    for number in 0..150 {
        let name = format!("g{number}");
        let body = json!({"groupid": &name, "members": ["ann", "bob"]});
        world.stack.ok("POST", &world.app.path("chatgroups"), &world.app.token, body).await;
        world.stack.clock.advance(Duration::from_millis(60));
        groups.push(name);
    }
    for name in &groups {
        let body = json!({"from": "bob", "to": [name], "type": "txt", "body": {"msg": "hello"}});
        world.stack.ok("POST", &world.app.path("messages/chatgroups"), &world.app.token, body).await;
        world.stack.clock.advance(Duration::from_millis(60));
    }
    // Ten batches of sixteen reads.
    world.stack.messages.faults.slow_down_of("timeline", Duration::from_secs(1));
    let began = Instant::now();
    let (status, answer) = world.stack.call("GET", &world.path(""), &world.support, &json!({})).await;
    assert_eq!((status, &answer["error"]), (503, &json!("service_unavailable")), "{answer}");
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    world.stack.messages.faults.at_full_speed();
    assert_eq!(world.list().await.len(), 20);
}
