//! Honor, from a message to the phone.

use curlew_tests::simulators::honor::account::NOTIFIER as HONOR;
use curlew_tests::simulators::{Device, Endpoint, Fault, FaultRule, honor};
use serde_json::json;
use shared::domain::{
    attempt::UNCLEAR_ATTEMPTS,
    id::MessageId,
    outcome::{DeviceOutcome, PushStatus},
    reason::Reason,
};

use super::harness::{Stack, TestApp};

struct World {
    stack: Stack,
    app: TestApp,
    token: String,
}

impl World {
    /// Returns Ann with a phone of Honor.
    async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let token = honor::device_token();
        stack.bind(&app, "ann", "phone", HONOR, &token).await;
        Self { stack, app, token }
    }

    fn script(&self, rule: FaultRule) {
        self.stack.simulators.add_faults([rule]).unwrap();
    }

    async fn send(&self) -> MessageId {
        let id = self.stack.send(&self.app, &["ann"], json!({})).await[0];
        self.stack.drain().await;
        id
    }

    async fn outcome(&self, id: MessageId) -> DeviceOutcome {
        self.stack.stored(&self.app, "ann", id).await.outcomes[0].clone()
    }

    fn sends(&self) -> u64 {
        self.stack.simulators.counts().of("honor").sends
    }

    fn shown(&self) -> usize {
        self.stack.shown("honor", &self.token)
    }
}

#[tokio::test]
async fn a_message_is_shown_with_its_badge_and_as_a_service_message() {
    let world = World::start().await;
    let id = world.send().await;
    let outcome = world.outcome(id).await;
    assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 1));
    let shown = world.stack.simulators.device("honor", &world.token).shade.pop().unwrap().delivery.notice;
    assert_eq!(outcome.vendor_message_id, Some(shown.message_id));
    assert_eq!(shown.category.as_deref(), Some("NORMAL"));
    assert_eq!(shown.detail["notification"]["badge"]["addNum"], 1);
    assert_eq!(shown.detail["biTag"], id.to_string());
    assert!(shown.data.as_str().unwrap().contains(&id.to_string()));
}

#[tokio::test]
async fn an_unregistered_token_goes_once_the_notifier_is_known_to_work() {
    let world = World::start().await;
    world.send().await;
    world.stack.simulators.add_devices([Device::unregistered("honor", &world.token)]).unwrap();
    let outcome = world.outcome(world.send().await).await;
    assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(Reason::IllegalBinding)));
    let next = world.send().await;
    let suppression = world.stack.suppression(&world.app, "ann", next).await;
    assert!(matches!(suppression, Some(Reason::NoPushBinding | Reason::NoUserExist)));
}

#[tokio::test]
async fn an_unregistered_token_stays_while_the_notifier_never_worked() {
    let world = World::start().await;
    world.stack.simulators.add_devices([Device::unregistered("honor", &world.token)]).unwrap();
    for _ in 0..2 {
        let outcome = world.outcome(world.send().await).await;
        assert_eq!(outcome.reason, Some(Reason::IllegalBinding));
    }
}

#[tokio::test]
async fn an_access_token_that_expired_is_renewed_once() {
    let world = World::start().await;
    world.send().await;
    world.stack.simulators.expire_tokens(Some("honor"));
    world.send().await;
    let counts = world.stack.simulators.counts();
    let counts = counts.of("honor");
    assert_eq!((counts.token_requests, counts.sends, counts.delivered), (2, 3, 2));
    world.script(honor::scripts::access_refused());
    world.send().await;
    assert_eq!(world.shown(), 3);
}

#[tokio::test]
async fn a_changed_secret_switches_the_notifier_off() {
    let world = World::start().await;
    world.script(honor::scripts::secret_changed().always());
    let outcome = world.outcome(world.send().await).await;
    assert_eq!(outcome.reason, Some(Reason::NotifierDisabled));
    let path = world.app.path(&format!("notifiers/{HONOR}"));
    let notifier = world.stack.ok("GET", &path, &world.app.token, json!({})).await;
    assert!(notifier["health"]["reason"].as_str().unwrap().contains("not App ID"), "{notifier}");
}

#[tokio::test]
async fn a_vendor_that_limits_the_rate_is_asked_again_when_it_says() {
    let world = World::start().await;
    world.script(honor::scripts::rate_limited(Some(30)));
    let before = shared::ports::clock::Clock::now(&world.stack.clock);
    let outcome = world.outcome(world.send().await).await;
    assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 2));
    assert!(outcome.at.since(before).as_secs() >= 30);
    world.script(honor::scripts::bad_gateway());
    world.script(honor::scripts::lost_answer());
    assert_eq!(world.outcome(world.send().await).await.status, PushStatus::Success);
    assert_eq!((world.shown(), world.stack.delivered("honor", &world.token)), (2, 3));
}

#[tokio::test]
async fn a_token_that_fails_without_a_reason_is_tried_once_more_and_kept() {
    let world = World::start().await;
    world.script(honor::scripts::failed_token(&world.token, 1));
    assert_eq!(world.outcome(world.send().await).await.status, PushStatus::Success);
    assert_eq!(world.sends(), 2);
    world.script(honor::scripts::failed_token(&world.token, 2));
    let outcome = world.outcome(world.send().await).await;
    assert_eq!((outcome.reason, outcome.detail.as_deref()), (Some(Reason::PushYetButFail), Some("failTokens")));
    assert_eq!(world.sends(), 4);
    assert_eq!(world.outcome(world.send().await).await.status, PushStatus::Success);
}

#[tokio::test]
async fn garbage_is_not_asked_for_all_day_and_unregisters_nobody() {
    let world = World::start().await;
    let garbage = Fault::Garbage { status: 200 };
    world.script(FaultRule::new("honor", garbage).at(Endpoint::Send).times(UNCLEAR_ATTEMPTS).after_delivery());
    let outcome = world.outcome(world.send().await).await;
    assert_eq!((outcome.reason, outcome.attempts), (Some(Reason::PushYetButFail), UNCLEAR_ATTEMPTS));
    assert_eq!((world.sends(), world.shown()), (u64::from(UNCLEAR_ATTEMPTS), 1));
    for rule in [honor::scripts::not_sent(), honor::scripts::without_data()] {
        world.script(rule);
        assert_eq!(world.outcome(world.send().await).await.reason, Some(Reason::PushYetButFail));
    }
    world.script(honor::scripts::string_code());
    assert_eq!(world.outcome(world.send().await).await.status, PushStatus::Success);
}
