//! Receivers with stale presence: their last heartbeat is older than one interval, so they are rechecked.

use std::time::Duration;

use curlew_tests::simulators::huawei;
use serde_json::{Value, json};
use shared::{
    domain::{id::MessageId, inbox::Marks, message::Receiver, reason::Reason},
    ports::{
        clock::Clock,
        inbox::TrackInbox,
        messages::StoreMessages,
        queue::{DispatchJob, QueueDispatch},
    },
    testing::sample,
};

use super::harness::{HUAWEI, Stack, TestApp};

const HEARTBEAT: Duration = Duration::from_secs(100);
const LEASE: Duration = Duration::from_secs(300);

/// Ann, whose phone is connected. Its last heartbeat was `silent` ago.
struct Ann {
    stack: Stack,
    app: TestApp,
    token: String,
}

impl Ann {
    async fn connected(settings: Value, silent: Duration) -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", settings).await;
        let token = huawei::device_token();
        stack.bind(&app, "ann", "phone", HUAWEI, &token).await;
        stack.report(&app, "ann", "phone", "s1", "online").await;
        stack.clock.advance(silent);
        Self { stack, app, token }
    }

    /// Sends a message, which is decided at once.
    async fn message(&self, more: Value) -> MessageId {
        let id = self.stack.send(&self.app, &["ann"], more).await[0];
        while self.stack.step().await {}
        id
    }

    async fn acknowledge(&self, ack: Value) -> Value {
        let path = self.app.path("users/ann/offline_messages/ack");
        self.stack.ok("POST", &path, &self.app.token, ack).await["data"].clone()
    }

    async fn decided(&self, id: MessageId) -> bool {
        self.stack.stored(&self.app, "ann", id).await.decision.is_some()
    }
}

#[tokio::test]
async fn who_is_gone_without_a_word_is_pushed_when_the_lease_has_expired() {
    let ann = Ann::connected(json!({}), HEARTBEAT + Duration::from_secs(10)).await;
    let id = ann.message(json!({})).await;
    assert!(!ann.decided(id).await);
    let sent = ann.stack.clock.now();
    ann.stack.drain().await;
    assert_eq!(ann.stack.suppression(&ann.app, "ann", id).await, None);
    assert_eq!(ann.stack.shown("huawei", &ann.token), 1);
    let waited = ann.stack.clock.now().since(sent);
    assert!(waited <= LEASE - HEARTBEAT, "{waited:?}");
}

#[tokio::test]
async fn a_heartbeat_in_between_leaves_them_in_peace() {
    let ann = Ann::connected(json!({}), HEARTBEAT + Duration::from_secs(10)).await;
    let id = ann.message(json!({})).await;
    ann.stack.clock.advance(Duration::from_secs(60));
    ann.stack.report(&ann.app, "ann", "phone", "s1", "heartbeat").await;
    ann.stack.drain().await;
    assert_eq!(ann.stack.suppression(&ann.app, "ann", id).await, Some(Reason::UserOnline));
    assert_eq!(ann.stack.shown("huawei", &ann.token), 0);
}

#[tokio::test]
async fn an_acknowledgement_in_between_leaves_them_in_peace() {
    for (acknowledged, up_to) in [(true, false), (true, true), (false, false)] {
        let ann = Ann::connected(json!({}), HEARTBEAT + Duration::from_secs(10)).await;
        let id = ann.message(json!({})).await;
        if acknowledged {
            ann.acknowledge(if up_to { json!({"up_to": id}) } else { json!({"msg_ids": [id]}) }).await;
        }
        ann.stack.drain().await;
        let suppression = ann.stack.suppression(&ann.app, "ann", id).await;
        assert_eq!(suppression, acknowledged.then_some(Reason::MessageDelivered));
        assert_eq!(ann.stack.shown("huawei", &ann.token), usize::from(!acknowledged));
    }
}

#[tokio::test]
async fn what_the_marks_cover_is_delivered_without_another_read() {
    for covered in [true, false] {
        let ann = Ann::connected(json!({}), HEARTBEAT + Duration::from_secs(10)).await;
        let id = ann.message(json!({})).await;
        let mark = if covered { id } else { id.previous() };
        let marks = Marks { one_to_one: mark, group: MessageId::MAX };
        let now = ann.stack.clock.now();
        ann.stack.users.move_marks(&ann.app.key, &sample::user("ann"), marks, now).await.unwrap();
        ann.stack.users.faults.fail_next_of("marks", 1);
        ann.stack.drain().await;
        let suppression = ann.stack.suppression(&ann.app, "ann", id).await;
        assert_eq!(suppression, covered.then_some(Reason::MessageDelivered));
        assert_eq!(ann.stack.users.faults.left(), 1, "the marks came with the facts");
    }
}

#[tokio::test]
async fn an_acknowledgement_of_an_earlier_message_says_nothing_of_this_one() {
    let ann = Ann::connected(json!({}), HEARTBEAT + Duration::from_secs(10)).await;
    let first = ann.message(json!({})).await;
    ann.stack.clock.advance(Duration::from_millis(1));
    let second = ann.message(json!({})).await;
    ann.acknowledge(json!({"up_to": first})).await;
    ann.stack.drain().await;
    assert_eq!(ann.stack.suppression(&ann.app, "ann", first).await, Some(Reason::MessageDelivered));
    assert_eq!(ann.stack.suppression(&ann.app, "ann", second).await, None);
}

