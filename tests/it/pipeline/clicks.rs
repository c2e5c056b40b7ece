//! Apps report that a user opened a notification.

use std::time::Duration;

use curlew_tests::simulators::xiaomi::account::NOTIFIER as XIAOMI;
use curlew_tests::simulators::{fcm, huawei, xiaomi};
use serde_json::{Value, json};
use shared::{
    domain::{id::MessageId, message::OFFLINE_RETENTION, statistics::Figure},
    ports::clock::Clock,
};

use super::{
    app_deletion::{create, operator},
    harness::{FCM, HUAWEI, STATISTICS_FLUSH, Stack, TestApp},
    socket::user_token,
};

/// Ann and Bob have a phone each, and are in the group `birds`.
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
        stack.bind(&app, "bob", "phone", FCM, &fcm::device_token()).await;
        let birds = json!({"groupid": "birds", "members": ["ann", "bob"]});
        stack.ok("POST", &app.path("chatgroups"), &app.token, birds).await;
        stack.clock.advance(Duration::from_millis(1));
        Self { stack, app, token }
    }

    /// Sends a message to Ann that is pushed. Returns its id.
    async fn send(&self) -> String {
        let id = self.stack.send(&self.app, &["ann"], json!({})).await[0].to_string();
        self.stack.drain().await;
        id
    }

    async fn send_to_group(&self) -> String {
        let body = json!({"from": "cat", "to": ["birds"], "type": "txt", "body": {"msg": "hi"}});
        let answer = self.stack.ok("POST", &self.app.path("messages/chatgroups"), &self.app.token, body).await;
        self.stack.drain().await;
        answer["data"]["birds"].as_str().unwrap().to_owned()
    }

    async fn click_as(&self, token: &str, user: &str, body: Value) -> (u16, Value) {
        self.stack.clock.advance(Duration::from_secs(1));
        let path = self.app.path(&format!("users/{user}/push/clicked"));
        self.stack.call("POST", &path, token, &body).await
    }

    /// Reports a click. Returns whether it counts as recorded.
    async fn click(&self, user: &str, id: &str, device: &str) -> bool {
        let body = json!({"msg_id": id, "device_id": device});
        let (status, answer) = self.click_as(&self.app.token, user, body).await;
        assert_eq!(status, 200, "{answer}");
        answer["data"]["recorded"].as_bool().unwrap()
    }

    /// Returns the receipts of a message's first device, as the trace shows them.
    async fn receipts(&self, user: &str, id: &str) -> Value {
        let path = self.app.path(&format!("push/trace/{id}?user={user}"));
        self.stack.ok("GET", &path, &self.app.token, json!({})).await["data"]["devices"][0]["receipts"].clone()
    }

    /// Sends Xiaomi's report that the user opened the notification.
    async fn report_of_xiaomi(&self, id: &str, token: &str) {
        let notifier = self.app.path(&format!("notifiers/{XIAOMI}"));
        let shown = self.stack.ok("GET", &notifier, &self.app.token, json!({})).await;
        let url = shown["receipt_url"].as_str().unwrap();
        let report = json!({"slm1": {"param": id, "type": 2, "targets": token}});
        let path = &url[url.find("/push/report/").unwrap()..];
        assert_eq!(self.stack.call("POST", path, "", &report).await.0, 200);
    }

    /// Returns how many clicks are counted, after the process wrote its counts.
    async fn clicks_counted(&self) -> u64 {
        self.stack.clock.advance(STATISTICS_FLUSH);
        self.click("nobody", "01K0000000000000000000000M", "phone").await;
        self.stack.runtime.all_counts(&self.app.key).get(Figure::Clicked)
    }

    /// Returns how many receipts were written.
    fn writes(&self) -> usize {
        self.stack.messages.faults.calls_of("record_receipt")
    }
}

#[tokio::test]
async fn a_click_is_recorded_once_beside_its_message() {
    let world = World::start().await;
    for id in [world.send().await, world.send_to_group().await] {
        assert!(world.click("ann", &id, "phone").await);
        let first = world.receipts("ann", &id).await;
        assert_eq!((&first[0]["event"], &first[0]["code"]), (&json!("clicked"), &json!("app")), "{first}");
        assert!(first[0]["vendor_message_id"].is_string(), "{first}");
        assert!(world.click("ann", &id, "phone").await, "a repeat is told the same");
        assert_eq!(world.receipts("ann", &id).await, first);
    }
}

