//! Checks that the vendor requests in a trace are the requests that the vendors got.

use std::time::Duration;

use curlew_tests::simulators::meizu::account::NOTIFIER as MEIZU;
use curlew_tests::simulators::{Endpoint, Filter, fcm, meizu};
use serde_json::{Value, json};

use super::{
    described::{body, differences},
    harness::{FCM, Stack, TestApp},
};

/// After this time a change is effective everywhere, and traces use a template as it is.
const SETTLED: Duration = Duration::from_secs(61);

/// Ann has a phone of FCM and a pad of Meizu.
pub(super) struct World {
    pub(super) stack: Stack,
    pub(super) app: TestApp,
    pub(super) tokens: [String; 2],
}

impl World {
    pub(super) async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({"advanced_push": true})).await;
        let tokens = [fcm::device_token(), meizu::device_token()];
        stack.bind(&app, "ann", "phone", FCM, &tokens[0]).await;
        stack.bind(&app, "ann", "pad", MEIZU, &tokens[1]).await;
        Self { stack, app, tokens }
    }

    pub(super) async fn set(&self, method: &str, path: &str, body: Value) {
        self.stack.ok(method, &self.app.path(path), &self.app.token, body).await;
        self.stack.clock.advance(SETTLED);
    }

    pub(super) async fn template(&self, name: &str, title: &str, content: &str) {
        let body = json!({"name": name, "title_pattern": title, "content_pattern": content});
        self.set("POST", "notification/template", body).await;
    }

    /// Sends a message with these fields to Ann, and delivers it. Returns its id.
    pub(super) async fn push(&self, more: Value) -> String {
        let id = self.stack.send(&self.app, &["ann"], more).await[0].to_string();
        self.stack.drain().await;
        id
    }

    pub(super) async fn trace(&self, id: &str, query: &str) -> Value {
        let path = self.app.path(&format!("push/trace/{id}?user=ann{query}"));
        self.stack.ok("GET", &path, &self.app.token, json!({})).await["data"].clone()
    }

    pub(super) async fn rebuilt(&self, id: &str) -> Value {
        self.trace(id, "&request=true").await
    }

    /// Compares the requests of a trace with the vendors' last requests.
    fn check_requests(&self, trace: &Value) {
        for (notifier, vendor, token) in [(FCM, "fcm", &self.tokens[0]), (MEIZU, "meizu", &self.tokens[1])] {
            let device = device(trace, notifier);
            let filter =
                Filter { endpoint: Some(Endpoint::Send), token: Some(token.clone()), ..Filter::vendor(vendor) };
            let sent = self.stack.simulators.requests(&filter).pop().unwrap();
            let mut found = Vec::new();
            differences(&device["vendor_request"]["body"], &body(&sent), "body", &mut found);
            assert!(found.is_empty(), "{vendor}: {found:#?}");
            let notice = self.stack.simulators.device(vendor, token).shade.pop().unwrap().delivery.notice;
            let lines = (json!(notice.title), json!(notice.body));
            assert_eq!(lines, (device["notification"]["title"].clone(), device["notification"]["content"].clone()));
        }
    }
}

/// Returns the device of a trace that this notifier reaches.
pub(super) fn device<'a>(trace: &'a Value, notifier: &str) -> &'a Value {
    trace["devices"].as_array().unwrap().iter().find(|device| device["notifier_name"] == notifier).unwrap()
}

#[tokio::test]
async fn a_trace_shows_the_requests_that_the_vendors_got_and_only_if_it_is_asked_to() {
    let world = World::start().await;
    let id = world.push(json!({"ext": {"em_push_ext": {"title": "Bob & Co", "custom": {"a": 1}}}})).await;
    let plain = world.trace(&id, "").await;
    assert_eq!(world.trace(&id, "&request=false").await, plain);
    let mut trace = world.rebuilt(&id).await;
    world.check_requests(&trace);
    let notification = &device(&trace, FCM)["notification"];
    assert_eq!(notification["custom"], json!({"f": "sender", "t": "ann", "m": id, "e": {"a": 1}}));
    assert_eq!((&notification["class"], &notification["replace_id"]), (&json!("im"), &json!(id)));
    assert_eq!(device(&trace, FCM)["vendor_request"]["headers"]["authorization"], "Bearer ***");
    for token in &world.tokens {
        assert!(!trace.to_string().contains(token));
    }

    let rebuilt = trace.as_object_mut().unwrap().remove("rebuilt").unwrap();
    assert_eq!(rebuilt, json!({"assumes": ["display_style"]}));
    for device in trace["devices"].as_array_mut().unwrap() {
        let device = device.as_object_mut().unwrap();
        assert!(device.remove("notification").is_some() && device.remove("vendor_request").is_some());
    }
    assert_eq!(trace, plain);
}

