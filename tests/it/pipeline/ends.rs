//! Ends of connections: whose connection is not wanted any more is told so and closed, whatever fails on the way.

use std::time::Duration;

use curlew_tests::simulators::fcm;
use serde_json::{Value, json};
use shared::ports::{clock::Clock, users::TrackPresence};

use super::{
    harness::{FCM, Stack, TestApp},
    socket::{Socket, handshake, user_token},
};

/// Ann, whose phone is bound.
struct Ann {
    stack: Stack,
    app: TestApp,
    token: String,
}

impl Ann {
    async fn bound(settings: Value) -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", settings).await;
        let token = fcm::device_token();
        stack.bind(&app, "ann", "phone", FCM, &token).await;
        Self { stack, app, token }
    }

    /// A connection of a device that has what waited.
    async fn live(&self, device: &str) -> Socket<'_> {
        self.stack.clock.advance(Duration::from_millis(60));
        let socket = Socket::connect(&self.stack, &self.app, "ann", device).await;
        self.settle(2).await;
        socket.frames();
        socket
    }

    /// Works off what comes due within so many seconds.
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

    async fn send(&self) -> String {
        self.stack.clock.advance(Duration::from_millis(60));
        self.stack.send(&self.app, &["ann"], json!({})).await[0].to_string()
    }

    /// The status of a handshake of this device, and its connection.
    async fn handshake(&self, device: &str) -> (u64, Value, Socket<'_>) {
        let token = user_token(&self.stack, &self.app, "ann", json!({})).await;
        let query = json!({"org": "acme", "app": "chat", "device_id": device, "token": token});
        handshake(&self.stack, json!({}), query).await
    }

    /// The names of the devices whose presence is known.
    async fn devices(&self) -> Vec<String> {
        let ann = shared::testing::sample::user("ann");
        let known = self.stack.users.presence(&self.app.key, &[ann]).await.unwrap();
        known.into_iter().flat_map(|(_, devices)| devices).map(|(device, _)| device.to_string()).collect()
    }

    async fn report(&self, device: &str, session: &str, status: &str, ts: i64) -> (u16, Value) {
        let event = json!({"user": "ann", "device_id": device, "session": session, "status": status, "ts": ts});
        let path = self.app.path("presence/events");
        self.stack.call("POST", &path, &self.app.token, &json!({"events": [event]})).await
    }
}

/// That a client is told why its connection ends, before it is closed.
async fn is_told(stack: &Stack, socket: &Socket<'_>, reason: &str) {
    // Its end may be queued twice.
    stack.connections.faults.fail_next_of("close", 2);
    stack.step().await;
    assert_eq!(socket.frames().last(), Some(&json!({"kind": "kicked", "reason": reason})));
    stack.drain().await;
    assert!(stack.connections.was_closed(&socket.id));
}

#[tokio::test]
async fn a_device_that_makes_room_is_told_so_and_its_connection_is_closed() {
    let ann = Ann::bound(json!({"max_devices": 1})).await;
    let phone = ann.live("phone").await;
    ann.stack.clock.advance(Duration::from_secs(60));
    let pad = Socket::connect(&ann.stack, &ann.app, "ann", "pad").await;
    assert_eq!(ann.devices().await, ["pad"]);
    is_told(&ann.stack, &phone, "superseded").await;
    let id = ann.send().await;
    ann.settle(0).await;
    assert_eq!(pad.messages(), [id]);
    assert_eq!(ann.devices().await, ["pad"]);
}

#[tokio::test]
async fn a_live_device_makes_no_room_for_those_that_came_and_went_since() {
    let ann = Ann::bound(json!({"max_devices": 2})).await;
    let phone = ann.live("phone").await;
    for number in 0..5 {
        ann.stack.clock.advance(Duration::from_secs(600));
        for status in ["online", "offline"] {
            ann.stack.report(&ann.app, "ann", &format!("browser{number}"), "s", status).await;
        }
    }
    let id = ann.send().await;
    ann.settle(0).await;
    assert_eq!(phone.messages(), [id]);
    assert_eq!(ann.devices().await, ["browser4", "phone"]);
    assert_eq!(ann.stack.shown("fcm", &ann.token), 0);
}

