//! OPPO, from the message to the phone, and how Curlew handles its failures.

use std::{collections::HashSet, time::Duration};

use curlew_tests::simulators::oppo::account::NOTIFIER as OPPO;
use curlew_tests::simulators::{
    Device, Endpoint, Fault, FaultRule, Filter,
    oppo::{self, NAME, scripts},
};
use serde_json::json;
use shared::{
    domain::{
        attempt::UNCLEAR_ATTEMPTS,
        decision::{Decision, Verdict},
        id::{DeviceId, MessageId, NotifierName, UserId},
        message::Receiver,
        outcome::{DeviceOutcome, PushStatus},
        push::{Notification, SemanticClass},
        reason::Reason,
        vendor::Vendor,
    },
    ports::{
        clock::Clock,
        queue::{PushDevice, PushJob, PushReceiver, PushRecord},
    },
};

use super::harness::{Stack, TestApp};

/// Returns an app, and Ann's phone.
async fn ann(stack: &Stack) -> (TestApp, String) {
    let app = stack.app("chat", json!({})).await;
    let token = oppo::device_token();
    stack.bind(&app, "ann", "phone", OPPO, &token).await;
    (app, token)
}

/// Sends a message to Ann. Returns its outcome.
async fn outcome(stack: &Stack, app: &TestApp) -> DeviceOutcome {
    let id = stack.send(app, &["ann"], json!({})).await[0];
    stack.drain().await;
    stack.stored(app, "ann", id).await.outcomes.remove(0)
}

fn sends(stack: &Stack) -> u64 {
    stack.simulators.counts().of(NAME).sends
}

#[tokio::test]
async fn a_message_is_one_request_and_one_notification() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    let outcome = outcome(&stack, &app).await;
    assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 1));
    assert!(outcome.vendor_message_id.is_some());
    assert_eq!((sends(&stack), stack.shown(NAME, &token)), (1, 1));
    let notice = stack.simulators.device(NAME, &token).shade.remove(0).delivery.notice;
    assert_eq!((notice.category.as_deref(), &notice.detail["channel_id"]), (Some("IM"), &json!("im_chat")));
    assert_eq!((&notice.data["f"], &notice.data["t"]), (&json!("sender"), &json!("ann")));
    assert_eq!(notice.data["m"], notice.detail["app_message_id"]);
}

#[tokio::test]
async fn an_unregistered_token_is_removed_and_the_next_message_says_so() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    stack.simulators.add_devices([Device::unregistered(NAME, &token)]).unwrap();
    let first = outcome(&stack, &app).await;
    assert_eq!((first.reason, first.detail.as_deref()), (Some(Reason::IllegalBinding), Some("10000")));

    let second = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    assert!(matches!(stack.suppression(&app, "ann", second).await, Some(Reason::NoPushBinding | Reason::NoUserExist)));
}

#[tokio::test]
async fn an_access_token_that_expired_is_renewed_once() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    outcome(&stack, &app).await;
    stack.simulators.expire_tokens(Some(NAME));
    assert_eq!(outcome(&stack, &app).await.status, PushStatus::Success);
    let counts = stack.simulators.counts().of(NAME);
    assert_eq!((counts.token_requests, counts.sends, counts.delivered), (2, 3, 2));
    assert_eq!(stack.shown(NAME, &token), 2);
}

#[tokio::test]
async fn limits_delay_a_push_and_lose_none() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    stack.simulators.add_faults([scripts::too_fast(), scripts::flow_control()]).unwrap();
    let outcome = outcome(&stack, &app).await;
    assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 3));
    assert_eq!((sends(&stack), stack.shown(NAME, &token)), (3, 1));
}

#[tokio::test]
async fn a_push_whose_answer_was_lost_alerts_once() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    stack.simulators.add_faults([scripts::lost_answer()]).unwrap();
    let outcome = outcome(&stack, &app).await;
    assert_eq!((outcome.status, sends(&stack)), (PushStatus::Success, 2), "OPPO calls the repeat a duplicate");
    assert_eq!((stack.shown(NAME, &token), stack.delivered(NAME, &token)), (1, 1));
}

