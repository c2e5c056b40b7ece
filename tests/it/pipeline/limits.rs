//! Limits of vendors: daily quotas, `Retry-After`, the operator's rate limit, and many unregistered tokens at once.

use std::time::Duration;

use curlew_tests::simulators::oppo::account::NOTIFIER as OPPO;
use curlew_tests::simulators::xiaomi::account::NOTIFIER as XIAOMI;
use curlew_tests::simulators::{fcm, huawei, oppo, xiaomi};
use serde_json::{Value, json};
use shared::{
    domain::{
        outcome::{DeviceOutcome, PushStatus},
        reason::Reason,
        vendor::Vendor,
    },
    ports::clock::Clock,
};

use super::harness::{FCM, HUAWEI, Stack, TestApp};

async fn health(stack: &Stack, app: &TestApp, notifier: &str) -> Value {
    let path = app.path(&format!("notifiers/{notifier}"));
    stack.ok("GET", &path, &app.token, json!({})).await["health"].clone()
}

async fn gets(stack: &Stack, app: &TestApp, user: &str) -> DeviceOutcome {
    let id = stack.send(app, &[user], json!({})).await[0];
    stack.drain().await;
    stack.stored(app, user, id).await.outcomes.remove(0)
}

fn sends(stack: &Stack, vendor: &str) -> u64 {
    stack.simulators.counts().of(vendor).sends
}

/// Returns Ann with a phone of Xiaomi. A message has just used up the quota, seven hours before it resets.
async fn without_quota() -> (Stack, TestApp) {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    stack.bind(&app, "ann", "phone", XIAOMI, &xiaomi::device_token()).await;
    let tomorrow = stack.clock.now().as_millis() / 86_400_000 * 86_400_000 + 86_400_000;
    stack.clock.set(shared::domain::time::Timestamp::from_millis(tomorrow + 9 * 3_600_000));
    stack.simulators.add_faults([xiaomi::scripts::quota_used_up()]).unwrap();
    let outcome = gets(&stack, &app, "ann").await;
    assert_eq!((outcome.reason, outcome.detail.as_deref()), (Some(Reason::QuotaUsedUp), Some("200001")));
    (stack, app)
}

#[tokio::test]
async fn nothing_is_asked_for_while_a_quota_is_used_up() {
    let (stack, app) = without_quota().await;
    let until = stack.clock.now().plus(Duration::from_secs(7 * 3600));
    let outcome = gets(&stack, &app, "ann").await;
    assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(Reason::QuotaUsedUp)));
    assert_eq!(sends(&stack, "xiaomi"), 1);
    let quota = &health(&stack, &app, XIAOMI).await["quota"];
    assert_eq!(quota["im"]["code"], "200001");
    assert!(quota["im"]["until"].as_i64().unwrap().abs_diff(until.as_millis()) < 1000, "{quota}");

    stack.clock.set(until.plus(Duration::from_secs(1)));
    assert_eq!(gets(&stack, &app, "ann").await.status, PushStatus::Success);
    assert!(health(&stack, &app, XIAOMI).await.get("quota").is_none());
}

#[tokio::test]
async fn other_classes_go_on_while_a_quota_is_used_up() {
    let (stack, app) = without_quota().await;
    let id = stack.send(&app, &["ann"], json!({"ext": {"em_push_class": "system"}})).await[0];
    stack.drain().await;
    assert_eq!(stack.stored(&app, "ann", id).await.outcomes[0].status, PushStatus::Success);
    assert_eq!(gets(&stack, &app, "ann").await.reason, Some(Reason::QuotaUsedUp));
}

#[tokio::test]
async fn a_message_that_chooses_its_own_way_neither_uses_up_the_quota_of_its_class_nor_minds_it() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    stack.bind(&app, "ann", "phone", OPPO, &oppo::device_token()).await;
    let news = json!({"ext": {"em_android_push_ext": {"oppo_category": "NEWS"}}});
    stack.simulators.add_faults([oppo::scripts::daily_limit()]).unwrap();
    let id = stack.send(&app, &["ann"], news.clone()).await[0];
    stack.drain().await;
    assert_eq!(stack.stored(&app, "ann", id).await.outcomes[0].reason, Some(Reason::QuotaUsedUp));
    assert_eq!(gets(&stack, &app, "ann").await.status, PushStatus::Success);

    stack.simulators.add_faults([oppo::scripts::daily_limit()]).unwrap();
    assert_eq!(gets(&stack, &app, "ann").await.reason, Some(Reason::QuotaUsedUp));
    let id = stack.send(&app, &["ann"], news).await[0];
    stack.drain().await;
    assert_eq!(stack.stored(&app, "ann", id).await.outcomes[0].status, PushStatus::Success);
}

