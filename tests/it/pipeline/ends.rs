//! Ends of connections: a client gets the reason, and the connection is closed, whatever fails.

use std::time::Duration;

use curlew_tests::simulators::fcm;
use proptest::prelude::*;
use serde_json::{Value, json};
use shared::{
    domain::connection::{CONNECTING, CONNECTION_LEASE, EndReason, FIRST_PAGE, HANDSHAKE},
    ports::{
        clock::Clock,
        connections::{Connection, DirectRecord, QueueDirect},
        users::TrackPresence,
    },
    testing::sample,
};

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

    /// Connects a device and waits until its first page was posted.
    async fn live(&self, device: &str) -> Socket<'_> {
        self.stack.clock.advance(Duration::from_millis(60));
        let socket = Socket::connect(&self.stack, &self.app, "ann", device).await;
        self.settle(2).await;
        socket.frames();
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

    async fn send(&self) -> String {
        self.stack.clock.advance(Duration::from_millis(60));
        self.stack.send(&self.app, &["ann"], json!({})).await[0].to_string()
    }

    /// Makes a handshake of this device. Returns its status, its body and the connection.
    async fn handshake(&self, device: &str) -> (u64, Value, Socket<'_>) {
        let token = user_token(&self.stack, &self.app, "ann", json!({})).await;
        let query = json!({"org": "acme", "app": "chat", "device_id": device, "token": token});
        handshake(&self.stack, json!({}), query).await
    }

    /// Returns the devices with a presence row.
    async fn devices(&self) -> Vec<String> {
        let ann = sample::user("ann");
        let known = self.stack.users.presence(&self.app.key, &[ann]).await.unwrap();
        known.into_iter().flat_map(|(_, devices)| devices).map(|(device, _)| device.to_string()).collect()
    }

    async fn report(&self, device: &str, session: &str, status: &str, ts: i64) -> (u16, Value) {
        let event = json!({"user": "ann", "device_id": device, "session": session, "status": status, "ts": ts});
        let path = self.app.path("presence/events");
        self.stack.call("POST", &path, &self.app.token, &json!({"events": [event]})).await
    }
}

