//! Failures, repeats and crashes: no message is lost, nobody gets a push twice, and a bad record fails alone.

use std::time::Duration;

use curlew_tests::simulators::{Endpoint, Filter, fcm, huawei};
use serde_json::{Value, json};
use shared::{
    domain::{
        decision::{Rule, Verdict},
        outcome::PushStatus,
        vendor::Vendor,
    },
    lambda::idempotency::IDEMPOTENCY_KEY,
    ports::clock::Clock,
};

use super::harness::{FCM, HUAWEI, Stack, TestApp};

async fn ann(stack: &Stack) -> (TestApp, String) {
    let app = stack.app("chat", json!({})).await;
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    (app, token)
}

fn sends(stack: &Stack) -> usize {
    stack.simulators.requests(&Filter::default().at(Endpoint::Send)).len()
}

#[tokio::test]
async fn a_dispatch_record_that_comes_twice_is_pushed_once() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    stack.send(&app, &["ann"], json!({})).await;
    let records = stack.dispatch_queue.take(10);
    stack.dispatch_batch(&records, 1).await;
    stack.drain().await;
    stack.dispatch_batch(&records, 2).await;
    stack.drain().await;
    assert_eq!((sends(&stack), stack.shown("fcm", &token)), (1, 1));
}

#[tokio::test]
async fn a_push_record_that_is_redelivered_after_its_outcome_is_not_sent_again() {
    let stack = Stack::start();
    let (app, _) = ann(&stack).await;
    stack.send(&app, &["ann"], json!({})).await;
    stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
    let records = stack.push_queues.of(Vendor::Fcm).take(100);
    stack.push_batch(Vendor::Fcm, &records, 1).await;
    stack.push_batch(Vendor::Fcm, &records, 2).await;
    assert_eq!(sends(&stack), 1);
}

#[tokio::test]
async fn a_push_that_went_out_before_the_function_died_shows_one_notification() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    stack.send(&app, &["ann"], json!({})).await;
    stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
    let records = stack.push_queues.of(Vendor::Fcm).take(100);
    // The outcome is not recorded, as if the function had died right after the vendor's answer.
    stack.messages.faults.fail_next_of("record_outcomes", 1);
    stack.push_batch(Vendor::Fcm, &records, 1).await;
    stack.push_batch(Vendor::Fcm, &records, 2).await;
    assert_eq!(stack.messages.faults.left(), 0);
    assert_eq!((stack.delivered("fcm", &token), stack.shown("fcm", &token)), (2, 1));
}

#[tokio::test]
async fn an_end_that_cannot_be_recorded_is_recorded_later_and_nothing_is_sent_again() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    stack.messages.faults.fail_next_of("record_outcomes", 3);
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    assert_eq!((stack.messages.faults.left(), sends(&stack), stack.delivered("fcm", &token)), (0, 1, 1));
    let stored = stack.stored(&app, "ann", id).await;
    assert_eq!(stored.decision.unwrap().verdict, Verdict::Push);
    assert_eq!(stored.outcomes.iter().map(|one| one.status).collect::<Vec<_>>(), [PushStatus::Success]);
    assert!(stack.dead_letters.is_empty());
}

#[tokio::test]
async fn an_end_of_a_group_that_cannot_be_recorded_is_recorded_later() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    stack.ok("POST", &app.path("chatgroups"), &app.token, json!({"groupid": "birds", "members": ["ann"]})).await;
    stack.messages.faults.fail_next_of("record_page", 2);
    let message = json!({"from": "bob", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
    let sent = stack.ok("POST", &app.path("messages/chatgroups"), &app.token, message).await;
    stack.drain().await;
    assert_eq!((stack.messages.faults.left(), stack.delivered("fcm", &token)), (0, 1));
    let id = sent["data"]["birds"].as_str().unwrap();
    let path = app.path(&format!("push/trace/{id}?user=ann&group=birds"));
    let trace = stack.ok("GET", &path, &app.token, json!({})).await;
    assert_eq!(trace["data"]["devices"].as_array().unwrap().len(), 1, "{trace}");
}

#[tokio::test]
async fn an_end_is_tried_to_be_recorded_for_a_day_at_most() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    stack.messages.faults.fail_next_of("record_outcomes", 100_000);
    stack.send(&app, &["ann"], json!({})).await;
    stack.drain().await;
    assert!(stack.messages.faults.left() > 0);
    assert_eq!((sends(&stack), stack.delivered("fcm", &token)), (1, 1));
    assert!(stack.push_queues.of(Vendor::Fcm).is_empty() && stack.dead_letters.is_empty());
}