#[tokio::test]
async fn a_quota_is_of_one_notifier() {
    let (stack, app) = without_quota().await;
    let token = huawei::device_token();
    stack.bind(&app, "bob", "phone", HUAWEI, &token).await;
    assert_eq!(gets(&stack, &app, "bob").await.status, PushStatus::Success);
    let other = stack.app("other", json!({})).await;
    stack.bind(&other, "ann", "phone", XIAOMI, &xiaomi::device_token()).await;
    assert_eq!(gets(&stack, &other, "ann").await.status, PushStatus::Success);
}

#[tokio::test]
async fn a_test_push_that_the_vendor_takes_ends_a_used_up_quota() {
    let (stack, app) = without_quota().await;
    let report = stack.test_push(Vendor::Xiaomi, &app, XIAOMI, &xiaomi::device_token()).await;
    assert_eq!(report["status"], "success", "{report}");
    assert_eq!(gets(&stack, &app, "ann").await.status, PushStatus::Success);
    assert!(health(&stack, &app, XIAOMI).await.get("quota").is_none());
}

#[tokio::test]
async fn a_used_up_quota_that_cannot_be_written_holds_in_the_process_that_met_it() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    stack.bind(&app, "ann", "phone", XIAOMI, &xiaomi::device_token()).await;
    stack.simulators.add_faults([xiaomi::scripts::quota_used_up()]).unwrap();
    stack.runtime.faults.fail_next_of("note_quota", 1);
    for _ in 0..2 {
        assert_eq!(gets(&stack, &app, "ann").await.reason, Some(Reason::QuotaUsedUp));
    }
    assert_eq!(sends(&stack, "xiaomi"), 1);
}

#[tokio::test]
async fn nobody_is_asked_while_the_vendor_wants_to_be_left_alone_and_the_wait_is_no_attempt() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    for user in ["ann", "bob"] {
        stack.bind(&app, user, "phone", FCM, &fcm::device_token()).await;
    }
    stack.simulators.add_faults([fcm::scripts::rate_limited(Some(300))]).unwrap();
    let begin = stack.clock.now();
    let ann = stack.send(&app, &["ann"], json!({})).await[0];
    while stack.step().await {}
    let bob = stack.send(&app, &["bob"], json!({})).await[0];
    while stack.step().await {}
    assert_eq!(sends(&stack, "fcm"), 1, "bob's message waits for what ann's was told");
    stack.clock.set(begin.plus(Duration::from_secs(290)));
    let carol = fcm::device_token();
    stack.bind(&app, "carol", "phone", FCM, &carol).await;
    let carol = stack.send(&app, &["carol"], json!({})).await[0];
    while stack.step().await {}
    assert_eq!(sends(&stack, "fcm"), 1);

    stack.drain().await;
    for (user, id, attempts) in [("ann", ann, 2), ("bob", bob, 1), ("carol", carol, 1)] {
        let outcome = &stack.stored(&app, user, id).await.outcomes[0];
        assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, attempts), "{user}");
        assert!(outcome.at >= begin.plus(Duration::from_secs(300)), "{user}");
    }
    assert_eq!(sends(&stack, "fcm"), 4);
}

#[tokio::test]
async fn one_device_that_gets_too_many_holds_up_no_other() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let ann = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &ann).await;
    stack.bind(&app, "bob", "phone", FCM, &fcm::device_token()).await;
    stack.simulators.add_faults([fcm::scripts::rate_limited(None).for_token(ann)]).unwrap();
    let begin = stack.clock.now();
    stack.send(&app, &["ann"], json!({})).await;
    while stack.step().await {}
    let bob = stack.send(&app, &["bob"], json!({})).await[0];
    while stack.step().await {}
    let outcome = &stack.stored(&app, "bob", bob).await.outcomes[0];
    assert_eq!((outcome.status, outcome.at.since(begin) < Duration::from_secs(5)), (PushStatus::Success, true));
}

#[tokio::test]
async fn what_is_deferred_for_longer_than_it_lives_ends() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    for user in ["ann", "bob"] {
        stack.bind(&app, user, "phone", FCM, &fcm::device_token()).await;
    }
    stack.simulators.add_faults([fcm::scripts::rate_limited(Some(300))]).unwrap();
    stack.send(&app, &["ann"], json!({})).await;
    while stack.step().await {}
    let bob = stack.send(&app, &["bob"], json!({"push_ttl": 120})).await[0];
    while stack.step().await {}
    let outcome = &stack.stored(&app, "bob", bob).await.outcomes[0];
    assert_eq!((outcome.reason, outcome.detail.as_deref()), (Some(Reason::ExpireMessage), Some("held back")));
}

