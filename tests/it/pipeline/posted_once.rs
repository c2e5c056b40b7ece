//! Messages for live connections beside pushes to the same receiver. A connection gets a message once, and a failure of
//! one leaves the other alone.

use std::time::Duration;

use curlew_tests::simulators::{fcm, huawei};
use serde_json::{Value, json};
use shared::{
    domain::{id::MessageId, vendor::Vendor},
    ports::clock::Clock,
};

use super::{
    harness::{FCM, HUAWEI, Stack, TestApp},
    socket::Socket,
};

/// Seconds in FCM's `Retry-After`.
const HINT: u64 = 30;

/// Ann under `any_offline`: her phone is bound through FCM, her pad through Huawei.
struct Ann {
    stack: Stack,
    app: TestApp,
    phone: String,
}

impl Ann {
    async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({"multi_device_policy": "any_offline"})).await;
        let phone = fcm::device_token();
        stack.bind(&app, "ann", "phone", FCM, &phone).await;
        stack.bind(&app, "ann", "pad", HUAWEI, &huawei::device_token()).await;
        Self { stack, app, phone }
    }

    async fn live(&self, app: &TestApp, user: &str, device: &str) -> Socket<'_> {
        let socket = Socket::connect(&self.stack, app, user, device).await;
        self.stack.clock.advance(Duration::from_secs(2));
        while self.stack.step().await {}
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

    async fn send(&self, app: &TestApp, more: Value) -> MessageId {
        self.stack.clock.advance(Duration::from_millis(60));
        self.stack.send(app, &["ann"], more).await[0]
    }

    fn fcm_is_down(&self) {
        self.stack.simulators.add_faults([fcm::scripts::unavailable(HINT).always()]).unwrap();
    }
}

#[tokio::test]
async fn a_connection_gets_a_message_once_however_often_the_push_beside_it_returns() {
    // One device has a token, and the other has none.
    for device in ["pad", "browser"] {
        let ann = Ann::start().await;
        let live = ann.live(&ann.app, "ann", device).await;
        ann.fcm_is_down();
        let id = ann.send(&ann.app, json!({})).await;
        ann.settle(900).await;
        assert_eq!(live.messages(), [id.to_string()], "{device}");
        // A connection that began after that is another one.
        let again = ann.live(&ann.app, "ann", device).await;
        ann.settle(900).await;
        assert!(again.messages().len() <= 1);
        ann.stack.simulators.clear_faults(None);
        ann.stack.drain().await;
        assert_eq!((ann.stack.delivered("fcm", &ann.phone), again.messages().len()), (1, 0), "{device}");
    }
}

#[tokio::test]
async fn receivers_with_and_without_a_live_connection_share_no_vendor_job() {
    let ann = Ann::start().await;
    let mut tokens = vec![ann.phone.clone()];
    for user in ["bob", "carol"] {
        tokens.push(fcm::device_token());
        ann.stack.bind(&ann.app, user, "phone", FCM, tokens.last().unwrap()).await;
    }
    let group = json!({"groupid": "birds", "members": ["ann", "bob", "carol"]});
    ann.stack.ok("POST", &ann.app.path("chatgroups"), &ann.app.token, group).await;
    let _pad = ann.live(&ann.app, "ann", "pad").await;
    let body = json!({"from": "dan", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
    ann.stack.ok("POST", &ann.app.path("messages/chatgroups"), &ann.app.token, body).await;
    ann.stack.dispatch_batch(&ann.stack.dispatch_queue.take(10), 1).await;
    let jobs = ann.stack.push_queues.of(Vendor::Fcm).push_jobs();
    let shape = |tried: bool| {
        let of = jobs.iter().filter(|job| job.connections.is_some_and(|seen| seen.tried_at.is_some()) == tried);
        of.flat_map(|job| &job.receivers).map(|one| one.receiver.user.as_str()).collect::<Vec<_>>()
    };
    assert_eq!((jobs.len(), shape(true), shape(false)), (2, vec!["ann"], vec!["bob", "carol"]));
    ann.stack.drain().await;
    assert_eq!(tokens.iter().map(|token| ann.stack.delivered("fcm", token)).collect::<Vec<_>>(), [1, 1, 1]);
}

#[tokio::test]
async fn a_failure_of_the_queue_of_frames_repeats_no_push_and_no_other_apps_decision() {
    for failures in [1, 2] {
        let ann = Ann::start().await;
        let shop = ann.stack.app("shop", json!({"multi_device_policy": "any_offline"})).await;
        let other = fcm::device_token();
        ann.stack.bind(&shop, "ann", "phone", FCM, &other).await;
        let pad = ann.live(&ann.app, "ann", "pad").await;
        let till = ann.live(&shop, "ann", "till").await;
        let ids = [ann.send(&ann.app, json!({})).await, ann.send(&shop, json!({})).await];
        ann.stack.direct_queue.faults.fail_next_of("queue_direct", failures);
        ann.stack.dispatch_batch(&ann.stack.dispatch_queue.take(10), 1).await;
        let again = ann.stack.dispatch_queue.dispatch_jobs().into_iter().filter(|job| job.attempts > 0);
        assert_eq!(again.count(), failures - 1, "only what could not be queued by itself either");
        if failures > 1 {
            ann.stack.clock.set(ann.stack.dispatch_queue.next_visible().unwrap());
            ann.stack.dispatch_batch(&ann.stack.dispatch_queue.take(10), 1).await;
            assert_eq!(ann.stack.direct_queue.direct_records().len(), 2);
        }
        let jobs = ann.stack.push_queues.of(Vendor::Fcm).push_jobs();
        assert_eq!(jobs.len(), 2, "no push is queued twice");
        ann.settle(6).await;
        assert_eq!((pad.messages(), till.messages()), (vec![ids[0].to_string()], vec![ids[1].to_string()]));
        ann.stack.drain().await;
        assert_eq!((ann.stack.delivered("fcm", &ann.phone), ann.stack.delivered("fcm", &other)), (1, 1));
    }
}

#[tokio::test]
async fn what_the_queue_of_frames_took_before_it_failed_is_not_queued_again() {
    let ann = Ann::start().await;
    let shop = ann.stack.app("shop", json!({})).await;
    let pad = ann.live(&ann.app, "ann", "pad").await;
    let till = ann.live(&shop, "ann", "till").await;
    let ids = [ann.send(&ann.app, json!({})).await, ann.send(&shop, json!({})).await];
    ann.stack.direct_queue.break_after(1);
    ann.stack.dispatch_batch(&ann.stack.dispatch_queue.take(10), 1).await;
    assert_eq!(ann.stack.direct_queue.direct_records().len(), 2, "a record for each message");
    ann.settle(6).await;
    assert_eq!((pad.messages(), till.messages()), (vec![ids[0].to_string()], vec![ids[1].to_string()]));
}
