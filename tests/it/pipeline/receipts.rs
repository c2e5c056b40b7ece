//! Receipts of vendors, from the phone back to the message.

use std::time::Duration;

use curlew_tests::simulators::{Receipts, Reported, Spec, meizu, xiaomi};
use serde_json::{Value, json};
use shared::{
    app_configs::KEPT,
    domain::{
        id::{MessageId, UserId},
        receipt::Event,
    },
    ports::{clock::Clock, group_messages::ReadGroupMessage},
};

use super::harness::{Stack, TestApp};

/// A vendor with Ann's phone.
struct World {
    stack: Stack,
    app: TestApp,
    vendor: &'static str,
    notifier: &'static str,
    token: String,
}

impl World {
    async fn start(simulator: &'static Spec) -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let interface = simulator.interface();
        let (vendor, notifier, token) = (simulator.name(), interface.notifier, (interface.device_token)());
        stack.bind(&app, "ann", "phone", notifier, &token).await;
        Self { stack, app, vendor, notifier, token }
    }

    fn notifier_path(&self) -> String {
        self.app.path(&format!("notifiers/{}", self.notifier.replace('#', "%23")))
    }

    async fn change(&self, body: Value) -> Value {
        self.stack.ok("PUT", &self.notifier_path(), &self.app.token, body).await
    }

    /// The notifier, as the operator sees it.
    async fn shown(&self) -> Value {
        self.stack.ok("GET", &self.notifier_path(), &self.app.token, json!({})).await
    }

    /// Where the vendor reports to, as the operator sees it.
    async fn report_path(&self) -> String {
        let shown = self.shown().await;
        let url = shown["receipt_url"].as_str().unwrap().to_owned();
        url[url.find("/push/report/").unwrap()..].to_owned()
    }

    async fn send(&self) -> MessageId {
        let id = self.stack.send(&self.app, &["ann"], json!({})).await[0];
        self.stack.drain().await;
        id
    }

    async fn report(&self, path: &str, body: String) -> u16 {
        self.stack.call_with("POST", path, "", &[], body).await.0
    }

    async fn events(&self, id: MessageId) -> Vec<Event> {
        let stored = self.stack.stored(&self.app, "ann", id).await;
        stored.receipts.iter().map(|receipt| receipt.event).collect()
    }

    async fn bound(&self) -> usize {
        let path = self.app.path("users/ann/push/binding");
        let answer = self.stack.ok("GET", &path, &self.app.token, json!({})).await;
        answer["entities"].as_array().unwrap().len()
    }
}

/// A test for each vendor, named after it.
mod what_a_vendor_reports_reaches_its_message {
    use curlew_tests::simulators;

