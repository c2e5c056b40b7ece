//! Suppressed pushes, and the reasons that are recorded.

use std::time::Duration;

use curlew_tests::simulators::fcm::scripts as fcm;
use curlew_tests::stack::Event;
use reqwest::Method;
use serde_json::json;
use shared::{
    crypto::system::System,
    domain::{
        decision::Verdict,
        id::{MessageId, UserId},
        message::{Content, MessageType, Receiver},
        outcome::PushStatus,
        reason::Reason,
        time::Timestamp,
    },
    ports::{
        clock::{Clock, Entropy},
        messages::StoreMessages,
        queue::{DispatchJob, DispatchRecord},
    },
    testing::chance::FixedClock,
};

use crate::harness::{FCM, Phone, World, canary, until};

#[tokio::test]
async fn presence_decides_and_its_reason_is_recorded() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let mut pushed = 0;

    // A bound device without presence is offline.
    let steps: [(&str, &[&str], Option<Reason>); 6] = [
        ("s1", &[], None),
        ("s1", &["online"], Some(Reason::UserOnline)),
        ("s1", &["heartbeat"], Some(Reason::UserOnline)),
        ("s1", &["offline"], None),
        ("s1", &["online", "kicked"], Some(Reason::DeviceKicked)),
        ("s2", &["online", "offline"], None),
    ];
    for (session, events, silent) in steps {
        for event in events {
            tenant.report_in(session, &phone, event).await;
        }
        assert_eq!(tenant.app.is_online("ann").await.unwrap(), silent == Some(Reason::UserOnline), "{events:?}");
        let id = tenant.send_to("ann", json!({})).await;
        match silent {
            Some(reason) => assert_eq!(tenant.suppression("ann", &id).await, reason, "{events:?}"),
            None => {
                pushed += 1;
                assert_eq!(tenant.outcome("ann", &id).await.status, PushStatus::Success, "{events:?}");
            }
        }
        assert_eq!(tenant.sends(&phone).await.len(), pushed, "{events:?}");
    }
}

#[tokio::test]
async fn a_forced_off_device_gets_no_push_whatever_its_old_session_says() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("huawei", "ann").await;
    tenant.report(&phone, "online").await;
    tenant.report(&phone, "kicked").await;
    for status in ["heartbeat", "offline", "online"] {
        let late = tenant.app.report_now("ann", &phone.device, status).await.unwrap();
        assert_eq!(late["result"], "stale", "{status}");
    }
    let id = tenant.send_to("ann", json!({})).await;
    assert_eq!(tenant.suppression("ann", &id).await, Reason::DeviceKicked);
    assert!(tenant.sends(&phone).await.is_empty());
}

#[tokio::test]
async fn a_gateway_that_dies_leaves_its_users_online_for_one_lease() {
    let world = World::side_by_side().await;
    let tenant = world.tenant_with(json!({"presence_lease_seconds": 5})).await;
    let phone = tenant.phone("fcm", "ann").await;
    tenant.report(&phone, "online").await;
    let id = tenant.send_to("ann", json!({})).await;
    assert_eq!(tenant.suppression("ann", &id).await, Reason::UserOnline);
    until("the lease's end", async || (!tenant.app.is_online("ann").await.unwrap()).then_some(())).await;
    let id = tenant.send_to("ann", json!({})).await;
    assert_eq!(tenant.outcome("ann", &id).await.status, PushStatus::Success);
}

#[tokio::test]
async fn a_gateway_keeps_its_users_online_by_one_lease() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let lease = tenant.app.call(Method::POST, "/presence/gateways/gw7").json(&json!({"ttl_seconds": 5}));
    assert!(lease.send().await.unwrap().success().unwrap()["data"]["expires_at"].is_i64());
    let mut event = serde_json::to_value(Event::now("ann", &phone.device, "s1", "online")).unwrap();
    event["gateway"] = json!("gw7");
    let report = tenant.app.call(Method::POST, "/presence/events").json(&json!({"events": [event]}));
    assert_eq!(report.send().await.unwrap().success().unwrap()["data"][0]["result"], "applied");
    let id = tenant.send_to("ann", json!({})).await;
    assert_eq!(tenant.suppression("ann", &id).await, Reason::UserOnline);
    until("the lease's end", async || (!tenant.app.is_online("ann").await.unwrap()).then_some(())).await;
    let id = tenant.send_to("ann", json!({})).await;
    assert_eq!(tenant.outcome("ann", &id).await.status, PushStatus::Success);
}

