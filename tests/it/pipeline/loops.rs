//! Every record that returns to its queue ends: attempts are counted, and nothing outlives its message's expiry.

use std::time::Duration;

use curlew_tests::simulators::meizu::account::NOTIFIER as MEIZU;
use curlew_tests::simulators::{Endpoint, Fault, FaultRule, fcm, meizu};
use serde_json::json;
use shared::{
    domain::{
        group::PAGE_MEMBERS,
        id::{GroupId, MessageId},
        reason::Reason,
        retry::{DISPATCH, PUSH, Schedule},
        time::Timestamp,
    },
    ports::{clock::Clock, groups::ManageGroups},
    testing::sample::user,
};

use super::harness::{FCM, Stack, TestApp};

/// Calls after which Lambda ends a chain through SQS, unless configured otherwise. Source: AWS Lambda, "recursive loop
/// detection".
const LAMBDA_ENDS_AFTER: usize = 16;
/// The lifetime of a message without `push_ttl`. Source: `MAX_PUSH_TTL`.
const LIFE: Duration = Duration::from_secs(86_400);

/// Handles the queues. Returns how many turns that took, and when the last one was.
async fn turns(stack: &Stack, most: usize) -> (usize, Timestamp) {
    for turns in 0..=most {
        let Some(at) = stack.next_visible() else {
            return (turns, stack.clock.now());
        };
        stack.clock.set(at.max(stack.clock.now()));
        stack.step().await;
    }
    panic!("a record still comes back after {most} turns");
}

/// Returns the maximum turns of a schedule.
///
/// These are its growing delays, then the longest delay for the rest of the message's life. Jitter halves each delay at
/// worst. A wait that is longer than a queue's maximum delay adds hops.
fn max_turns(schedule: Schedule) -> usize {
    let growing = (0..).take_while(|step| schedule.first.saturating_mul(1 << step) < schedule.most).count();
    let steady = LIFE.as_secs().div_ceil(schedule.most.as_secs() / 2);
    growing + usize::try_from(steady).unwrap() + 2
}

async fn ann(stack: &Stack) -> (TestApp, String) {
    let app = stack.app("chat", json!({})).await;
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    (app, token)
}

async fn ended_with(stack: &Stack, app: &TestApp, id: MessageId) -> Option<Reason> {
    let stored = stack.stored(app, "ann", id).await;
    stored.outcomes.first().and_then(|outcome| outcome.reason)
}

#[tokio::test]
async fn a_push_outlasts_sixteen_calls_and_ends_with_its_message() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    // Meizu's requests have no time in them, so its simulator, which uses the real time, accepts them.
    let token = meizu::device_token();
    stack.bind(&app, "ann", "phone", MEIZU, &token).await;
    let outage = FaultRule::new("meizu", Fault::status(503)).at(Endpoint::Send).for_token(&token).always();
    stack.simulators.add_faults([outage]).unwrap();
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    // A push that waited is decided again before its next attempt. So each attempt takes a turn in both queues.
    let (turns, last) = turns(&stack, 1 + 2 * max_turns(PUSH)).await;
    assert!(turns > LAMBDA_ENDS_AFTER, "{turns} turns");
    assert!(last.since(id.accepted_at()) <= LIFE);
    assert_eq!(ended_with(&stack, &app, id).await, Some(Reason::ExpireMessage));
    assert!(stack.dead_letters.is_empty());
}

#[tokio::test]
async fn a_decision_whose_facts_cannot_be_read_ends_with_its_message() {
    let stack = Stack::start();
    let (app, _) = ann(&stack).await;
    stack.users.faults.fail_next_of("facts", 10_000);
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    let (turns, last) = turns(&stack, max_turns(DISPATCH)).await;
    assert!(turns > LAMBDA_ENDS_AFTER, "{turns} turns");
    assert!(last.since(id.accepted_at()) <= LIFE);
    assert_eq!(stack.suppression(&app, "ann", id).await, Some(Reason::ExpireMessage));
    assert!(stack.dead_letters.is_empty());
}

#[tokio::test]
async fn a_page_whose_members_cannot_be_read_ends_with_its_message() {
    let stack = Stack::start();
    let (app, _) = ann(&stack).await;
    stack.ok("POST", &app.path("chatgroups"), &app.token, json!({"groupid": "birds", "members": ["ann"]})).await;
    stack.groups.faults.fail_next_of("members", 10_000);
    let body = json!({"from": "bob", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
    let sent = stack.ok("POST", &app.path("messages/chatgroups"), &app.token, body).await;
    let id = MessageId::parse(sent["data"]["birds"].as_str().unwrap()).unwrap();
    let (turns, last) = turns(&stack, max_turns(DISPATCH)).await;
    assert!(turns > LAMBDA_ENDS_AFTER, "{turns} turns");
    assert!(last.since(id.accepted_at()) <= LIFE);
    assert!(stack.dead_letters.is_empty());
}

#[tokio::test]
async fn a_group_of_more_pages_than_sixteen_calls_reaches_its_last_member() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({"large_group_limit": 100_000})).await;
    let token = fcm::device_token();
    stack.bind(&app, "zoe", "phone", FCM, &token).await;
    stack.ok("POST", &app.path("chatgroups"), &app.token, json!({"groupid": "birds"})).await;
    let pages = LAMBDA_ENDS_AFTER + 1;
    let users: Vec<String> = (1..pages * PAGE_MEMBERS).map(|number| format!("u{number:05}")).collect();
    let users: Vec<_> = users.iter().map(String::as_str).chain(["zoe"]).map(user).collect();
    let group = GroupId::parse("birds").unwrap();
    stack.groups.add_members(&app.key, &group, &users, stack.clock.now()).await.unwrap();
    let body = json!({"from": "bob", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
    stack.ok("POST", &app.path("messages/chatgroups"), &app.token, body).await;
    let (turns, _) = turns(&stack, 4 * pages).await;
    assert!(turns > LAMBDA_ENDS_AFTER, "{turns} turns");
    assert_eq!(stack.shown("fcm", &token), 1);
}