    macro_rules! tests {
        ($($(#[doc = $doc:literal])* $vendor:ident $name:ident,)*) => {
            $(
                #[tokio::test]
                async fn $name() {
                    super::reports_reach_their_message(&simulators::$name::SIMULATOR).await;
                }
            )*
        };
    }
    shared::for_each_vendor!(tests);
}

async fn reports_reach_their_message(simulator: &'static Spec) {
    let world = World::start(simulator).await;
    match &simulator.receipts {
        Some(receipts) => a_report_reaches_its_message(world, receipts).await,
        None => assert!(world.shown().await.get("receipt_url").is_none(), "it reports nothing and has no address"),
    }
}

async fn a_report_reaches_its_message(world: World, receipts: &Receipts) {
    let body = |message_id: &str, device_token: &str, unregistered: bool| {
        (receipts.report)(&Reported { message_id, device_token, unregistered }).to_string()
    };
    let id = world.send().await;
    let path = world.report_path().await;
    let delivered = body(&id.to_string(), &world.token, false);

    let unknown_address = format!("/push/report/{}/{}", world.vendor, "0".repeat(32));
    assert_eq!(world.report(&unknown_address, delivered.clone()).await, 404);
    assert_eq!(world.report(&path.replace(world.vendor, "fcm"), delivered.clone()).await, 404);
    assert_eq!(world.report(&path, "no report".into()).await, 400);
    assert_eq!(world.events(id).await, []);

    world.stack.messages.faults.fail_next_of("record_receipt", 1);
    assert_eq!(world.report(&path, delivered.clone()).await, 503);
    assert_eq!(world.report(&path, delivered.clone()).await, 200);
    let first = world.stack.stored(&world.app, "ann", id).await;
    assert_eq!(world.events(id).await, [Event::Delivered]);
    let trace = world.app.path(&format!("push/trace/{id}?user=ann"));
    let traced = world.stack.ok("GET", &trace, &world.app.token, json!({})).await;
    assert!(traced["data"]["devices"][0]["receipts"][0]["vendor_message_id"].is_string(), "{traced}");

    world.stack.clock.advance(Duration::from_secs(60));
    let unknown = MessageId::parse("01K0000000000000000000000M").unwrap().to_string();
    for harmless in [delivered.clone(), body(&unknown, &world.token, false), body(&id.to_string(), "nobody", false)] {
        assert_eq!(world.report(&path, harmless).await, 200);
    }
    assert_eq!(world.stack.stored(&world.app, "ann", id).await, first);

    if receipts.unregistered {
        assert_eq!(world.report(&path, body(&id.to_string(), &world.token, true)).await, 200);
        assert_eq!((world.bound().await, world.events(id).await.len()), (0, 2));
    } else {
        assert_eq!(world.bound().await, 1);
    }

    world.change(json!({"rotate_receipt_secret": true})).await;
    assert_eq!(world.report(&path, delivered.clone()).await, 404);
    assert_eq!(world.report(&world.report_path().await, delivered).await, 200);
}

/// Xiaomi says when something happened, Meizu does not.
const WITH_AND_WITHOUT_TIMES: [&Spec; 2] = [&xiaomi::SIMULATOR, &meizu::SIMULATOR];

impl World {
    /// Reports that the phone received a message. Xiaomi says that it was a second ago.
    async fn report_delivered(&self, id: MessageId) {
        let body =
            json!({"slm1": {"param": id, "type": 1, "targets": self.token, "timestamp": self.stack.clock.now()}});
        self.stack.clock.advance(Duration::from_secs(1));
        assert_eq!(self.report(&self.report_path().await, body.to_string()).await, 200);
    }

    async fn log_out(&self, user: &str) {
        let body = json!({"device_id": "phone", "unbind_token": true});
        let path = self.app.path(&format!("users/{user}/push/logout"));
        self.stack.ok("POST", &path, &self.app.token, body).await;
    }
}

#[tokio::test]
async fn a_report_of_a_token_that_changed_hands_says_nothing_of_its_present_holder() {
    for simulator in WITH_AND_WITHOUT_TIMES {
        let world = World::start(simulator).await;
        let id = world.send().await;
        world.stack.clock.advance(Duration::from_secs(1));
        world.stack.bind(&world.app, "bob", "phone", world.notifier, &world.token).await;
        world.report_delivered(id).await;
        assert_eq!(world.stack.messages.faults.calls_of("record_receipt"), 0, "{}", world.vendor);
        assert_eq!(world.events(id).await, []);
        // What Bob gets himself counts.
        let own = world.stack.send(&world.app, &["bob"], json!({})).await[0];
        world.stack.drain().await;
        world.report_delivered(own).await;
        assert_eq!(world.stack.stored(&world.app, "bob", own).await.receipts.len(), 1, "{}", world.vendor);
    }
}

#[tokio::test]
async fn of_a_group_message_the_receipt_is_not_that_of_another_member_with_the_token() {
    let world = World::start(&xiaomi::SIMULATOR).await;
    let (stack, app) = (&world.stack, &world.app);
    stack.ok("POST", &app.path("chatgroups"), &app.token, json!({"groupid": "g", "members": ["ann", "bob"]})).await;
    let message = json!({"to": ["g"], "type": "txt", "body": {"msg": "hello"}});
    let sent = stack.ok("POST", &app.path("messages/chatgroups"), &app.token, message).await;
    stack.drain().await;
    let id = MessageId::parse(sent["data"]["g"].as_str().unwrap()).unwrap();
    stack.clock.advance(Duration::from_secs(1));
    stack.bind(app, "bob", "phone", world.notifier, &world.token).await;
    world.report_delivered(id).await;
    assert_eq!(stack.messages.faults.calls_of("record_receipt"), 0);
}

#[tokio::test]
async fn a_device_that_logged_in_again_keeps_the_receipts_of_its_pushes() {
    for simulator in WITH_AND_WITHOUT_TIMES {
        let world = World::start(simulator).await;
        let id = world.send().await;
        world.log_out("ann").await;
        world.stack.clock.advance(Duration::from_secs(1));
        world.stack.bind(&world.app, "ann", "phone", world.notifier, &world.token).await;
        world.report_delivered(id).await;
        assert_eq!(world.events(id).await, [Event::Delivered], "{}", world.vendor);
    }
}

#[tokio::test]
async fn a_report_is_sent_again_when_nobody_can_tell_whose_push_it_was() {
    let world = World::start(&xiaomi::SIMULATOR).await;
    let id = world.send().await;
    world.log_out("ann").await;
    world.stack.clock.advance(Duration::from_secs(1));
    world.stack.bind(&world.app, "ann", "phone", world.notifier, &world.token).await;
    let report = json!({"slm1": {"param": id, "type": 1, "targets": world.token}}).to_string();
    let path = world.report_path().await;
    world.stack.messages.faults.fail_next_of("traces", 1);
    assert_eq!(world.report(&path, report.clone()).await, 503);
    assert_eq!(world.report(&path, report).await, 200);
    assert_eq!(world.events(id).await, [Event::Delivered]);
}

#[tokio::test]
async fn a_receipt_shows_no_device_token_as_the_vendors_message_id() {
    let world = World::start(&xiaomi::SIMULATOR).await;
    let id = world.send().await;
    let mut report = json!({});
    report[format!("id-{}", world.token)] = json!({"param": id, "type": 1, "targets": world.token});
    assert_eq!(world.report(&world.report_path().await, report.to_string()).await, 200);
    let receipts = world.stack.stored(&world.app, "ann", id).await.receipts;
    assert_eq!((receipts.len(), &receipts[0].vendor_message_id), (1, &None));
}

#[tokio::test]
async fn a_report_of_a_group_message_reaches_its_receiver() {
    let world = World::start(&meizu::SIMULATOR).await;
    let (stack, app) = (&world.stack, &world.app);
    stack.ok("POST", &app.path("chatgroups"), &app.token, json!({"groupid": "g", "members": ["ann"]})).await;
    let message = json!({"to": ["g"], "type": "txt", "body": {"msg": "hello"}});
    let sent = stack.ok("POST", &app.path("messages/chatgroups"), &app.token, message).await;
    stack.drain().await;
    let id = MessageId::parse(sent["data"]["g"].as_str().unwrap()).unwrap();
    let path = world.report_path().await;
    let report = json!({"NS1-1": {"param": id, "type": 1, "targets": [world.token]}}).to_string();
    assert_eq!(world.report(&path, report).await, 200);
    let ann = UserId::parse("ann").unwrap();
    let found = stack.messages.group_message(&app.key, None, id, &ann).await.unwrap().unwrap();
    let events: Vec<Event> = found.receipts.iter().map(|receipt| receipt.event).collect();
    assert_eq!((events, found.outcomes.len()), (vec![Event::Delivered], 1));
}

#[tokio::test]
async fn a_report_must_be_signed_once_a_signature_is_configured() {
    let world = World::start(&meizu::SIMULATOR).await;
    let mut record = meizu::account::record();
    record["receipt_access_token"] = json!("a-token");
    world.change(json!({"credential": record})).await;
    let id = world.send().await;
    let path = world.report_path().await;
    let map = json!({"NS1-1": {"param": id, "type": 1, "targets": [world.token]}}).to_string();
    let map = map.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    for (token, status) in [("another", 403), ("a-token", 200)] {
        assert_eq!(world.report(&path, format!("access_token={token}&cb={map}")).await, status);
    }
    assert_eq!(world.events(id).await, [Event::Delivered]);
    // The decrypted secret is cached for later reports, until the operator changes it.
    world.stack.cipher.faults.fail_next_of("decrypt", 1);
    assert_eq!(world.report(&path, format!("access_token=a-token&cb={map}")).await, 200);
    let mut record = meizu::account::record();
    record["receipt_access_token"] = json!("b-token");
    world.change(json!({"credential": record})).await;
    world.stack.clock.advance(KEPT);
    for (token, status) in [("b-token", 503), ("a-token", 403), ("b-token", 200)] {
        assert_eq!(world.report(&path, format!("access_token={token}&cb={map}")).await, status);
    }
}
