//! A user's devices in the reference API, and the call that forces them off.

use curlew_tests::simulators::fcm;
use serde_json::{Value, json};
use shared::{domain::reason::Reason, ports::clock::Clock};

use super::harness::{FCM, Stack, TestApp};

/// An app, and Ann with a phone and a tablet.
struct World {
    stack: Stack,
    app: TestApp,
}

impl World {
    async fn new() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        for device in ["phone", "tablet"] {
            stack.bind(&app, "ann", device, FCM, &fcm::device_token()).await;
        }
        Self { stack, app }
    }

    async fn event(&self, device: &str, session: &str, status: &str, platform: Option<&str>) -> Value {
        let event = json!({
            "user": "ann", "device_id": device, "session": session, "status": status, "ts": self.stack.clock.now(),
            "platform": platform,
        });
        let path = self.app.path("presence/events");
        let answer = self.stack.ok("POST", &path, &self.app.token, json!({"events": [event]})).await;
        self.stack.clock.advance(std::time::Duration::from_millis(1));
        answer["data"][0]["result"].clone()
    }

    async fn ask(&self, method: &str, rest: &str) -> Value {
        self.stack.ok(method, &self.app.path(rest), &self.app.token, json!({})).await["data"].clone()
    }

    /// Returns the result of a message on each of Ann's devices.
    async fn devices(&self) -> Value {
        let id = self.stack.send(&self.app, &["ann"], json!({})).await[0];
        while self.stack.step().await {}
        let decision = self.stack.decision(&self.app, "ann", id).await;
        let verdict = |device: &str| {
            let found = decision.devices.iter().find(|one| one.device_id.as_str() == device).unwrap();
            json!(found.verdict).get("reason").cloned().unwrap_or(json!("push"))
        };
        json!([verdict("phone"), verdict("tablet")])
    }
}

#[tokio::test]
async fn connected_devices_are_listed_with_the_names_that_disconnect_takes() {
    let world = World::new().await;
    assert_eq!(world.ask("GET", "users/ann/resources").await, json!([]));
    world.event("phone", "s1", "online", Some("android")).await;
    world.event("tablet", "s1", "online", None).await;
    world.event("watch", "s1", "online", Some("android")).await;
    world.event("watch", "s1", "offline", None).await;
    let phone = json!({"res": "android_phone", "device_uuid": "phone", "device_name": "android"});
    let tablet = json!({"res": "unknown_tablet", "device_uuid": "tablet", "device_name": "unknown"});
    assert_eq!(world.ask("GET", "users/ann/resources").await, json!([phone, tablet]));
    assert_eq!(world.ask("GET", "users/Ann/resources").await, json!([phone, tablet]));
    assert_eq!(world.ask("GET", "users/nobody/resources").await, json!([]));
    world.stack.clock.advance(std::time::Duration::from_secs(300));
    assert_eq!(world.ask("GET", "users/ann/resources").await, json!([]));
}

#[tokio::test]
async fn a_disconnected_user_is_pushed_to_on_no_device_before_another_login() {
    let world = World::new().await;
    world.event("phone", "s1", "online", Some("android")).await;
    world.event("tablet", "s1", "online", None).await;
    world.event("tablet", "s1", "offline", None).await;
    for _ in 0..2 {
        assert_eq!(world.ask("GET", "users/Ann/disconnect").await, json!({"result": true}));
    }
    assert_eq!(world.ask("GET", "users/ann/status").await, json!({"ann": "offline"}));
    assert_eq!(world.devices().await, json!(["device kicked", "device kicked"]));
    for status in ["heartbeat", "offline", "online", "logout"] {
        assert_eq!(world.event("phone", "s1", status, None).await, "stale", "{status}");
    }
    assert_eq!(world.event("phone", "s2", "online", None).await, "applied");
    assert_eq!(world.event("phone", "s2", "offline", None).await, "applied");
    assert_eq!(world.devices().await, json!(["push", "device kicked"]));
}

