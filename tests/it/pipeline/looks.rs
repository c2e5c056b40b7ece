//! Messages that are decided more than once: after a post without a connection, at a recheck, and after a push waited.
//!
//! Earlier results stay valid: no device gets a push twice, and no push is missing.

use std::time::Duration;

use curlew_tests::simulators::{Endpoint, Fault, FaultRule, Filter, fcm, huawei};
use serde_json::{Value, json};
use shared::{
    domain::{
        connection::ANSWER,
        id::MessageId,
        outcome::{DeviceOutcome, PushStatus},
        vendor::Vendor,
    },
    gateway_leases::KEPT,
    ports::clock::Clock,
};

use super::{
    harness::{FCM, HUAWEI, Stack, TestApp},
    socket::Socket,
};

const MINUTE: Duration = Duration::from_secs(61);
/// Seconds in FCM's `Retry-After`.
const HINT: u64 = 30;

/// Ann, whose phone is bound through FCM and whose pad through Huawei.
struct Ann {
    stack: Stack,
    app: TestApp,
    phone: String,
    pad: String,
}

impl Ann {
    async fn with(settings: Value) -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", settings).await;
        let (phone, pad) = (fcm::device_token(), huawei::device_token());
        stack.bind(&app, "ann", "phone", FCM, &phone).await;
        stack.bind(&app, "ann", "pad", HUAWEI, &pad).await;
        Self { stack, app, phone, pad }
    }

    async fn any_offline() -> Self {
        Self::with(json!({"multi_device_policy": "any_offline"})).await
    }

    /// Connects a device, waits until its first page was posted, and acknowledges nothing.
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

    async fn send(&self) -> MessageId {
        self.stack.clock.advance(Duration::from_millis(60));
        self.stack.send(&self.app, &["ann"], json!({})).await[0]
    }

    /// Passes the visible records of `dispatch` to one invocation of `check-presence`.
    async fn decide(&self) {
        self.stack.dispatch_batch(&self.stack.dispatch_queue.take(10), 1).await;
    }

    /// Passes the visible records of `direct` to one invocation of `hold-connection`.
    async fn post(&self) {
        self.stack.direct_batch(&self.stack.direct_queue.take(10), 1).await;
    }

    fn fcm_is_down(&self) {
        self.stack.simulators.add_faults([fcm::scripts::unavailable(HINT).always()]).unwrap();
    }

    fn huawei_is_down(&self) {
        let down = FaultRule::new("huawei", Fault::status(503)).at(Endpoint::Send).always();
        self.stack.simulators.add_faults([down]).unwrap();
    }

    /// Ends the vendors' faults, and handles what waits.
    async fn end(&self) {
        self.stack.simulators.clear_faults(None);
        self.stack.drain().await;
        assert!(self.stack.dead_letters.is_empty());
    }

    /// Returns how many push requests FCM got.
    fn requests(&self) -> usize {
        self.stack.simulators.requests(&Filter::vendor("fcm").at(Endpoint::Send)).len()
    }

    /// Returns how many deliveries phone and pad got.
    fn rang(&self) -> (u64, u64) {
        (self.stack.delivered("fcm", &self.phone), self.stack.delivered("huawei", &self.pad))
    }

    async fn outcomes(&self, id: MessageId) -> Vec<DeviceOutcome> {
        self.stack.stored(&self.app, "ann", id).await.outcomes
    }

    async fn renew(&self, body: Value) {
        let path = self.app.path("presence/gateways/gw7");
        self.stack.ok("POST", &path, &self.app.token, body).await;
    }

    /// Connects Ann's pad through a gateway.
    async fn pad_behind_gateway(&self) {
        self.renew(json!({"ttl_seconds": 300, "started_at": self.stack.clock.now()})).await;
        let event = json!({
            "user": "ann", "device_id": "pad", "session": "s1", "status": "online", "ts": self.stack.clock.now(),
            "gateway": "gw7",
        });
        let answer =
            self.stack.ok("POST", &self.app.path("presence/events"), &self.app.token, json!({"events": [event]})).await;
        assert_eq!(answer["data"][0]["result"], "applied");
    }
}

