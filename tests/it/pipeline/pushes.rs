//! Pushes: what a user gets, and the requests to the vendor.

use std::time::Duration;

use curlew_tests::simulators::{Endpoint, Fault, FaultRule, Filter, fcm, huawei};
use serde_json::{Value, json};
use shared::{
    app_configs::{KEPT, RECENT},
    domain::{
        attempt::UNCLEAR_ATTEMPTS,
        decision::{Decision, Verdict},
        id::{DeviceId, MessageId, NotifierName, UserId},
        message::Receiver,
        outcome::PushStatus,
        push::{Notification, SemanticClass},
        reason::Reason,
        vendor::Vendor,
    },
    ports::{
        clock::Clock,
        queue::{PushDevice, PushJob, PushReceiver, PushRecord},
    },
};

use super::harness::{FCM, HUAWEI, Stack};

#[tokio::test]
async fn a_message_to_two_offline_users_is_one_request_at_each_vendor() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let (fcm_token, huawei_token) = (fcm::device_token(), huawei::device_token());
    stack.bind(&app, "ann", "phone", FCM, &fcm_token).await;
    stack.bind(&app, "bob", "phone", HUAWEI, &huawei_token).await;
    let ids = stack.send(&app, &["ann", "bob"], json!({})).await;
    stack.drain().await;

    let sends = |vendor: &str| stack.simulators.counts().of(vendor).sends;
    assert_eq!((sends("fcm"), sends("huawei")), (1, 1));
    assert_eq!((stack.shown("fcm", &fcm_token), stack.shown("huawei", &huawei_token)), (1, 1));
    for (user, id) in ["ann", "bob"].into_iter().zip(ids) {
        let stored = stack.stored(&app, user, id).await;
        assert_eq!(stored.decision.unwrap().verdict, Verdict::Push);
        assert_eq!(stored.outcomes.len(), 1);
        assert_eq!((stored.outcomes[0].status, stored.outcomes[0].attempts), (PushStatus::Success, 1));
        assert!(stored.outcomes[0].vendor_message_id.is_some());
    }
}

#[tokio::test]
async fn presence_decides_and_the_record_says_why() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({"presence_lease_seconds": 60})).await;
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;

    stack.report(&app, "ann", "phone", "s1", "online").await;
    let online = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    assert_eq!(stack.suppression(&app, "ann", online).await, Some(Reason::UserOnline));

    stack.clock.advance(Duration::from_secs(60));
    let lease_over = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    assert_eq!(stack.suppression(&app, "ann", lease_over).await, None);

    stack.report(&app, "ann", "phone", "s2", "online").await;
    stack.report(&app, "ann", "phone", "s2", "kicked").await;
    let kicked = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    assert_eq!(stack.suppression(&app, "ann", kicked).await, Some(Reason::DeviceKicked));
    assert_eq!(stack.delivered("fcm", &token), 1);
}

#[tokio::test]
async fn a_token_that_moves_to_another_user_serves_the_new_one_only() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = huawei::device_token();
    stack.bind(&app, "ann", "phone", HUAWEI, &token).await;
    stack.bind(&app, "bob", "phone", HUAWEI, &token).await;
    let ids = stack.send(&app, &["ann", "bob"], json!({})).await;
    stack.drain().await;
    assert_eq!(stack.suppression(&app, "bob", ids[1]).await, None);
    assert!(stack.suppression(&app, "ann", ids[0]).await.is_some());
    let filter = Filter::vendor("huawei").at(Endpoint::Send);
    assert_eq!(stack.simulators.requests(&filter).len(), 1);
    assert_eq!(stack.simulators.requests(&filter.with_text(ids[1].to_string())).len(), 1);
}

#[tokio::test]
async fn an_unregistered_token_is_removed_and_the_next_message_says_so() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    stack.simulators.add_devices([curlew_tests::simulators::Device::unregistered("fcm", &token)]).unwrap();

    let first = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    let outcome = &stack.stored(&app, "ann", first).await.outcomes[0];
    assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(Reason::IllegalBinding)));

    let second = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    assert!(matches!(stack.suppression(&app, "ann", second).await, Some(Reason::NoPushBinding | Reason::NoUserExist)));
}

#[tokio::test]
async fn a_push_to_a_vendor_that_fails_is_retried_and_the_phone_shows_one_notification() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    let stumble = FaultRule::new("fcm", Fault::status(500)).at(Endpoint::Send).times(2);
    // The third request has no answer, although the message was delivered.
    let silent = FaultRule::new("fcm", Fault::Close {}).at(Endpoint::Send).times(1).after_delivery();
    stack.simulators.add_faults([stumble, silent]).unwrap();

    let id = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    let outcome = &stack.stored(&app, "ann", id).await.outcomes[0];
    assert_eq!(outcome.status, PushStatus::Success);
    assert_eq!(stack.shown("fcm", &token), 1);
    assert!(stack.delivered("fcm", &token) >= 1);
}