#[tokio::test]
async fn a_device_makes_room_only_when_the_end_of_its_connection_is_queued() {
    let ann = Ann::bound(json!({"max_devices": 1})).await;
    let phone = ann.live("phone").await;
    ann.stack.direct_queue.faults.fail_next_of("queue_direct", 1);
    let (status, ..) = ann.handshake("pad").await;
    assert_eq!(status, 503);
    // Nobody has taken its place.
    let id = ann.send().await;
    ann.settle(1).await;
    assert_eq!(phone.messages(), [id]);
    let (status, _, pad) = ann.handshake("pad").await;
    assert_eq!((status, ann.devices().await), (200, vec!["pad".to_owned()]));
    is_told(&ann.stack, &phone, "superseded").await;
    assert!(pad.is_open());
}

#[tokio::test]
async fn a_gateways_device_ends_the_connection_that_makes_room_for_it_whatever_fails() {
    let ann = Ann::bound(json!({"max_devices": 1})).await;
    for method in ["queue_direct", "make_room"] {
        let phone = ann.live("phone").await;
        ann.stack.clock.advance(Duration::from_secs(5));
        let now = ann.stack.clock.now().as_millis();
        let faults = if method == "make_room" { &ann.stack.users.faults } else { &ann.stack.direct_queue.faults };
        faults.fail_next_of(method, 1);
        assert_eq!(ann.report("tv", method, "online", now).await.0, 503, "{method}");
        // The gateway says it again, when something newer was heard already.
        assert_eq!(ann.report("tv", method, "heartbeat", now + 1).await.0, 200, "{method}");
        assert_eq!(ann.report("tv", method, "online", now).await.0, 200, "{method}");
        assert_eq!(ann.devices().await, ["tv"], "{method}");
        is_told(&ann.stack, &phone, "superseded").await;
    }
}

#[tokio::test]
async fn a_connection_that_is_older_than_those_of_as_many_devices_as_may_be_is_refused() {
    let ann = Ann::bound(json!({"max_devices": 1})).await;
    let late = ann.stack.clock.now();
    let token = user_token(&ann.stack, &ann.app, "ann", json!({})).await;
    let phone = ann.live("phone").await;
    // Its handshake took longer than that of the phone, which began after it.
    let now = ann.stack.clock.now();
    ann.stack.clock.set(late);
    let query = json!({"org": "acme", "app": "chat", "device_id": "pad", "token": token});
    let (status, body, _) = handshake(&ann.stack, json!({}), query).await;
    ann.stack.clock.set(now);
    assert_eq!(status, 409);
    let says = "as many devices of the user as may be have newer connections";
    assert_eq!(body["error_description"], says);
    let id = ann.send().await;
    ann.settle(0).await;
    assert_eq!(phone.messages(), [id]);
}

/// A request that must answer with this status.
async fn answers(ann: &Ann, method: &str, path: &str, body: &Value, status: u16) {
    let (found, answer) = ann.stack.call(method, &ann.app.path(path), &ann.app.token, body).await;
    assert_eq!(found, status, "{method} {path}: {answer}");
}