// ---- one push, decided twice ----

#[tokio::test]
async fn two_decisions_that_meet_in_a_batch_ring_the_phone_once() {
    for vendor_is_down in [false, true] {
        let ann = Ann::with(json!({})).await;
        let phone = ann.live("phone").await;
        phone.lose();
        let id = ann.send().await;
        ann.decide().await;
        ann.post().await;
        // Nothing is decided again before the recheck is due.
        ann.stack.clock.advance(ANSWER + Duration::from_secs(1));
        ann.decide().await;
        let records = ann.stack.push_queues.of(Vendor::Fcm).take(100);
        assert_eq!(records.len(), 2);
        if vendor_is_down {
            ann.fcm_is_down();
        }
        ann.stack.push_batch(Vendor::Fcm, &records, 1).await;
        assert_eq!(ann.requests(), 1);
        let waiting = ann.stack.push_queues.of(Vendor::Fcm).push_jobs();
        assert_eq!(waiting.len(), usize::from(vendor_is_down));
        ann.end().await;
        assert_eq!(ann.rang(), (1, 1));
        assert_eq!(ann.outcomes(id).await.len(), 2);
    }
}

#[tokio::test]
async fn of_two_decisions_in_a_batch_the_later_one_knows_the_token() {
    let ann = Ann::with(json!({})).await;
    let phone = ann.live("phone").await;
    phone.lose();
    ann.send().await;
    ann.decide().await;
    ann.post().await;
    ann.decide().await;
    let renewed = fcm::device_token();
    ann.stack.bind(&ann.app, "ann", "phone", FCM, &renewed).await;
    ann.stack.clock.advance(ANSWER + Duration::from_secs(1));
    ann.decide().await;
    let records = ann.stack.push_queues.of(Vendor::Fcm).take(100);
    assert_eq!(records.len(), 2);
    ann.stack.push_batch(Vendor::Fcm, &records, 1).await;
    assert_eq!((ann.rang().0, ann.stack.delivered("fcm", &renewed)), (0, 1));
}

#[tokio::test]
async fn a_repeat_that_meets_its_first_in_a_batch_is_looked_up_for_both() {
    let ann = Ann::with(json!({})).await;
    ann.send().await;
    ann.decide().await;
    let first = ann.stack.push_queues.of(Vendor::Fcm).take(100);
    ann.stack.push_batch(Vendor::Fcm, &first, 1).await;
    assert_eq!(ann.rang().0, 1);
    // The queue delivers the same record twice, once as a repeat.
    let repeated = first[0].replacen("\"receivers\"", "\"repeat\":true,\"receivers\"", 1);
    for records in [[first[0].clone(), repeated.clone()], [repeated, first[0].clone()]] {
        ann.stack.push_batch(Vendor::Fcm, &records, 1).await;
    }
    assert_eq!((ann.rang().0, ann.requests()), (1, 1));
}

// ---- a push that waited ----

