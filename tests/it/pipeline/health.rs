//! A notifier's health: what makes it failing, and what ends that.

use std::time::Duration;

use curlew_tests::simulators::{Endpoint, Fault, FaultRule, device_token, huawei};
use serde_json::{Value, json};
use shared::{domain::vendor::Vendor, ports::clock::Clock};

use super::harness::{HUAWEI, Stack, TestApp};

/// A phone that gets one message a second.
struct World {
    stack: Stack,
    app: TestApp,
    token: String,
}

impl World {
    async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let token = device_token("huawei").unwrap();
        stack.bind(&app, "ann", "phone", HUAWEI, &token).await;
        Self { stack, app, token }
    }

    fn meets(&self, rule: FaultRule) {
        self.stack.simulators.add_faults([rule.at(Endpoint::Send)]).unwrap();
    }

    fn down() -> FaultRule {
        FaultRule::new("huawei", Fault::status(503))
    }

    /// Sends a message a second, and handles what is due. The clock moves no further.
    async fn seconds(&self, count: usize) {
        for _ in 0..count {
            self.stack.send(&self.app, &["ann"], json!({})).await;
            while self.stack.step().await {}
            self.stack.clock.advance(Duration::from_secs(1));
        }
    }

    fn path(&self) -> String {
        self.app.path(&format!("notifiers/{HUAWEI}"))
    }

    async fn shown(&self) -> Value {
        self.stack.ok("GET", &self.path(), &self.app.token, json!({})).await
    }

    async fn is_failing(&self) -> bool {
        let shown = self.shown().await;
        shown["warnings"].as_array().unwrap().iter().any(|warning| warning["kind"] == "failing")
    }
}

#[tokio::test]
async fn a_notifier_that_a_busy_vendor_refuses_now_and_then_is_not_failing() {
    let world = World::start().await;
    for second in 0..240 {
        // The time differs from the minutes in which successes are noted.
        if second % 30 == 15 {
            world.meets(World::down());
        }
        world.seconds(1).await;
        assert!(!world.is_failing().await, "after {second} s: {}", world.shown().await);
    }
    assert!(world.shown().await["health"]["last_failure"].is_i64(), "the vendor was busy");
    assert!(world.stack.delivered("huawei", &world.token) >= 240);
}

#[tokio::test]
async fn a_notifier_whose_every_call_fails_is_failing_until_one_works() {
    let world = World::start().await;
    world.meets(World::down().always());
    world.seconds(1).await;
    assert!(world.is_failing().await, "it never worked");
    world.stack.simulators.clear_faults(None);
    world.seconds(1).await;
    assert!(!world.is_failing().await);

    world.meets(World::down().always());
    world.seconds(122).await;
    assert!(world.is_failing().await, "no success for two minutes");
    world.stack.simulators.clear_faults(None);
    world.seconds(1).await;
    assert!(!world.is_failing().await);
}

#[tokio::test]
async fn a_message_that_the_vendor_refuses_says_nothing_of_the_notifier() {
    let world = World::start().await;
    world.meets(FaultRule::new("huawei", Fault::code("80100003")).always());
    world.seconds(2).await;
    let shown = world.shown().await;
    assert!(!world.is_failing().await && shown["health"].get("last_failure").is_none(), "{shown}");
}

#[tokio::test]
async fn a_test_that_succeeds_ends_the_warning_at_once() {
    let world = World::start().await;
    world.seconds(1).await;
    world.stack.clock.advance(Duration::from_secs(61));
    world.meets(World::down());
    world.seconds(1).await;
    assert!(world.is_failing().await);
    let report = world.stack.test_push(Vendor::Huawei, &world.app, HUAWEI, &world.token).await;
    assert_eq!(report["status"], "success");
    let shown = world.shown().await;
    assert_eq!((world.is_failing().await, &shown["health"]["last_success"]), (false, &json!(world.stack.clock.now())));
}

#[tokio::test]
async fn a_new_credential_has_not_failed_yet() {
    let world = World::start().await;
    world.meets(World::down().always());
    world.seconds(1).await;
    assert!(world.is_failing().await);
    let mut record = huawei::account::record();
    world.stack.ok("PUT", &world.path(), &world.app.token, json!({"credential": record})).await;
    assert!(world.is_failing().await, "the same credential has");
    record["im_category_granted"] = json!(false);
    world.stack.ok("PUT", &world.path(), &world.app.token, json!({"credential": record})).await;
    assert!(!world.is_failing().await);
    world.seconds(122).await;
    assert!(world.is_failing().await, "and fails as well");
}