#[tokio::test]
async fn a_call_whose_queueing_failed_is_taken_up_with_the_same_ids() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    let body = json!({"from": "bob", "to": ["ann"], "type": "txt", "body": {"msg": "hello"}}).to_string();
    let key = [(IDEMPOTENCY_KEY, "call-1")];
    let path = app.path("messages/users");
    // The record reaches the queue, but the function gets no answer.
    stack.dispatch_queue.faults.lose_answer_of("queue_dispatch", 1);
    let (status, _) = stack.call_with("POST", &path, &app.token, &key, body.clone()).await;
    assert_eq!(status, 503);
    stack.drain().await;
    let (status, second) = stack.call_with("POST", &path, &app.token, &key, body.clone()).await;
    assert_eq!(status, 200);
    stack.drain().await;
    let (_, third) = stack.call_with("POST", &path, &app.token, &key, body).await;
    assert_eq!(second["data"], third["data"]);
    stack.drain().await;
    assert_eq!((sends(&stack), stack.shown("fcm", &token)), (1, 1));
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let stack = Stack::start();
    let (app, _) = ann(&stack).await;
    let body = |text: &str| json!({"to": ["ann"], "type": "txt", "body": {"msg": text}}).to_string();
    let key = [(IDEMPOTENCY_KEY, "call-1")];
    let path = app.path("messages/users");
    assert_eq!(stack.call_with("POST", &path, &app.token, &key, body("a")).await.0, 200);
    let (status, answer) = stack.call_with("POST", &path, &app.token, &key, body("b")).await;
    assert_eq!((status, &answer["error"]), (422, &json!("idempotency_key_reused")));
}

#[tokio::test]
async fn facts_that_cannot_be_read_put_back_only_their_receiver() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let tokens: Vec<String> = (0..5).map(|_| fcm::device_token()).collect();
    let users = ["u0", "u1", "u2", "u3", "u4"];
    for (user, token) in users.iter().zip(&tokens) {
        stack.bind(&app, user, "phone", FCM, token).await;
    }
    stack.users.faults.fail_next_of("facts", 1);
    let ids = stack.send(&app, &users, json!({})).await;
    stack.step().await;
    let back: Vec<usize> = stack.dispatch_queue.dispatch_jobs().iter().map(|job| job.receivers.len()).collect();
    assert_eq!(back, [1]);
    stack.drain().await;
    for (token, id) in tokens.iter().zip(ids) {
        assert_eq!(stack.delivered("fcm", token), 1, "{id}");
    }
}

#[tokio::test]
async fn one_vendors_queue_that_fails_doubles_nothing_at_the_other() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({"multi_device_policy": "any_offline"})).await;
    let (fcm_token, huawei_token) = (fcm::device_token(), huawei::device_token());
    stack.bind(&app, "ann", "phone", FCM, &fcm_token).await;
    stack.bind(&app, "ann", "tablet", HUAWEI, &huawei_token).await;
    stack.push_queues.of(Vendor::Huawei).faults.fail_next_of("queue_push", 1);
    stack.send(&app, &["ann"], json!({})).await;
    stack.drain().await;
    assert_eq!((stack.delivered("fcm", &fcm_token), stack.delivered("huawei", &huawei_token)), (1, 1));
}

#[tokio::test]
async fn the_messages_of_an_invocation_share_a_request_to_a_vendors_queue_and_its_failure() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let users = ["u1", "u2", "u3", "u4", "u5"];
    let tokens = users.map(|_| fcm::device_token());
    for (user, token) in users.iter().zip(&tokens) {
        stack.bind(&app, user, "phone", FCM, token).await;
        stack.send(&app, &[user], json!({})).await;
    }
    stack.push_queues.of(Vendor::Fcm).faults.fail_next_of("queue_push", 1);
    stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
    assert_eq!(stack.dispatch_queue.dispatch_jobs().len(), users.len());
    assert_eq!(stack.push_queues.of(Vendor::Fcm).push_jobs().len(), 0);
    stack.drain().await;
    assert_eq!(tokens.map(|token| stack.delivered("fcm", &token)), [1; 5]);
}

#[tokio::test]
async fn a_receiver_whose_vendors_both_fail_is_retried_once() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({"multi_device_policy": "any_offline"})).await;
    let (fcm_token, huawei_token) = (fcm::device_token(), huawei::device_token());
    stack.bind(&app, "ann", "phone", FCM, &fcm_token).await;
    stack.bind(&app, "ann", "tablet", HUAWEI, &huawei_token).await;
    for vendor in Vendor::ALL {
        stack.push_queues.of(vendor).faults.fail_next_of("queue_push", 1);
    }
    stack.send(&app, &["ann"], json!({})).await;
    stack.step().await;
    let back: Vec<usize> = stack.dispatch_queue.dispatch_jobs().iter().map(|job| job.receivers.len()).collect();
    assert_eq!(back, [1]);
    stack.drain().await;
    assert_eq!((stack.delivered("fcm", &fcm_token), stack.delivered("huawei", &huawei_token)), (1, 1));
}

