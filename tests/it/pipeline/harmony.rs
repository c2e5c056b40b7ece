//! Huawei's HarmonyOS devices, from a message to the phone.

use curlew_tests::simulators::huawei::harmony::account::NOTIFIER as HARMONY;
use curlew_tests::simulators::{Device, FaultRule, NewCredential, huawei};
use serde_json::json;
use shared::domain::{
    id::MessageId,
    outcome::{DeviceOutcome, PushStatus},
    reason::Reason,
    receipt::Event,
};

use super::harness::{HUAWEI, Stack, TestApp};

struct World {
    stack: Stack,
    app: TestApp,
    token: String,
}

impl World {
    /// Returns Ann with a HarmonyOS phone.
    async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let token = huawei::harmony_device_token();
        stack.bind(&app, "ann", "phone", HARMONY, &token).await;
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

    /// Returns the reason that disabled the notifier.
    async fn fault(&self) -> String {
        let path = self.app.path(&format!("notifiers/{HARMONY}"));
        let notifier = self.stack.ok("GET", &path, &self.app.token, json!({})).await;
        notifier["health"]["reason"].as_str().unwrap_or_default().to_owned()
    }

    fn sends(&self) -> u64 {
        self.stack.simulators.counts().of("huawei").sends
    }
}

#[tokio::test]
async fn a_message_is_shown_once_with_its_badge_and_as_a_chat_message() {
    let world = World::start().await;
    let id = world.send().await;
    let outcome = world.outcome(id).await;
    assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 1));
    let shown = world.stack.simulators.device("huawei", &world.token).shade.pop().unwrap().delivery.notice;
    assert_eq!(outcome.vendor_message_id, Some(shown.message_id));
    assert_eq!(shown.category.as_deref(), Some("IM"));
    assert_eq!(shown.detail["notification"]["badge"]["addNum"], 1);
    assert_eq!(shown.detail["pushOptions"]["biTag"], id.to_string());
    assert_eq!(shown.data["m"], id.to_string());
    assert_eq!(world.stack.simulators.counts().of("huawei").token_requests, 0);
}

#[tokio::test]
async fn an_app_reaches_both_systems_each_by_its_own_notifier() {
    let world = World::start().await;
    let (tablet, stray) = (huawei::device_token(), huawei::device_token());
    world.stack.bind(&world.app, "ann", "tablet", HUAWEI, &tablet).await;
    world.send().await;
    assert_eq!((world.stack.shown("huawei", &world.token), world.stack.shown("huawei", &tablet)), (1, 1));
    world.stack.bind(&world.app, "bob", "phone", HARMONY, &stray).await;
    let id = world.stack.send(&world.app, &["bob"], json!({})).await[0];
    world.stack.drain().await;
    let outcome = world.stack.stored(&world.app, "bob", id).await.outcomes[0].clone();
    assert_eq!((outcome.reason, outcome.detail.as_deref()), (Some(Reason::IllegalBinding), Some("noRight")));
}

#[tokio::test]
async fn a_push_whose_answer_was_lost_is_repeated_and_shown_once() {
    let world = World::start().await;
    world.script(huawei::scripts::lost_answer());
    let outcome = world.outcome(world.send().await).await;
    assert_eq!((outcome.status, outcome.attempts, world.sends()), (PushStatus::Success, 2, 2));
    let phone = world.stack.simulators.device("huawei", &world.token);
    assert_eq!((phone.shade.len(), phone.delivered), (1, 1));
}

#[tokio::test]
async fn an_unregistered_token_goes_once_the_notifier_is_known_to_work() {
    let world = World::start().await;
    world.send().await;
    world.stack.simulators.add_devices([Device::unregistered("huawei", &world.token)]).unwrap();
    let outcome = world.outcome(world.send().await).await;
    assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(Reason::IllegalBinding)));
    let next = world.send().await;
    let suppression = world.stack.suppression(&world.app, "ann", next).await;
    assert!(matches!(suppression, Some(Reason::NoPushBinding | Reason::NoUserExist)));
}

#[tokio::test]
async fn an_unregistered_token_stays_while_the_notifier_never_worked() {
    let world = World::start().await;
    world.stack.simulators.add_devices([Device::unregistered("huawei", &world.token)]).unwrap();
    for _ in 0..2 {
        let outcome = world.outcome(world.send().await).await;
        assert_eq!(outcome.reason, Some(Reason::IllegalBinding));
    }
}

#[tokio::test]
async fn a_bearer_that_expired_is_signed_anew_once() {
    let world = World::start().await;
    world.script(huawei::scripts::coded("80200005"));
    let outcome = world.outcome(world.send().await).await;
    assert_eq!((outcome.status, outcome.attempts, world.sends()), (PushStatus::Success, 1, 2));
}

#[tokio::test]
async fn a_deleted_key_switches_the_notifier_off() {
    let world = World::start().await;
    world.stack.simulators.remove_credential("huawei", huawei::harmony::account::KEY_ID);
    let outcome = world.outcome(world.send().await).await;
    assert_eq!(outcome.reason, Some(Reason::NotifierDisabled));
    assert!(world.fault().await.contains("80200001"));
}

#[tokio::test]
async fn a_penalty_switches_the_notifier_off_and_costs_no_token() {
    let world = World::start().await;
    world.send().await;
    let punish = |punished| {
        let known = huawei::HarmonyCredential { punished, ..huawei::harmony::account::known() };
        let known = NewCredential::new(huawei::NAME, serde_json::to_value(known).unwrap());
        world.stack.simulators.add_credential(known).unwrap();
    };
    punish(true);
    let outcome = world.outcome(world.send().await).await;
    assert_eq!(outcome.reason, Some(Reason::NotifierDisabled));
    assert!(world.fault().await.contains("disableSendHuaweiMsgBecauseOfPenalty"));

    punish(false);
    let enabled = json!({"state": "enabled"});
    world.stack.ok("PUT", &world.app.path(&format!("notifiers/{HARMONY}")), &world.app.token, enabled).await;
    world.stack.clock.advance(std::time::Duration::from_secs(61));
    assert_eq!(world.outcome(world.send().await).await.status, PushStatus::Success);
}

#[tokio::test]
async fn flow_control_is_waited_for() {
    let world = World::start().await;
    world.script(huawei::scripts::flow_control());
    let outcome = world.outcome(world.send().await).await;
    assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 2));
}

#[tokio::test]
async fn a_report_of_the_second_format_reaches_its_message() {
    let world = World::start().await;
    let id = world.send().await;
    let path = world.app.path(&format!("notifiers/{HARMONY}"));
    let shown = world.stack.ok("GET", &path, &world.app.token, json!({})).await;
    let url = shown["receipt_url"].as_str().unwrap().to_owned();
    let delivered = json!({"statuses": [{
        "token": world.token, "pushType": 0, "appPackageName": "com.example.im", "biTag": id.to_string(),
        "requestId": "r1", "deliveryStatus": {"result": 0, "timestamp": 1_767_225_600_456_u64},
    }]});
    let report = &url[url.find("/push/report/").unwrap()..];
    let (status, _) = world.stack.call_with("POST", report, "", &[], delivered.to_string()).await;
    assert_eq!(status, 200);
    let events: Vec<Event> =
        world.stack.stored(&world.app, "ann", id).await.receipts.iter().map(|receipt| receipt.event).collect();
    assert_eq!(events, [Event::Delivered]);
}
