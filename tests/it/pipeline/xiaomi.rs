//! What is Xiaomi's own: no access tokens, failures named in a success, a code that says too little.

use curlew_tests::simulators::{Device, Endpoint, Fault, FaultRule, Filter, xiaomi};
use serde_json::json;
use shared::domain::{
    outcome::{Status, UNCLEAR_ATTEMPTS},
    reason::Reason,
};

use super::harness::{Stack, TestApp, XIAOMI};

async fn bound(stack: &Stack, users: &[&str]) -> (TestApp, Vec<String>) {
    let app = stack.app("chat", json!({})).await;
    let tokens: Vec<String> = users.iter().map(|_| xiaomi::device_token()).collect();
    for (user, token) in users.iter().zip(&tokens) {
        stack.bind(&app, user, "phone", XIAOMI, token).await;
    }
    (app, tokens)
}

fn sends(stack: &Stack) -> usize {
    stack.simulators.requests(&Filter::vendor("xiaomi").at(Endpoint::Send)).len()
}

#[tokio::test]
async fn a_message_is_one_request_that_xiaomi_finds_nothing_wrong_with() {
    let stack = Stack::start();
    let (app, tokens) = bound(&stack, &["ann"]).await;
    let shown = json!({"em_push_ext": {"title": "李雷", "content": "晚上见😀"}});
    let id = stack.send(&app, &["ann"], json!({"ext": shown})).await[0];
    stack.drain().await;
    let outcome = &stack.stored(&app, "ann", id).await.outcomes[0];
    assert_eq!((outcome.status, outcome.attempts), (Status::Success, 1));
    let counts = stack.simulators.counts();
    let counts = counts.of("xiaomi");
    assert_eq!((counts.token_requests, counts.sends, counts.refused, counts.delivered), (0, 1, 0, 1));
    let phone = stack.simulators.device("xiaomi", &tokens[0]);
    let notice = &phone.shade[0].delivery.notice;
    assert_eq!((notice.title.as_deref(), notice.body.as_deref()), (Some("李雷"), Some("晚上见😀")));
    assert_eq!(Some(&notice.message_id), outcome.vendor_message_id.as_ref());
    assert_eq!(notice.category.as_deref(), Some("private"));
    assert!(notice.data.as_str().unwrap().contains(&id.to_string()));
}

#[tokio::test]
async fn a_dead_token_goes_once_a_success_vouches_for_the_configuration() {
    let stack = Stack::start();
    let (app, tokens) = bound(&stack, &["ann", "bob"]).await;
    stack.simulators.add_devices([Device::dead("xiaomi", &tokens[0])]).unwrap();

    let unvouched = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    let outcome = &stack.stored(&app, "ann", unvouched).await.outcomes[0];
    assert_eq!((outcome.status, outcome.reason), (Status::Fail, Some(Reason::IllegalBinding)));
    assert_eq!(outcome.detail.as_deref(), Some("20301"));

    stack.send(&app, &["bob"], json!({})).await;
    stack.drain().await;
    let still_bound = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    assert_eq!(stack.silence(&app, "ann", still_bound).await, None);

    let gone = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    assert!(matches!(stack.silence(&app, "ann", gone).await, Some(Reason::NoPushBinding | Reason::NoUserExist)));
}

#[tokio::test]
async fn a_rate_limit_is_waited_out() {
    let stack = Stack::start();
    let (app, tokens) = bound(&stack, &["ann"]).await;
    stack.simulators.add_faults([xiaomi::scripts::too_fast()]).unwrap();
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    let outcome = &stack.stored(&app, "ann", id).await.outcomes[0];
    assert_eq!((outcome.status, outcome.attempts), (Status::Success, 2));
    assert_eq!(stack.shown("xiaomi", &tokens[0]), 1);
}

#[tokio::test]
async fn answers_that_say_nothing_are_asked_for_a_few_times_and_show_one_notification() {
    let stack = Stack::start();
    let (app, tokens) = bound(&stack, &["ann"]).await;
    let garbage = FaultRule::new("xiaomi", Fault::Garbage { status: 200 }).at(Endpoint::Send).always().after_delivery();
    stack.simulators.add_faults([garbage]).unwrap();
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    let outcome = &stack.stored(&app, "ann", id).await.outcomes[0];
    assert_eq!((outcome.reason, outcome.attempts), (Some(Reason::PushYetButFail), UNCLEAR_ATTEMPTS));
    assert_eq!((sends(&stack), stack.shown("xiaomi", &tokens[0])), (UNCLEAR_ATTEMPTS as usize, 1));
}

#[tokio::test]
async fn a_changed_secret_switches_the_notifier_off() {
    let stack = Stack::start();
    let (app, _) = bound(&stack, &["ann"]).await;
    stack.simulators.add_faults([xiaomi::scripts::secret_changed()]).unwrap();
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    assert_eq!(stack.stored(&app, "ann", id).await.outcomes[0].reason, Some(Reason::NotifierDisabled));
    let notifier = stack.ok("GET", &app.path(&format!("notifiers/{XIAOMI}")), &app.token, json!({})).await;
    assert_eq!(notifier["health"]["state"], "disabled", "{notifier}");
}