#[tokio::test]
async fn one_device_is_disconnected_by_its_resource_with_either_method() {
    for method in ["GET", "DELETE"] {
        let world = World::new().await;
        world.event("phone", "s1", "online", Some("android")).await;
        world.event("tablet", "s1", "online", None).await;
        for unknown in ["phone", "ios_phone", "android_", "android_tablet"] {
            let path = format!("users/ann/disconnect/{unknown}");
            assert_eq!(world.ask(method, &path).await, json!({"result": true}), "{unknown}");
        }
        assert_eq!(world.ask(method, "users/ann/disconnect/android_phone").await, json!({"result": true}));
        world.event("tablet", "s1", "offline", None).await;
        assert_eq!(world.devices().await, json!(["device kicked", "push"]));
        assert_eq!(world.ask(method, "users/ann/disconnect/android_phone").await, json!({"result": true}));
        assert_eq!(world.ask(method, "users/ann/disconnect/unknown_tablet").await, json!({"result": true}));
        assert_eq!(world.devices().await, json!(["device kicked", "device kicked"]));
    }
}

#[tokio::test]
async fn a_device_with_any_name_can_be_disconnected() {
    let world = World::new().await;
    world.event("a b/c%\u{e9}", "s1", "online", Some("my phone")).await;
    let listed = world.ask("GET", "users/ann/resources").await;
    assert_eq!(listed[0]["res"], "my phone_a b/c%\u{e9}");
    let path = "users/ann/disconnect/my%20phone_a%20b%2Fc%25%C3%A9";
    assert_eq!(world.ask("DELETE", path).await, json!({"result": true}));
    assert_eq!(world.ask("GET", "users/ann/resources").await, json!([]));
}

#[tokio::test]
async fn a_kick_reaches_a_session_whose_gateway_is_ahead_and_spares_a_login_that_follows() {
    let world = World::new().await;
    let ahead = world.stack.clock.now().as_millis() + 50_000;
    let online = |session: &str, ts: i64| json!({"events": [{"user": "ann", "device_id": "phone", "session": session, "status": "online", "ts": ts}]});
    let path = world.app.path("presence/events");
    world.stack.ok("POST", &path, &world.app.token, online("s1", ahead)).await;
    assert_eq!(world.ask("GET", "users/ann/disconnect").await, json!({"result": true}));
    assert_eq!(world.ask("GET", "users/ann/status").await, json!({"ann": "offline"}));
    world.stack.ok("POST", &path, &world.app.token, online("s2", ahead + 1)).await;
    assert_eq!(world.ask("GET", "users/ann/status").await, json!({"ann": "online"}));
}

#[tokio::test]
async fn an_unknown_user_is_disconnected_and_leaves_no_trace() {
    let world = World::new().await;
    assert_eq!(world.ask("GET", "users/nobody/disconnect").await, json!({"result": true}));
    assert_eq!(world.ask("DELETE", "users/nobody/disconnect/android_x").await, json!({"result": true}));
    let id = world.stack.send(&world.app, &["nobody"], json!({})).await[0];
    while world.stack.step().await {}
    assert_eq!(world.stack.suppression(&world.app, "nobody", id).await, Some(Reason::NoUserExist));
}

#[tokio::test]
async fn a_user_token_kicks_nobody() {
    let world = World::new().await;
    let grant = json!({"grant_type": "inherit", "username": "ann", "autoCreateUser": true});
    let issued = world.stack.ok("POST", &world.app.path("token"), &world.app.token, grant).await;
    let own = issued["access_token"].as_str().unwrap();
    for (method, rest) in [
        ("GET", "users/ann/disconnect"),
        ("GET", "users/bob/disconnect"),
        ("GET", "users/ann/disconnect/android_phone"),
        ("DELETE", "users/ann/disconnect/android_phone"),
        ("GET", "users/ann/resources"),
    ] {
        let (status, answer) = world.stack.call(method, &world.app.path(rest), own, &json!({})).await;
        assert_eq!((status, &answer["error_description"]), (403, &json!("this needs an app token")), "{method} {rest}");
    }
}

#[tokio::test]
async fn statuses_come_back_under_the_names_that_were_sent() {
    let world = World::new().await;
    world.event("phone", "s1", "online", None).await;
    assert_eq!(world.ask("GET", "users/Ann/status").await, json!({"Ann": "online"}));
    let body = json!({"usernames": ["ANN", "nobody", "ann"]});
    let path = world.app.path("users/batch/status");
    let answer = world.stack.ok("POST", &path, &world.app.token, body).await;
    assert_eq!(answer["data"], json!([{"ANN": "online"}, {"nobody": "offline"}, {"ann": "online"}]));
    assert_eq!(answer["action"], "get batch user status");
}
