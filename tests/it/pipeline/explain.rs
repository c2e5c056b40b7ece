//! Compares dry runs and traces with the pipeline's results.

use curlew_tests::simulators::huawei;
use serde_json::{Value, json};
use shared::{
    domain::{id::MessageId, trace::Rule},
    ports::clock::Clock,
};

use super::harness::{HUAWEI, OPERATOR_KEY, Stack, TestApp};

/// Ann has a phone of Huawei.
struct World {
    stack: Stack,
    app: TestApp,
    token: String,
}

impl World {
    async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let token = huawei::device_token();
        stack.bind(&app, "ann", "phone", HUAWEI, &token).await;
        Self { stack, app, token }
    }

    async fn explain(&self, body: Value) -> Value {
        self.stack.ok("POST", &self.app.path("push/explain"), &self.app.token, body).await["data"].clone()
    }

    async fn send(&self) -> MessageId {
        self.stack.send(&self.app, &["ann"], json!({})).await[0]
    }

    fn trace_path(&self, id: &str, query: &str) -> String {
        self.app.path(&format!("push/trace/{id}{query}"))
    }

    async fn trace(&self, id: MessageId) -> Value {
        let path = self.trace_path(&id.to_string(), "?user=ann");
        self.stack.ok("GET", &path, &self.app.token, json!({})).await["data"].clone()
    }
}

fn to(users: &[&str]) -> Value {
    json!({"from": "bob", "to": users, "type": "txt", "body": {"msg": "see you at eight"}})
}

#[tokio::test]
async fn a_dry_run_shows_every_rule_and_the_request_and_leaves_nothing_behind() {
    let world = World::start().await;
    let explained = world.explain(to(&["ann"])).await;
    assert_eq!(explained["verdict"], "push", "{explained}");
    let rules: Vec<&Value> = explained["rules"].as_array().unwrap().iter().map(|rule| &rule["rule"]).collect();
    assert_eq!(json!(rules), json!(Rule::ALL));
    assert_eq!(explained["rules"][2], json!({"rule": "group_size", "inputs": {}, "verdict": "n/a"}));
    let device = &explained["devices"][0];
    assert_eq!(
        (&device["device_id"], &device["vendor"], &device["verdict"]),
        (&json!("phone"), &json!("huawei"), &json!("push"))
    );
    let request = &device["vendor_request"];
    assert_eq!(request["body"]["message"]["token"], json!(["***"]));
    assert_eq!(request["headers"]["authorization"], "Bearer ***");
    assert_eq!(request["body"]["message"]["android"]["notification"]["title"], device["notification"]["title"]);
    assert!(!explained.to_string().contains(&world.token));

    world.stack.drain().await;
    assert!(world.stack.messages.all(&world.app.key).is_empty());
    assert_eq!(world.stack.delivered("huawei", &world.token), 0);
}

#[tokio::test]
async fn a_dry_run_shows_the_interface_of_the_credential_that_the_notifier_has_now() {
    let world = World::start().await;
    let path = world.app.path(&format!("notifiers/{HUAWEI}"));
    for (credential, api) in [(huawei::harmony::account::record(), "v3"), (huawei::account::record(), "v2")] {
        let body = json!({"credential": credential});
        let notifier = world.stack.ok("PUT", &path, &world.app.token, body).await;
        assert_eq!(notifier["api"], api);
        world.stack.clock.advance(std::time::Duration::from_secs(61));
        let request = world.explain(to(&["ann"])).await["devices"][0]["vendor_request"].clone();
        assert_eq!(request["url"], format!("https://push-api.cloud.huawei.com/{api}/***/messages:send"));
        assert_eq!(request["headers"].get("push-type").is_some(), api == "v3");
    }
}