#[tokio::test]
async fn a_message_that_is_stored_late_below_an_acknowledged_one_still_waits_and_is_pushed() {
    let ann = Ann::connected(json!({}), HEARTBEAT + Duration::from_secs(10)).await;
    // The message's ingest assigned the id, and then stalled.
    let content = sample::content("late", ann.stack.clock.now());
    let late = Receiver { user: sample::user("ann"), msg_id: MessageId::new(ann.stack.clock.now(), 1) };
    ann.stack.clock.advance(Duration::from_secs(1));
    let later = ann.message(json!({})).await;
    let acked = ann.acknowledge(json!({"up_to": later})).await;
    assert_eq!(acked, json!({"acked": 1, "remaining": 0}));

    ann.stack.messages.store(&ann.app.key, &[(&content, std::slice::from_ref(&late))], &ann.stack.clock).await.unwrap();
    let job = DispatchJob {
        app: ann.app.key.clone(),
        content,
        page: None,
        members: None,
        receivers: vec![late.clone()],
        recheck_at: None,
        waited: None,
        connections: None,
        pushed: Vec::new(),
        vendor_failed: false,
        attempts: 0,
        repeat: false,
    };
    ann.stack.dispatch_queue.queue_dispatch(&[job], Duration::ZERO).await.unwrap();
    assert_eq!(ann.acknowledge(json!({"msg_ids": [later]})).await["remaining"], 1);
    ann.stack.drain().await;
    assert_eq!(ann.stack.suppression(&ann.app, "ann", later).await, Some(Reason::MessageDelivered));
    assert_eq!(ann.stack.suppression(&ann.app, "ann", late.msg_id).await, None);
    assert_eq!(ann.stack.shown("huawei", &ann.token), 1);
}

#[tokio::test]
async fn a_recheck_waits_while_acknowledgements_cannot_be_read() {
    let ann = Ann::connected(json!({}), HEARTBEAT + Duration::from_secs(10)).await;
    let id = ann.message(json!({})).await;
    ann.acknowledge(json!({"msg_ids": [id]})).await;
    ann.stack.messages.faults.fail_next_of("is_acknowledged", 2);
    ann.stack.drain().await;
    assert_eq!(ann.stack.suppression(&ann.app, "ann", id).await, Some(Reason::MessageDelivered));
    assert_eq!(ann.stack.shown("huawei", &ann.token), 0);
}

#[tokio::test]
async fn nobody_is_rechecked_whose_last_sign_is_recent_or_whose_app_does_not_want_it() {
    let off = json!({"online_recheck": {"enabled": false}});
    for (settings, silent) in [(json!({}), HEARTBEAT / 2), (off, HEARTBEAT * 2)] {
        let ann = Ann::connected(settings, silent).await;
        let id = ann.message(json!({})).await;
        assert!(ann.decided(id).await);
        assert_eq!(ann.stack.suppression(&ann.app, "ann", id).await, Some(Reason::UserOnline));
        assert_eq!(ann.stack.dispatch_queue.next_visible(), None);
    }
}

#[tokio::test]
async fn another_device_with_fresh_presence_prevents_the_recheck() {
    let ann = Ann::connected(json!({}), HEARTBEAT * 2).await;
    ann.stack.report(&ann.app, "ann", "browser", "s2", "online").await;
    let id = ann.message(json!({})).await;
    assert!(ann.decided(id).await);
}

#[tokio::test]
async fn a_message_that_is_over_before_the_recheck_is_decided_at_once() {
    let ann = Ann::connected(json!({}), HEARTBEAT + Duration::from_secs(10)).await;
    let id = ann.message(json!({"push_ttl": 60})).await;
    assert_eq!(ann.stack.suppression(&ann.app, "ann", id).await, Some(Reason::UserOnline));
}

#[tokio::test]
async fn a_wait_that_no_queue_can_delay_for_is_taken_in_hops() {
    let settings = json!({"presence_lease_seconds": 3600});
    let ann = Ann::connected(settings, HEARTBEAT * 2).await;
    let sent = ann.stack.clock.now();
    ann.message(json!({})).await;
    ann.stack.drain().await;
    assert_eq!(ann.stack.shown("huawei", &ann.token), 1);
    assert!(ann.stack.clock.now().since(sent) >= Duration::from_secs(3600) - HEARTBEAT * 2 - Duration::from_secs(1));
}

#[tokio::test]
async fn a_recheck_that_is_redelivered_shows_one_notification() {
    let ann = Ann::connected(json!({}), HEARTBEAT * 2).await;
    ann.message(json!({})).await;
    ann.stack.clock.advance(LEASE);
    let looks = ann.stack.dispatch_queue.take(10);
    ann.stack.dispatch_batch(&looks, 1).await;
    ann.stack.drain().await;
    ann.stack.dispatch_batch(&looks, 2).await;
    ann.stack.drain().await;
    assert_eq!(ann.stack.delivered("huawei", &ann.token), 1);
}
