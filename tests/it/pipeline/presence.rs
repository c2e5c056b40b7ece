//! Presence, from the reports of gateways and clients to the pushes.

use curlew_tests::simulators::fcm;
use serde_json::{Value, json};
use shared::{
    domain::{
        id::UserId,
        presence::{MAX_DEVICES, PresenceEvent, PresenceStatus},
        reason::Reason,
    },
    ports::{clock::Clock, users::TrackPresence},
    testing::sample,
};

use super::harness::{FCM, Stack, TestApp};

/// Returns an app, and Ann with a phone.
async fn world() -> (Stack, TestApp, String) {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let token = fcm::device_token();
    stack.bind(&app, "ann", "phone", FCM, &token).await;
    (stack, app, token)
}

/// Reports an event of Ann's phone with a time this many milliseconds from now.
async fn late(stack: &Stack, app: &TestApp, session: &str, status: &str, millis: i64) -> Value {
    let ts = stack.clock.now().as_millis() + millis;
    let event = json!({"user": "ann", "device_id": "phone", "session": session, "status": status, "ts": ts});
    let path = app.path("presence/events");
    stack.ok("POST", &path, &app.token, json!({"events": [event]})).await["data"][0]["result"].clone()
}

/// Sends a message to Ann's phone. Returns its suppression reason.
async fn suppression(stack: &Stack, app: &TestApp) -> Option<Reason> {
    let id = stack.send(app, &["ann"], json!({})).await[0];
    while stack.step().await {}
    stack.suppression(app, "ann", id).await
}

#[tokio::test]
async fn a_kicked_device_is_not_pushed_to_though_its_gateway_closes_the_connection() {
    let (stack, app, token) = world().await;
    stack.report(&app, "ann", "phone", "s1", "online").await;
    stack.report(&app, "ann", "phone", "s1", "kicked").await;
    for status in ["offline", "heartbeat", "logout", "online"] {
        assert_eq!(late(&stack, &app, "s1", status, 5).await, "stale", "{status}");
    }
    assert_eq!(late(&stack, &app, "s2", "offline", 6).await, "stale");
    let log_out = json!({"device_id": "phone"});
    stack.ok("POST", &app.path("users/ann/push/logout"), &app.token, log_out).await;
    assert_eq!(suppression(&stack, &app).await, Some(Reason::DeviceKicked));
    assert_eq!(stack.shown("fcm", &token), 0);

    assert_eq!(late(&stack, &app, "s3", "online", 7).await, "applied");
    assert_eq!(suppression(&stack, &app).await, Some(Reason::UserOnline));
    assert_eq!(late(&stack, &app, "s3", "offline", 8).await, "applied");
    assert_eq!(suppression(&stack, &app).await, None);
    assert_eq!(stack.shown("fcm", &token), 1);
}

#[tokio::test]
async fn a_kicked_device_stays_kicked_whatever_other_devices_log_in() {
    let (stack, app, token) = world().await;
    stack.ok("PUT", &app.path("push/settings"), &app.token, json!({"max_devices": 1})).await;
    stack.report(&app, "ann", "phone", "s1", "kicked").await;
    for number in 0..40 {
        let device = format!("tablet{number}");
        stack.report(&app, "ann", &device, "s", "online").await;
        stack.report(&app, "ann", &device, "s", "kicked").await;
    }
    assert_eq!(suppression(&stack, &app).await, Some(Reason::DeviceKicked));
    assert_eq!(stack.shown("fcm", &token), 0);
}

#[tokio::test]
async fn the_late_beginning_and_end_of_an_older_session_leave_the_newer_one_connected() {
    let (stack, app, token) = world().await;
    stack.report(&app, "ann", "phone", "new", "online").await;
    assert_eq!(late(&stack, &app, "old", "online", -5_000).await, "stale");
    assert_eq!(late(&stack, &app, "old", "offline", 1_000).await, "stale");
    assert_eq!(suppression(&stack, &app).await, Some(Reason::UserOnline));
    assert_eq!(stack.shown("fcm", &token), 0);
}

#[tokio::test]
async fn a_user_with_thousands_of_devices_is_decided_by_the_last_ones() {
    let (stack, app, token) = world().await;
    let ann = UserId::parse("ann").unwrap();
    let now = stack.clock.now();
    for number in 0..3_500 {
        let name = format!("{number:0100}");
        let at = shared::domain::time::Timestamp::from_millis(now.as_millis() - 3_500 + number);
        let online = PresenceEvent { user: ann.clone(), ..sample::event("u", &name, "s", PresenceStatus::Online, at) };
        let lease = std::time::Duration::from_secs(300);
        stack.users.apply(&app.key, &online, lease, usize::MAX).await.unwrap();
    }
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    while stack.step().await {}
    let decision = stack.decision(&app, "ann", id).await;
    assert_eq!(stack.suppression(&app, "ann", id).await, Some(Reason::UserOnline));
    let recorded = serde_json::to_string(&decision).unwrap();
    assert!(recorded.len() < 8 * 1024, "{} bytes are recorded", recorded.len());
    assert!(recorded.contains(&format!("{:0100}", 3_499)) && !recorded.contains(&format!("{:0100}", 3_467)));

    // A few new devices later the user has the maximum.
    for number in 0..36 {
        for status in ["online", "offline"] {
            stack.report(&app, "ann", &format!("new{number}"), "s", status).await;
        }
    }
    let left = stack.users.presence(&app.key, &[ann]).await.unwrap().remove(0).1;
    assert_eq!(left.len(), usize::from(MAX_DEVICES));
    assert_eq!(suppression(&stack, &app).await, None);
    assert_eq!(stack.shown("fcm", &token), 1);
}

#[tokio::test]
async fn a_flood_of_devices_by_a_user_token_harms_that_user_alone() {
    let (stack, app, _) = world().await;
    stack.ok("PUT", &app.path("push/settings"), &app.token, json!({"max_devices": 4})).await;
    let grant = json!({"grant_type": "inherit", "username": "ann", "autoCreateUser": true});
    let issued = stack.ok("POST", &app.path("token"), &app.token, grant).await;
    let own = issued["access_token"].as_str().unwrap();
    stack.report(&app, "bob", "pad", "s1", "online").await;
    stack.clock.advance(shared::app_configs::KEPT);
    let events: Vec<Value> = (0..500)
        .map(|number| {
            let ts = stack.clock.now().as_millis() - 500 + number;
            json!({"user": "ann", "device_id": format!("d{number}"), "session": "s", "status": "online", "ts": ts})
        })
        .collect();
    stack.ok("POST", &app.path("presence/events"), own, json!({"events": events})).await;
    let users = ["ann", "bob"].map(|name| UserId::parse(name).unwrap());
    let known = stack.users.presence(&app.key, &users).await.unwrap();
    let names = |index: usize| {
        let devices = known[index].1.iter();
        devices.map(|(device, _)| device.to_string()).collect::<Vec<_>>()
    };
    assert_eq!((names(0), names(1)), (["d496", "d497", "d498", "d499"].map(String::from).to_vec(), vec!["pad".into()]));
}