#[tokio::test]
async fn a_dry_run_of_a_suppressed_push_says_why() {
    let world = World::start().await;
    world.stack.report(&world.app, "ann", "phone", "s1", "online").await;
    let explained = world.explain(to(&["ann"])).await;
    assert_eq!((&explained["verdict"], &explained["reason"]), (&json!("skip"), &json!("user online")));
    let presence = explained["rules"].as_array().unwrap().iter().find(|rule| rule["rule"] == "presence").unwrap();
    assert_eq!((&presence["verdict"], &presence["inputs"]["online_devices"]), (&json!("skip"), &json!(["phone"])));
    assert_eq!(explained["rules"].as_array().unwrap().last().unwrap()["verdict"], "n/a");
    assert!(explained["devices"][0].get("vendor_request").is_none());
    assert!(explained.get("recheck_at").is_none());

    world.stack.clock.advance(std::time::Duration::from_secs(110));
    let explained = world.explain(to(&["ann"])).await;
    assert!(explained["recheck_at"].as_i64().unwrap() > world.stack.clock.now().as_millis(), "{explained}");
}

#[tokio::test]
async fn a_request_that_the_client_would_refuse_to_make_is_shown_as_refused() {
    let world = World::start().await;
    let mut body = to(&["ann"]);
    body["ext"] = json!({"em_android_push_ext": {"huawei_category": "not a category!"}});
    let device = world.explain(body).await["devices"][0].clone();
    assert!(device["vendor_request_refused"].as_str().unwrap().contains("huawei_category"), "{device}");
    assert!(device.get("vendor_request").is_none());
}

#[tokio::test]
async fn a_dry_run_takes_what_the_message_route_takes_for_one_receiver() {
    let world = World::start().await;
    let path = world.app.path("push/explain");
    for body in [json!({}), to(&[]), to(&["a b"]), json!([1])] {
        let (status, refused) = world.stack.call("POST", &path, &world.app.token, &body).await;
        let (_, expected) = world.stack.call("POST", &world.app.path("messages/users"), &world.app.token, &body).await;
        assert_eq!((status, &refused["error_description"]), (400, &expected["error_description"]), "{body}");
    }
    let (status, refused) = world.stack.call("POST", &path, &world.app.token, &to(&["ann", "eve"])).await;
    assert_eq!((status, &refused["error_description"]), (400, &json!("to must name one user")));
    assert_eq!(world.stack.call("POST", &path, "", &to(&["ann"])).await.0, 401);
    assert_eq!(world.stack.call("POST", &path, OPERATOR_KEY, &to(&["ann"])).await.0, 401);
}

#[tokio::test]
async fn a_trace_is_pending_then_says_how_the_push_ended() {
    let world = World::start().await;
    let id = world.send().await;
    let trace = world.trace(id).await;
    assert_eq!((&trace["verdict"], &trace["devices"]), (&json!("pending"), &json!([])));

    world.stack.drain().await;
    let trace = world.trace(id).await;
    assert_eq!((&trace["verdict"], &trace["msg_id"]), (&json!("push"), &json!(id)));
    assert_eq!(trace["rules"].as_array().unwrap().len(), Rule::ALL.len());
    let device = &trace["devices"][0];
    assert_eq!((&device["device_id"], &device["vendor"]), (&json!("phone"), &json!("huawei")));
    let attempt = &device["attempts"][0];
    assert_eq!((&attempt["outcome"], &attempt["attempt"]), (&json!("success"), &json!(1)), "{trace}");
    assert_eq!(device["receipts"], json!([]));
    assert!(!trace.to_string().contains(&world.token));
}

#[tokio::test]
async fn a_trace_is_for_the_app_alone_and_of_the_user_who_has_the_message() {
    let world = World::start().await;
    let id = world.send().await.to_string();
    let get = async |query: &str, token: &str| {
        world.stack.call("GET", &world.trace_path(&id, query), token, &json!({})).await
    };
    assert_eq!(get("?user=eve", &world.app.token).await.0, 404);
    let (status, refused) = get("", &world.app.token).await;
    assert_eq!((status, &refused["error_description"]), (400, &json!("user is required: whose message it is")));
    assert_eq!(get("?user=a%20b", &world.app.token).await.0, 400);
    let bad = world.trace_path("no-id", "?user=ann");
    assert_eq!(world.stack.call("GET", &bad, &world.app.token, &json!({})).await.0, 400);

    let grant = json!({"grant_type": "inherit", "username": "ann", "autoCreateUser": true});
    let user = world.stack.ok("POST", &world.app.path("token"), &world.app.token, grant).await;
    let user = user["access_token"].as_str().unwrap();
    assert_eq!(get("?user=ann", user).await.0, 403);
    assert_eq!(world.stack.call("POST", &world.app.path("push/explain"), user, &to(&["ann"])).await.0, 403);

    let other = world.stack.app("other", json!({})).await;
    let path = other.path(&format!("push/trace/{id}?user=ann"));
    assert_eq!(world.stack.call("GET", &path, &other.token, &json!({})).await.0, 404);
}