#[tokio::test]
async fn a_disconnected_user_gets_no_push_until_another_login() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("huawei", "ann").await;
    tenant.report(&phone, "online").await;
    let answer = tenant.app.call(Method::GET, "/users/ann/disconnect").send().await.unwrap().success().unwrap();
    assert_eq!(answer["data"], json!({"result": true}));
    let id = tenant.send_to("ann", json!({})).await;
    assert_eq!(tenant.suppression("ann", &id).await, Reason::DeviceKicked);
    let path = format!("/users/ann/disconnect/unknown_{}", phone.device);
    let answer = tenant.app.call(Method::DELETE, &path).send().await.unwrap().success().unwrap();
    assert_eq!(answer["data"], json!({"result": true}));
    assert!(tenant.sends(&phone).await.is_empty());
}

#[tokio::test]
async fn a_logout_keeps_the_binding_unless_it_says_otherwise() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let (stays, goes) = (tenant.phone("fcm", "ann").await, tenant.phone("huawei", "bob").await);
    for (phone, unbind) in [(&stays, false), (&goes, true)] {
        tenant.report(phone, "online").await;
        tenant.app.log_out(&phone.user, &phone.device, unbind).await.unwrap();
    }
    assert_eq!(tenant.app.bindings("ann").await.unwrap().len(), 1);
    assert!(tenant.app.bindings("bob").await.unwrap().is_empty());
    let ids = tenant.send(&["ann", "bob"], json!({})).await;
    assert_eq!(tenant.outcome("ann", &ids["ann"]).await.status, PushStatus::Success);
    assert_eq!(tenant.suppression("bob", &ids["bob"]).await, Reason::NoPushBinding);
    assert!(tenant.sends(&goes).await.is_empty());
}

#[tokio::test]
async fn one_connected_device_suppresses_the_others_unless_the_app_wants_each_to_count() {
    let world = World::side_by_side().await;
    for (policy, pushes) in [("all_offline", false), ("any_offline", true)] {
        let tenant = world.tenant_with(json!({"multi_device_policy": policy})).await;
        let (tablet, phone) = (tenant.phone("fcm", "ann").await, tenant.phone("huawei", "ann").await);
        tenant.report(&tablet, "online").await;
        let id = tenant.send_to("ann", json!({})).await;
        let decision = tenant.ended("ann", &id).await.decision.unwrap();
        let of = |phone: &Phone| {
            decision.devices.iter().find(|device| device.device_id.as_str() == phone.device).unwrap().verdict
        };
        let skip = |reason| Verdict::Skip { reason };
        assert_eq!(of(&tablet), skip(Reason::UserOnline));
        assert_eq!(of(&phone), if pushes { Verdict::Push } else { skip(Reason::AnotherDeviceOnline) });
        assert_eq!(decision.verdict, if pushes { Verdict::Push } else { skip(Reason::UserOnline) });
        assert_eq!(tenant.sends(&phone).await.len(), usize::from(pushes), "{policy}");
        assert!(tenant.sends(&tablet).await.is_empty());
    }
}

#[tokio::test]
async fn some_messages_ask_for_no_push() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let cases = [
        (json!({"ext": {"em_ignore_notification": true}}), Reason::MessageIgnorePush),
        (json!({"ext": {"em_ignore_notification": "YES"}}), Reason::MessageIgnorePush),
        (json!({"type": "cmd", "body": {"action": canary::secret()}}), Reason::CommandMessage),
    ];
    for (change, reason) in cases {
        let id = tenant.send_to("ann", change).await;
        assert_eq!(tenant.suppression("ann", &id).await, reason);
    }
    assert!(tenant.sends(&phone).await.is_empty());
}

#[tokio::test]
async fn a_message_for_connected_devices_is_neither_pushed_nor_kept() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let began = System::default().now();
    let id = tenant.send_to("ann", json!({"routetype": "ROUTE_ONLINE"})).await;
    let decided = until("the decision in the log", async || {
        let lines = world.stack.logs.lines("CheckPresenceLogGroup", began.as_millis() - 1000).await.unwrap();
        lines.into_iter().find(|line| line.contains(&id) && line.contains("\"decision\""))
    })
    .await;
    assert!(decided.contains(Reason::OnlineOnly.code()), "{decided}");
    assert_eq!(world.stack.cloud.message(&tenant.key, "ann", &id).await.unwrap(), None);
    assert!(tenant.sends(&phone).await.is_empty());
}

