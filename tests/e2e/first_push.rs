//! Checks the whole path: app, token, notifier, binding, message, push, stored trace.

use serde_json::{Value, json};
use shared::domain::{
    content::{DEFAULT_BODY, DEFAULT_TITLE},
    decision::{Rule, RuleResult, Verdict},
    outcome::PushStatus,
};

use crate::harness::{FCM, HUAWEI, Phone, Tenant, World, dead_letters, message, until};

#[tokio::test]
async fn a_message_to_two_offline_users_is_one_request_at_each_vendor() {
    let world = World::alone().await;
    let before = dead_letters(&world).await;
    let tenant = world.tenant().await;
    let ann = tenant.phone("fcm", "ann").await;
    let bob = tenant.phone("huawei", "bob").await;

    let mut body = message(&["ann", "bob"], json!({"from": "Carol"}));
    body["ext"]["em_push_ext"]["custom"] = json!({"room": 7});
    let ids = tenant.app.send(&body).await.unwrap();

    let shown = &body["ext"]["em_push_ext"];
    let sent = only_send(&tenant, &ann).await;
    let push = &sent["message"];
    assert_eq!(push["token"], ann.token);
    assert_eq!(push["data"], json!({"f": "carol", "t": "ann", "m": ids["ann"], "e": "{\"room\":7}"}));
    assert_eq!(push["android"]["priority"], "HIGH");
    let notification = &push["android"]["notification"];
    assert_eq!(notification["title"], shown["title"]);
    assert_eq!(notification["body"], shown["content"]);
    assert_eq!(notification["tag"], ids["ann"]);

    let sent = only_send(&tenant, &bob).await;
    let push = &sent["message"];
    assert_eq!(push["token"], json!([bob.token]));
    let data: Value = serde_json::from_str(push["data"].as_str().unwrap()).unwrap();
    assert_eq!(data, json!({"f": "carol", "t": "bob", "m": ids["bob"], "e": {"room": 7}}));
    assert_eq!(push["android"]["category"], "IM");
    let notification = &push["android"]["notification"];
    assert_eq!(notification["title"], shown["title"]);
    assert_eq!(notification["body"], shown["content"]);
    assert_eq!(notification["tag"], ids["bob"]);

    for phone in [&ann, &bob] {
        assert_eq!(tenant.shown(phone).await.len(), 1);
        is_recorded(&tenant, phone, &ids[&phone.user]).await;
    }
    until("empty queues", async || {
        let depths = world.stack.cloud.depths().await.unwrap();
        // Erasure checks again after minutes, and other tests' messages are rechecked. So these queues need not be
        // empty.
        let waits = |id: &str| id.contains("DeadLetter") || ["DispatchQueue", "EraseQueue"].contains(&id);
        depths.iter().all(|(id, depth)| waits(id) || *depth == 0).then_some(())
    })
    .await;
    assert_eq!(dead_letters(&world).await, before);
}

#[tokio::test]
async fn a_notification_that_nobody_worded_says_the_products_words() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let ann = tenant.phone("fcm", "ann").await;
    let id = tenant.send_to("ann", json!({"ext": {}})).await;
    assert_eq!(tenant.outcome("ann", &id).await.status, PushStatus::Success);
    let notice = &tenant.shown(&ann).await[0].delivery.notice;
    assert_eq!((notice.title.as_deref(), notice.body.as_deref()), (Some(DEFAULT_TITLE), Some(DEFAULT_BODY)));
}

#[tokio::test]
async fn functions_call_vendors_over_tls_and_http_2() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let ann = tenant.phone("fcm", "ann").await;
    let id = tenant.send_to("ann", json!({})).await;
    assert_eq!(tenant.outcome("ann", &id).await.status, PushStatus::Success);
    let sends = tenant.sends(&ann).await;
    // The simulators speak HTTP/2 to such a client only over TLS, by ALPN.
    assert_eq!(sends.iter().map(|send| send.version.as_str()).collect::<Vec<_>>(), ["HTTP/2.0"]);
}

#[tokio::test]
async fn a_certificate_test_shows_the_vendors_own_words() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let (live, dead) = (Phone::new("fcm", "ann"), Phone::new("huawei", "bob"));
    world
        .stack
        .vendors
        .add_devices([curlew_tests::simulators::Device::unregistered("huawei", &dead.token)])
        .await
        .unwrap();

    let report = tenant.app.test_notifier(FCM, &live.token).await.unwrap();
    assert_eq!((&report["status"], &report["detail"]), (&json!("success"), &json!("success")));
    assert!(report["vendor"]["name"].as_str().unwrap().contains("/messages/"), "{report}");
    assert_eq!(tenant.shown(&live).await.len(), 1);

    let report = tenant.app.test_notifier(HUAWEI, &dead.token).await.unwrap();
    assert_eq!((&report["status"], &report["detail"]), (&json!("fail"), &json!("80300007")));
    assert_eq!(report["vendor"]["code"], "80300007");
}

async fn only_send(tenant: &Tenant<'_>, phone: &Phone) -> Value {
    let mut sends = until("a push", async || Some(tenant.sends(phone).await).filter(|sends| !sends.is_empty())).await;
    assert_eq!(sends.len(), 1);
    serde_json::from_str(&sends.remove(0).body).unwrap()
}

async fn is_recorded(tenant: &Tenant<'_>, phone: &Phone, id: &str) {
    let stored = tenant.ended(&phone.user, id).await;
    let decision = stored.decision.unwrap();
    assert_eq!(decision.verdict, Verdict::Push);
    assert!(decision.rules.iter().all(|rule| rule.result == RuleResult::Pass), "{:?}", decision.rules);
    assert_eq!(decision.rules.last().unwrap().rule, Rule::Content);
    let [outcome] = &stored.outcomes[..] else { panic!("{:?}", stored.outcomes) };
    assert_eq!((outcome.status, outcome.reason, outcome.attempts), (PushStatus::Success, None, 1));
    assert_eq!(
        (outcome.device_id.as_str(), outcome.notifier.as_str()),
        (phone.device.as_str(), phone.notifier().as_str())
    );
    assert!(outcome.vendor_message_id.is_some());
}
