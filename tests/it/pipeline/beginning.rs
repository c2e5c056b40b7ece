//! A message that arrives while a connection begins. The connection's first page was read before the message was
//! stored, and nothing was posted to it yet.
//!
//! Whatever suppresses the push, the message is posted when the connection is live.

use std::time::Duration;

use curlew_tests::simulators::fcm;
use serde_json::{Value, json};
use shared::{
    domain::{connection::CONNECTING, id::MessageId, reason::Reason},
    ports::clock::Clock,
};

use super::{
    harness::{FCM, Stack, TestApp},
    socket::Socket,
};

/// Ann, whose browser connects. She may have a bound phone.
struct Ann {
    stack: Stack,
    app: TestApp,
}

impl Ann {
    async fn with(policy: &str, bound: bool) -> Self {
        let stack = Stack::start();
        let settings = json!({"multi_device_policy": policy, "advanced_push": true, "presence_lease_seconds": 3600});
        let app = stack.app("chat", settings).await;
        if bound {
            stack.bind(&app, "ann", "phone", FCM, &fcm::device_token()).await;
        }
        Self { stack, app }
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

    /// Stores a message after the browser's first page was read. It is decided before that page marks the connection as
    /// live.
    async fn meets_a_beginning(&self, more: &Value) -> (MessageId, Socket<'_>) {
        let browser = Socket::connect(&self.stack, &self.app, "ann", "browser").await;
        self.stack.clock.advance(Duration::from_millis(1_500));
        assert_eq!(self.stack.direct_queue.take(10).len(), 1, "the page");
        let id = self.stack.send(&self.app, &["ann"], more.clone()).await[0];
        while self.stack.step().await {}
        browser.send(r#"{"action":"ping"}"#).await;
        (id, browser)
    }

    async fn prefer(&self, settings: Value) {
        self.stack.ok("PUT", &self.app.path("users/ann/notification/user/ann"), &self.app.token, settings).await;
    }

    async fn suppression(&self, id: MessageId) -> Option<Reason> {
        self.stack.suppression(&self.app, "ann", id).await
    }
}

#[tokio::test]
async fn what_keeps_the_push_back_keeps_no_message_from_a_connection_that_begins() {
    let filtered = json!({"ext": {"em_push_filter": {"ignore_device_id": ["phone"]}}});
    for (bound, settings, more, reason) in [
        (false, json!({}), json!({}), Reason::NoPushBinding),
        (true, json!({"type": "NONE"}), json!({}), Reason::ModeNone),
        (true, json!({"type": "AT"}), json!({}), Reason::NotMentioned),
        (true, json!({"ignoreDuration": 86_400_000}), json!({}), Reason::UserIgnorePush),
        (true, json!({}), filtered, Reason::IgnorePushDeviceId),
    ] {
        let ann = Ann::with("any_offline", bound).await;
        if settings != json!({}) {
            ann.prefer(settings).await;
        }
        let (id, browser) = ann.meets_a_beginning(&more).await;
        assert_eq!(browser.messages(), [] as [&str; 0], "{reason:?}");
        ann.settle(CONNECTING.as_secs() + 1).await;
        assert_eq!(browser.messages(), [id.to_string()], "{reason:?}");
        ann.stack.drain().await;
        assert_eq!((browser.messages(), ann.suppression(id).await), (vec![], Some(reason)));
    }
}

#[tokio::test]
async fn a_device_that_a_gateway_is_sure_of_keeps_no_message_from_a_connection_that_begins() {
    for policy in ["all_offline", "any_offline"] {
        let ann = Ann::with(policy, true).await;
        ann.stack.report(&ann.app, "ann", "phone", "s1", "online").await;
        let (id, browser) = ann.meets_a_beginning(&json!({})).await;
        browser.frames();
        ann.settle(CONNECTING.as_secs() + 1).await;
        assert_eq!(browser.messages(), [id.to_string()], "{policy}");
        ann.stack.drain().await;
        assert_eq!((browser.messages(), ann.suppression(id).await), (vec![], Some(Reason::UserOnline)));
    }
}

#[tokio::test]
async fn a_message_that_was_acknowledged_is_not_posted_to_a_connection_that_begins() {
    let ann = Ann::with("any_offline", false).await;
    let (id, browser) = ann.meets_a_beginning(&json!({})).await;
    browser.ack(&[id]).await;
    browser.frames();
    ann.stack.drain().await;
    assert_eq!((browser.messages(), ann.suppression(id).await), (vec![], Some(Reason::MessageDelivered)));
}
