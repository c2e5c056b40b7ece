//! Vendors that fail, refuse or do not answer, and what follows.

use curlew_tests::simulators::{Device, Endpoint, Fault, FaultRule, fcm::scripts as fcm, huawei::scripts as huawei};
use serde_json::json;
use shared::domain::{attempt::RetryReason, outcome::PushStatus, reason::Reason};

use crate::harness::{Account, FCM, HUAWEI, Phone, Tenant, World, until};

// ---- unregistered tokens ----

#[tokio::test]
async fn an_unregistered_token_loses_its_binding() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let other = tenant.phone("huawei", "ann").await;
    world.stack.vendors.add_devices([Device::unregistered("fcm", &phone.token)]).await.unwrap();

    let id = tenant.send_to("ann", json!({})).await;
    let stored = tenant.ended("ann", &id).await;
    let of = |phone: &Phone| stored.outcomes.iter().find(|outcome| outcome.device_id.as_str() == phone.device).unwrap();
    assert_eq!((of(&phone).status, of(&phone).reason), (PushStatus::Fail, Some(Reason::IllegalBinding)));
    assert_eq!(of(&phone).detail.as_deref(), Some("UNREGISTERED"));
    assert_eq!(of(&other).status, PushStatus::Success);
    let left = tenant.app.bindings("ann").await.unwrap();
    assert_eq!(left.iter().map(|binding| &binding["device_token"]).collect::<Vec<_>>(), [&other.token]);

    let id = tenant.send_to("ann", json!({})).await;
    assert_eq!(tenant.outcome("ann", &id).await.status, PushStatus::Success);
    assert_eq!(tenant.sends(&phone).await.len(), 1);
}

#[tokio::test]
async fn of_a_partial_failure_only_the_unregistered_token_goes() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let (live, dead) = (tenant.phone("huawei", "ann").await, tenant.phone("huawei", "ann").await);
    world.stack.vendors.add_devices([Device::unregistered("huawei", &dead.token)]).await.unwrap();

    let id = tenant.send_to("ann", json!({})).await;
    let stored = tenant.ended("ann", &id).await;
    for (phone, status, reason) in
        [(&live, PushStatus::Success, None), (&dead, PushStatus::Fail, Some(Reason::IllegalBinding))]
    {
        let outcome = stored.outcomes.iter().find(|outcome| outcome.device_id.as_str() == phone.device).unwrap();
        assert_eq!((outcome.status, outcome.reason), (status, reason));
    }
    let [send] = &tenant.sends(&live).await[..] else { panic!("not one request") };
    assert_eq!(send.targets.len(), 2);
    assert!(format!("{:?}", send.answered).contains("80100000"));
    let left = tenant.app.bindings("ann").await.unwrap();
    assert_eq!(left.iter().map(|binding| &binding["device_token"]).collect::<Vec<_>>(), [&live.token]);
}

#[tokio::test]
async fn an_unregistered_token_that_was_replaced_meanwhile_costs_nothing() {
    let world = World::alone().await;
    let tenant = world.tenant().await;
    let old = tenant.phone("fcm", "ann").await;
    let new = Phone { token: Phone::new("fcm", "ann").token, ..old.clone() };
    world.stack.vendors.add_devices([Device::unregistered("fcm", &old.token)]).await.unwrap();

    let id = world
        .while_paused("PushFcm", async || {
            let id = tenant.send_to("ann", json!({})).await;
            world.holds("PushFcmQueue", 1).await;
            tenant.bind(&new).await;
            id
        })
        .await;
    let outcome = tenant.outcome("ann", &id).await;
    assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(Reason::IllegalBinding)));
    let left = tenant.app.bindings("ann").await.unwrap();
    assert_eq!(left.iter().map(|binding| &binding["device_token"]).collect::<Vec<_>>(), [&new.token]);
    let id = tenant.send_to("ann", json!({})).await;
    assert_eq!(tenant.outcome("ann", &id).await.status, PushStatus::Success);
    assert_eq!((tenant.shown(&old).await.len(), tenant.shown(&new).await.len()), (0, 1));
}

// ---- transient failures ----

#[tokio::test]
async fn a_push_to_a_vendor_that_fails_once_is_retried() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let (ann, bob) = (tenant.phone("fcm", "ann").await, tenant.phone("huawei", "bob").await);
    let stumble = |phone: &Phone, fault| FaultRule::new(phone.vendor, fault).at(Endpoint::Send).for_token(&phone.token);
    let faults = [stumble(&ann, Fault::status(500)), stumble(&bob, Fault::html(503))];
    world.stack.vendors.add_faults(faults).await.unwrap();
    let ids = tenant.send(&["ann", "bob"], json!({})).await;
    for phone in [&ann, &bob] {
        let outcome = tenant.outcome(&phone.user, &ids[&phone.user]).await;
        assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 2), "{}", phone.vendor);
        assert_eq!(tenant.sends(phone).await.len(), 2);
        assert_eq!((tenant.shown(phone).await.len(), tenant.deliveries(phone).await.len()), (1, 1));
    }
}

#[tokio::test]
async fn a_vendor_that_names_a_time_is_left_alone_until_then() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    world.stack.vendors.add_faults([fcm::rate_limited(Some(3)).for_token(&phone.token)]).await.unwrap();
    let id = tenant.send_to("ann", json!({})).await;
    let outcome = tenant.outcome("ann", &id).await;
    assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 2));
    let [earlier] = &outcome.earlier[..] else { panic!("not one attempt before the last") };
    assert_eq!((earlier.number, earlier.retry_reason), (1, RetryReason::Throttled));
    let [refused, taken] = &tenant.sends(&phone).await[..] else { panic!("not two requests") };
    assert_eq!((refused.status(), taken.status()), (Some(429), Some(200)));
    assert!(taken.at_ms - refused.at_ms >= 3000, "asked again after {} ms", taken.at_ms - refused.at_ms);
}

