//! Messages as Easemob's server SDKs write them: the old form, original names, and values of every kind.

use std::time::Duration;

use serde_json::{Value, json};
use shared::{domain::id::MessageId, lambda::route_limits::RateClass};

use super::groups::World;

/// Ann and Bob in the group `birds`, with a phone each.
struct Easemob {
    world: World,
    phones: Vec<String>,
}

impl Easemob {
    async fn start() -> Self {
        let world = World::start(&["ann", "bob"]).await;
        let phones = world.with_phones(&["ann", "bob"]).await;
        Self { world, phones }
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let (stack, app) = (&self.world.stack, &self.world.app);
        stack.call("POST", &app.path(path), &app.token, body).await
    }

    async fn sent(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, 200, "{path} {body}: {answer}");
        answer["data"].clone()
    }

    async fn get(&self, path: &str) -> Value {
        let (stack, app) = (&self.world.stack, &self.world.app);
        stack.ok("GET", &app.path(path), &app.token, json!({})).await
    }

    /// Returns what waits for Ann, without ids and times.
    async fn waiting(&self) -> Vec<Value> {
        self.world.stack.clock.advance(Duration::from_secs(1));
        let mut page = self.get("users/ann/offline_messages").await["data"].as_array().unwrap().clone();
        for message in &mut page {
            let message = message.as_object_mut().unwrap();
            message.remove("msg_id").unwrap();
            message.remove("timestamp").unwrap();
        }
        page
    }

    /// Returns the decision for Ann, without times.
    async fn trace(&self, id: &Value) -> Value {
        let trace = self.get(&format!("push/trace/{}?user=ann", id.as_str().unwrap())).await;
        json!([trace["data"]["verdict"], trace["data"]["devices"][0]["notification"], trace["data"]["rules"][0]])
    }
}

fn old(target_type: &str, target: &[&str]) -> Value {
    json!({
        "from": "carol", "target_type": target_type, "target": target,
        "msg": {"type": "txt", "msg": "hello"}, "ext": {"em_push_ext": {"title": "Carol"}},
    })
}

fn current(to: &[&str]) -> Value {
    json!({
        "from": "carol", "to": to, "type": "txt", "body": {"msg": "hello"}, "ext": {"em_push_ext": {"title": "Carol"}},
    })
}

#[tokio::test]
async fn the_old_form_is_the_same_message_as_the_current_one() {
    for (target_type, name, path) in
        [("users", "ann", "messages/users"), ("chatgroups", "birds", "messages/chatgroups")]
    {
        let easemob = Easemob::start().await;
        let first = easemob.sent("messages?useMsgId=true", &old(target_type, &[name])).await[name].clone();
        let second = easemob.sent(path, &current(&[name])).await[name].clone();
        assert_ne!(first, second);
        easemob.world.stack.drain().await;
        let waiting = easemob.waiting().await;
        assert_eq!((waiting.len(), &waiting[0]), (2, &waiting[1]), "{target_type}");
        assert_eq!((&waiting[0]["body"], &waiting[0]["type"]), (&json!({"msg": "hello"}), &json!("txt")));
        assert_eq!(easemob.trace(&first).await, easemob.trace(&second).await);
        assert_eq!(easemob.world.delivered(&easemob.phones)[0], 2, "{target_type}");
    }
}

#[tokio::test]
async fn an_answer_has_the_names_that_were_sent() {
    let easemob = Easemob::start().await;
    let names = ["Ann", "ann", "BOB"];
    let answers = [
        easemob.sent("messages/users", &current(&names)).await,
        easemob.sent("messages?useMsgId=true", &old("users", &names)).await,
    ];
    for data in answers {
        let ids = names.map(|name| MessageId::parse(data[name].as_str().unwrap()).unwrap());
        assert_eq!(data.as_object().unwrap().len(), 3, "{data}");
        assert!(ids[0] == ids[1] && ids[1] != ids[2], "one user has one message: {data}");
    }
    for path in ["messages", "messages?useMsgId=false"] {
        let data = easemob.sent(path, &old("users", &names)).await;
        assert_eq!(data, json!({"Ann": "success", "ann": "success", "BOB": "success"}));
    }
    easemob.world.stack.drain().await;
    assert_eq!(easemob.world.delivered(&easemob.phones), [4, 4]);
    assert_eq!(easemob.get("users/Ann/offline_msg_count").await["data"], json!({"Ann": 4}));
}

#[tokio::test]
async fn a_message_waits_until_it_is_acknowledged() {
    let easemob = Easemob::start().await;
    let id = easemob.sent("messages?useMsgId=true", &old("users", &["Ann"])).await["Ann"].as_str().unwrap().to_owned();
    let status = || async { easemob.get(&format!("users/Ann/offline_msg_status/{id}")).await["data"].clone() };
    assert_eq!(status().await, json!({&id: "undelivered"}));
    let (stack, app) = (&easemob.world.stack, &easemob.world.app);
    let ack = json!({"msg_ids": [&id]});
    stack.ok("POST", &app.path("users/ann/offline_messages/ack"), &app.token, ack).await;
    assert_eq!(status().await, json!({&id: "delivered"}));
}