#[tokio::test]
async fn a_click_of_a_group_message_is_its_receivers_alone() {
    let world = World::start().await;
    let id = world.send_to_group().await;
    assert!(world.click("bob", &id, "phone").await);
    assert_eq!(world.receipts("ann", &id).await, json!([]));
    assert_eq!(world.receipts("bob", &id).await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_click_counts_once_whoever_reports_it_first() {
    for vendor_first in [true, false] {
        let world = World::start().await;
        let token = xiaomi::device_token();
        world.stack.bind(&world.app, "dora", "phone", XIAOMI, &token).await;
        let id = world.stack.send(&world.app, &["dora"], json!({})).await[0].to_string();
        world.stack.drain().await;
        if vendor_first {
            world.report_of_xiaomi(&id, &token).await;
        }
        assert!(world.click("dora", &id, "phone").await);
        world.report_of_xiaomi(&id, &token).await;
        assert!(world.click("dora", &id, "phone").await);
        let receipts = world.receipts("dora", &id).await;
        assert_eq!(receipts.as_array().unwrap().len(), 1, "{receipts}");
        assert_eq!(receipts[0]["code"] == "app", !vendor_first, "{receipts}");
        assert_eq!(world.clicks_counted().await, 1);
    }
}

#[tokio::test]
async fn what_a_burst_pushed_and_clicked_is_counted_though_nothing_follows() {
    let world = World::start().await;
    for _ in 0..4 {
        let id = world.send().await;
        assert!(world.click("ann", &id, "phone").await);
    }
    let counts = world.stack.runtime.all_counts(&world.app.key);
    assert_eq!((counts.accepted(), counts.clicked()), (4, 4), "{counts:?}");
}

#[tokio::test]
async fn a_report_of_a_message_that_is_not_accepted_yet_counts_nothing() {
    let world = World::start().await;
    let token = xiaomi::device_token();
    world.stack.bind(&world.app, "dora", "phone", XIAOMI, &token).await;
    let ahead = |hours: u64| MessageId::new(world.stack.clock.now().plus(Duration::from_secs(hours * 3600)), 7);
    world.report_of_xiaomi(&ahead(48).to_string(), &token).await;
    assert_eq!((world.writes(), world.clicks_counted().await), (1, 0));
    world.report_of_xiaomi(&ahead(0).to_string(), &token).await;
    assert_eq!(world.clicks_counted().await, 1);
}

#[tokio::test]
async fn clicks_are_counted_of_users_and_groups_and_of_nothing_that_is_not_recorded() {
    let world = World::start().await;
    let (id, of_group) = (world.send().await, world.send_to_group().await);
    for (user, id) in [("ann", &id), ("ann", &of_group), ("bob", &of_group), ("bob", &id), ("ann", &id)] {
        world.click(user, id, "phone").await;
    }
    assert_eq!(world.clicks_counted().await, 3);
}

#[tokio::test]
async fn who_was_sent_no_push_has_nothing_to_open_and_writes_nothing() {
    let world = World::start().await;
    let (id, of_group) = (world.send().await, world.send_to_group().await);
    world.stack.report(&world.app, "ann", "phone", "s1", "online").await;
    let silent = world.send().await;
    let waiting = world.stack.send(&world.app, &["ann"], json!({})).await[0].to_string();
    let unknown = ["01K0000000000000000000000M", &"7".repeat(26), "00000000000000000000000000"];
    for (user, id, device) in [
        ("ann", id.as_str(), "tablet"),
        ("bob", &id, "phone"),
        ("nobody", &id, "phone"),
        ("cat", &of_group, "phone"),
        ("ann", &of_group, "phone-2"),
        ("ann", &silent, "phone"),
        ("ann", &waiting, "phone"),
    ] {
        assert!(!world.click(user, id, device).await, "{user} {id} {device}");
    }
    for id in unknown {
        assert!(!world.click("ann", id, "phone").await, "{id}");
    }
    assert_eq!(world.writes(), 0);
}

#[tokio::test]
async fn a_push_that_the_vendor_refused_was_not_sent() {
    let world = World::start().await;
    let token = fcm::device_token();
    world.stack.bind(&world.app, "ann", "tablet", FCM, &token).await;
    world.stack.simulators.add_faults([fcm::scripts::unregistered(&token)]).unwrap();
    let id = world.send().await;
    assert!(!world.click("ann", &id, "tablet").await);
    assert_eq!(world.writes(), 0);
}

#[tokio::test]
async fn clicks_of_what_is_hidden_are_not_recorded() {
    let world = World::start().await;
    let ids = [world.send().await, world.send_to_group().await];
    world.stack.ok("DELETE", &world.app.path("users/ann"), &world.app.token, json!({})).await;
    world.stack.clock.advance(Duration::from_millis(1));
    world.stack.bind(&world.app, "ann", "phone", HUAWEI, &world.token).await;
    for id in &ids {
        assert!(!world.click("ann", id, "phone").await, "of the former Ann");
    }
    let new = world.send().await;
    assert!(world.click("ann", &new, "phone").await);
    assert_eq!(world.writes(), 1);
}

#[tokio::test]
async fn an_app_of_the_same_name_takes_no_clicks_of_the_app_before() {
    let mut world = World::start().await;
    let id = world.send_to_group().await;
    assert_eq!(operator(&world.stack, "DELETE").await.0, 200);
    world.stack.drain().await;
    world.stack.clock.advance(Duration::from_secs(120));
    let (status, client) = create(&world.stack).await;
    assert_eq!(status, 201, "{client}");
    world.stack.clock.advance(Duration::from_secs(61));
    let grant = json!({
        "grant_type": "client_credentials", "client_id": client["client_id"], "client_secret": client["client_secret"],
    });
    let issued = world.stack.ok("POST", &world.app.path("token"), "", grant).await;
    world.app.token = issued["access_token"].as_str().unwrap().to_owned();
    assert!(!world.click("ann", &id, "phone").await);
    assert_eq!(world.writes(), 0);
}

#[tokio::test]
async fn a_click_of_an_expired_message_is_not_recorded() {
    let mut world = World::start().await;
    let id = world.send().await;
    world.stack.clock.advance(OFFLINE_RETENTION);
    world.stack.renew(&mut world.app).await;
    assert!(!world.click("ann", &id, "phone").await);
    assert_eq!((world.writes(), world.stack.messages.faults.calls_of("traces")), (0, 0));
}

#[tokio::test]
async fn a_user_reports_for_itself_and_since_it_began() {
    let world = World::start().await;
    let id = world.send().await;
    let (ann, bob) = (
        user_token(&world.stack, &world.app, "ann", json!({})).await,
        user_token(&world.stack, &world.app, "bob", json!({})).await,
    );
    let click = json!({"msg_id": id, "device_id": "phone"});
    assert_eq!(world.click_as(&bob, "ann", click.clone()).await.0, 403);
    assert_eq!(world.click_as("", "ann", click.clone()).await.0, 401);
    assert_eq!(world.writes(), 0);
    let (status, answer) = world.click_as(&ann, "ann", click.clone()).await;
    assert_eq!((status, &answer["data"]["recorded"]), (200, &json!(true)), "{answer}");
    world.stack.clock.advance(Duration::from_secs(2));
    world.stack.ok("DELETE", &world.app.path("users/ann"), &world.app.token, json!({})).await;
    assert_eq!(world.click_as(&ann, "ann", click).await.0, 401, "a token of before the erasure");
}

#[tokio::test]
async fn a_malformed_report_is_refused_by_name() {
    let world = World::start().await;
    let id = "01K0000000000000000000000M";
    for (body, text) in [
        (json!([]), "the request body must be a JSON object"),
        (json!({"device_id": "phone"}), "msg_id is required"),
        (json!({"msg_id": 1, "device_id": "phone"}), "msg_id must be a string"),
        (json!({"msg_id": "short", "device_id": "phone"}), "msg_id must be the 26 characters of a message id"),
        (json!({"msg_id": id}), "device_id is required"),
        (json!({"msg_id": id, "device_id": ""}), "device_id must be 1 to 128 bytes long"),
    ] {
        let (status, answer) = world.click_as(&world.app.token, "ann", body).await;
        assert_eq!((status, answer["error_description"].as_str().unwrap()), (400, text));
    }
    let click = json!({"msg_id": id, "device_id": "phone"});
    let (status, answer) = world.click_as(&world.app.token, "a%20b", click).await;
    assert_eq!(
        (status, answer["error_description"].as_str().unwrap().starts_with("username")),
        (400, true),
        "{answer}"
    );
    assert_eq!(world.writes(), 0);
}

#[tokio::test]
async fn a_click_whose_answer_got_lost_is_recorded_once() {
    let world = World::start().await;
    let id = world.send().await;
    world.stack.messages.faults.lose_answer_of("record_receipt", 1);
    let click = json!({"msg_id": id, "device_id": "phone"});
    assert_eq!(world.click_as(&world.app.token, "ann", click).await.0, 503);
    assert!(world.click("ann", &id, "phone").await);
    assert_eq!(world.receipts("ann", &id).await.as_array().unwrap().len(), 1);
}