#[tokio::test]
async fn whatever_ends_a_connection_ends_it_when_it_is_repeated_after_a_failure() {
    let event = |status: &str| {
        (
            "POST",
            "presence/events",
            json!({"events": [{
                "user": "ann", "device_id": "phone", "session": status, "status": status, "ts": Value::Null,
            }]}),
        )
    };
    let calls = [
        (event("kicked"), "kicked"),
        (event("logout"), "logout"),
        (event("offline"), "offline"),
        (event("online"), "superseded"),
        (("GET", "users/ann/disconnect", json!({})), "kicked"),
        (("DELETE", "users/ann/disconnect/unknown_phone", json!({})), "kicked"),
        (("POST", "users/ann/push/logout", json!({"device_id": "phone"})), "logout"),
    ];
    for ((method, path, body), reason) in calls {
        for lost_answer in [false, true] {
            let ann = Ann::bound(json!({})).await;
            let phone = ann.live("phone").await;
            ann.stack.clock.advance(Duration::from_secs(5));
            let mut body = body.clone();
            if let Some(event) = body.pointer_mut("/events/0") {
                event["ts"] = json!(ann.stack.clock.now());
            }
            if lost_answer {
                let written = if path.ends_with("logout") { "log_out" } else { "apply" };
                ann.stack.users.faults.lose_answer_of(written, 1);
            } else {
                ann.stack.direct_queue.faults.fail_next_of("queue_direct", 1);
            }
            answers(&ann, method, path, &body, 503).await;
            assert!(ann.stack.direct_queue.is_empty());
            answers(&ann, method, path, &body, 200).await;
            is_told(&ann.stack, &phone, reason).await;
            // Now nothing is left to be ended.
            answers(&ann, method, path, &body, 200).await;
            assert!(ann.stack.direct_queue.is_empty(), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_could_not_be_superseded_is_ended_by_the_next_one() {
    let ann = Ann::bound(json!({})).await;
    let old = ann.live("phone").await;
    ann.stack.clock.advance(Duration::from_secs(5));
    ann.stack.direct_queue.faults.fail_next_of("queue_direct", 1);
    assert_eq!(ann.handshake("phone").await.0, 503);
    ann.stack.clock.advance(Duration::from_secs(5));
    let (status, _, new) = ann.handshake("phone").await;
    assert_eq!(status, 200);
    is_told(&ann.stack, &old, "superseded").await;
    let id = ann.send().await;
    ann.settle(0).await;
    assert_eq!(new.messages(), [id]);
}

#[tokio::test]
async fn one_devices_failure_leaves_no_other_connected() {
    let kick = |device: &str| {
        json!({
            "user": "ann", "device_id": device, "session": "s", "status": "kicked", "ts": Value::Null,
        })
    };
    let events = json!({"events": [kick("pad"), kick("phone")]});
    for (method, path, body) in [("GET", "users/ann/disconnect", json!({})), ("POST", "presence/events", events)] {
        let ann = Ann::bound(json!({})).await;
        let both = [ann.live("pad").await, ann.live("phone").await];
        ann.stack.clock.advance(Duration::from_secs(5));
        let mut body = body;
        for event in body["events"].as_array_mut().into_iter().flatten() {
            event["ts"] = json!(ann.stack.clock.now());
        }
        ann.stack.users.faults.fail_next_of("apply", 1);
        answers(&ann, method, path, &body, 503).await;
        ann.stack.drain().await;
        assert_eq!(both.iter().filter(|one| one.is_open()).count(), 1, "{path}");
        answers(&ann, method, path, &body, 200).await;
        ann.stack.drain().await;
        assert_eq!(both.iter().filter(|one| one.is_open()).count(), 0, "{path}");
    }
}

#[tokio::test]
async fn an_erasure_ends_what_a_kick_could_not() {
    let ann = Ann::bound(json!({})).await;
    let phone = ann.live("phone").await;
    ann.stack.clock.advance(Duration::from_secs(5));
    ann.stack.direct_queue.faults.fail_next_of("queue_direct", 1);
    answers(&ann, "GET", "users/ann/disconnect", &json!({}), 503).await;
    answers(&ann, "DELETE", "users/ann", &json!({}), 200).await;
    ann.stack.drain().await;
    assert!(ann.stack.connections.was_closed(&phone.id));
}

#[tokio::test]
async fn a_user_who_logs_out_on_one_device_stays_connected_on_the_other() {
    let ann = Ann::bound(json!({})).await;
    let (pad, phone) = (ann.live("pad").await, ann.live("phone").await);
    let own = user_token(&ann.stack, &ann.app, "ann", json!({})).await;
    let log_out = json!({"device_id": "phone", "unbind_token": true});
    ann.stack.ok("POST", &ann.app.path("users/ann/push/logout"), &own, log_out).await;
    is_told(&ann.stack, &phone, "logout").await;
    let id = ann.send().await;
    ann.settle(0).await;
    assert_eq!(pad.messages(), [id]);
}