#[tokio::test]
async fn a_record_nobody_can_read_is_dead_lettered_and_its_neighbours_are_delivered() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    stack.dispatch_queue.put("{\"v\":\"1\",\"app\":7}");
    stack.send(&app, &["ann"], json!({})).await;
    stack.push_queues.of(Vendor::Fcm).put("not JSON at all");
    stack.drain().await;
    assert_eq!(stack.shown("fcm", &token), 1);
    let dead = stack.dead_letters.records();
    assert_eq!(dead.len(), 2);
    for record in dead {
        assert!(record.reason.unwrap().starts_with("not a record of this queue"));
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_put_away_stays_on_its_queue() {
    let stack = Stack::start();
    stack.dispatch_queue.put("not JSON");
    stack.dispatch_queue.faults.fail_next_of("return_record", 1);
    stack.dead_letters.faults.fail_next_of("dead_letter", 1);
    let records = stack.dispatch_queue.take(10);
    stack.dispatch_batch(&records, 1).await;
    assert_eq!(stack.dispatch_queue.records().len(), 1);
    stack.drain().await;
    assert_eq!(stack.dead_letters.faults.left(), 0);
    assert_eq!(stack.dead_letters.records().len(), 1);
}

#[tokio::test]
async fn a_record_of_a_newer_version_waits_for_that_version_and_is_dead_lettered_at_its_third_read() {
    let stack = Stack::start();
    let began = stack.clock.now();
    let newer = r#"{"v":"2","of":"a version that is being deployed"}"#;
    for queue in [&*stack.dispatch_queue, stack.push_queues.of(Vendor::Fcm)] {
        queue.put(newer);
        for reads in 1..=2 {
            while stack.step().await {}
            let waiting = queue.records();
            assert_eq!(
                waiting.iter().map(|record| (record.body.as_str(), record.reads)).collect::<Vec<_>>(),
                [(newer, reads)]
            );
            assert!(stack.dead_letters.is_empty(), "dead-lettered after {reads} reads");
            stack.clock.set(waiting[0].visible_at);
        }
        while stack.step().await {}
        assert!(queue.is_empty());
        assert_eq!(stack.dead_letters.take(10), [newer]);
    }
    // A deployment has time to end in between.
    assert!(stack.clock.now().since(began) >= Duration::from_secs(2 * 900));
}

#[tokio::test]
async fn a_decision_with_rules_that_this_version_does_not_know_is_sent_and_recorded_whole() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
    let queue = stack.push_queues.of(Vendor::Fcm);
    let mut record: Value = serde_json::from_str(&queue.take(1)[0]).unwrap();
    record["receivers"][0]["decision"]["rules"].as_array_mut().unwrap().push(json!("phase_of_the_moon"));
    record["notification"]["class"] = json!("a class of tomorrow");
    queue.put(record.to_string());
    stack.drain().await;
    assert_eq!(stack.shown("fcm", &token), 1);
    let decision = stack.decision(&app, "ann", id).await;
    assert_eq!(decision.rules.last().unwrap().rule, Rule::Unknown);
    assert!(stack.dead_letters.is_empty());
}

#[tokio::test]
async fn a_record_without_an_id_is_worked_on_and_its_failure_returns_the_batch() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    stack.send(&app, &["ann"], json!({})).await;
    let records = stack.dispatch_queue.take(10);
    stack.push_queues.of(Vendor::Fcm).faults.fail_next_of("queue_push", 1);
    stack.dispatch_queue.faults.fail_next_of("queue_dispatch", 1);
    assert_eq!(stack.dispatch_without_ids(&records).await, [""], "the queue redelivers all of the batch");
    assert_eq!(stack.dispatch_without_ids(&records).await, Vec::<String>::new());
    stack.drain().await;
    assert_eq!(stack.shown("fcm", &token), 1);
}

#[tokio::test]
async fn an_access_token_that_expired_is_renewed_once() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = huawei::device_token();
    stack.bind(&app, "ann", "phone", HUAWEI, &token).await;
    stack.send(&app, &["ann"], json!({})).await;
    stack.drain().await;
    stack.simulators.expire_tokens(Some("huawei"));
    stack.send(&app, &["ann"], json!({})).await;
    stack.drain().await;
    let counts = stack.simulators.counts();
    let counts = counts.of("huawei");
    assert_eq!((counts.token_requests, counts.sends, counts.delivered), (2, 3, 2));
    assert_eq!(stack.shown("huawei", &token), 2);
}