#[tokio::test]
async fn a_message_to_a_group_is_explained_as_its_members_get_it_and_traced_as_they_got_it() {
    let World { stack, app, .. } = World::start().await;
    let group = json!({"groupid": "birds", "members": ["ann", "bob", "carol"]});
    stack.ok("POST", &app.path("chatgroups"), &app.token, group).await;
    let message = json!({"from": "carol", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
    let explain = async |receiver: &str| {
        let mut body = message.clone();
        body["receiver"] = json!(receiver);
        stack.call("POST", &app.path("push/explain"), &app.token, &body).await
    };
    let (ann, bob) = (explain("ann").await.1["data"].clone(), explain("bob").await.1["data"].clone());
    assert_eq!((&ann["verdict"], &bob["reason"]), (&json!("push"), &json!("no user exist")));
    assert_eq!(ann["devices"][0]["notification"]["custom"]["g"], "birds");
    let (status, refusal) = explain("carol").await;
    assert_eq!(status, 400);
    assert_eq!(refusal["error_description"], "receiver must not be the sender, who is never pushed");

    let sent = stack.ok("POST", &app.path("messages/chatgroups"), &app.token, message.clone()).await;
    let id = sent["data"]["birds"].as_str().unwrap();
    let trace = async |query: &str| {
        stack.call("GET", &app.path(&format!("push/trace/{id}?{query}")), &app.token, &json!({})).await
    };
    assert_eq!(trace("user=ann&group=birds").await.1["data"]["verdict"], "pending");
    let (status, refusal) = trace("user=ann").await;
    let text = format!(
        "ann has no message {id}; messages are kept for 7 days; before a message to a group is decided, it is found with group"
    );
    assert_eq!((status, refusal["error_description"].as_str()), (404, Some(text.as_str())));
    stack.drain().await;
    for (user, explained) in [("ann", &ann), ("bob", &bob)] {
        let traced = trace(&format!("user={user}")).await.1["data"].clone();
        assert_eq!(trace(&format!("user={user}&group=birds")).await.1["data"], traced, "{user}");
        assert_eq!(traced["rules"], explained["rules"], "{user}");
        assert_eq!(traced["verdict"], explained["verdict"], "{user}");
    }
    assert_eq!(trace("user=ann").await.1["data"]["devices"][0]["attempts"][0]["outcome"], "success");
    assert_eq!(trace("user=ann&group=bees").await.0, 404);
}

#[tokio::test]
async fn a_group_above_the_limit_is_explained_as_such() {
    let World { stack, app, .. } = World::start().await;
    let group = json!({"groupid": "birds", "members": ["ann", "bob"]});
    stack.ok("POST", &app.path("chatgroups"), &app.token, group).await;
    stack.ok("PUT", &app.path("push/settings"), &app.token, json!({"large_group_limit": 1})).await;
    stack.clock.advance(shared::app_configs::KEPT);
    let body = json!({"from": "carol", "to": ["birds"], "receiver": "ann", "type": "txt", "body": {"msg": "hello"}});
    let explained = stack.ok("POST", &app.path("push/explain"), &app.token, body).await;
    assert_eq!(explained["data"]["reason"], "large group");
}

#[tokio::test]
async fn a_group_that_is_switched_off_is_explained_as_such() {
    let World { stack, app, .. } = World::start().await;
    stack.ok("POST", &app.path("chatgroups"), &app.token, json!({"groupid": "birds", "members": ["ann"]})).await;
    stack.ok("POST", &app.path("chatgroups/birds/disable"), &app.token, json!({})).await;
    let body = json!({"from": "carol", "to": ["birds"], "receiver": "ann", "type": "txt", "body": {"msg": "hello"}});
    let explained = stack.ok("POST", &app.path("push/explain"), &app.token, body).await;
    assert_eq!(explained["data"]["reason"], "group disabled");
}
