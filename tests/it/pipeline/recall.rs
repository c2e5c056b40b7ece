//! A message that its sender takes back: it waits for nobody, is pushed to nobody, and leaves the phones.

use std::time::Duration;

use curlew_tests::simulators::{
    Endpoint, Fault, FaultRule, Filter, fcm,
    huawei::{self, harmony::account::NOTIFIER as HARMONY},
    vivo,
};
use serde_json::{Value, json};
use shared::{
    domain::{id::MessageId, recall::MAX_RECALLED, vendor::Vendor},
    ports::clock::Clock,
};

use super::harness::{FCM, Stack, TestApp};

/// Ann with a phone and a tablet, and bob with a phone, all offline.
struct World {
    stack: Stack,
    app: TestApp,
    phone: String,
    tablet: String,
    of_bob: String,
}

impl World {
    async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let (phone, tablet, of_bob) =
            (huawei::harmony_device_token(), fcm::device_token(), huawei::harmony_device_token());
        stack.bind(&app, "ann", "phone", HARMONY, &phone).await;
        stack.bind(&app, "ann", "tablet", FCM, &tablet).await;
        stack.bind(&app, "bob", "phone", HARMONY, &of_bob).await;
        let group = json!({"groupid": "birds", "members": ["ann", "bob", "carl"]});
        stack.ok("POST", &app.path("chatgroups"), &app.token, group).await;
        Self { stack, app, phone, tablet, of_bob }
    }

    fn pass(&self, time: Duration) {
        self.stack.clock.advance(time);
    }

    /// Accepts a message to ann, and decides nothing yet.
    async fn accept(&self) -> MessageId {
        self.pass(Duration::from_millis(60));
        self.stack.send(&self.app, &["ann"], json!({})).await[0]
    }

    async fn send(&self) -> MessageId {
        let id = self.accept().await;
        self.stack.drain().await;
        id
    }

    async fn accept_for_group(&self) -> MessageId {
        self.pass(Duration::from_millis(60));
        let body = json!({"from": "carl", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
        let answer = self.stack.ok("POST", &self.app.path("messages/chatgroups"), &self.app.token, body).await;
        MessageId::parse(answer["data"]["birds"].as_str().unwrap()).unwrap()
    }

    async fn try_recall(&self, body: &Value) -> (u16, Value) {
        self.stack.call("POST", &self.app.path("messages/msg_recall"), &self.app.token, body).await
    }

    async fn recall(&self, id: MessageId) {
        let (status, answer) = self.try_recall(&to_ann(id)).await;
        assert_eq!((status, &answer["data"]["recalled"]), (200, &json!("yes")), "{answer}");
    }

    async fn recall_in_group(&self, id: MessageId) {
        let body = json!({"msg_id": id, "to": "birds", "chat_type": "groupchat", "force": false});
        let (status, answer) = self.try_recall(&body).await;
        assert_eq!(status, 200, "{answer}");
    }

    async fn recall_all(&self, msgs: Value) -> (u16, Value) {
        let body = json!({"msgs": msgs});
        self.stack.call("POST", &self.app.path("messages/recall"), &self.app.token, &body).await
    }

    async fn get(&self, path: &str) -> Value {
        self.pass(Duration::from_millis(60));
        self.stack.ok("GET", &self.app.path(path), &self.app.token, json!({})).await["data"].clone()
    }

    /// Returns the messages that wait for a user.
    async fn waiting(&self, user: &str) -> Vec<String> {
        let found = self.get(&format!("users/{user}/offline_messages")).await;
        found.as_array().unwrap().iter().map(|one| one["msg_id"].as_str().unwrap().to_owned()).collect()
    }

    async fn trace(&self, user: &str, id: MessageId) -> Value {
        self.get(&format!("push/trace/{id}?user={user}")).await
    }

    /// Returns how many notifications ann's phone and tablet and bob's phone show.
    fn shown(&self) -> (usize, usize, usize) {
        let harmony = |token| self.stack.shown("huawei", token);
        (harmony(&self.phone), self.stack.shown("fcm", &self.tablet), harmony(&self.of_bob))
    }

    fn revocations(&self) -> usize {
        self.stack.simulators.requests(&Filter::default().at(Endpoint::Revoke)).len()
    }
}

fn to_ann(id: MessageId) -> Value {
    json!({"msg_id": id, "to": "ann", "chat_type": "chat", "force": false})
}

#[tokio::test]
async fn a_recalled_message_leaves_the_phones_and_waits_no_more() {
    let world = World::start().await;
    let (kept, recalled) = (world.send().await, world.send().await);
    assert_eq!(world.shown(), (2, 2, 0));
    world.recall(recalled).await;
    assert_eq!(world.waiting("ann").await, [kept.to_string()], "at once");
    world.stack.drain().await;
    assert_eq!(world.shown(), (1, 1, 0));
    assert_eq!(world.get("users/ann/offline_msg_count").await, json!({"ann": 1}));
}

#[tokio::test]
async fn a_recalled_group_message_leaves_every_members_phone() {
    let world = World::start().await;
    let (kept, recalled) = (world.accept_for_group().await, world.accept_for_group().await);
    world.stack.drain().await;
    assert_eq!(world.shown(), (2, 2, 2));
    world.recall_in_group(recalled).await;
    world.stack.drain().await;
    assert_eq!(world.shown(), (1, 1, 1));
    for member in ["ann", "bob"] {
        assert_eq!(world.waiting(member).await, [kept.to_string()]);
    }
}

#[tokio::test]
async fn what_was_recalled_before_its_decision_is_pushed_to_nobody() {
    let world = World::start().await;
    let (id, of_group) = (world.accept().await, world.accept_for_group().await);
    world.pass(Duration::from_secs(6));
    world.recall(id).await;
    world.recall_in_group(of_group).await;
    world.stack.drain().await;
    assert_eq!(world.shown(), (0, 0, 0));
    assert_eq!(world.stack.delivered("huawei", &world.phone), 0);
    for (user, id) in [("ann", id), ("ann", of_group), ("bob", of_group)] {
        let trace = world.trace(user, id).await;
        assert_eq!((&trace["verdict"], &trace["reason"]), (&json!("skip"), &json!("message delivered")), "{trace}");
    }
}

#[tokio::test]
async fn a_push_on_its_way_is_taken_back_by_the_second_look() {
    let world = World::start().await;
    let id = world.accept().await;
    world.recall(id).await;
    while world.stack.step().await {}
    assert_eq!(world.shown(), (1, 1, 0), "the message was too young to look whether it was recalled");
    world.stack.drain().await;
    assert_eq!(world.shown(), (0, 0, 0));
}

#[tokio::test]
async fn a_push_that_the_vendor_put_off_is_dropped() {
    let world = World::start().await;
    let busy = FaultRule::new("huawei", Fault::status(503)).at(Endpoint::Send).always();
    world.stack.simulators.add_faults([busy]).unwrap();
    let id = world.accept().await;
    while world.stack.step().await {}
    world.recall(id).await;
    for _ in 0..4 {
        let Some(next) = world.stack.next_visible() else { break };
        world.stack.clock.set(next.max(world.stack.clock.now()));
        while world.stack.step().await {}
    }
    world.stack.simulators.clear_faults(None);
    world.stack.drain().await;
    assert_eq!(world.shown(), (0, 0, 0));
}

#[tokio::test]
async fn the_trace_says_when_it_was_recalled() {
    let world = World::start().await;
    let (id, of_group) = (world.send().await, world.accept_for_group().await);
    world.stack.drain().await;
    assert!(world.trace("ann", id).await.get("recalled_at").is_none());
    let at = world.stack.clock.now();
    world.recall(id).await;
    world.recall_in_group(of_group).await;
    world.stack.drain().await;
    world.recall(id).await;
    assert_eq!(world.trace("ann", id).await["recalled_at"], json!(at), "a repeat keeps the first time");
    assert_eq!(world.trace("bob", of_group).await["recalled_at"], json!(at));
    assert_eq!(world.trace("ann", id).await["devices"][0]["attempts"][0]["outcome"], "success");
}

#[tokio::test]
async fn a_repeat_answers_the_same_and_changes_nothing() {
    let world = World::start().await;
    let id = world.send().await;
    for _ in 0..2 {
        world.recall(id).await;
        world.stack.drain().await;
        assert_eq!(world.shown(), (0, 0, 0));
    }
    assert!(world.stack.dead_letters.is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_made_good_by_a_repeat() {
    let world = World::start().await;
    let id = world.send().await;
    world.stack.dispatch_queue.faults.fail_next_of("queue_recall", 1);
    assert_eq!(world.try_recall(&to_ann(id)).await.0, 503);
    assert!(world.waiting("ann").await.is_empty());
    world.recall(id).await;
    world.stack.drain().await;
    assert_eq!(world.shown(), (0, 0, 0));
}

#[tokio::test]
async fn after_two_minutes_only_force_recalls() {
    let world = World::start().await;
    let id = world.send().await;
    world.pass(Duration::from_secs(121));
    let (status, answer) = world.try_recall(&to_ann(id)).await;
    assert_eq!(status, 403);
    assert_eq!(answer["error"], "message_recall_error");
    assert_eq!(answer["error_description"], "exceed recall time limit");
    assert_eq!(world.shown(), (1, 1, 0));
    let mut forced = to_ann(id);
    forced["force"] = json!(true);
    assert_eq!(world.try_recall(&forced).await.0, 200);
    world.stack.drain().await;
    assert_eq!(world.shown(), (0, 0, 0));
}

#[tokio::test]
async fn nobody_elses_message_is_recalled() {
    let world = World::start().await;
    let id = world.send().await;
    let other = world.stack.app("other", json!({})).await;
    let elsewhere = world.stack.call("POST", &other.path("messages/msg_recall"), &other.token, &to_ann(id)).await;
    assert_eq!((elsewhere.0, &elsewhere.1["error_description"]), (403, &json!("not_found msg")));
    for (field, value) in
        [("to", "bob"), ("msg_id", "1234567890"), ("chat_type", "groupchat"), ("chat_type", "chatroom")]
    {
        let mut body = to_ann(id);
        body[field] = json!(value);
        let (status, answer) = world.try_recall(&body).await;
        assert_eq!((status, &answer["error_description"]), (403, &json!("not_found msg")), "{field} {value}");
    }
    world.stack.drain().await;
    assert_eq!((world.shown(), world.waiting("ann").await.len()), ((1, 1, 0), 1));
}

#[tokio::test]
async fn a_wrong_field_is_refused_in_easemobs_words() {
    let world = World::start().await;
    let id = world.send().await;
    for (field, value, text) in [
        ("msg_id", json!(""), "param msg_id can't be empty"),
        ("to", json!(null), "param to can't be empty"),
        ("chat_type", json!(""), "param chat_type can't be empty"),
        ("force", json!(null), "param force can't be empty"),
        ("to", json!("a b"), "can't find msg to"),
    ] {
        let mut body = to_ann(id);
        body[field] = value;
        let (status, answer) = world.try_recall(&body).await;
        assert_eq!((status, &answer["error_description"]), (400, &json!(text)), "{field}");
        assert_eq!(answer["error"], "message_recall_error");
    }
}

#[tokio::test]
async fn one_message_of_several_that_cannot_be_recalled_affects_no_other() {
    let world = World::start().await;
    let (first, second) = (world.send().await, world.accept_for_group().await);
    world.stack.drain().await;
    let of_group = json!({"msg_id": second, "to": "birds", "chat_type": "groupchat", "force": true, "from": "carl"});
    let (status, answer) = world
        .recall_all(json!([{"msg_id": "1", "to": "ann", "chat_type": "chat", "force": true}, to_ann(first), of_group]))
        .await;
    assert_eq!(status, 200, "{answer}");
    let said: Vec<&Value> = answer["data"].as_array().unwrap().iter().map(|one| &one["recalled"]).collect();
    assert_eq!(said, ["not_found msg", "yes", "yes"]);
    assert_eq!(answer["data"][2]["from"], "carl");
    assert_eq!(answer["data"][1]["from"], "admin");
    world.stack.drain().await;
    assert_eq!(world.shown(), (0, 0, 0));
}

#[tokio::test]
async fn a_call_recalls_at_most_thirty_messages() {
    let world = World::start().await;
    let id = world.send().await;
    assert_eq!(world.recall_all(json!(vec![to_ann(id); MAX_RECALLED])).await.0, 200);
    for wrong in [json!(vec![to_ann(id); MAX_RECALLED + 1]), json!([]), json!([1])] {
        assert_eq!(world.recall_all(wrong).await.0, 400);
    }
}

#[tokio::test]
async fn a_vendor_that_is_down_costs_the_notification_and_nothing_else() {
    let world = World::start().await;
    let id = world.send().await;
    let down = FaultRule::new("huawei", Fault::status(500)).at(Endpoint::Revoke).always();
    world.stack.simulators.add_faults([down]).unwrap();
    world.recall(id).await;
    world.stack.drain().await;
    assert_eq!(world.shown(), (1, 0, 0));
    assert!(world.revocations() <= 6, "two looks of three attempts: {}", world.revocations());
    assert!(world.stack.dead_letters.is_empty());
}

#[tokio::test]
async fn a_table_that_fails_is_tried_again() {
    let world = World::start().await;
    let id = world.send().await;
    world.recall(id).await;
    world.stack.messages.faults.fail_next_of("traces", 2);
    world.stack.push_queues.of(Vendor::Huawei).faults.fail_next_of("queue_revocations", 1);
    world.stack.drain().await;
    assert_eq!(world.shown(), (0, 0, 0));
}

#[tokio::test]
async fn a_phone_whose_vendor_cannot_revoke_keeps_its_notification() {
    let world = World::start().await;
    let token = vivo::device_token();
    world.stack.bind(&world.app, "dora", "phone", vivo::account::NOTIFIER, &token).await;
    let id = world.stack.send(&world.app, &["dora"], json!({})).await[0];
    world.stack.drain().await;
    let body = json!({"msg_id": id, "to": "dora", "chat_type": "chat", "force": false});
    assert_eq!(world.try_recall(&body).await.0, 200);
    world.stack.drain().await;
    assert_eq!(world.stack.shown("vivo", &token), 1);
    assert!(world.waiting("dora").await.is_empty());
}

#[tokio::test]
async fn a_conversations_notification_stays_while_it_shows_a_later_message() {
    let world = World::start().await;
    let path = world.app.path(&format!("notifiers/{}", HARMONY.replace('#', "%23")));
    world.stack.ok("PUT", &path, &world.app.token, json!({"options": {"collapse": "conversation"}})).await;
    world.pass(Duration::from_secs(61));
    let (first, second) = (world.send().await, world.send().await);
    assert_eq!(world.shown().0, 1);
    let body = |id| json!({"msg_id": id, "to": "ann", "chat_type": "chat", "force": true});
    assert_eq!(world.try_recall(&body(first)).await.0, 200);
    world.stack.drain().await;
    assert_eq!(world.shown(), (1, 1, 0));
    assert_eq!(world.try_recall(&body(second)).await.0, 200);
    world.stack.drain().await;
    assert_eq!(world.shown(), (0, 0, 0));
}

#[tokio::test]
async fn a_large_group_is_cleared_page_by_page() {
    let world = World::start().await;
    let members: Vec<String> = (0..600).map(|number| format!("u{number:03}")).collect();
    let group = json!({"groupid": "crowd", "members": members[..100]});
    world.stack.ok("POST", &world.app.path("chatgroups"), &world.app.token, group).await;
    for part in members[100..].chunks(60) {
        let path = world.app.path("chatgroups/crowd/users");
        world.stack.ok("POST", &path, &world.app.token, json!({"usernames": part})).await;
    }
    let mut tokens = Vec::new();
    for member in members.iter().step_by(100) {
        let token = huawei::harmony_device_token();
        world.stack.bind(&world.app, member, "phone", HARMONY, &token).await;
        tokens.push(token);
    }
    let body = json!({"from": "carl", "to": ["crowd"], "type": "txt", "body": {"msg": "hello"}});
    let answer = world.stack.ok("POST", &world.app.path("messages/chatgroups"), &world.app.token, body).await;
    world.stack.drain().await;
    assert!(tokens.iter().all(|token| world.stack.shown("huawei", token) == 1));
    let id = &answer["data"]["crowd"];
    let body = json!({"msg_id": id, "to": "crowd", "chat_type": "groupchat", "force": true});
    assert_eq!(world.try_recall(&body).await.0, 200);
    world.stack.drain().await;
    assert!(tokens.iter().all(|token| world.stack.shown("huawei", token) == 0));
}