#[tokio::test]
async fn a_notifier_is_used_no_faster_than_its_operator_allows() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let path = app.path(&format!("notifiers/{HUAWEI}"));
    stack.ok("PUT", &path, &app.token, json!({"options": {"tokens_per_second": 10}})).await;
    let users: Vec<String> = (0..40).map(|number| format!("user{number}")).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    for user in &users {
        stack.bind(&app, user, "phone", HUAWEI, &huawei::device_token()).await;
    }
    let begin = stack.clock.now();
    let ids = stack.send(&app, &users, json!({})).await;
    stack.drain().await;
    let mut last = begin;
    for (user, id) in users.iter().zip(ids) {
        let outcome = &stack.stored(&app, user, id).await.outcomes[0];
        assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 1), "{user}");
        last = last.max(outcome.at);
    }
    let took = last.since(begin);
    assert!(took >= Duration::from_secs(3) && took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn a_merged_request_counts_for_as_many_tokens_as_it_has() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let path = app.path(&format!("notifiers/{XIAOMI}"));
    stack.ok("PUT", &path, &app.token, json!({"options": {"tokens_per_second": 10}})).await;
    let users: Vec<String> = (0..60).map(|number| format!("user{number}")).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    for user in users.iter().chain(&["late"]) {
        stack.bind(&app, user, "phone", XIAOMI, &xiaomi::device_token()).await;
    }
    let begin = stack.clock.now();
    stack.send(&app, &users, json!({})).await;
    while stack.step().await {}
    assert_eq!((sends(&stack, "xiaomi"), stack.clock.now()), (1, begin));
    let late = gets(&stack, &app, "late").await;
    assert_eq!((late.status, late.attempts), (PushStatus::Success, 1));
    let waited = late.at.since(begin);
    assert!(waited >= Duration::from_secs(5), "sixty tokens are six seconds' worth, one of them was saved: {waited:?}");
}

#[tokio::test]
async fn a_pace_that_is_none_is_refused() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let path = app.path(&format!("notifiers/{FCM}"));
    let (status, answer) = stack.call("PUT", &path, &app.token, &json!({"options": {"tokens_per_second": 0}})).await;
    assert_eq!(status, 400);
    assert!(answer.to_string().contains("options.tokens_per_second"), "{answer}");
}

#[tokio::test]
async fn masses_of_unregistered_tokens_go_when_they_are_unregistered_again_after_a_success() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let users: Vec<String> = (0..20).map(|number| format!("user{number}")).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    let mut tokens = Vec::new();
    for user in &users {
        tokens.push(fcm::device_token());
        stack.bind(&app, user, "phone", FCM, tokens.last().unwrap()).await;
    }
    let all_unregistered = || stack.simulators.add_faults(tokens.iter().map(|token| fcm::scripts::unregistered(token)));
    for _ in 0..2 {
        all_unregistered().unwrap();
        let ids = stack.send(&app, &users, json!({})).await;
        stack.drain().await;
        for (user, id) in users.iter().zip(ids) {
            assert_eq!(stack.stored(&app, user, id).await.outcomes[0].reason, Some(Reason::IllegalBinding));
        }
    }
    stack.simulators.clear_faults(None);
    stack.clock.advance(Duration::from_secs(1));
    assert_eq!(gets(&stack, &app, "user3").await.status, PushStatus::Success);
    stack.clock.advance(Duration::from_secs(1));

    all_unregistered().unwrap();
    assert_eq!(bound(&stack, &app, &users).await, 20, "spared twice");
    stack.send(&app, &users, json!({})).await;
    stack.drain().await;
    assert_eq!(bound(&stack, &app, &users).await, 0);
}

async fn bound(stack: &Stack, app: &TestApp, users: &[&str]) -> usize {
    let mut bound = 0;
    for user in users {
        let answer = stack.ok("GET", &app.path(&format!("users/{user}/push/binding")), &app.token, json!({})).await;
        bound += answer["entities"].as_array().unwrap().len();
    }
    bound
}

#[tokio::test]
async fn an_option_that_is_null_counts_as_missing() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let path = app.path(&format!("notifiers/{FCM}"));
    let changed = stack.ok("PUT", &path, &app.token, json!({"options": {"tokens_per_second": null}})).await;
    assert_eq!(changed["options"], json!({}));
}