#[tokio::test]
async fn a_vendor_that_never_makes_sense_is_not_asked_all_day() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    let garbage = FaultRule::new(NAME, Fault::Garbage { status: 200 }).at(Endpoint::Send).always();
    stack.simulators.add_faults([garbage]).unwrap();
    let outcome = outcome(&stack, &app).await;
    assert_eq!((outcome.reason, outcome.attempts), (Some(Reason::PushYetButFail), UNCLEAR_ATTEMPTS));
    assert_eq!((sends(&stack), stack.delivered(NAME, &token)), (u64::from(UNCLEAR_ATTEMPTS), 0));
}

#[tokio::test]
async fn a_refused_secret_switches_the_notifier_off() {
    let stack = Stack::start();
    let (app, _) = ann(&stack).await;
    stack.simulators.add_faults([scripts::secret_changed()]).unwrap();
    assert_eq!(outcome(&stack, &app).await.reason, Some(Reason::NotifierDisabled));
    let notifier = stack.ok("GET", &app.path(&format!("notifiers/{OPPO}")), &app.token, json!({})).await;
    assert!(notifier["health"]["reason"].as_str().unwrap().ends_with("access token: 16"), "{notifier}");
}

#[tokio::test]
async fn two_thousand_and_five_hundred_equal_notifications_are_three_calls_and_cost_only_unregistered_tokens() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let tokens: Vec<String> = (0..2500).map(|_| oppo::device_token()).collect();
    let dead = [0, 999, 1000, 2499].map(|at| Device::unregistered(NAME, &tokens[at]));
    stack.simulators.add_devices(dead).unwrap();
    let receivers: Vec<PushReceiver> =
        tokens.iter().enumerate().map(|(at, token)| receiver(&stack, at, token)).collect();
    let records: Vec<String> = receivers
        .chunks(25)
        .map(|receivers| serde_json::to_string(&PushRecord::V1(job(&stack, &app, receivers))).unwrap())
        .collect();
    stack.push_batch(Vendor::Oppo, &records, 1).await;
    let counts = stack.simulators.counts().of(NAME);
    assert_eq!((counts.sends, counts.targets, counts.delivered), (3, 2500, 2496));
    let requests = stack.simulators.requests(&Filter::vendor(NAME).at(Endpoint::Send));
    let asked: HashSet<&String> = requests.iter().flat_map(|request| &request.targets).collect();
    assert_eq!(asked.len(), 2500, "no token twice");
}

#[tokio::test]
async fn messages_to_several_people_are_one_request_and_cost_only_unregistered_tokens() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    let others = [oppo::device_token(), oppo::device_token()];
    stack.bind(&app, "bob", "phone", OPPO, &others[0]).await;
    stack.bind(&app, "cid", "phone", OPPO, &others[1]).await;
    stack.simulators.add_devices([Device::unregistered(NAME, &others[0])]).unwrap();
    let ids = stack.send(&app, &["ann", "bob", "cid"], json!({})).await;
    stack.drain().await;
    let counts = stack.simulators.counts().of(NAME);
    assert_eq!((counts.sends, counts.targets, counts.refused, counts.delivered), (1, 3, 0, 2));
    for ((user, token), id) in [("ann", &token), ("cid", &others[1])].into_iter().zip([ids[0], ids[2]]) {
        assert_eq!(stack.stored(&app, user, id).await.outcomes[0].status, PushStatus::Success);
        let notice = stack.simulators.device(NAME, token).shade.remove(0).delivery.notice;
        assert_eq!((&notice.data["m"], &notice.data["t"]), (&json!(id), &json!(user)));
    }
    let outcome = stack.stored(&app, "bob", ids[1]).await.outcomes.remove(0);
    assert_eq!((outcome.reason, outcome.detail.as_deref()), (Some(Reason::IllegalBinding), Some("10000")));
}