#[tokio::test]
async fn a_push_that_waited_goes_on_with_its_attempts_after_a_post_that_found_no_connection() {
    let ann = Ann::with(json!({})).await;
    ann.fcm_is_down();
    let id = ann.send().await;
    while ann.stack.step().await {}
    ann.stack.clock.advance(MINUTE);
    let phone = Socket::connect(&ann.stack, &ann.app, "ann", "phone").await;
    phone.send(r#"{"action":"ping"}"#).await;
    phone.lose();
    ann.stack.simulators.clear_faults(None);
    ann.settle(0).await;
    assert_eq!(ann.rang(), (1, 1), "the pad's push ended long ago");
    ann.end().await;
    let outcomes = ann.outcomes(id).await;
    let of_phone = outcomes.iter().find(|outcome| outcome.device_id.as_str() == "phone").unwrap();
    assert_eq!((of_phone.status, of_phone.attempts, of_phone.earlier.len()), (PushStatus::Success, 2, 1));
    assert_eq!(ann.rang(), (1, 1));
}

#[tokio::test]
async fn a_push_that_waited_for_one_vendor_brings_no_other_back_after_a_post_that_found_no_connection() {
    let ann = Ann::with(json!({})).await;
    ann.fcm_is_down();
    ann.huawei_is_down();
    ann.send().await;
    while ann.stack.step().await {}
    ann.stack.clock.advance(MINUTE);
    let phone = Socket::connect(&ann.stack, &ann.app, "ann", "phone").await;
    phone.send(r#"{"action":"ping"}"#).await;
    phone.lose();
    for _ in 0..60 {
        ann.settle(10).await;
        let pushes = [Vendor::Fcm, Vendor::Huawei].map(|vendor| ann.stack.push_queues.of(vendor).push_jobs());
        let devices = pushes.iter().flatten().flat_map(|job| &job.receivers).flat_map(|receiver| &receiver.devices);
        assert!(devices.count() <= 4, "each push waits, and once more for its recheck");
    }
    ann.end().await;
    assert_eq!(ann.rang(), (1, 1));
}

#[tokio::test]
async fn a_connection_that_did_not_answer_is_not_asked_again_while_its_push_waits() {
    let ann = Ann::with(json!({})).await;
    let phone = ann.live("phone").await;
    ann.fcm_is_down();
    let id = ann.send().await;
    ann.settle(600).await;
    assert_eq!(phone.messages(), [id.to_string()]);
    let waiting = ann.stack.push_queues.of(Vendor::Fcm).push_jobs();
    assert!(waiting.iter().all(|job| job.attempts > 4), "{waiting:?}");
    // A connection that began after that is another one.
    let again = ann.live("phone").await;
    again.frames();
    ann.settle(1200).await;
    assert_eq!(again.messages(), [id.to_string()]);
    again.ack(&[id]).await;
    ann.end().await;
    assert_eq!(ann.rang().0, 0);
}

// ---- under any_offline ----

#[tokio::test]
async fn a_waiting_push_to_an_offline_device_outlives_the_recheck_of_a_connected_one() {
    let ann = Ann::any_offline().await;
    let pad = ann.live("pad").await;
    ann.fcm_is_down();
    let id = ann.send().await;
    ann.settle(300).await;
    assert!(!pad.messages().is_empty());
    assert_eq!(ann.rang(), (0, 1));
    ann.end().await;
    assert_eq!(ann.rang(), (1, 1));
    let outcomes = ann.outcomes(id).await;
    assert!(outcomes.iter().all(|outcome| outcome.status == PushStatus::Success), "{outcomes:?}");
}

#[tokio::test]
async fn a_waiting_push_to_a_device_that_only_seems_connected_is_not_over_before_its_recheck() {
    for answers in [true, false] {
        let ann = Ann::any_offline().await;
        let second = fcm::device_token();
        ann.stack.bind(&ann.app, "ann", "second", FCM, &second).await;
        ann.fcm_is_down();
        let id = ann.send().await;
        while ann.stack.step().await {}
        ann.stack.clock.advance(MINUTE);
        let phone = Socket::connect(&ann.stack, &ann.app, "ann", "second").await;
        phone.send(r#"{"action":"ping"}"#).await;
        ann.stack.simulators.clear_faults(None);
        ann.settle(1).await;
        assert_eq!((ann.rang().0, ann.stack.delivered("fcm", &second)), (1, 0));
        if answers {
            phone.ack(&[id]).await;
        }
        ann.end().await;
        assert_eq!((ann.rang().0, ann.stack.delivered("fcm", &second)), (1, u64::from(!answers)));
        let outcomes = ann.outcomes(id).await;
        assert_eq!(outcomes.len(), 3, "{outcomes:?}");
    }
}

#[tokio::test]
async fn a_gateway_that_begins_anew_between_two_checks_loses_no_push() {
    let ann = Ann::any_offline().await;
    ann.live("phone").await;
    ann.pad_behind_gateway().await;
    let id = ann.send().await;
    ann.settle(0).await;
    assert_eq!(ann.rang(), (0, 0));
    ann.renew(json!({"ttl_seconds": 300, "started_at": ann.stack.clock.now()})).await;
    ann.stack.clock.advance(KEPT);
    ann.end().await;
    assert_eq!(ann.rang(), (1, 1));
    assert_eq!(ann.outcomes(id).await.len(), 2);
}

#[tokio::test]
async fn a_gateway_whose_lease_ends_between_two_checks_loses_no_push() {
    for renews in [true, false] {
        let ann = Ann::with(json!({"multi_device_policy": "any_offline", "presence_lease_seconds": 30})).await;
        ann.live("phone").await;
        ann.pad_behind_gateway().await;
        // The device's own lease expired long ago, and the gateway's lease ends before the recheck.
        ann.stack.clock.advance(Duration::from_secs(100));
        ann.renew(json!({"ttl_seconds": 10})).await;
        ann.send().await;
        ann.settle(0).await;
        assert_eq!(ann.rang(), (0, 0));
        if renews {
            ann.renew(json!({"ttl_seconds": 300})).await;
        }
        ann.end().await;
        assert_eq!(ann.rang(), (1, u64::from(!renews)));
    }
}

#[tokio::test]
async fn a_device_that_is_forgotten_between_two_checks_is_pushed_to_at_the_second() {
    let ann = Ann::with(json!({"multi_device_policy": "any_offline", "max_devices": 2})).await;
    ann.stack.report(&ann.app, "ann", "pad", "s1", "online").await;
    ann.live("phone").await;
    ann.send().await;
    ann.settle(0).await;
    assert_eq!(ann.rang(), (0, 0));
    // A third device replaces the one whose last event is the oldest.
    ann.stack.report(&ann.app, "ann", "browser", "s2", "online").await;
    ann.end().await;
    assert_eq!(ann.rang(), (1, 1));
}

#[tokio::test]
async fn a_device_that_was_pushed_to_at_the_first_check_is_left_in_peace_at_the_second() {
    // Never reported, offline since before, and online at that time.
    for (before, then) in
        [(None, None), (Some("offline"), None), (None, Some("online")), (Some("offline"), Some("online"))]
    {
        let ann = Ann::any_offline().await;
        if before.is_some() {
            ann.stack.report(&ann.app, "ann", "pad", "s1", "online").await;
            ann.stack.report(&ann.app, "ann", "pad", "s1", "offline").await;
        }
        ann.live("phone").await;
        ann.huawei_is_down();
        ann.send().await;
        ann.settle(0).await;
        let waiting = || ann.stack.push_queues.of(Vendor::Huawei).push_jobs().len();
        assert_eq!(waiting(), 1);
        if then.is_some() {
            ann.stack.report(&ann.app, "ann", "pad", "s2", "online").await;
            ann.stack.report(&ann.app, "ann", "pad", "s2", "offline").await;
        }
        ann.settle(ANSWER.as_secs() + 1).await;
        assert_eq!((ann.rang().0, waiting()), (1, 1), "{before:?} {then:?}");
        ann.end().await;
        assert_eq!(ann.rang(), (1, 1));
    }
}

#[tokio::test]
async fn a_device_that_goes_offline_between_two_checks_is_pushed_to_at_the_second() {
    let ann = Ann::any_offline().await;
    ann.stack.report(&ann.app, "ann", "pad", "s1", "online").await;
    ann.live("phone").await;
    ann.send().await;
    ann.settle(0).await;
    ann.stack.report(&ann.app, "ann", "pad", "s1", "offline").await;
    ann.end().await;
    assert_eq!(ann.rang(), (1, 1));
}
