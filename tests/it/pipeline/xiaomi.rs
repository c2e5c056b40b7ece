//! Facts of Xiaomi: no access tokens, failed tokens in a success, and an ambiguous code.

use curlew_tests::simulators::xiaomi::account::NOTIFIER as XIAOMI;
use curlew_tests::simulators::{Device, Endpoint, Fault, FaultRule, Filter, xiaomi};
use serde_json::json;
use shared::domain::{attempt::UNCLEAR_ATTEMPTS, outcome::PushStatus, reason::Reason};

use super::harness::{Stack, TestApp};

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
    assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 1));
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
async fn an_unregistered_token_goes_once_a_success_vouches_for_the_configuration() {
    let stack = Stack::start();
    let (app, tokens) = bound(&stack, &["ann", "bob"]).await;
    stack.simulators.add_devices([Device::unregistered("xiaomi", &tokens[0])]).unwrap();

    let unvouched = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    let outcome = &stack.stored(&app, "ann", unvouched).await.outcomes[0];
    assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(Reason::IllegalBinding)));
    assert_eq!(outcome.detail.as_deref(), Some("20301"));

    stack.send(&app, &["bob"], json!({})).await;
    stack.drain().await;
    let still_bound = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    assert_eq!(stack.suppression(&app, "ann", still_bound).await, None);

    let gone = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    assert!(matches!(stack.suppression(&app, "ann", gone).await, Some(Reason::NoPushBinding | Reason::NoUserExist)));
}

#[tokio::test]
async fn a_rate_limit_is_waited_out() {
    let stack = Stack::start();
    let (app, tokens) = bound(&stack, &["ann"]).await;
    stack.simulators.add_faults([xiaomi::scripts::too_fast()]).unwrap();
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    let outcome = &stack.stored(&app, "ann", id).await.outcomes[0];
    assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 2));
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

#[tokio::test]
async fn messages_to_several_people_are_one_request_and_each_phone_shows_its_own() {
    let stack = Stack::start();
    let (app, tokens) = bound(&stack, &["ann", "bob", "cid"]).await;
    let ids = stack.send(&app, &["ann", "bob", "cid"], json!({})).await;
    stack.drain().await;
    let counts = stack.simulators.counts();
    let counts = counts.of("xiaomi");
    assert_eq!((counts.sends, counts.targets, counts.refused, counts.delivered), (1, 3, 0, 3));
    for ((user, token), id) in ["ann", "bob", "cid"].iter().zip(&tokens).zip(ids) {
        let outcome = &stack.stored(&app, user, id).await.outcomes[0];
        assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 1));
        let notice = &stack.simulators.device("xiaomi", token).shade[0].delivery.notice;
        assert!(notice.data.as_str().unwrap().contains(&id.to_string()), "{}", notice.data);
        assert_eq!(notice.category.as_deref(), Some("private"));
    }
}

#[tokio::test]
async fn in_a_merged_request_an_unregistered_token_and_a_refused_message_cost_the_others_nothing() {
    let stack = Stack::start();
    let (app, tokens) = bound(&stack, &["ann", "bob", "cid", "dan"]).await;
    stack.simulators.add_devices([Device::unregistered("xiaomi", &tokens[1])]).unwrap();
    let ids = stack.send(&app, &["ann", "bob"], json!({})).await;
    stack.drain().await;
    assert_eq!(stack.stored(&app, "ann", ids[0]).await.outcomes[0].status, PushStatus::Success);
    let outcome = &stack.stored(&app, "bob", ids[1]).await.outcomes[0];
    assert_eq!((outcome.reason, outcome.detail.as_deref()), (Some(Reason::IllegalBinding), Some("bad_regids")));
    assert_eq!(sends(&stack), 1);

    stack.simulators.add_faults([xiaomi::scripts::coded_for(&tokens[2], "10017")]).unwrap();
    let ids = stack.send(&app, &["ann", "cid", "dan"], json!({})).await;
    stack.drain().await;
    let outcome = &stack.stored(&app, "cid", ids[1]).await.outcomes[0];
    assert_eq!((outcome.reason, outcome.detail.as_deref()), (Some(Reason::PushYetButFail), Some("10017")));
    for (user, id) in [("ann", ids[0]), ("dan", ids[2])] {
        assert_eq!(stack.stored(&app, user, id).await.outcomes[0].status, PushStatus::Success);
    }
    assert_eq!(sends(&stack), 5, "together, then one by one");
    assert_eq!((stack.delivered("xiaomi", &tokens[0]), stack.delivered("xiaomi", &tokens[3])), (2, 1));
}

#[tokio::test]
async fn a_merged_request_that_is_limited_is_waited_out_by_all() {
    let stack = Stack::start();
    let (app, tokens) = bound(&stack, &["ann", "bob"]).await;
    stack.simulators.add_faults([xiaomi::scripts::too_fast()]).unwrap();
    let ids = stack.send(&app, &["ann", "bob"], json!({})).await;
    stack.drain().await;
    for ((user, id), token) in ["ann", "bob"].iter().zip(ids).zip(&tokens) {
        let outcome = &stack.stored(&app, user, id).await.outcomes[0];
        assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 2));
        assert_eq!(stack.delivered("xiaomi", token), 1);
    }
}

#[tokio::test]
async fn merged_answers_that_say_nothing_are_asked_for_a_few_times_and_unregister_nobody() {
    let stack = Stack::start();
    let (app, tokens) = bound(&stack, &["ann", "bob"]).await;
    let garbage = FaultRule::new("xiaomi", Fault::Garbage { status: 200 }).at(Endpoint::Send).always().after_delivery();
    stack.simulators.add_faults([garbage]).unwrap();
    let ids = stack.send(&app, &["ann", "bob"], json!({})).await;
    stack.drain().await;
    for ((user, id), token) in ["ann", "bob"].iter().zip(ids).zip(&tokens) {
        let outcome = &stack.stored(&app, user, id).await.outcomes[0];
        assert_eq!((outcome.reason, outcome.attempts), (Some(Reason::PushYetButFail), UNCLEAR_ATTEMPTS));
        assert_eq!(stack.shown("xiaomi", token), 1);
    }
}

#[tokio::test]
async fn a_secret_that_is_refused_to_a_merged_request_switches_the_notifier_off_once() {
    let stack = Stack::start();
    let (app, _) = bound(&stack, &["ann", "bob"]).await;
    stack.simulators.add_faults([xiaomi::scripts::secret_changed()]).unwrap();
    let ids = stack.send(&app, &["ann", "bob"], json!({})).await;
    stack.drain().await;
    for (user, id) in ["ann", "bob"].iter().zip(ids) {
        assert_eq!(stack.stored(&app, user, id).await.outcomes[0].reason, Some(Reason::NotifierDisabled));
    }
    assert_eq!(sends(&stack), 1);
}
