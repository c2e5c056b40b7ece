//! Instant pushes and the receivers' own connections: what each strategy does when the receiver is connected, when not,
//! and when the vendor takes nothing.

use std::time::Duration;

use curlew_tests::simulators::{Device, fcm};
use serde_json::{Value, json};
use shared::{
    domain::{connection::ANSWER, id::MessageId, reason::Reason},
    ports::clock::Clock,
};

use super::{
    harness::{FCM, Stack, TestApp},
    socket::Socket,
};

/// Ann, whose phone is bound.
struct Ann {
    stack: Stack,
    app: TestApp,
    token: String,
}

impl Ann {
    async fn bound() -> Self {
        Self::with(json!({})).await
    }

    async fn with(settings: Value) -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", settings).await;
        let token = fcm::device_token();
        stack.bind(&app, "ann", "phone", FCM, &token).await;
        Self { stack, app, token }
    }

    /// Returns a world in which the vendor refuses Ann's token.
    async fn unregistered() -> Self {
        let ann = Self::bound().await;
        ann.stack.simulators.add_devices([Device::unregistered("fcm", &ann.token)]).unwrap();
        ann
    }

    /// Connects a device, waits until its first page was posted, and sends a ping.
    async fn live(&self, device: &str) -> Socket<'_> {
        let socket = Socket::connect(&self.stack, &self.app, "ann", device).await;
        self.settle(2).await;
        socket.send(r#"{"action":"ping"}"#).await;
        socket
    }

    /// Handles what becomes due within this many seconds.
    async fn settle(&self, seconds: u64) {
        let end = self.stack.clock.now().plus(Duration::from_secs(seconds));
        loop {
            while self.stack.step().await {}
            match self.stack.next_visible().filter(|at| *at <= end) {
                Some(at) => self.stack.clock.set(at),
                None => break,
            }
        }
        self.stack.clock.set(end);
    }

    async fn push(&self, strategy: u8) -> MessageId {
        self.call("push/async/ann", strategy).await.1
    }

    async fn call(&self, route: &str, strategy: u8) -> (Value, MessageId) {
        self.stack.clock.advance(Duration::from_secs(1));
        let message =
            json!({"title": "Notice", "subTitle": "now", "content": "c", "ext": {"k": 1}, "easemob": {"style": 1}});
        let body = json!({"strategy": strategy, "pushMessage": message});
        let answer = self.stack.ok("POST", &self.app.path(route), &self.app.token, body).await["data"][0].clone();
        let id = MessageId::parse(answer["msg_id"].as_str().unwrap()).unwrap();
        (answer, id)
    }

    async fn suppression(&self, id: MessageId) -> Option<Reason> {
        self.stack.suppression(&self.app, "ann", id).await
    }

    async fn waiting(&self) -> Value {
        let path = self.app.path("users/ann/offline_msg_count");
        self.stack.ok("GET", &path, &self.app.token, json!({})).await["data"]["ann"].clone()
    }

    fn shown(&self) -> usize {
        self.stack.shown("fcm", &self.token)
    }
}

/// Returns the frame of a push.
fn frame(id: MessageId) -> Value {
    json!({"kind": "push", "message": {
        "msg_id": id, "from": "admin", "to": "ann", "chat_type": "chat", "type": "txt", "body": {"msg": "c"},
        "ext": {"k": 1}, "timestamp": id.accepted_at(),
        "push": {"title": "Notice", "content": "c", "subTitle": "now", "easemob": {"style": 1}},
    }})
}

// ---- strategy 2 ----

#[tokio::test]
async fn the_vendor_only_is_the_vendor_only() {
    let ann = Ann::bound().await;
    let phone = ann.live("phone").await;
    ann.push(2).await;
    ann.stack.drain().await;
    assert_eq!((ann.shown(), phone.frames().len(), ann.waiting().await), (1, 0, json!(0)));
}

#[tokio::test]
async fn what_the_vendor_refuses_is_dropped_without_another_strategy() {
    let ann = Ann::unregistered().await;
    let phone = ann.live("phone").await;
    ann.push(2).await;
    ann.stack.drain().await;
    assert_eq!((phone.frames().len(), ann.waiting().await), (0, json!(0)));
}

