//! Messages over connections: posted at once, then acknowledged or followed by a push. And what waits when a device
//! connects.

use std::time::Duration;

use curlew_tests::simulators::fcm;
use proptest::prelude::*;
use serde_json::{Value, json};
use shared::{
    domain::{
        connection::{ANSWER, CONNECTING, EndReason},
        id::MessageId,
        presence::SUPERSEDED_SESSIONS,
        reason::Reason,
    },
    ports::{
        clock::Clock,
        connections::{Connection, DirectEnd, DirectRecord, QueueDirect},
        queue::MAX_RECORD_BYTES,
    },
    testing::sample,
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
    async fn bound(settings: Value) -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", settings).await;
        let token = fcm::device_token();
        stack.bind(&app, "ann", "phone", FCM, &token).await;
        Self { stack, app, token }
    }

    /// Connects a device, waits until its first page was posted, and sends a ping.
    async fn live(&self, device: &str) -> Socket<'_> {
        let socket = Socket::connect(&self.stack, &self.app, "ann", device).await;
        self.settle(2).await;
        socket.send(r#"{"action":"ping"}"#).await;
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

    async fn send(&self, more: Value) -> MessageId {
        self.stack.clock.advance(Duration::from_millis(60));
        self.stack.send(&self.app, &["ann"], more).await[0]
    }

    async fn suppression(&self, id: MessageId) -> Option<Reason> {
        self.stack.suppression(&self.app, "ann", id).await
    }

    async fn group(&self, more: Value) -> MessageId {
        let mut body = json!({"from": "bob", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = self.stack.ok("POST", &self.app.path("messages/chatgroups"), &self.app.token, body).await;
        MessageId::parse(answer["data"]["birds"].as_str().unwrap()).unwrap()
    }

    async fn birds(&self, members: &[&str]) {
        let body = json!({"groupid": "birds", "members": members});
        self.stack.ok("POST", &self.app.path("chatgroups"), &self.app.token, body).await;
        self.stack.clock.advance(Duration::from_millis(60));
    }

    fn shown(&self) -> usize {
        self.stack.shown("fcm", &self.token)
    }

    fn delivered(&self) -> u64 {
        self.stack.delivered("fcm", &self.token)
    }
}

#[tokio::test]
async fn a_live_device_gets_the_message_and_its_acknowledgement_ends_it() {
    let ann = Ann::bound(json!({})).await;
    let phone = ann.live("phone").await;
    let id = ann.send(json!({"ext": {"k": 1}})).await;
    ann.settle(0).await;
    let frames = phone.frames();
    let expected = json!({"kind": "message", "message": {
        "msg_id": id, "from": "sender", "to": "ann", "chat_type": "chat", "type": "txt", "body": {"msg": "hello"},
        "ext": {"k": 1}, "timestamp": id.accepted_at(),
    }});
    assert_eq!(frames, [expected]);
    assert_eq!(phone.ack(&[id]).await, json!({"kind": "acked", "acked": 1}));
    ann.stack.drain().await;
    assert_eq!(ann.suppression(id).await, Some(Reason::MessageDelivered));
    assert_eq!((ann.shown(), phone.frames().len()), (0, 0));
}

#[tokio::test]
async fn without_an_acknowledgement_the_device_counts_as_offline_and_is_pushed() {
    let ann = Ann::bound(json!({})).await;
    let phone = ann.live("phone").await;
    let id = ann.send(json!({})).await;
    let sent = ann.stack.clock.now();
    ann.settle(ANSWER.as_secs() - 1).await;
    assert_eq!((ann.shown(), phone.messages()), (0, vec![id.to_string()]));
    ann.stack.drain().await;
    assert_eq!(ann.suppression(id).await, None);
    assert_eq!((ann.shown(), ann.delivered()), (1, 1));
    assert!(ann.stack.clock.now().since(sent) <= ANSWER + Duration::from_secs(2));
    let decision = ann.stack.decision(&ann.app, "ann", id).await;
    let presence = decision.rules.iter().find(|trace| !trace.inputs.is_empty()).unwrap();
    assert_eq!(presence.inputs["unanswered_devices"], json!(["phone"]));
}

#[tokio::test]
async fn a_phone_that_lost_its_network_is_pushed_as_soon_as_a_post_finds_it_gone() {
    let ann = Ann::bound(json!({})).await;
    let phone = ann.live("phone").await;
    phone.lose();
    let id = ann.send(json!({})).await;
    let sent = ann.stack.clock.now();
    ann.settle(0).await;
    assert_eq!((ann.shown(), ann.suppression(id).await), (1, None));
    assert_eq!(ann.stack.clock.now(), sent);
    // The recheck comes later and pushes nobody again.
    ann.stack.drain().await;
    assert_eq!((ann.shown(), ann.delivered()), (1, 1));
    let status = ann.stack.ok("GET", &ann.app.path("users/ann/status"), &ann.app.token, json!({})).await;
    assert_eq!(status["data"]["ann"], "offline");
}

#[tokio::test]
async fn who_is_connecting_is_not_pushed_and_gets_what_waits_a_second_later() {
    let ann = Ann::bound(json!({})).await;
    let before = ann.send(json!({"push_ttl": 60})).await;
    ann.stack.drain().await;
    assert_eq!(ann.shown(), 1);
    let phone = Socket::connect(&ann.stack, &ann.app, "ann", "phone").await;
    let during = ann.send(json!({})).await;
    ann.settle(0).await;
    assert_eq!((ann.shown(), phone.frames().len()), (1, 0));
    ann.settle(1).await;
    assert_eq!(phone.messages(), [before, during].map(|id| id.to_string()));
    phone.ack(&[before, during]).await;
    ann.stack.drain().await;
    assert_eq!(ann.suppression(during).await, Some(Reason::MessageDelivered));
    assert_eq!((ann.shown(), phone.frames().len()), (1, 0));
}

#[tokio::test]
async fn a_connection_that_never_becomes_live_holds_up_a_push_for_ten_seconds() {
    let ann = Ann::bound(json!({})).await;
    let phone = Socket::connect(&ann.stack, &ann.app, "ann", "phone").await;
    phone.lose();
    ann.stack.connections.faults.fail_next_of("post", 1000);
    let before = ann.send(json!({})).await;
    let sent = ann.stack.clock.now();
    ann.settle(CONNECTING.as_secs() - 1).await;
    assert_eq!(ann.shown(), 0);
    ann.settle(2).await;
    assert_eq!((ann.shown(), ann.suppression(before).await), (1, None));
    assert!(ann.stack.clock.now().since(sent) <= CONNECTING + Duration::from_secs(2));
    ann.stack.drain().await;
    assert_eq!(ann.delivered(), 1);
}

#[tokio::test]
async fn a_message_that_comes_between_the_page_and_the_first_post_is_not_lost() {
    let ann = Ann::bound(json!({})).await;
    let phone = Socket::connect(&ann.stack, &ann.app, "ann", "phone").await;
    ann.stack.clock.advance(Duration::from_secs(1));
    // The page is read and nothing waits. The device cannot be marked as live yet.
    ann.stack.users.faults.fail_next_of("mark_live", 1);
    ann.stack.step().await;
    let id = ann.send(json!({})).await;
    ann.stack.step().await;
    ann.settle(12).await;
    assert_eq!(phone.messages().first(), Some(&id.to_string()));
    phone.ack(&[id]).await;
    ann.stack.drain().await;
    assert_eq!((ann.shown(), ann.suppression(id).await), (0, Some(Reason::MessageDelivered)));
}

#[tokio::test]
async fn a_frame_makes_a_device_live_before_its_first_page() {
    let ann = Ann::bound(json!({})).await;
    let phone = Socket::connect(&ann.stack, &ann.app, "ann", "phone").await;
    phone.send(r#"{"action":"ping"}"#).await;
    let id = ann.send(json!({})).await;
    ann.settle(0).await;
    assert_eq!(phone.messages(), [id.to_string()]);
}

#[tokio::test]
async fn under_any_offline_offline_devices_are_pushed_at_once_and_the_live_one_if_it_does_not_answer() {
    for answers in [true, false] {
        let ann = Ann::bound(json!({"multi_device_policy": "any_offline"})).await;
        let pad_token = fcm::device_token();
        ann.stack.bind(&ann.app, "ann", "pad", FCM, &pad_token).await;
        let phone = ann.live("phone").await;
        let id = ann.send(json!({})).await;
        ann.settle(0).await;
        assert_eq!((ann.shown(), ann.stack.shown("fcm", &pad_token)), (0, 1));
        assert_eq!(phone.messages(), [id.to_string()]);
        if answers {
            phone.ack(&[id]).await;
        }
        ann.stack.drain().await;
        assert_eq!(ann.shown(), usize::from(!answers));
        assert_eq!(ann.stack.delivered("fcm", &pad_token), 1);
    }
}

#[tokio::test]
async fn an_acknowledgement_is_the_users_so_the_first_device_ends_it_for_all() {
    let ann = Ann::bound(json!({})).await;
    let (phone, pad) = (ann.live("phone").await, ann.live("pad").await);
    let id = ann.send(json!({})).await;
    ann.settle(0).await;
    assert_eq!((phone.messages().len(), pad.messages().len()), (1, 1));
    pad.ack(&[id]).await;
    ann.stack.drain().await;
    assert_eq!((ann.shown(), ann.suppression(id).await), (0, Some(Reason::MessageDelivered)));
    phone.close().await;
    let again = ann.live("phone").await;
    assert!(again.messages().is_empty());
}

#[tokio::test]
async fn a_device_of_two_that_is_gone_waits_for_what_the_other_answers() {
    let ann = Ann::bound(json!({})).await;
    let (phone, pad) = (ann.live("phone").await, ann.live("pad").await);
    phone.lose();
    let id = ann.send(json!({})).await;
    ann.settle(0).await;
    assert_eq!((ann.shown(), pad.messages().len()), (0, 1));
    ann.stack.drain().await;
    assert_eq!((ann.shown(), ann.suppression(id).await), (1, None));
}

#[tokio::test]
async fn a_throttled_post_waits_and_is_never_taken_for_gone() {
    let ann = Ann::bound(json!({})).await;
    let phone = ann.live("phone").await;
    ann.stack.connections.throttle_next(3);
    let id = ann.send(json!({})).await;
    ann.settle(0).await;
    assert!(phone.messages().is_empty());
    ann.settle(10).await;
    assert_eq!(phone.messages(), [id.to_string()]);
    phone.ack(&[id]).await;
    ann.stack.drain().await;
    assert_eq!((ann.shown(), ann.suppression(id).await), (0, Some(Reason::MessageDelivered)));
}

#[tokio::test]
async fn posts_that_are_throttled_for_good_end_in_a_push_and_then_by_themselves() {
    let ann = Ann::bound(json!({})).await;
    let phone = ann.live("phone").await;
    ann.stack.connections.throttle_next(usize::MAX);
    let id = ann.send(json!({})).await;
    let sent = ann.stack.clock.now();
    ann.stack.drain().await;
    assert_eq!((ann.shown(), ann.delivered(), ann.suppression(id).await), (1, 1, None));
    assert!(ann.stack.clock.now().since(sent) <= Duration::from_secs(400));
    assert!(ann.stack.connections.was_closed(&phone.id) && ann.stack.dead_letters.is_empty());
}

#[tokio::test]
async fn posts_that_fail_are_tried_again_within_bounds() {
    let ann = Ann::bound(json!({})).await;
    let phone = ann.live("phone").await;
    ann.stack.connections.faults.fail_next_of("post", 2);
    let id = ann.send(json!({})).await;
    ann.settle(8).await;
    assert_eq!(phone.messages(), [id.to_string()]);
    phone.ack(&[id]).await;
    ann.stack.connections.faults.fail_next_of("post", 1000);
    let lost = ann.send(json!({})).await;
    ann.stack.drain().await;
    assert_eq!((ann.suppression(lost).await, ann.delivered()), (None, 1));
    assert!(ann.stack.connections.faults.left() >= 1000 - 8);
}

#[tokio::test]
async fn a_browser_that_takes_no_message_is_closed_and_gets_it_when_its_client_is_back() {
    for (throttled, closes) in [(false, true), (true, true), (false, false)] {
        let ann = Ann::bound(json!({})).await;
        // No vendor reaches the browser, so its client gets the message only over the connection.
        let browser = Socket::connect(&ann.stack, &ann.app, "bob", "browser").await;
        ann.stack.drain().await;
        if throttled {
            ann.stack.connections.throttle_next(usize::MAX);
        } else {
            ann.stack.connections.faults.fail_next_of("post", 4);
        }
        ann.stack.connections.faults.fail_next_of("close", usize::from(!closes));
        let id = ann.stack.send(&ann.app, &["bob"], json!({})).await[0];
        let sent = ann.stack.clock.now();
        ann.stack.drain().await;
        assert!(ann.stack.connections.was_closed(&browser.id), "{throttled} {closes}");
        assert!(ann.stack.clock.now().since(sent) <= Duration::from_secs(400));
        ann.stack.connections.throttle_next(0);
        let browser = Socket::connect(&ann.stack, &ann.app, "bob", "browser").await;
        ann.stack.drain().await;
        assert_eq!(browser.messages(), [id.to_string()]);
    }
}

#[tokio::test]
async fn a_busy_table_that_tells_who_may_be_posted_to_costs_no_connection() {
    let ann = Ann::bound(json!({})).await;
    let phone = ann.live("phone").await;
    ann.stack.connections.throttle_next(1);
    let id = ann.send(json!({})).await;
    ann.settle(0).await;
    ann.stack.users.faults.throttle(usize::MAX);
    ann.settle(60).await;
    assert!(phone.is_open() && phone.messages().is_empty());
    ann.stack.users.faults.at_full_speed();
    ann.settle(60).await;
    assert!(phone.is_open());
    assert_eq!(phone.messages(), [id.to_string()]);
}

#[tokio::test]
async fn a_lost_answer_of_a_post_shows_the_message_twice_and_a_client_tells_by_its_id() {
    let ann = Ann::bound(json!({})).await;
    let phone = ann.live("phone").await;
    ann.stack.connections.faults.lose_answer_of("post", 1);
    let id = ann.send(json!({})).await;
    ann.settle(5).await;
    assert_eq!(phone.messages(), [id.to_string(), id.to_string()]);
}

#[tokio::test]
async fn a_message_for_connected_devices_comes_once_and_is_followed_by_nothing() {
    let ann = Ann::bound(json!({})).await;
    let phone = ann.live("phone").await;
    let id = ann.send(json!({"routetype": "ROUTE_ONLINE"})).await;
    ann.stack.drain().await;
    assert_eq!((phone.messages(), ann.shown()), (vec![id.to_string()], 0));
    phone.lose();
    ann.send(json!({"routetype": "ROUTE_ONLINE"})).await;
    ann.stack.drain().await;
    assert_eq!(ann.shown(), 0);
}

#[tokio::test]
async fn what_is_for_connected_devices_meets_one_that_is_just_connecting() {
    for more in [
        json!({"routetype": "ROUTE_ONLINE"}),
        json!({"type": "cmd", "body": {"action": "typing"}}),
        json!({"ext": {"em_ignore_notification": true}}),
    ] {
        let ann = Ann::bound(json!({})).await;
        let phone = Socket::connect(&ann.stack, &ann.app, "ann", "phone").await;
        ann.stack.clock.advance(Duration::from_millis(1_500));
        // The first page is read, without messages, before the message is stored.
        let page = ann.stack.direct_queue.take(10);
        let id = ann.send(more.clone()).await;
        while ann.stack.step().await {}
        ann.stack.direct_batch(&page, 1).await;
        ann.settle(15).await;
        assert!(phone.messages().contains(&id.to_string()), "{more}");
        assert_eq!(ann.shown(), 0);
    }
}

#[tokio::test]
async fn the_late_end_of_a_connection_of_long_ago_leaves_the_present_one() {
    let ann = Ann::bound(json!({})).await;
    let first = ann.live("phone").await.id.clone();
    for _ in 0..=SUPERSEDED_SESSIONS {
        ann.live("phone").await;
    }
    let phone = ann.live("phone").await;
    let connection = Connection {
        id: first,
        app: ann.app.key.clone(),
        user: sample::user("ann"),
        device_id: sample::device("phone"),
    };
    let reason = EndReason::TokenExpired;
    let end = DirectRecord::End(DirectEnd { connection, reason, not_before: None, attempts: 0, tried_at: None });
    ann.stack.direct_queue.queue_direct(&[end], Duration::ZERO).await.unwrap();
    ann.settle(1).await;
    let id = ann.send(json!({})).await;
    ann.settle(0).await;
    assert_eq!(phone.messages(), [id.to_string()]);
}

#[tokio::test]
async fn a_command_reaches_a_live_device_and_waits_for_one_that_is_not() {
    let ann = Ann::bound(json!({})).await;
    let command = json!({"type": "cmd", "body": {"action": "typing"}});
    let waiting = ann.send(command.clone()).await;
    ann.stack.drain().await;
    let phone = Socket::connect(&ann.stack, &ann.app, "ann", "phone").await;
    ann.settle(2).await;
    assert_eq!(phone.messages(), [waiting.to_string()]);
    let id = ann.send(command).await;
    ann.stack.drain().await;
    assert_eq!(phone.messages(), [id.to_string()]);
    assert_eq!((ann.shown(), ann.suppression(id).await), (0, Some(Reason::CommandMessage)));
}

#[tokio::test]
async fn a_user_whom_no_vendor_serves_is_not_rechecked() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let phone = Socket::connect(&stack, &app, "ann", "phone").await;
    stack.drain().await;
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    stack.step().await;
    assert_eq!(stack.dispatch_queue.next_visible(), None);
    stack.drain().await;
    assert_eq!(phone.messages(), [id.to_string()]);
    assert_eq!(stack.suppression(&app, "ann", id).await, Some(Reason::UserOnline));
}

#[tokio::test]
async fn what_waits_comes_oldest_first_in_pages_of_bounded_size() {
    let ann = Ann::bound(json!({})).await;
    let mut ids = Vec::new();
    for _ in 0..60 {
        ids.push(ann.send(json!({"body": {"msg": "x".repeat(4900)}})).await.to_string());
    }
    ann.stack.drain().await;
    let phone = Socket::connect(&ann.stack, &ann.app, "ann", "phone").await;
    ann.stack.clock.advance(Duration::from_secs(1));
    let (mut got, mut pages) = (Vec::new(), 0);
    while ann.stack.step().await {
        let frames = phone.frames();
        let bytes: usize = frames.iter().map(|frame| frame.to_string().len()).sum();
        assert!(bytes <= hold_connection::MAX_PAGE_BYTES, "{bytes}");
        got.extend(frames.into_iter().map(|frame| frame["message"]["msg_id"].as_str().unwrap().to_owned()));
        pages += 1;
    }
    assert_eq!(got, ids);
    assert!(pages >= 3, "{pages}");
}

#[tokio::test]
async fn many_small_messages_share_a_page() {
    let ann = Ann::bound(json!({})).await;
    for _ in 0..100 {
        ann.send(json!({})).await;
    }
    ann.stack.drain().await;
    let phone = Socket::connect(&ann.stack, &ann.app, "ann", "phone").await;
    ann.stack.clock.advance(Duration::from_secs(1));
    ann.stack.step().await;
    assert_eq!(phone.messages().len(), 100);
    assert!(ann.stack.direct_queue.is_empty());
}

#[tokio::test]
async fn a_page_goes_on_after_a_failure_and_stops_for_a_connection_that_is_gone() {
    let ann = Ann::bound(json!({})).await;
    let ids = [ann.send(json!({})).await, ann.send(json!({})).await];
    ann.stack.drain().await;
    let phone = Socket::connect(&ann.stack, &ann.app, "ann", "phone").await;
    ann.stack.connections.throttle_next(1);
    ann.stack.messages.faults.fail_next_of("timeline", 1);
    ann.settle(10).await;
    assert_eq!(phone.messages(), ids.map(|id| id.to_string()));
    phone.close().await;
    let gone = Socket::connect(&ann.stack, &ann.app, "ann", "phone").await;
    gone.lose();
    ann.stack.drain().await;
    let status = ann.stack.ok("GET", &ann.app.path("users/ann/status"), &ann.app.token, json!({})).await;
    assert_eq!(status["data"]["ann"], "offline");
}

#[tokio::test]
async fn a_client_that_reconnects_names_what_it_has() {
    let ann = Ann::bound(json!({})).await;
    ann.birds(&["ann", "bob"]).await;
    let old = ann.group(json!({})).await;
    ann.stack.clock.advance(Duration::from_secs(600));
    let new = ann.send(json!({})).await;
    ann.stack.drain().await;
    let phone = Socket::connect_with(&ann.stack, &ann.app, "ann", "phone", json!({"since": new})).await;
    ann.settle(2).await;
    // Groups without newer messages are skipped. One-to-one messages wait for an acknowledgement, whatever the client
    // says.
    assert_eq!(phone.messages(), [new.to_string()]);
    phone.close().await;
    ann.stack.clock.advance(Duration::from_secs(1));
    let phone = Socket::connect(&ann.stack, &ann.app, "ann", "phone").await;
    ann.settle(2).await;
    assert_eq!(phone.messages(), [old, new].map(|id| id.to_string()));
    let up_to = phone.send(&json!({"action": "ack", "up_to": new}).to_string()).await;
    assert_eq!(up_to, json!({"kind": "acked", "acked": 2}));
}

#[tokio::test]
async fn live_members_of_a_group_get_its_message_and_the_others_are_pushed() {
    let ann = Ann::bound(json!({})).await;
    let bound = fcm::device_token();
    ann.stack.bind(&ann.app, "cat", "phone", FCM, &bound).await;
    ann.birds(&["ann", "bob", "cat", "dan"]).await;
    let phone = ann.live("phone").await;
    let dan = Socket::connect(&ann.stack, &ann.app, "dan", "phone").await;
    ann.settle(2).await;
    let id = ann.group(json!({})).await;
    ann.settle(0).await;
    let frame = phone.frames().remove(0);
    assert_eq!((&frame["message"]["msg_id"], &frame["message"]["group_id"]), (&json!(id), &json!("birds")));
    assert_eq!(dan.messages(), [id.to_string()]);
    assert_eq!((ann.shown(), ann.stack.shown("fcm", &bound)), (0, 1));
    dan.ack(&[id]).await;
    ann.stack.drain().await;
    assert_eq!((ann.shown(), ann.stack.delivered("fcm", &bound)), (1, 1));
}

#[tokio::test]
async fn a_group_message_that_is_pushed_to_nobody_still_reaches_live_members() {
    let ann = Ann::bound(json!({})).await;
    ann.birds(&["ann", "bob"]).await;
    let phone = ann.live("phone").await;
    for more in [
        json!({"routetype": "ROUTE_ONLINE"}),
        json!({"type": "cmd", "body": {"action": "typing"}}),
        json!({"ext": {"em_ignore_notification": true}}),
    ] {
        let id = ann.group(more.clone()).await;
        ann.stack.drain().await;
        assert_eq!(phone.messages(), [id.to_string()], "{more}");
        ann.stack.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(ann.shown(), 0);

    // Members of a group that is too large are never read, whatever the message is.
    ann.stack.ok("PUT", &ann.app.path("push/settings"), &ann.app.token, json!({"large_group_limit": 1})).await;
    ann.stack.clock.advance(shared::app_configs::KEPT);
    ann.group(json!({"type": "cmd", "body": {"action": "typing"}})).await;
    ann.stack.drain().await;
    assert_eq!(phone.messages(), [] as [String; 0]);
}

#[tokio::test]
async fn a_queue_that_takes_no_frames_delays_the_message_and_loses_nothing() {
    let ann = Ann::bound(json!({})).await;
    let phone = ann.live("phone").await;
    ann.stack.direct_queue.faults.fail_next_of("queue_direct", 2);
    let id = ann.send(json!({})).await;
    ann.settle(6).await;
    assert_eq!(phone.messages(), [id.to_string()]);
    phone.ack(&[id]).await;
    ann.stack.drain().await;
    assert_eq!((ann.shown(), ann.suppression(id).await), (0, Some(Reason::MessageDelivered)));
}

#[tokio::test]
async fn records_that_are_given_twice_or_cannot_be_read_harm_nobody() {
    let ann = Ann::bound(json!({})).await;
    let phone = ann.live("phone").await;
    let id = ann.send(json!({})).await;
    let dispatched = ann.stack.dispatch_queue.take(10);
    ann.stack.dispatch_batch(&dispatched, 1).await;
    let mut records = ann.stack.direct_queue.take(10);
    records.push(r#"{"v":"message-9"}"#.into());
    ann.stack.direct_batch(&records, 1).await;
    ann.stack.direct_batch(&records[..1], 2).await;
    assert_eq!(phone.messages(), [id.to_string(), id.to_string()]);
    phone.ack(&[id]).await;
    ann.stack.drain().await;
    assert_eq!(ann.shown(), 0);
    assert_eq!(ann.stack.dead_letters.records().len(), 1);
}

#[tokio::test]
async fn who_flaps_without_end_is_pushed_in_the_end() {
    let ann = Ann::bound(json!({})).await;
    let _phone = ann.live("phone").await;
    let id = ann.send(json!({})).await;
    let sent = ann.stack.clock.now();
    for _ in 0..100 {
        ann.live("phone").await;
        ann.settle(3).await;
    }
    ann.stack.drain().await;
    assert_eq!((ann.suppression(id).await, ann.delivered()), (None, 1));
    let outcome = ann.stack.stored(&ann.app, "ann", id).await.outcomes[0].at;
    assert!(outcome.since(sent) <= Duration::from_secs(200), "{:?}", outcome.since(sent));
}

#[tokio::test]
async fn a_page_of_a_large_group_shares_records_of_bounded_size() {
    let ann = Ann::bound(json!({})).await;
    let names: Vec<String> = (0..60).map(|number| format!("{}{number:02}", "u".repeat(60))).collect();
    let members: Vec<&str> = names.iter().map(String::as_str).collect();
    ann.birds(&members).await;
    for (number, user) in members.iter().enumerate() {
        for device in 0..8 {
            let name = format!("{}{device}", "\"".repeat(127));
            Socket::connect(&ann.stack, &ann.app, user, &name).await;
        }
        if number % 10 == 9 {
            ann.stack.clock.advance(Duration::from_secs(1));
        }
    }
    while ann.stack.step().await {}
    ann.stack.clock.advance(Duration::from_secs(2));
    while ann.stack.step().await {}
    ann.group(json!({"body": {"msg": "x".repeat(4900)}})).await;
    let dispatched = ann.stack.dispatch_queue.take(10);
    ann.stack.dispatch_batch(&dispatched, 1).await;
    let records = ann.stack.direct_queue.records();
    let connections: usize = ann
        .stack
        .direct_queue
        .direct_records()
        .iter()
        .map(|record| match record {
            DirectRecord::Message(message) => message.receivers.iter().map(|one| one.connections.len()).sum(),
            _ => 0,
        })
        .sum();
    assert_eq!(connections, 60 * 8);
    assert!(records.iter().all(|record| record.body.len() <= MAX_RECORD_BYTES));
    // Sixty receivers with eight connections each share a few records.
    assert!(records.len() <= 4, "{}", records.len());
}

/// An event of Ann's while messages arrive.
#[derive(Debug, Clone, Copy)]
enum Step {
    Send,
    Connect,
    Lose,
    Close,
    Ack,
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Send),
        1 => Just(Step::Connect),
        1 => Just(Step::Lose),
        1 => Just(Step::Close),
        2 => Just(Step::Ack),
        3 => (0u64..20).prop_map(Step::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the connection does, each message was pushed, was posted over a connection, or still waits.
    #[test]
    fn no_message_is_lost_whatever_the_connection_does(steps in proptest::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(flap(&steps));
    }
}

async fn flap(steps: &[Step]) {
    let ann = Ann::bound(json!({})).await;
    let (mut phone, mut sent, mut seen): (Option<Socket<'_>>, Vec<MessageId>, Vec<String>) = Default::default();
    for step in steps {
        match step {
            Step::Send => sent.push(ann.send(json!({})).await),
            Step::Connect => {
                ann.stack.clock.advance(Duration::from_millis(60));
                phone = Some(Socket::connect(&ann.stack, &ann.app, "ann", "phone").await);
            }
            Step::Lose => {
                if let Some(phone) = &phone {
                    seen.extend(phone.messages());
                    phone.lose();
                }
            }
            Step::Close => {
                if let Some(phone) = phone.take() {
                    seen.extend(phone.messages());
                    phone.close().await;
                }
            }
            Step::Ack => {
                if let Some(phone) = phone.as_ref().filter(|phone| phone.is_open()) {
                    let got = phone.messages();
                    if !got.is_empty() {
                        phone.ack(&got).await;
                    }
                    seen.extend(got);
                }
            }
            Step::Pass(seconds) => ann.settle(*seconds).await,
        }
    }
    ann.stack.drain().await;
    seen.extend(phone.iter().flat_map(Socket::messages));
    for id in sent {
        let pushed = ann.suppression(id).await.is_none();
        assert!(pushed || seen.contains(&id.to_string()), "{id} was neither pushed nor delivered");
    }
    assert!(ann.stack.dead_letters.is_empty());
}

#[tokio::test]
async fn records_of_the_queue_stay_readable_by_what_they_lack() {
    let record =
        r#"{"v":"end-1","connection":{"id":"c","app":"acme#chat","user":"ann","device_id":"phone"},"reason":"kicked"}"#;
    let record: DirectRecord = serde_json::from_str(record).unwrap();
    let stack = Stack::start();
    stack.direct_queue.queue_direct(&[record], Duration::ZERO).await.unwrap();
    stack.drain().await;
    assert!(stack.dead_letters.is_empty());
}
