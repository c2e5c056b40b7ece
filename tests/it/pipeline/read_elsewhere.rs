//! A message read on one device: its notification leaves the user's other devices, and nobody else's.

use std::time::Duration;

use curlew_tests::simulators::{
    Device, Endpoint, Fault, FaultRule, Filter, fcm,
    huawei::{self, harmony::account::NOTIFIER as HARMONY},
    interfaces,
    xiaomi::{self, account::NOTIFIER as XIAOMI},
};
use serde_json::{Value, json};
use shared::{
    domain::{id::MessageId, vendor::Vendor},
    ports::clock::Clock,
};

use super::{
    harness::{FCM, Stack, TestApp},
    socket::Socket,
};

/// Ann with a phone and a tablet, both offline.
struct Ann {
    stack: Stack,
    app: TestApp,
    phone: String,
    tablet: String,
}

impl Ann {
    async fn start() -> Self {
        Self::with(json!({"clear_when_read": true})).await
    }

    async fn with(settings: Value) -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", settings).await;
        let (phone, tablet) = (huawei::harmony_device_token(), fcm::device_token());
        stack.bind(&app, "ann", "phone", HARMONY, &phone).await;
        stack.bind(&app, "ann", "tablet", FCM, &tablet).await;
        Self { stack, app, phone, tablet }
    }

    async fn send(&self, more: Value) -> MessageId {
        self.stack.clock.advance(Duration::from_millis(60));
        let id = self.stack.send(&self.app, &["ann"], more).await[0];
        self.stack.drain().await;
        id
    }

    async fn group(&self) -> MessageId {
        self.stack.clock.advance(Duration::from_millis(60));
        let body = json!({"from": "bob", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
        let answer = self.stack.ok("POST", &self.app.path("messages/chatgroups"), &self.app.token, body).await;
        self.stack.drain().await;
        MessageId::parse(answer["data"]["birds"].as_str().unwrap()).unwrap()
    }

    async fn read(&self, ids: &[MessageId], device: Option<&str>) -> Value {
        let mut body = json!({"msg_ids": ids});
        if let Some(device) = device {
            body["device_id"] = json!(device);
        }
        let path = self.app.path("users/ann/offline_messages/ack");
        let answer = self.stack.ok("POST", &path, &self.app.token, body).await;
        answer["data"].clone()
    }

    async fn set(&self, notifier: &str, options: Value) {
        let path = self.app.path(&format!("notifiers/{}", notifier.replace('#', "%23")));
        self.stack.ok("PUT", &path, &self.app.token, json!({"options": options})).await;
        // Functions cache the configuration.
        self.stack.clock.advance(Duration::from_secs(61));
    }

    /// Returns how many notifications phone and tablet show.
    fn shown(&self) -> (usize, usize) {
        (self.stack.shown("huawei", &self.phone), self.stack.shown("fcm", &self.tablet))
    }

    fn revocations(&self) -> usize {
        self.stack.simulators.requests(&Filter::default().at(Endpoint::Revoke)).len()
    }

    /// Returns the data messages that the tablet got.
    fn told(&self) -> usize {
        self.stack.simulators.device("fcm", &self.tablet).data.len()
    }

    fn is_idle(&self) -> bool {
        self.stack.dispatch_queue.is_empty() && self.stack.push_queues.is_empty()
    }
}

#[tokio::test]
async fn what_the_tablet_read_leaves_the_phone_and_the_tablet_hears_nothing() {
    let ann = Ann::start().await;
    let (first, second) = (ann.send(json!({})).await, ann.send(json!({})).await);
    assert_eq!(ann.shown(), (2, 2));
    assert_eq!(ann.read(&[first], Some("tablet")).await["acked"], 1);
    ann.stack.drain().await;
    assert_eq!(ann.shown(), (1, 2), "only that message, and not on the device that read it");
    assert_eq!((ann.revocations(), ann.told()), (1, 0));
    ann.read(&[second], Some("phone")).await;
    ann.stack.drain().await;
    assert_eq!(ann.shown(), (1, 1));
    assert_eq!((ann.revocations(), ann.told()), (1, 1));
}

#[tokio::test]
async fn without_a_device_the_notification_leaves_all_of_them() {
    let ann = Ann::start().await;
    let id = ann.send(json!({})).await;
    ann.read(&[id], None).await;
    ann.stack.drain().await;
    assert_eq!(ann.shown(), (0, 0));
}

#[tokio::test]
async fn without_the_setting_nothing_is_queued_or_called() {
    let ann = Ann::with(json!({})).await;
    let id = ann.send(json!({})).await;
    ann.read(&[id], Some("tablet")).await;
    assert!(ann.is_idle());
    assert_eq!((ann.shown(), ann.revocations(), ann.told()), ((1, 1), 0, 0));
}

#[tokio::test]
async fn a_repeated_acknowledgement_asks_for_nothing_more() {
    let ann = Ann::start().await;
    let id = ann.send(json!({})).await;
    ann.read(&[id], Some("tablet")).await;
    ann.stack.drain().await;
    assert_eq!(ann.read(&[id], Some("tablet")).await["acked"], 0);
    assert!(ann.is_idle());
    assert_eq!(ann.revocations(), 1);
}

#[tokio::test]
async fn an_acknowledgement_over_a_connection_clears_the_other_devices() {
    let ann = Ann::start().await;
    let id = ann.send(json!({})).await;
    let tablet = Socket::connect(&ann.stack, &ann.app, "ann", "tablet").await;
    ann.stack.drain().await;
    tablet.frames();
    for _ in 0..2 {
        assert_eq!(tablet.ack(&[id]).await, json!({"kind": "acked", "acked": 1}));
        ann.stack.drain().await;
        assert_eq!(ann.shown(), (0, 1), "a repeat changes nothing");
    }
    assert_eq!(ann.revocations(), 1, "a repeat asks no vendor");
    assert_eq!(ann.told(), 0);
}

#[tokio::test]
async fn a_message_that_was_not_pushed_asks_for_nothing() {
    let ann = Ann::start().await;
    let tablet = Socket::connect(&ann.stack, &ann.app, "ann", "tablet").await;
    ann.stack.drain().await;
    tablet.send(r#"{"action":"ping"}"#).await;
    tablet.frames();
    let id = ann.stack.send(&ann.app, &["ann"], json!({})).await[0];
    while ann.stack.step().await {}
    assert_eq!(tablet.ack(&[id]).await, json!({"kind": "acked", "acked": 1}));
    assert!(ann.stack.dispatch_queue.revoke_requests().is_empty());
}

#[tokio::test]
async fn up_to_clears_everything_that_it_acknowledged() {
    let ann = Ann::start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(ann.send(json!({})).await);
    }
    let path = ann.app.path("users/ann/offline_messages/ack");
    let body = json!({"up_to": ids[1], "device_id": "tablet"});
    ann.stack.ok("POST", &path, &ann.app.token, body).await;
    ann.stack.drain().await;
    assert_eq!(ann.shown(), (1, 3));
}

#[tokio::test]
async fn a_group_message_leaves_only_its_readers_devices() {
    let ann = Ann::start().await;
    let body = json!({"groupid": "birds", "members": ["ann", "bob", "eve"]});
    ann.stack.ok("POST", &ann.app.path("chatgroups"), &ann.app.token, body).await;
    let of_eve = huawei::harmony_device_token();
    ann.stack.bind(&ann.app, "eve", "phone", HARMONY, &of_eve).await;
    let id = ann.group().await;
    assert_eq!(ann.shown(), (1, 1));
    ann.read(&[id], Some("tablet")).await;
    ann.stack.drain().await;
    assert_eq!(ann.shown(), (0, 1));
    assert_eq!(ann.stack.shown("huawei", &of_eve), 1);
}

#[tokio::test]
async fn a_conversations_notification_stays_while_it_shows_something_unread() {
    let ann = Ann::start().await;
    ann.set(HARMONY, json!({"collapse": "conversation"})).await;
    let (first, second) = (ann.send(json!({})).await, ann.send(json!({})).await);
    let of_carol = ann.send(json!({"from": "carol"})).await;
    assert_eq!(ann.shown(), (2, 3));
    ann.read(&[first], Some("tablet")).await;
    ann.stack.drain().await;
    assert_eq!(ann.shown(), (2, 3), "it shows the second message");
    ann.read(&[second], Some("tablet")).await;
    ann.stack.drain().await;
    assert_eq!(ann.shown(), (1, 3), "carol's message waits");
    ann.read(&[of_carol], Some("tablet")).await;
    ann.stack.drain().await;
    assert_eq!(ann.shown(), (0, 3));
}

#[tokio::test]
async fn a_revocation_that_is_late_does_not_take_what_came_meanwhile() {
    let ann = Ann::start().await;
    ann.set(HARMONY, json!({"collapse": "conversation"})).await;
    let read = ann.send(json!({})).await;
    let down = FaultRule::new("huawei", Fault::status(500)).at(Endpoint::Revoke).times(1);
    ann.stack.simulators.add_faults([down]).unwrap();
    ann.read(&[read], Some("tablet")).await;
    while ann.stack.step().await {}
    assert_eq!(ann.revocations(), 1);
    ann.stack.send(&ann.app, &["ann"], json!({})).await;
    while ann.stack.step().await {}
    ann.stack.drain().await;
    assert_eq!((ann.shown().0, ann.revocations()), (1, 1), "the unread message keeps its notification");
}

#[tokio::test]
async fn a_sleeping_phone_is_not_told_later_to_cancel_a_conversation() {
    let ann = Ann::start().await;
    ann.set(FCM, json!({"collapse": "conversation"})).await;
    let id = ann.send(json!({})).await;
    ann.read(&[id], Some("phone")).await;
    ann.stack.drain().await;
    assert_eq!(ann.shown().1, 0);
    let told = ann.stack.simulators.requests(&Filter::vendor("fcm").with_text("revoke"));
    let message: Value = serde_json::from_str(&told[0].body).unwrap();
    assert_eq!((told.len(), &message["message"]["android"]["ttl"]), (1, &json!("0s")));
}

#[tokio::test]
async fn an_instant_push_that_was_read_leaves_its_senders_chat_alone() {
    let ann = Ann::start().await;
    ann.set(HARMONY, json!({"collapse": "conversation"})).await;
    // Instant pushes are recorded as messages of this sender.
    let chat = ann.send(json!({"from": "admin"})).await;
    let body = json!({"strategy": 3, "pushMessage": {"title": "Notice"}});
    let answer = ann.stack.ok("POST", &ann.app.path("push/async/ann"), &ann.app.token, body).await;
    let push = MessageId::parse(answer["data"][0]["msg_id"].as_str().unwrap()).unwrap();
    ann.stack.drain().await;
    let titles = || -> Vec<Option<String>> {
        let shade = ann.stack.simulators.device("huawei", &ann.phone).shade;
        shade.into_iter().map(|shown| shown.delivery.notice.title).collect()
    };
    let [of_chat, of_push] = [Some("您有一条新消息".to_owned()), Some("Notice".to_owned())];
    assert_eq!(titles(), [of_chat.clone(), of_push.clone()]);
    let tablet = Socket::connect(&ann.stack, &ann.app, "ann", "tablet").await;
    ann.stack.drain().await;
    tablet.ack(&[push]).await;
    ann.stack.drain().await;
    assert_eq!(titles(), [of_chat], "the push went, and nothing else");
    tablet.ack(&[chat]).await;
    ann.stack.drain().await;
    assert_eq!(titles(), []);
}

#[tokio::test]
async fn a_groups_notification_stays_while_it_shows_something_unread() {
    let ann = Ann::start().await;
    ann.set(HARMONY, json!({"collapse": "conversation"})).await;
    let body = json!({"groupid": "birds", "members": ["ann", "bob"]});
    ann.stack.ok("POST", &ann.app.path("chatgroups"), &ann.app.token, body).await;
    let (first, second) = (ann.group().await, ann.group().await);
    ann.read(&[first], Some("tablet")).await;
    ann.stack.drain().await;
    assert_eq!(ann.shown(), (1, 2));
    ann.read(&[second], Some("tablet")).await;
    ann.stack.drain().await;
    assert_eq!(ann.shown(), (0, 2));
}

#[tokio::test]
async fn a_token_that_changed_hands_is_left_alone() {
    let ann = Ann::start().await;
    let id = ann.send(json!({})).await;
    ann.stack.bind(&ann.app, "bob", "phone", HARMONY, &ann.phone).await;
    ann.read(&[id], Some("tablet")).await;
    ann.stack.drain().await;
    assert_eq!((ann.revocations(), ann.stack.shown("huawei", &ann.phone)), (0, 1));
}

#[tokio::test]
async fn a_vendor_that_is_down_is_asked_three_times_and_its_pushes_go_on() {
    let ann = Ann::start().await;
    let id = ann.send(json!({})).await;
    let down = FaultRule::new("huawei", Fault::status(500)).at(Endpoint::Revoke).always();
    ann.stack.simulators.add_faults([down]).unwrap();
    ann.read(&[id], Some("tablet")).await;
    let begun = ann.stack.clock.now();
    ann.stack.drain().await;
    assert_eq!(ann.revocations(), 3);
    assert!(ann.stack.clock.now().since(begun) < Duration::from_secs(600));
    assert!(ann.stack.dead_letters.is_empty());
    ann.send(json!({})).await;
    assert_eq!(ann.shown(), (2, 2));
}

#[tokio::test]
async fn a_vendor_that_wants_no_revocations_for_a_while_delays_no_push() {
    let ann = Ann::start().await;
    let id = ann.send(json!({})).await;
    let busy = Fault::status(503).with_header("retry-after", "300");
    ann.stack.simulators.add_faults([FaultRule::new("huawei", busy).at(Endpoint::Revoke).times(1)]).unwrap();
    ann.read(&[id], Some("tablet")).await;
    while ann.stack.step().await {}
    assert_eq!(ann.revocations(), 1);
    ann.stack.send(&ann.app, &["ann"], json!({})).await;
    while ann.stack.step().await {}
    assert_eq!(ann.shown().0, 2, "the push is sent at once");
    ann.stack.drain().await;
    assert_eq!((ann.shown().0, ann.revocations()), (1, 2), "and the notification goes later");
}

#[tokio::test]
async fn a_refused_revocation_disables_no_notifier_and_removes_no_token() {
    let ann = Ann::start().await;
    let mut id = ann.send(json!({})).await;
    for code in ["80300002", "80300007", "80300037", "80200001", "80300028"] {
        let refused = FaultRule::new("huawei", Fault::code(code)).at(Endpoint::Revoke).times(2);
        ann.stack.simulators.add_faults([refused]).unwrap();
        ann.read(&[id], Some("tablet")).await;
        ann.stack.drain().await;
        ann.stack.simulators.clear_faults(None);
        let before = ann.shown().0;
        id = ann.send(json!({})).await;
        assert_eq!(ann.shown().0, before + 1, "{code}");
    }
}

#[tokio::test]
async fn a_notification_goes_after_its_secret_was_replaced() {
    let ann = Ann::start().await;
    let id = ann.send(json!({})).await;
    ann.stack.clock.advance(Duration::from_secs(1));
    let (_, interface) = interfaces().find(|(_, interface)| interface.notifier == HARMONY).unwrap();
    let old = (interface.account)();
    let new = (interface.with_secret)(&old, "fresh0123456789abcdef");
    ann.stack.simulators.replace_secret(&old.credential("huawei"), new.credential("huawei")).unwrap();
    let path = ann.app.path(&format!("notifiers/{}", HARMONY.replace('#', "%23")));
    ann.stack.ok("PUT", &path, &ann.app.token, json!({"credential": new.record})).await;
    ann.read(&[id], Some("tablet")).await;
    ann.stack.drain().await;
    assert_eq!(ann.shown().0, 0);
}

#[tokio::test]
async fn a_phone_that_is_gone_costs_the_others_nothing() {
    let ann = Ann::start().await;
    let id = ann.send(json!({})).await;
    ann.stack.simulators.add_devices([Device::unregistered("fcm", &ann.tablet)]).unwrap();
    ann.read(&[id], None).await;
    ann.stack.drain().await;
    assert_eq!(ann.stack.shown("huawei", &ann.phone), 0);
    assert!(ann.stack.dead_letters.is_empty());
}

#[tokio::test]
async fn a_table_or_a_queue_that_fails_costs_the_notification_only() {
    let ann = Ann::start().await;
    let id = ann.send(json!({})).await;
    ann.stack.dispatch_queue.faults.fail_next_of("request_revocation", 1);
    assert_eq!(ann.read(&[id], Some("tablet")).await["acked"], 1);
    ann.stack.drain().await;
    assert_eq!(ann.shown(), (1, 1));
    let id = ann.send(json!({})).await;
    ann.stack.push_queues.of(Vendor::Huawei).faults.fail_next_of("queue_revocations", 1);
    ann.read(&[id], Some("tablet")).await;
    ann.stack.drain().await;
    assert_eq!(ann.shown(), (1, 2), "check-presence tries again");
}

#[tokio::test]
async fn xiaomi_revokes_where_its_notifier_is_switched_on() {
    let ann = Ann::start().await;
    let redmi = xiaomi::device_token();
    ann.stack.bind(&ann.app, "ann", "redmi", XIAOMI, &redmi).await;
    let (first, second) = (ann.send(json!({})).await, ann.send(json!({})).await);
    ann.read(&[first], Some("tablet")).await;
    ann.stack.drain().await;
    assert_eq!(ann.stack.shown("xiaomi", &redmi), 2);
    ann.set(XIAOMI, json!({"revoke": "on"})).await;
    ann.read(&[second], Some("tablet")).await;
    ann.stack.drain().await;
    assert_eq!(ann.stack.shown("xiaomi", &redmi), 1);
}

#[tokio::test]
async fn a_revocation_adds_no_notification_and_is_not_counted_as_a_push() {
    let ann = Ann::start().await;
    let id = ann.send(json!({})).await;
    let delivered = |ann: &Ann| ann.stack.delivered("huawei", &ann.phone);
    let before = delivered(&ann);
    ann.read(&[id], None).await;
    ann.stack.drain().await;
    assert_eq!(delivered(&ann), before);
    assert_eq!(ann.stack.stored(&ann.app, "ann", id).await.outcomes.len(), 2);
}

#[tokio::test]
async fn the_device_that_reads_must_be_a_device() {
    let ann = Ann::start().await;
    let path = ann.app.path("users/ann/offline_messages/ack");
    let id = ann.send(json!({})).await;
    let (status, answer) =
        ann.stack.call("POST", &path, &ann.app.token, &json!({"msg_ids": [id], "device_id": ""})).await;
    assert_eq!(status, 400, "{answer}");
    assert_eq!(ann.shown(), (1, 1));
}