// ---- strategies 1 and 4 ----

#[tokio::test]
async fn a_connected_receiver_gets_a_push_over_the_connection_alone() {
    for strategy in [1, 4] {
        let ann = Ann::bound().await;
        let phone = ann.live("phone").await;
        let id = ann.push(strategy).await;
        ann.settle(1).await;
        assert_eq!(phone.frames(), [frame(id)], "strategy {strategy}");
        ann.settle(60).await;
        assert_eq!((ann.shown(), ann.suppression(id).await), (0, Some(Reason::UserOnline)));
    }
}

#[tokio::test]
async fn a_push_over_the_own_channel_waits_for_the_next_login() {
    let ann = Ann::bound().await;
    let id = ann.push(1).await;
    ann.stack.drain().await;
    assert_eq!((ann.suppression(id).await, ann.waiting().await), (Some(Reason::WaitsForLogin), json!(1)));
    let phone = ann.live("phone").await;
    assert_eq!(phone.frames(), [frame(id)]);
    assert_eq!(phone.ack(&[id]).await, json!({"kind": "acked", "acked": 1}));
    assert_eq!((ann.waiting().await, ann.shown()), (json!(0), 0));
}

#[tokio::test]
async fn a_push_that_nobody_acknowledges_waits_on_and_no_vendor_is_asked() {
    let ann = Ann::bound().await;
    let phone = ann.live("phone").await;
    let id = ann.push(1).await;
    ann.settle(60).await;
    assert_eq!((phone.frames(), ann.shown(), ann.waiting().await), (vec![frame(id)], 0, json!(1)));
}

#[tokio::test]
async fn a_push_for_online_users_is_gone_for_whoever_is_offline() {
    let ann = Ann::bound().await;
    let id = ann.push(4).await;
    ann.stack.drain().await;
    assert_eq!((ann.suppression(id).await, ann.waiting().await), (Some(Reason::OnlineOnly), json!(0)));
    let phone = ann.live("phone").await;
    assert_eq!((phone.frames().len(), ann.shown()), (0, 0));
}

#[tokio::test]
async fn a_push_for_online_users_ends_when_its_connection_is_found_gone() {
    let ann = Ann::bound().await;
    let phone = ann.live("phone").await;
    phone.lose();
    ann.push(4).await;
    ann.stack.drain().await;
    assert_eq!((ann.shown(), ann.waiting().await), (0, json!(0)));
}

#[tokio::test]
async fn a_device_that_another_gateway_reports_is_not_on_the_own_channel() {
    let ann = Ann::bound().await;
    ann.stack.report(&ann.app, "ann", "tablet", "s1", "online").await;
    let id = ann.push(3).await;
    ann.stack.drain().await;
    assert_eq!((ann.suppression(id).await, ann.shown()), (None, 1));
}

// ---- strategy 3 ----

#[tokio::test]
async fn an_acknowledged_push_over_the_own_channel_first_needs_no_vendor() {
    let ann = Ann::bound().await;
    let phone = ann.live("phone").await;
    let id = ann.push(3).await;
    ann.settle(0).await;
    assert_eq!(phone.frames(), [frame(id)]);
    phone.ack(&[id]).await;
    ann.stack.drain().await;
    assert_eq!((ann.suppression(id).await, ann.shown()), (Some(Reason::MessageDelivered), 0));
}

#[tokio::test]
async fn without_an_acknowledgement_the_vendor_takes_the_push_and_it_waits_no_longer() {
    let ann = Ann::bound().await;
    let phone = ann.live("phone").await;
    let id = ann.push(3).await;
    ann.settle(ANSWER.as_secs() - 1).await;
    assert_eq!((phone.frames().len(), ann.shown(), ann.waiting().await), (1, 0, json!(1)));
    ann.stack.drain().await;
    assert_eq!((ann.suppression(id).await, ann.shown(), ann.waiting().await), (None, 1, json!(0)));
}

