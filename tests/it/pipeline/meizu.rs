//! Meizu, from a message to the phone. Its credential has no access token that expires.

use curlew_tests::simulators::meizu::account::NOTIFIER as MEIZU;
use curlew_tests::simulators::{Device, Endpoint, Fault, FaultRule, meizu};
use serde_json::{Value, json};
use shared::domain::{
    attempt::UNCLEAR_ATTEMPTS,
    outcome::{DeviceOutcome, PushStatus},
    reason::Reason,
};

use super::harness::{Stack, TestApp};

struct Ann {
    stack: Stack,
    app: TestApp,
    token: String,
}

/// Returns Ann, who has a phone of Meizu.
async fn ann() -> Ann {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = meizu::device_token();
    stack.bind(&app, "ann", "phone", MEIZU, &token).await;
    Ann { stack, app, token }
}

impl Ann {
    /// Sends Ann a message. Returns its outcome.
    async fn gets(&self, more: Value) -> DeviceOutcome {
        let id = self.stack.send(&self.app, &["ann"], more).await[0];
        self.stack.drain().await;
        self.stack.stored(&self.app, "ann", id).await.outcomes.remove(0)
    }

    fn meets(&self, fault: FaultRule) {
        self.stack.simulators.add_faults([fault]).unwrap();
    }

    fn sends(&self) -> u64 {
        self.stack.simulators.counts().of("meizu").sends
    }

    fn shown(&self) -> usize {
        self.stack.shown("meizu", &self.token)
    }
}

#[tokio::test]
async fn a_message_is_shown_with_its_data_and_options() {
    let ann = ann().await;
    let ext = json!({"ext": {
        "em_push_ext": {"title": "Carol", "content": "Lunch?", "custom": {"room": 7}},
        "em_android_push_ext": {"meizu_click_activity": "com.example.im.ui.PushOpenActivity"},
    }});
    let outcome = ann.gets(ext).await;
    assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 1));

    let shade = ann.stack.simulators.device("meizu", &ann.token).shade;
    let shown = &shade[0].delivery.notice;
    assert_eq!((shown.title.as_deref(), shown.body.as_deref()), (Some("Carol"), Some("Lunch?")));
    assert_eq!((&shown.data["f"], &shown.data["e"]), (&json!("sender"), &json!("{\"room\":7}")));
    assert_eq!(shown.category.as_deref(), Some("private"));
    assert_eq!(shown.detail["clickTypeInfo"]["activity"], "com.example.im.ui.PushOpenActivity");
    assert_eq!(outcome.vendor_message_id.as_ref(), Some(&shown.message_id));
}

#[tokio::test]
async fn an_unregistered_token_is_removed_and_a_muted_one_stays() {
    let ann = ann().await;
    ann.meets(meizu::scripts::muted(&ann.token));
    let outcome = ann.gets(json!({})).await;
    assert_eq!((outcome.reason, outcome.detail.as_deref()), (Some(Reason::PushYetButFail), Some("110010")));

    ann.stack.simulators.clear_faults(Some("meizu"));
    ann.stack.simulators.add_devices([Device::unregistered("meizu", &ann.token)]).unwrap();
    let outcome = ann.gets(json!({})).await;
    assert_eq!((outcome.reason, outcome.detail.as_deref()), (Some(Reason::IllegalBinding), Some("110002")));

    let next = ann.stack.send(&ann.app, &["ann"], json!({})).await[0];
    ann.stack.drain().await;
    let suppression = ann.stack.suppression(&ann.app, "ann", next).await;
    assert!(matches!(suppression, Some(Reason::NoPushBinding | Reason::NoUserExist)), "{suppression:?}");
}

#[tokio::test]
async fn a_limit_is_waited_out() {
    let ann = ann().await;
    ann.meets(meizu::scripts::rate_limited().times(2));
    let outcome = ann.gets(json!({})).await;
    assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 3));
    assert_eq!((ann.sends(), ann.shown()), (3, 1));
}

#[tokio::test]
async fn a_used_up_quota_ends_the_push() {
    let ann = ann().await;
    ann.meets(meizu::scripts::daily_quota().always());
    let outcome = ann.gets(json!({})).await;
    assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(Reason::QuotaUsedUp)));
    assert_eq!((ann.sends(), ann.shown()), (1, 0));
}

#[tokio::test]
async fn a_request_that_is_sent_elsewhere_arrives_there() {
    let ann = ann().await;
    let address = "https://server-api-push.meizu.com/garcia/api/server/push/varnished/pushByPushId";
    ann.meets(meizu::scripts::moved(address));
    assert_eq!(ann.gets(json!({})).await.attempts, 1);
    assert_eq!((ann.sends(), ann.shown()), (2, 1));
}

#[tokio::test]
async fn a_changed_secret_switches_the_notifier_off() {
    let ann = ann().await;
    ann.meets(meizu::scripts::secret_changed());
    assert_eq!(ann.gets(json!({})).await.reason, Some(Reason::NotifierDisabled));
    let path = ann.app.path(&format!("notifiers/{MEIZU}"));
    let notifier = ann.stack.ok("GET", &path, &ann.app.token, json!({})).await;
    assert_eq!(notifier["health"]["state"], "disabled", "{notifier}");
}

#[tokio::test]
async fn what_was_lost_or_makes_no_sense_is_asked_for_again_a_few_times_and_shown_once() {
    let ann = ann().await;
    let garbage = Fault::Garbage { status: 200 };
    ann.meets(FaultRule::new("meizu", garbage).at(Endpoint::Send).always().after_delivery());
    let outcome = ann.gets(json!({})).await;
    assert_eq!((outcome.reason, outcome.attempts), (Some(Reason::PushYetButFail), UNCLEAR_ATTEMPTS));
    assert_eq!((ann.sends(), ann.shown()), (u64::from(UNCLEAR_ATTEMPTS), 1));
}

#[tokio::test]
async fn a_lost_answer_costs_no_second_notification() {
    let ann = ann().await;
    ann.meets(meizu::scripts::lost_answer());
    assert_eq!(ann.gets(json!({})).await.status, PushStatus::Success);
    assert_eq!((ann.stack.delivered("meizu", &ann.token), ann.shown()), (2, 1));
}