#[tokio::test]
async fn two_messages_for_one_phone_are_two_requests() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    let ids = [stack.send(&app, &["ann"], json!({})).await[0], stack.send(&app, &["ann"], json!({})).await[0]];
    stack.drain().await;
    for id in ids {
        assert_eq!(stack.stored(&app, "ann", id).await.outcomes[0].status, PushStatus::Success);
    }
    assert_eq!((sends(&stack), stack.shown(NAME, &token)), (2, 2), "OPPO takes a token once a request");
}

#[tokio::test]
async fn a_merged_request_whose_answer_was_lost_alerts_each_phone_once() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    let other = oppo::device_token();
    stack.bind(&app, "bob", "phone", OPPO, &other).await;
    stack.simulators.add_faults([scripts::lost_answer()]).unwrap();
    let ids = stack.send(&app, &["ann", "bob"], json!({})).await;
    stack.drain().await;
    for ((user, token), id) in [("ann", &token), ("bob", &other)].into_iter().zip(ids) {
        assert_eq!(stack.stored(&app, user, id).await.outcomes[0].status, PushStatus::Success);
        assert_eq!((stack.shown(NAME, token), stack.delivered(NAME, token)), (1, 1));
    }
    assert_eq!(sends(&stack), 2, "OPPO calls the repeats duplicates");
}

#[tokio::test]
async fn a_message_that_is_refused_with_others_costs_them_nothing() {
    let stack = Stack::start();
    let (app, token) = ann(&stack).await;
    let other = oppo::device_token();
    stack.bind(&app, "bob", "phone", OPPO, &other).await;
    stack.simulators.add_faults([scripts::coded(67).for_token(&other).always()]).unwrap();
    let ids = stack.send(&app, &["ann", "bob"], json!({})).await;
    stack.drain().await;
    let outcome = stack.stored(&app, "bob", ids[1]).await.outcomes.remove(0);
    assert_eq!((outcome.reason, outcome.detail.as_deref()), (Some(Reason::PushYetButFail), Some("67")));
    assert_eq!(stack.stored(&app, "ann", ids[0]).await.outcomes[0].status, PushStatus::Success);
    assert_eq!((sends(&stack), stack.shown(NAME, &token)), (3, 1));
}

fn receiver(stack: &Stack, at: usize, token: &str) -> PushReceiver {
    PushReceiver {
        receiver: Receiver {
            user: UserId::parse(&format!("u{at}")).unwrap(),
            msg_id: MessageId::new(stack.clock.now(), at as u128),
        },
        decision: (&Decision { verdict: Verdict::Push, rules: Vec::new(), devices: Vec::new() }).into(),
        devices: vec![PushDevice {
            device_id: DeviceId::parse("phone").unwrap(),
            token: serde_json::from_value(json!(token)).unwrap(),
            places: Vec::new(),
        }],
        tokens: Vec::new(),
    }
}

fn job(stack: &Stack, app: &TestApp, receivers: &[PushReceiver]) -> PushJob {
    PushJob {
        app: app.key.clone(),
        notifier: NotifierName::parse(OPPO).unwrap(),
        notification: Notification {
            title: "Group".into(),
            body: "news".into(),
            custom: serde_json::Map::new(),
            class: SemanticClass::Im,
            replace_id: "m1".into(),
            badge: true,
            options: serde_json::Map::new(),
        },
        expires_at: stack.clock.now().plus(Duration::from_secs(600)),
        page: None,
        group_exists: false,
        waits_for_login: false,
        task: None,
        decided_at: Some(stack.clock.now()),
        connections: None,
        receivers: receivers.to_vec(),
        attempts: 0,
        rounds: Vec::new(),
        not_before: None,
        repeat: false,
        unanswered: false,
    }
}