#[tokio::test]
async fn a_vendor_that_is_down_is_asked_until_the_message_expires() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = huawei::device_token();
    stack.bind(&app, "ann", "phone", HUAWEI, &token).await;
    let down = FaultRule::new("huawei", Fault::status(500)).at(Endpoint::Send).always();
    stack.simulators.add_faults([down]).unwrap();

    let id = stack.send(&app, &["ann"], json!({"push_ttl": 120})).await[0];
    let sent_at = stack.clock.now();
    stack.drain().await;
    let outcome = &stack.stored(&app, "ann", id).await.outcomes[0];
    assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(Reason::ExpireMessage)));
    assert!(outcome.at.since(sent_at) <= Duration::from_secs(120));
    let asked = stack.simulators.counts().of("huawei").sends;
    assert!((3..=8).contains(&asked), "asked {asked} times in two minutes");
}

#[tokio::test]
async fn a_vendor_that_never_says_what_it_did_is_not_asked_all_day() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = huawei::device_token();
    stack.bind(&app, "ann", "phone", HUAWEI, &token).await;
    let garbage = FaultRule::new("huawei", Fault::Garbage { status: 200 }).at(Endpoint::Send).always().after_delivery();
    stack.simulators.add_faults([garbage]).unwrap();

    let id = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    let outcome = &stack.stored(&app, "ann", id).await.outcomes[0];
    assert_eq!((outcome.reason, outcome.attempts), (Some(Reason::PushYetButFail), UNCLEAR_ATTEMPTS));
    assert_eq!(stack.simulators.counts().of("huawei").sends, u64::from(UNCLEAR_ATTEMPTS));
    assert_eq!(stack.shown("huawei", &token), 1);
}

#[tokio::test]
async fn a_refused_credential_switches_its_notifier_off_and_no_other() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let (fcm_token, huawei_token) = (fcm::device_token(), huawei::device_token());
    stack.bind(&app, "ann", "phone", HUAWEI, &huawei_token).await;
    stack.bind(&app, "bob", "phone", FCM, &fcm_token).await;
    let wrong = json!({"credential": changed_secret()});
    stack.ok("PUT", &app.path(&format!("notifiers/{HUAWEI}")), &app.token, wrong).await;

    let ids = stack.send(&app, &["ann", "bob"], json!({})).await;
    stack.drain().await;
    let outcome = &stack.stored(&app, "ann", ids[0]).await.outcomes[0];
    assert_eq!(outcome.reason, Some(Reason::NotifierDisabled));
    assert_eq!(stack.shown("fcm", &fcm_token), 1);
    let notifier = stack.ok("GET", &app.path(&format!("notifiers/{HUAWEI}")), &app.token, json!({})).await;
    assert_eq!(notifier["health"]["state"], "disabled", "{notifier}");
    assert!(notifier["health"]["reason"].as_str().unwrap().contains("credential"));

    stack.clock.advance(KEPT);
    let next = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    assert_eq!(stack.suppression(&app, "ann", next).await, Some(Reason::NotifierDisabled));

    let right = json!({"credential": huawei::account::record()});
    stack.ok("PUT", &app.path(&format!("notifiers/{HUAWEI}")), &app.token, right).await;
    stack.clock.advance(RECENT);
    let revived = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    assert_eq!(stack.suppression(&app, "ann", revived).await, None);
    assert_eq!(stack.shown("huawei", &huawei_token), 1);
}

#[tokio::test]
async fn two_thousand_and_five_hundred_equal_notifications_are_three_huawei_calls() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let receivers: Vec<PushReceiver> = (0..2500u128)
        .map(|index| PushReceiver {
            receiver: Receiver {
                user: UserId::parse(&format!("u{index}")).unwrap(),
                msg_id: MessageId::new(stack.clock.now(), index),
            },
            decision: (&Decision { verdict: Verdict::Push, rules: Vec::new(), devices: Vec::new() }).into(),
            devices: vec![PushDevice {
                device_id: DeviceId::parse("phone").unwrap(),
                token: serde_json::from_value(json!(huawei::device_token())).unwrap(),
                places: Vec::new(),
            }],
            tokens: Vec::new(),
        })
        .collect();
    // The queue delivers many jobs with the same notification.
    let records: Vec<String> = receivers
        .chunks(25)
        .map(|receivers| {
            let job = PushJob {
                app: app.key.clone(),
                notifier: NotifierName::parse(HUAWEI).unwrap(),
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
            };
            serde_json::to_string(&PushRecord::V1(job)).unwrap()
        })
        .collect();
    stack.push_batch(Vendor::Huawei, &records, 1).await;
    let counts = stack.simulators.counts();
    let counts = counts.of("huawei");
    assert_eq!((counts.sends, counts.targets, counts.delivered), (3, 2500, 2500));
}

fn changed_secret() -> Value {
    let mut record = huawei::account::record();
    record["client_secret"] = json!("0000000000000000000000000000000000000000000000000000000000000000");
    record
}