#[tokio::test]
async fn who_cannot_be_reached_is_left_alone_with_the_reason() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    tenant.app.change_notifier(FCM, &json!({"state": "disabled"})).await.unwrap();
    let silenced = tenant.phone("fcm", "silenced").await;
    let unbound = Phone::new("fcm", "unbound");
    tenant.report(&unbound, "online").await;
    tenant.report(&unbound, "offline").await;
    let astray = Phone::new("fcm", "astray");
    tenant.app.bind("astray", &astray.device, &astray.token, "no-such-notifier").await.unwrap();

    let cases = [
        ("nobody", Reason::NoUserExist),
        ("unbound", Reason::NoPushBinding),
        ("astray", Reason::NoNotifierExist),
        ("silenced", Reason::NotifierDisabled),
    ];
    let ids = tenant.send(&cases.map(|(user, _)| user), json!({})).await;
    for (user, reason) in cases {
        assert_eq!(tenant.suppression(user, &ids[user]).await, reason, "{user}");
    }
    for phone in [&silenced, &astray] {
        assert!(tenant.sends(phone).await.is_empty());
    }

    // Missed messages may arrive later.
    tenant.app.change_notifier(FCM, &json!({"state": "enabled"})).await.unwrap();
    until("a push through the enabled notifier", async || {
        let id = tenant.send_to("silenced", json!({})).await;
        let decision = tenant.ended("silenced", &id).await.decision.unwrap();
        (decision.verdict == Verdict::Push).then_some(())
    })
    .await;
    assert_eq!(tenant.shown(&silenced).await.len(), 1);
}

#[tokio::test]
async fn a_vendor_that_asks_for_more_time_than_is_left_gets_no_second_request() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    world.stack.vendors.add_faults([fcm::rate_limited(Some(120)).for_token(&phone.token)]).await.unwrap();
    let id = tenant.send_to("ann", json!({"push_ttl": 60})).await;
    let outcome = tenant.outcome("ann", &id).await;
    assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(Reason::ExpireMessage)));
    let [send] = &tenant.sends(&phone).await[..] else { panic!("not one request") };
    let body: serde_json::Value = serde_json::from_str(&send.body).unwrap();
    let ttl: u64 = body["message"]["android"]["ttl"].as_str().unwrap().trim_end_matches('s').parse().unwrap();
    assert!((1..=60).contains(&ttl), "{ttl}");
}

#[tokio::test]
async fn a_message_that_waited_too_long_is_not_pushed() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = tenant.phone("fcm", "ann").await;
    let system = System::default();
    let accepted_at = Timestamp::from_millis(system.now().as_millis() - 120_000);
    // A message that is older than its app is for an earlier app of the name.
    world.stack.cloud.backdate_app(&tenant.key, accepted_at.minus(Duration::from_secs(1))).await.unwrap();
    let content = Content {
        from: UserId::parse("sender").unwrap(),
        group: None,
        kind: MessageType::Txt,
        body: serde_json::Map::from_iter([("msg".to_owned(), json!(canary::secret()))]),
        ext: serde_json::Map::new(),
        online_only: false,
        instant: None,
        accepted_at,
        expires_at: accepted_at.plus(Duration::from_secs(60)),
    };
    let receiver = Receiver { user: UserId::parse("ann").unwrap(), msg_id: MessageId::new(accepted_at, system.bits()) };
    let cloud = &world.stack.cloud;
    // The clock shows that day, because no row is written under an old id.
    let then = FixedClock::new(accepted_at);
    cloud.messages().store(&tenant.key, &[(&content, std::slice::from_ref(&receiver))], &then).await.unwrap();
    let id = receiver.msg_id.to_string();
    let job = DispatchJob {
        app: tenant.key.clone(),
        content,
        page: None,
        members: None,
        receivers: vec![receiver],
        recheck_at: None,
        waited: None,
        connections: None,
        pushed: Vec::new(),
        vendor_failed: false,
        attempts: 0,
        repeat: false,
    };
    let record = serde_json::to_string(&DispatchRecord::V1 { jobs: vec![job] }).unwrap();
    cloud.put_record("DispatchQueue", &record, 0).await.unwrap();
    assert_eq!(tenant.suppression("ann", &id).await, Reason::ExpireMessage);
    assert!(tenant.sends(&phone).await.is_empty());
}

#[tokio::test]
async fn the_status_of_many_users_comes_in_their_order_and_under_the_names_that_were_sent() {
    let world = World::side_by_side().await;
    let tenant = world.tenant().await;
    let phone = Phone::new("fcm", "bob");
    tenant.report(&phone, "online").await;
    let body = json!({"usernames": ["nobody", "Bob", "ann"]});
    let answer = tenant.app.call(Method::POST, "/users/batch/status").json(&body).send().await.unwrap();
    let data = &answer.success().unwrap()["data"];
    assert_eq!(*data, json!([{"nobody": "offline"}, {"Bob": "online"}, {"ann": "offline"}]));
}
