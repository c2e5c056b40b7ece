//! Facts of vivo: lists, its kind of access tokens, daily quotas, and texts that it refuses.

use curlew_tests::simulators::vivo::account::NOTIFIER as VIVO;
use curlew_tests::simulators::{
    Device, Endpoint, Fault, FaultRule, Filter,
    vivo::{self, scripts},
};
use serde_json::{Value, json};
use shared::domain::{
    attempt::UNCLEAR_ATTEMPTS,
    id::MessageId,
    outcome::{DeviceOutcome, PushStatus},
    reason::Reason,
};

use super::harness::{Stack, TestApp};

/// Returns a text that vivo accepts.
fn chinese() -> Value {
    json!({"ext": {"em_push_ext": {"title": "张三", "content": "晚上一起吃饭吗？"}}})
}

async fn phone(stack: &Stack, app: &TestApp, user: &str) -> String {
    let token = vivo::device_token();
    stack.bind(app, user, "phone", VIVO, &token).await;
    token
}

async fn outcome(stack: &Stack, app: &TestApp, user: &str, id: MessageId) -> DeviceOutcome {
    stack.stored(app, user, id).await.outcomes.remove(0)
}

fn sends(stack: &Stack) -> u64 {
    stack.simulators.counts().of("vivo").sends
}

#[tokio::test]
async fn one_message_to_one_phone_is_one_request_and_shows_its_text() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = phone(&stack, &app, "ann").await;
    let id = stack.send(&app, &["ann"], chinese()).await[0];
    stack.drain().await;
    let outcome = outcome(&stack, &app, "ann", id).await;
    assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 1));
    assert!(outcome.vendor_message_id.is_some());
    let shown = &stack.simulators.device("vivo", &token).shade[0].delivery.notice;
    assert_eq!((shown.title.as_deref(), shown.body.as_deref()), (Some("张三"), Some("晚上一起吃饭吗？")));
    assert_eq!((shown.category.as_deref(), &shown.data["m"]), (Some("IM"), &json!(id)));
    assert_eq!(sends(&stack), 1);
    let notifier = stack.ok("GET", &app.path("notifiers/105999001%23key"), &app.token, json!({})).await;
    assert_eq!((&notifier["name"], &notifier["vendor"]), (&json!(VIVO), &json!("vivo")));
}

#[tokio::test]
async fn a_text_that_vivo_refuses_gives_way_to_one_that_says_nothing() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = phone(&stack, &app, "ann").await;
    let refused = json!({"ext": {"em_push_ext": {"title": "Alice", "content": "ok"}}});
    let id = stack.send(&app, &["ann"], refused).await[0];
    stack.drain().await;
    assert_eq!(outcome(&stack, &app, "ann", id).await.status, PushStatus::Success);
    let shown = &stack.simulators.device("vivo", &token).shade[0].delivery.notice;
    assert_eq!((shown.title.as_deref(), shown.body.as_deref()), (Some("新消息"), Some("您收到一条新消息")));
    assert_eq!(sends(&stack), 2);
}

#[tokio::test]
async fn an_unregistered_token_is_removed_and_the_next_message_says_so() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = phone(&stack, &app, "ann").await;
    stack.simulators.add_devices([Device::unregistered("vivo", &token)]).unwrap();
    let first = stack.send(&app, &["ann"], chinese()).await[0];
    stack.drain().await;
    let outcome = outcome(&stack, &app, "ann", first).await;
    assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(Reason::IllegalBinding)));
    assert_eq!(outcome.detail.as_deref(), Some("invalid user 2"));

    let second = stack.send(&app, &["ann"], chinese()).await[0];
    stack.drain().await;
    assert!(matches!(stack.suppression(&app, "ann", second).await, Some(Reason::NoPushBinding | Reason::NoUserExist)));
}

#[tokio::test]
async fn a_phone_that_is_no_test_phone_keeps_its_token() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    phone(&stack, &app, "ann").await;
    let test = json!({"options": {"push_mode": 1}});
    stack.ok("PUT", &app.path("notifiers/105999001%23key"), &app.token, test).await;
    let first = stack.send(&app, &["ann"], chinese()).await[0];
    stack.drain().await;
    let outcome = outcome(&stack, &app, "ann", first).await;
    assert_eq!((outcome.status, outcome.detail.as_deref()), (PushStatus::Fail, Some("invalid user 4")));
    let second = stack.send(&app, &["ann"], chinese()).await[0];
    stack.drain().await;
    assert_eq!(stack.suppression(&app, "ann", second).await, None);
}

#[tokio::test]
async fn an_access_token_that_expired_is_renewed_once() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = phone(&stack, &app, "ann").await;
    for _ in 0..2 {
        stack.send(&app, &["ann"], chinese()).await;
        stack.drain().await;
        stack.simulators.expire_tokens(Some("vivo"));
    }
    let counts = stack.simulators.counts();
    let counts = counts.of("vivo");
    assert_eq!((counts.token_requests, counts.sends, counts.delivered), (2, 3, 2));
    assert_eq!(stack.shown("vivo", &token), 2);
}

#[tokio::test]
async fn a_rate_that_was_too_high_is_taken_down() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = phone(&stack, &app, "ann").await;
    stack.simulators.add_faults([scripts::too_fast(), scripts::too_fast()]).unwrap();
    let id = stack.send(&app, &["ann"], chinese()).await[0];
    stack.drain().await;
    let outcome = outcome(&stack, &app, "ann", id).await;
    assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 3));
    assert_eq!((sends(&stack), stack.shown("vivo", &token)), (3, 1));
}

#[tokio::test]
async fn a_used_up_quota_ends_the_push() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    phone(&stack, &app, "ann").await;
    stack.simulators.add_faults([scripts::quota_used_up()]).unwrap();
    let id = stack.send(&app, &["ann"], chinese()).await[0];
    stack.drain().await;
    let outcome = outcome(&stack, &app, "ann", id).await;
    assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(Reason::QuotaUsedUp)));
    assert_eq!(sends(&stack), 1);
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_asked_for_a_few_times_only() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = phone(&stack, &app, "ann").await;
    let garbage = FaultRule::new("vivo", Fault::Garbage { status: 200 }).at(Endpoint::Send).always().after_delivery();
    stack.simulators.add_faults([garbage]).unwrap();
    let id = stack.send(&app, &["ann"], chinese()).await[0];
    stack.drain().await;
    let outcome = outcome(&stack, &app, "ann", id).await;
    assert_eq!((outcome.reason, outcome.attempts), (Some(Reason::PushYetButFail), UNCLEAR_ATTEMPTS));
    assert_eq!((sends(&stack), stack.shown("vivo", &token)), (u64::from(UNCLEAR_ATTEMPTS), 1));
}

#[tokio::test]
async fn an_answer_that_is_lost_shows_one_notification() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = phone(&stack, &app, "ann").await;
    stack.simulators.add_faults([scripts::lost_answer(&token)]).unwrap();
    let id = stack.send(&app, &["ann"], chinese()).await[0];
    stack.drain().await;
    assert_eq!(outcome(&stack, &app, "ann", id).await.status, PushStatus::Success);
    assert_eq!((stack.shown("vivo", &token), stack.delivered("vivo", &token)), (1, 2));
    let requests = stack.simulators.requests(&Filter::vendor("vivo").at(Endpoint::Send));
    let ids: Vec<Value> =
        requests.iter().map(|sent| serde_json::from_str::<Value>(&sent.body).unwrap()["requestId"].clone()).collect();
    assert_eq!(ids[0], ids[1], "a repeat is the same request");
}