#[tokio::test]
async fn a_message_to_a_group_is_rebuilt_as_the_member_got_it() {
    let world = World::start().await;
    let group = json!({"groupid": "birds", "members": ["ann", "carol"]});
    world.set("POST", "chatgroups", group).await;
    let ext = json!({"em_push_ext": {"title": "Birds", "content": "tweet"}, "em_at_list": ["ann"]});
    let message = json!({"from": "carol", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}, "ext": ext});
    let sent = world.stack.ok("POST", &world.app.path("messages/chatgroups"), &world.app.token, message).await;
    let id = sent["data"]["birds"].as_str().unwrap();
    world.stack.drain().await;
    let trace = world.rebuilt(id).await;
    world.check_requests(&trace);
    let notification = &device(&trace, MEIZU)["notification"];
    assert_eq!(notification["custom"], json!({"f": "carol", "g": "birds", "m": id}));
    assert_eq!((&notification["class"], &trace["rebuilt"]), (&json!("mention"), &json!({"assumes": []})));
    assert_eq!(world.trace(id, "&group=birds&request=true").await, trace);
}

#[tokio::test]
async fn the_template_of_the_decision_words_it_whatever_the_receiver_chose_since() {
    let world = World::start().await;
    world.template("order", "Order {0}", "{0} is on its way").await;
    let ext = json!({"em_push_template": {"name": "order", "title_args": ["7"], "content_args": ["Tea"]}});
    let id = world.push(json!({"ext": ext})).await;
    let trace = world.rebuilt(&id).await;
    world.check_requests(&trace);
    assert_eq!(trace["rebuilt"], json!({"assumes": []}));
    assert_eq!(device(&trace, FCM)["notification"]["content"], "Tea is on its way");

    world.template("mine", "Mine", "{$msg}").await;
    world.template("default", "Default", "{$msg}").await;
    world.set("PUT", "users/ann/notification/template", json!({"templateName": "mine"})).await;
    world.set("PUT", "users/ann", json!({"notification_display_style": 1})).await;
    assert_eq!(world.rebuilt(&id).await, trace);
}

#[tokio::test]
async fn a_translated_text_is_rebuilt_in_the_language_of_now_and_the_trace_says_so() {
    let world = World::start().await;
    let language = "users/ann/notification/language";
    world.set("PUT", "users/ann", json!({"notification_display_style": 1})).await;
    world.set("PUT", "push/nickname", json!([{"username": "sender", "push_nickname": "Bob B."}])).await;
    world.set("PUT", language, json!({"translationLanguage": "de"})).await;
    let message = json!({"body": {"msg": "hello", "translations": {"de": "hallo", "fr": "bonjour"}}});
    let id = world.push(message).await;
    let trace = world.rebuilt(&id).await;
    world.check_requests(&trace);
    let content = |trace: &Value| device(trace, FCM)["notification"]["content"].clone();
    assert_eq!(content(&trace), "Bob B.: hallo");
    let assumed = json!({"assumes": ["display_style", "language", "sender_nickname"]});
    assert_eq!(trace["rebuilt"], assumed);

    world.set("PUT", language, json!({"translationLanguage": "fr"})).await;
    let trace = world.rebuilt(&id).await;
    assert_eq!((content(&trace), &trace["rebuilt"]), (json!("Bob B.: bonjour"), &assumed));
    let plain = world.push(json!({})).await;
    assert_eq!(world.rebuilt(&plain).await["rebuilt"], json!({"assumes": ["display_style", "sender_nickname"]}));
}

#[tokio::test]
async fn what_was_pushed_under_the_privacy_mode_is_rebuilt_without_a_text_and_the_other_way_round() {
    let world = World::start().await;
    world.set("PUT", "push/settings", json!({"privacy": "notice"})).await;
    let message = json!({"ext": {"em_push_ext": {"title": "T", "content": "C", "custom": {"a": 1}}}});
    let silent = world.push(message.clone()).await;
    let trace = world.rebuilt(&silent).await;
    world.check_requests(&trace);
    assert_eq!(trace["rebuilt"], json!({"assumes": []}));
    world.set("PUT", "push/settings", json!({"privacy": "content"})).await;
    assert_eq!(world.rebuilt(&silent).await, trace);
    let notification = &device(&trace, FCM)["notification"];
    assert!(notification["title"] != "T" && notification["custom"].get("e").is_none(), "{notification}");

    let told = world.push(message).await;
    let trace = world.rebuilt(&told).await;
    assert_eq!(device(&trace, FCM)["notification"]["title"], "T");
    world.set("PUT", "push/settings", json!({"privacy": "notice"})).await;
    assert_eq!(world.rebuilt(&told).await, trace);
}

#[tokio::test]
async fn a_request_that_was_never_made_is_shown_as_refused() {
    let world = World::start().await;
    let id = world.push(json!({"ext": {"em_android_push_ext": {"fcm_channel_id": 7}}})).await;
    let trace = world.rebuilt(&id).await;
    let phone = device(&trace, FCM);
    assert_eq!(phone["attempts"][0]["outcome"], "fail", "{phone}");
    assert_eq!(phone["vendor_request_refused"], phone["attempts"][0]["detail"], "{phone}");
    assert!(phone.get("vendor_request").is_none() && phone.get("notification").is_some());
}