/// Checks that a client gets this reason before its connection is closed.
async fn is_told(stack: &Stack, socket: &Socket<'_>, reason: &str) {
    // The end of the connection may be queued twice.
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
    // No other connection replaced it.
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
        // The gateway reports the event again, after a newer one.
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
    // The pad's handshake began before the phone's, and took longer.
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

#[tokio::test]
async fn a_gateway_whose_clock_is_ahead_keeps_no_device_from_connecting() {
    let ann = Ann::bound(json!({"max_devices": 1})).await;
    let ahead = ann.stack.clock.now().plus(Duration::from_secs(50)).as_millis();
    assert_eq!(ann.report("tv", "g", "online", ahead).await.0, 200);
    ann.stack.clock.advance(Duration::from_secs(5));
    let (status, body, phone) = ann.handshake("phone").await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(ann.devices().await, ["phone"]);
    let id = ann.send().await;
    ann.settle(2).await;
    assert_eq!(phone.messages(), [id]);
}

/// Makes a request that must have this status.
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
            // Nothing is left to end now.
            answers(&ann, method, path, &body, 200).await;
            assert!(ann.stack.direct_queue.is_empty(), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_call_of_many_events_ends_each_connection_once_and_for_what_the_device_is_then() {
    let ann = Ann::bound(json!({"max_devices": 2})).await;
    let (tablet, phone) = (ann.live("tablet").await, ann.live("phone").await);
    ann.stack.clock.advance(Duration::from_secs(5));
    let now = ann.stack.clock.now().as_millis();
    let of = |device: &str, session: &str, status: &str| json!({"user": "ann", "device_id": device, "session": session, "status": status, "ts": now});
    let mut events = vec![of("phone", "g", "kicked"), of("phone", "g", "offline"), of("phone", "g", "heartbeat")];
    events.extend((0..100).map(|_| of("tv", "t", "online")));
    events.extend((0..100).map(|_| of("watch", "w", "online")));
    answers(&ann, "POST", "presence/events", &json!({"events": events}), 200).await;
    let ends: Vec<(String, EndReason)> = ann
        .stack
        .direct_queue
        .direct_records()
        .into_iter()
        .map(|record| match record {
            DirectRecord::End(end) => (end.connection.id.to_string(), end.reason),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [(phone.id.to_string(), EndReason::Kicked), (tablet.id.to_string(), EndReason::Superseded)];
    assert!(ends.len() == 2 && expected.iter().all(|end| ends.contains(end)), "{ends:?}");
    assert_eq!(ann.devices().await, ["phone", "tv", "watch"]);
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
async fn a_handshake_that_fails_leaves_nobody_connected_whom_it_superseded() {
    let ann = Ann::bound(json!({})).await;
    let old = ann.live("phone").await;
    ann.stack.clock.advance(Duration::from_secs(5));
    // The client does not come back.
    ann.stack.direct_queue.faults.fail_next_of("queue_direct", 1);
    assert_eq!(ann.handshake("phone").await.0, 503);
    ann.stack.drain().await;
    assert!(ann.stack.connections.was_closed(&old.id));
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_runs_out_of_time_leaves_nobody_connected_whom_it_superseded() {
    let ann = Ann::bound(json!({})).await;
    let old = ann.live("phone").await;
    ann.stack.clock.advance(Duration::from_secs(5));
    // The row is written, and then no time is left.
    ann.stack.direct_queue.faults.slow_next_of("queue_direct", Duration::from_secs(120));
    assert_eq!(ann.handshake("phone").await.0, 503);
    ann.stack.drain().await;
    assert!(ann.stack.connections.was_closed(&old.id));
}

#[tokio::test]
async fn a_stale_handshake_ends_what_the_newer_one_could_not() {
    let ann = Ann::bound(json!({})).await;
    let old = ann.live("phone").await;
    let late = ann.stack.clock.now();
    let token = user_token(&ann.stack, &ann.app, "ann", json!({})).await;
    ann.stack.clock.advance(Duration::from_secs(5));
    ann.stack.direct_queue.faults.fail_next_of("queue_direct", 1);
    let now = ann.stack.clock.now().as_millis();
    assert_eq!(ann.report("phone", "gateway", "online", now).await.0, 503);
    let now = ann.stack.clock.now();
    ann.stack.clock.set(late);
    let query = json!({"org": "acme", "app": "chat", "device_id": "phone", "token": token});
    assert_eq!(handshake(&ann.stack, json!({}), query).await.0, 409);
    ann.stack.clock.set(now);
    is_told(&ann.stack, &old, "superseded").await;
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

/// Opens a connection whose handshake the function accepted. API Gateway opens it later.
async fn half_open<'a>(ann: &'a Ann, device: &str) -> Socket<'a> {
    ann.stack.clock.advance(Duration::from_millis(60));
    let (status, body, socket) = ann.handshake(device).await;
    assert_eq!(status, 200, "{body}");
    socket.lose();
    socket
}

#[tokio::test]
async fn who_is_kicked_or_superseded_while_connecting_is_shown_nothing_and_closed_once_open() {
    for (newer, reason) in [(false, "kicked"), (true, "superseded")] {
        let ann = Ann::bound(json!({})).await;
        let id = ann.send().await;
        ann.stack.drain().await;
        let phone = half_open(&ann, "phone").await;
        ann.stack.clock.advance(Duration::from_millis(100));
        let other = if newer {
            Some(ann.handshake("phone").await.2)
        } else {
            answers(&ann, "GET", "users/ann/disconnect", &json!({}), 200).await;
            None
        };
        while ann.stack.step().await {}
        ann.stack.connections.open(&phone.id);
        // The waiting records become due before the end is tried again.
        ann.stack.connections.faults.fail_next_of("close", 1);
        ann.stack.clock.advance(Duration::from_secs(1));
        while ann.stack.step().await {}
        let frames = phone.frames();
        assert!(frames.iter().all(|frame| *frame == json!({"kind": "kicked", "reason": reason})), "{frames:?}");
        ann.settle(HANDSHAKE.as_secs()).await;
        assert!(ann.stack.connections.was_closed(&phone.id), "{reason}");
        if let Some(other) = other {
            assert_eq!(other.messages(), [id]);
        }
    }
}

#[tokio::test]
async fn a_connection_that_opens_late_gets_what_waits_and_counts() {
    let ann = Ann::bound(json!({})).await;
    let id = ann.send().await;
    ann.stack.drain().await;
    let phone = half_open(&ann, "phone").await;
    ann.settle(3).await;
    ann.stack.connections.open(&phone.id);
    ann.settle(HANDSHAKE.as_secs()).await;
    assert_eq!(phone.messages(), [id]);
    let next = ann.send().await;
    ann.settle(0).await;
    assert_eq!(phone.messages(), [next]);
}

#[tokio::test]
async fn a_kicked_device_is_closed_also_where_it_cannot_be_told_why() {
    for throttled in [false, true] {
        let ann = Ann::bound(json!({})).await;
        let phone = ann.live("phone").await;
        answers(&ann, "GET", "users/ann/disconnect", &json!({}), 200).await;
        match throttled {
            true => ann.stack.connections.throttle_next(usize::MAX),
            false => ann.stack.connections.faults.fail_next_of("post", usize::MAX),
        }
        ann.stack.drain().await;
        assert!(ann.stack.connections.was_closed(&phone.id) && ann.stack.dead_letters.is_empty(), "{throttled}");
    }
}

#[tokio::test]
async fn a_kicked_device_is_closed_as_soon_as_api_gateway_takes_calls_again() {
    let ann = Ann::bound(json!({})).await;
    let phone = ann.live("phone").await;
    answers(&ann, "GET", "users/ann/disconnect", &json!({}), 200).await;
    let faults = &ann.stack.connections.faults;
    for method in ["post", "close"] {
        faults.fail_next_of(method, 100);
    }
    ann.stack.drain().await;
    assert_eq!(faults.left(), 0);
    assert!(ann.stack.connections.was_closed(&phone.id));
}

#[tokio::test]
async fn the_end_of_a_connection_is_tried_no_longer_than_it_can_last() {
    let ann = Ann::bound(json!({})).await;
    let _phone = ann.live("phone").await;
    answers(&ann, "GET", "users/ann/disconnect", &json!({}), 200).await;
    let begun = ann.stack.clock.now();
    ann.stack.connections.faults.fail_next_of("close", usize::MAX);
    ann.stack.drain().await;
    let took = ann.stack.clock.now().since(begun);
    assert!((CONNECTION_LEASE..CONNECTION_LEASE + Duration::from_secs(60)).contains(&took), "{took:?}");
    assert!(ann.stack.direct_queue.is_empty() && ann.stack.dead_letters.is_empty());
}

#[tokio::test]
async fn a_message_that_overtakes_the_handshake_comes_when_it_has_ended() {
    let ann = Ann::bound(json!({})).await;
    let phone = half_open(&ann, "phone").await;
    // Nothing waited, so the connection is live before API Gateway opened it.
    ann.settle(2).await;
    let id = ann.send().await;
    ann.settle(CONNECTING.as_secs()).await;
    ann.stack.connections.open(&phone.id);
    ann.settle(HANDSHAKE.as_secs()).await;
    assert_eq!(phone.messages(), [id]);
    let next = ann.send().await;
    ann.settle(0).await;
    assert_eq!(phone.messages(), [next]);
}

#[tokio::test]
async fn the_first_page_follows_the_last_that_a_handshake_does() {
    let ann = Ann::bound(json!({"max_devices": 1})).await;
    let _pad = ann.live("pad").await;
    ann.stack.clock.advance(Duration::from_secs(5));
    ann.stack.users.faults.stall("make_room", &ann.stack.clock, Duration::from_secs(15));
    assert_eq!(ann.handshake("phone").await.0, 200);
    ann.stack.step().await;
    assert_eq!(ann.stack.next_visible(), Some(ann.stack.clock.now().plus(FIRST_PAGE)));
}

#[tokio::test]
async fn a_message_that_waited_for_its_post_is_not_shown_to_who_was_kicked_meanwhile() {
    let ann = Ann::bound(json!({})).await;
    let phone = ann.live("phone").await;
    ann.stack.connections.throttle_next(1);
    ann.send().await;
    while ann.stack.step().await {}
    ann.stack.clock.advance(Duration::from_millis(100));
    answers(&ann, "GET", "users/ann/disconnect", &json!({}), 200).await;
    // The end comes late.
    let end = ann.stack.direct_queue.take(10);
    ann.settle(10).await;
    assert_eq!(phone.frames(), [] as [Value; 0]);
    ann.stack.direct_batch(&end, 1).await;
    assert!(ann.stack.connections.was_closed(&phone.id));
}

#[tokio::test]
async fn the_end_of_a_connection_that_was_never_opened_is_given_up_after_the_handshakes_time() {
    let ann = Ann::bound(json!({})).await;
    let _phone = half_open(&ann, "phone").await;
    let began = ann.stack.clock.now();
    answers(&ann, "GET", "users/ann/disconnect", &json!({}), 200).await;
    ann.stack.drain().await;
    assert!(ann.stack.clock.now().since(began) < HANDSHAKE * 2);
    answers(&ann, "GET", "users/ann/disconnect", &json!({}), 200).await;
    assert!(ann.stack.direct_queue.is_empty());
}

#[tokio::test]
async fn the_end_of_a_connection_whose_id_another_has_by_now_spares_that_one() {
    let ann = Ann::bound(json!({})).await;
    let bob = Socket::connect(&ann.stack, &ann.app, "bob", "phone").await;
    ann.settle(2).await;
    let id = bob.id.clone();
    for (app, user, device) in
        [("acme#chat", "ann", "phone"), ("acme#chat", "bob", "pad"), ("acme#shop", "bob", "phone")]
    {
        let (app, user, device_id) = (sample::app_key(app), sample::user(user), sample::device(device));
        let end = Connection { id: id.clone(), app, user, device_id }.end(EndReason::Kicked);
        ann.stack.direct_queue.queue_direct(&[end], Duration::ZERO).await.unwrap();
    }
    ann.stack.drain().await;
    assert!(bob.is_open() && bob.frames().is_empty());
    let sent = ann.stack.send(&ann.app, &["bob"], json!({})).await[0];
    ann.settle(0).await;
    assert_eq!(bob.messages(), [sent.to_string()]);
}

/// An event of Ann's devices.
#[derive(Debug, Clone)]
enum Step {
    Connect(usize),
    Close(usize),
    Event(usize, &'static str),
    Kick,
    LogOut(usize),
    Pass(u64),
    /// the next call of this method fails, or its answer is lost
    Fault(&'static str, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let statuses = ["online", "offline", "kicked", "logout"];
    let methods = ["queue_direct", "connect", "apply", "log_out", "make_room", "end", "post", "close"];
    prop_oneof![
        5 => (0usize..3).prop_map(Step::Connect),
        1 => (0usize..3).prop_map(Step::Close),
        2 => (0usize..3, proptest::sample::select(statuses.to_vec())).prop_map(|(device, status)| Step::Event(device, status)),
        1 => Just(Step::Kick),
        1 => (0usize..3).prop_map(Step::LogOut),
        2 => (0u64..20).prop_map(Step::Pass),
        3 => (proptest::sample::select(methods.to_vec()), any::<bool>()).prop_map(|(of, lost)| Step::Fault(of, lost)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Two of three devices may stay, and calls fail now and then.
    #[test]
    fn a_kick_that_succeeds_leaves_nobody_connected_whatever_failed_before(
        steps in proptest::collection::vec(step(), 1..30),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(&steps));
    }
}

async fn play(steps: &[Step]) {
    const DEVICES: [&str; 3] = ["phone", "pad", "tv"];
    let ann = Ann::bound(json!({"max_devices": 2})).await;
    let mut sockets: Vec<(usize, Socket<'_>)> = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        ann.stack.clock.advance(Duration::from_millis(200));
        match step {
            Step::Connect(device) => {
                let (status, _, socket) = ann.handshake(DEVICES[*device]).await;
                if status == 200 {
                    sockets.push((*device, socket));
                }
            }
            Step::Close(device) => {
                if let Some((_, socket)) = sockets.iter().rfind(|(of, socket)| of == device && socket.is_open()) {
                    socket.close().await;
                }
            }
            Step::Event(device, status) => {
                let now = ann.stack.clock.now().as_millis();
                ann.report(DEVICES[*device], &format!("g{number}"), status, now).await;
            }
            Step::Kick => {
                ann.stack.call("GET", &ann.app.path("users/ann/disconnect"), &ann.app.token, &json!({})).await;
            }
            Step::LogOut(device) => {
                let path = ann.app.path("users/ann/push/logout");
                let body = json!({"device_id": DEVICES[*device]});
                ann.stack.call("POST", &path, &ann.app.token, &body).await;
            }
            Step::Pass(seconds) => ann.settle(*seconds).await,
            Step::Fault(method, lost) => {
                let faults = match *method {
                    "queue_direct" => &ann.stack.direct_queue.faults,
                    "post" | "close" => &ann.stack.connections.faults,
                    _ => &ann.stack.users.faults,
                };
                if *lost { faults.lose_answer_of(method, 1) } else { faults.fail_next_of(method, 1) }
            }
        }
    }
    let path = ann.app.path("users/ann/disconnect");
    for _ in 0..30 {
        ann.stack.drain().await;
        ann.stack.clock.advance(Duration::from_secs(1));
        let (status, _) = ann.stack.call("GET", &path, &ann.app.token, &json!({})).await;
        if status == 200 {
            break;
        }
    }
    ann.stack.drain().await;
    let open: Vec<&str> = sockets.iter().filter(|(_, one)| one.is_open()).map(|(of, _)| DEVICES[*of]).collect();
    assert!(open.is_empty(), "{open:?} are connected still");
    assert!(ann.stack.dead_letters.is_empty());
}