#[tokio::test]
async fn bodies_and_extensions_come_out_as_they_went_in() {
    let easemob = Easemob::start().await;
    let ext = r#"{"flag":true,"int":1,"long":9007199254740993,"double":0.5,"list":[1,"a",null,{}],"tiny":1.0E-7}"#;
    for (kind, body) in [
        ("img", r#""url":"https://a/b","file_length":0,"size":{"width":1080.0,"height":1.92E3}"#),
        ("video", r#""url":"https://a/b","filename":"b","thumb":"https://a/c","thumb_secret":"s","length":4"#),
        ("loc", r#""lat":1.0E-7,"lng":-122.4"#),
        ("loc", r#""lat":"39.9","lng":"116.3","addr":"Beijing""#),
        ("cmd", r#""action":"run","param":{"flag":true,"count":1,"share":0.5,"name":"n"}"#),
        ("custom", r#""customEvent":"order.paid","customExts":{"flag":true,"count":1,"name":"n"}"#),
    ] {
        let message =
            format!(r#"{{"target_type":"users","target":["ann"],"msg":{{"type":"{kind}",{body}}},"ext":{ext}}}"#);
        let (stack, app) = (&easemob.world.stack, &easemob.world.app);
        let path = app.path("messages");
        let (status, answer) = stack.invoke(("POST", &path), &app.token, None, message.as_bytes()).await;
        assert_eq!(status, 200, "{kind}: {answer}");
        let last = easemob.waiting().await.pop().unwrap();
        let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!((&last["type"], &last["from"]), (&json!(kind), &json!("admin")));
        assert_eq!((&last["body"], &last["ext"]), (&parsed(&format!("{{{body}}}")), &parsed(ext)));
    }
}

#[tokio::test]
async fn an_old_message_for_connected_devices_is_not_kept() {
    let easemob = Easemob::start().await;
    let mut message = old("users", &["ann"]);
    message["routetype"] = json!("ROUTE_ONLINE");
    message["sync_device"] = json!(true);
    easemob.sent("messages", &message).await;
    easemob.world.stack.drain().await;
    assert!(easemob.waiting().await.is_empty());
    assert_eq!(easemob.world.delivered(&easemob.phones), [0, 0]);
}

#[tokio::test]
async fn a_repeat_under_a_key_gets_the_first_answer() {
    let easemob = Easemob::start().await;
    let (stack, app) = (&easemob.world.stack, &easemob.world.app);
    let send = || async {
        let (path, body) = (app.path("messages?useMsgId=true"), old("users", &["ann"]).to_string());
        stack.call_with("POST", &path, &app.token, &[("idempotency-key", "k")], body).await.1["data"].clone()
    };
    assert_eq!(send().await, send().await);
    stack.drain().await;
    assert_eq!(easemob.world.delivered(&easemob.phones), [1, 0]);
}

#[tokio::test]
async fn messages_to_groups_have_the_rate_of_groups_in_either_form() {
    let easemob = Easemob::start().await;
    for _ in 0..RateClass::GroupMessages.per_second() {
        easemob.sent("messages", &old("chatgroups", &["birds"])).await;
    }
    let (status, answer) = easemob.post("messages", &old("chatgroups", &["birds"])).await;
    assert_eq!((status, &answer["error"]), (429, &json!("reach_limit")));
    assert_eq!(easemob.post("messages/chatgroups", &current(&["birds"])).await.0, 429);
    easemob.sent("messages", &old("users", &["ann"])).await;
}

#[tokio::test]
async fn a_message_in_the_old_form_that_breaks_a_rule_is_refused_by_name() {
    let easemob = Easemob::start().await;
    let groups = ["g1", "g2", "g3", "g4"];
    let kinds = "type must be one of: txt, img, audio, video, file, loc, cmd, custom";
    for (field, value, text) in [
        ("target_type", Value::Null, "param target_type can't be empty".to_owned()),
        ("target_type", json!(7), "target_type must be a string".to_owned()),
        ("target_type", json!("user"), "target_type must be one of: users, chatgroups, chatrooms".to_owned()),
        ("target", json!([]), "param target can't be empty".to_owned()),
        ("target", json!([""]), "target[0] must be 1 to 64 characters of a-z, 0-9, _, - and .".to_owned()),
        ("target", json!("ann"), "target must be an array of user ids".to_owned()),
        ("msg", Value::Null, "param msg can't be empty".to_owned()),
        ("msg", json!("hello"), "msg must be an object".to_owned()),
        ("msg", json!({"msg": "hello"}), "param type can't be empty".to_owned()),
        ("msg", json!({"type": "smoke", "msg": "hello"}), format!("msg.{kinds}")),
        ("msg", json!({"type": "txt"}), "param msg can't be empty".to_owned()),
        ("msg", json!({"type": "img", "file_length": 0}), "msg.url is required".to_owned()),
        ("ext", json!("x"), "param ext must be JSONObject".to_owned()),
        ("from", json!(""), "param from can't be empty".to_owned()),
    ] {
        let mut message = old("users", &["ann"]);
        message[field] = value;
        let (status, answer) = easemob.post("messages", &message).await;
        assert_eq!((status, answer["error_description"].as_str().unwrap()), (400, text.as_str()), "{field}");
        assert_eq!(answer["error"], "message_send_error");
    }
    let (status, answer) = easemob.post("messages", &old("chatgroups", &groups)).await;
    assert_eq!((status, &answer["error_description"]), (400, &json!("params target's size can't exceed limit 3")));
    for query in ["?useMsgId=yes", "?useMsgId=true&useMsgId=true"] {
        assert_eq!(easemob.post(&format!("messages{query}"), &old("users", &["ann"])).await.0, 400, "{query}");
    }
    assert!(easemob.waiting().await.is_empty() && easemob.world.stack.dispatch_queue.is_empty());
}