#[tokio::test]
async fn a_tablet_that_is_connected_counts_for_the_user_whatever_the_apps_policy_says() {
    let ann = Ann::with(json!({"multi_device_policy": "any_offline"})).await;
    let tablet = ann.live("tablet").await;
    let id = ann.push(3).await;
    ann.settle(0).await;
    tablet.ack(&[id]).await;
    ann.stack.drain().await;
    assert_eq!((tablet.frames().len(), ann.shown()), (1, 0));
}

#[tokio::test]
async fn what_no_vendor_takes_waits_for_the_login() {
    for strategy in [0, 3] {
        let ann = Ann::unregistered().await;
        let id = ann.push(strategy).await;
        ann.stack.drain().await;
        assert_eq!((ann.suppression(id).await, ann.waiting().await), (None, json!(1)), "strategy {strategy}");
        let phone = ann.live("phone").await;
        assert_eq!(phone.frames(), [frame(id)]);
    }
}

// ---- strategy 0 ----

#[tokio::test]
async fn the_vendor_first_asks_no_connection_if_the_vendor_takes_the_push() {
    let ann = Ann::bound().await;
    let phone = ann.live("phone").await;
    let id = ann.push(0).await;
    ann.stack.drain().await;
    assert_eq!((ann.suppression(id).await, ann.shown(), ann.waiting().await), (None, 1, json!(0)));
    assert_eq!(phone.frames().len(), 0);
}

#[tokio::test]
async fn the_vendor_first_goes_over_the_connection_when_the_vendor_refuses() {
    for route in ["push/async/ann", "push/sync/ann"] {
        let ann = Ann::unregistered().await;
        let phone = ann.live("phone").await;
        let (_, id) = ann.call(route, 0).await;
        ann.settle(60).await;
        assert_eq!(phone.frames(), [frame(id)], "{route}");
        assert_eq!(ann.suppression(id).await, None, "the decision to push stays");
        phone.ack(&[id]).await;
        assert_eq!(ann.waiting().await, 0);
    }
}

#[tokio::test]
async fn the_vendor_first_goes_over_the_connection_when_nothing_is_bound() {
    let ann = Ann::bound().await;
    let body = json!({"device_id": "phone", "device_token": "", "notifier_name": FCM});
    ann.stack.ok("PUT", &ann.app.path("users/ann/push/binding"), &ann.app.token, body).await;
    let phone = ann.live("phone").await;
    let (answer, id) = ann.call("push/sync/ann", 0).await;
    let queued = json!({"pushStatus": "ASYNC_SUCCESS", "desc": "queued for the receiver's connection", "msg_id": id});
    assert_eq!(answer, queued);
    ann.settle(60).await;
    assert_eq!((phone.frames(), ann.suppression(id).await), (vec![frame(id)], Some(Reason::NoPushBinding)));
}

// ---- failures ----

#[tokio::test]
async fn an_acceptance_that_cannot_be_noted_costs_a_second_delivery_at_most() {
    let ann = Ann::bound().await;
    ann.stack.messages.faults.fail_next_of("note_taken", 1);
    let id = ann.push(3).await;
    ann.stack.drain().await;
    assert_eq!((ann.shown(), ann.waiting().await), (1, json!(1)));
    let phone = ann.live("phone").await;
    assert_eq!(phone.frames(), [frame(id)]);
}

#[tokio::test]
async fn the_vendor_first_goes_over_the_connection_when_its_function_does_not_answer() {
    let ann = Ann::bound().await;
    let phone = ann.live("phone").await;
    ann.stack.push_functions.faults.fail_next_of("push_now", 1);
    let (answer, id) = ann.call("push/sync/ann", 0).await;
    assert_eq!(answer["pushStatus"], "ERROR");
    ann.settle(60).await;
    assert_eq!((phone.frames(), ann.shown()), (vec![frame(id)], 0));
}

#[tokio::test]
async fn a_synchronous_push_to_a_connected_receiver_says_that_it_is_queued() {
    for strategy in [1, 3, 4] {
        let ann = Ann::bound().await;
        let phone = ann.live("phone").await;
        let (answer, id) = ann.call("push/sync/ann", strategy).await;
        assert_eq!(answer["pushStatus"], "ASYNC_SUCCESS", "strategy {strategy}");
        ann.settle(1).await;
        assert_eq!(phone.frames(), [frame(id)]);
    }
}
