//! Records that an operator moves back from a dead-letter queue, some of them twice, and days later.

use std::time::Duration;

use curlew_tests::simulators::huawei;
use serde_json::json;
use shared::domain::vendor::Vendor;

use super::{
    app_deletion::operator,
    harness::{HUAWEI, Stack, TestApp},
};

const HOUR: Duration = Duration::from_secs(3600);

/// Ann's phone, and a message to her whose records the test holds, as a dead-letter queue would.
struct Held {
    stack: Stack,
    app: TestApp,
    token: String,
}

impl Held {
    async fn begin() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let token = huawei::device_token();
        stack.bind(&app, "ann", "phone", HUAWEI, &token).await;
        stack.send(&app, &["ann"], json!({})).await;
        Self { stack, app, token }
    }

    /// Takes the message away before it is decided.
    fn undecided(&self) -> Vec<String> {
        self.stack.dispatch_queue.take(10)
    }

    /// Takes the message away after it is decided, and before it is sent.
    async fn unsent(&self) -> Vec<String> {
        self.stack.dispatch_batch(&self.undecided(), 1).await;
        self.stack.push_queues.of(Vendor::Huawei).take(10)
    }

    async fn push_back(&self, records: &[String]) {
        self.stack.push_redriven(Vendor::Huawei, records).await;
        self.stack.drain().await;
    }

    async fn dispatch_back(&self, records: &[String]) {
        self.stack.dispatch_redriven(records).await;
        self.stack.drain().await;
    }

    fn delivered(&self) -> u64 {
        assert!(self.stack.dead_letters.is_empty());
        self.stack.delivered("huawei", &self.token)
    }

    /// Deletes the app, and makes another one of its name with the same user and phone.
    async fn replace_the_app(&self) {
        operator(&self.stack, "DELETE").await;
        self.stack.drain().await;
        self.stack.clock.advance(HOUR);
        let anew = self.stack.app("chat", json!({})).await;
        self.stack.bind(&anew, "ann", "phone", HUAWEI, &self.token).await;
    }
}

#[tokio::test]
async fn a_push_is_sent_once_however_often_it_is_moved_back() {
    let held = Held::begin().await;
    let records = held.unsent().await;
    held.stack.clock.advance(HOUR);
    for _ in 0..3 {
        held.push_back(&records).await;
        assert_eq!(held.delivered(), 1);
    }
}

#[tokio::test]
async fn a_message_is_pushed_once_however_often_it_is_moved_back() {
    let held = Held::begin().await;
    let records = held.undecided();
    held.stack.clock.advance(HOUR);
    for _ in 0..3 {
        held.dispatch_back(&records).await;
        assert_eq!(held.delivered(), 1);
    }
}

#[tokio::test]
async fn a_push_that_is_moved_back_is_decided_again() {
    let held = Held::begin().await;
    let records = held.unsent().await;
    held.stack.clock.advance(HOUR);
    held.stack.report(&held.app, "ann", "phone", "s1", "online").await;
    held.push_back(&records).await;
    assert_eq!(held.delivered(), 0);
}

#[tokio::test]
async fn a_push_of_an_erased_user_reaches_nobody_who_has_the_name_now() {
    let held = Held::begin().await;
    let records = held.unsent().await;
    held.stack.ok("DELETE", &held.app.path("users/ann"), &held.app.token, json!({})).await;
    held.stack.drain().await;
    held.stack.clock.advance(HOUR);
    held.stack.bind(&held.app, "ann", "phone", HUAWEI, &held.token).await;
    held.push_back(&records).await;
    assert_eq!(held.delivered(), 0);
}

#[tokio::test]
async fn a_push_of_a_deleted_app_reaches_nobody_in_the_next_app_of_its_name() {
    let held = Held::begin().await;
    let records = held.unsent().await;
    held.replace_the_app().await;
    held.push_back(&records).await;
    assert_eq!(held.delivered(), 0);
}

#[tokio::test]
async fn a_message_of_a_deleted_app_reaches_nobody_in_the_next_app_of_its_name() {
    let held = Held::begin().await;
    let records = held.undecided();
    held.replace_the_app().await;
    held.dispatch_back(&records).await;
    assert_eq!(held.delivered(), 0);
}

#[tokio::test]
async fn a_message_that_waited_is_not_for_the_next_user_of_the_name() {
    let held = Held::begin().await;
    let records = held.undecided();
    held.stack.ok("DELETE", &held.app.path("users/ann"), &held.app.token, json!({})).await;
    held.stack.drain().await;
    held.stack.clock.advance(Duration::from_secs(60));
    held.stack.bind(&held.app, "ann", "phone", HUAWEI, &held.token).await;
    held.dispatch_back(&records).await;
    assert_eq!(held.delivered(), 0);
}