#[tokio::test]
async fn an_access_token_that_ends_early_is_renewed_once() {
    let world = World::alone().await;
    let tenant = world.tenant().await;
    let (ann, bob) = (tenant.phone("fcm", "ann").await, tenant.phone("huawei", "bob").await);
    push_to_both(&tenant, &ann, &bob).await;
    world.stack.vendors.expire_tokens(None).await.unwrap();
    push_to_both(&tenant, &ann, &bob).await;
    push_to_both(&tenant, &ann, &bob).await;
    for (phone, account) in [(&ann, &tenant.fcm), (&bob, &tenant.huawei)] {
        assert_eq!(tenant.token_requests(account).await.len(), 2, "{}", phone.vendor);
        // Every process that still has the old access token is refused once.
        let sends = tenant.sends(phone).await;
        let (old, new) = (sends[0].header("authorization"), sends[sends.len() - 1].header("authorization"));
        assert_ne!(old, new);
        let (refused, taken): (Vec<_>, Vec<_>) = sends[1..].iter().partition(|send| send.refusal.is_some());
        assert!(!refused.is_empty() && refused.iter().all(|send| send.header("authorization") == old));
        assert!(taken.len() == 2 && taken.iter().all(|send| send.header("authorization") == new));
        assert_eq!(tenant.shown(phone).await.len(), 3);
    }
}

async fn push_to_both(tenant: &Tenant<'_>, ann: &Phone, bob: &Phone) {
    let ids = tenant.send(&[&ann.user, &bob.user], json!({})).await;
    for phone in [ann, bob] {
        assert_eq!(tenant.outcome(&phone.user, &ids[&phone.user]).await.status, PushStatus::Success);
    }
}

#[tokio::test]
async fn answers_that_are_lost_show_one_notification() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let (ann, bob) = (tenant.phone("fcm", "ann").await, tenant.phone("huawei", "bob").await);
    // The fault is set twice, because an HTTP client may itself repeat a request that is lost on a used connection.
    let faults =
        [fcm::lost_answer().for_token(&ann.token).times(2), huawei::lost_answer().for_token(&bob.token).times(2)];
    world.stack.vendors.add_faults(faults).await.unwrap();
    let ids = tenant.send(&["ann", "bob"], json!({})).await;
    for phone in [&ann, &bob] {
        let outcome = tenant.outcome(&phone.user, &ids[&phone.user]).await;
        assert!(outcome.status == PushStatus::Success && outcome.attempts > 1, "{outcome:?}");
        assert_eq!(tenant.deliveries(phone).await.len(), 3, "{}", phone.vendor);
        assert_eq!(tenant.shown(phone).await.len(), 1, "{}", phone.vendor);
    }
}

// ---- credentials ----

#[tokio::test]
async fn a_refused_credential_switches_its_notifier_off_and_no_other() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let second = Account::open(&world, "fcm").await;
    tenant.app.create_notifier("second", "fcm", second.record()).await.unwrap();
    let (ann, bob) = (tenant.phone("fcm", "ann").await, tenant.phone("huawei", "bob").await);
    let eve = Phone::new("fcm", "eve");
    tenant.app.bind("eve", &eve.device, &eve.token, "second").await.unwrap();
    world.stack.vendors.remove_credential("fcm", &tenant.fcm.id).await.unwrap();

    let ids = tenant.send(&["ann", "bob", "eve"], json!({})).await;
    let outcome = tenant.outcome("ann", &ids["ann"]).await;
    assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(Reason::NotifierDisabled)));
    let detail = outcome.detail.unwrap();
    assert!(detail.ends_with("invalid_grant"), "{detail}");
    for user in ["bob", "eve"] {
        assert_eq!(tenant.outcome(user, &ids[user]).await.status, PushStatus::Success, "{user}");
    }

    let shown = tenant.app.notifier(FCM).await.unwrap();
    assert_eq!((&shown["state"], &shown["health"]["state"]), (&json!("disabled"), &json!("disabled")));
    assert_eq!(shown["health"]["reason"], format!("the vendor refuses the credential: {detail}"));
    assert!(shown["health"]["last_failure"].is_i64());
    for other in [HUAWEI, "second"] {
        let shown = tenant.app.notifier(other).await.unwrap();
        assert_eq!(shown["state"], "enabled", "{other}");
        assert!(shown["health"]["last_success"].is_i64());
    }
    // The binding is valid. It waits for a valid credential.
    assert_eq!(tenant.app.bindings("ann").await.unwrap().len(), 1);

    world.stack.vendors.add_credential(&tenant.fcm.known()).await.unwrap();
    let shown = tenant.app.change_notifier(FCM, &json!({"credential": tenant.fcm.record()})).await.unwrap();
    assert_eq!(shown["state"], "enabled");
    until("a push with the new credential", async || {
        let id = tenant.send_to("ann", json!({})).await;
        let stored = tenant.ended("ann", &id).await;
        stored.outcomes.iter().any(|outcome| outcome.status == PushStatus::Success).then_some(())
    })
    .await;
    assert_eq!((ann.vendor, bob.vendor), ("fcm", "huawei"));
}
