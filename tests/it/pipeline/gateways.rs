//! Gateway leases: from renewals to the devices that they keep online, and the pushes.

use std::time::Duration;

use curlew_tests::simulators::huawei;
use serde_json::{Value, json};
use shared::{
    domain::{id::MessageId, reason::Reason},
    gateway_leases::KEPT,
    ports::clock::Clock,
};

use super::harness::{HUAWEI, Stack, TestApp};

const HEARTBEAT: Duration = Duration::from_secs(100);
const LEASE: Duration = Duration::from_secs(300);
const TTL: Duration = Duration::from_secs(30);

/// An app, and Ann's phone.
struct World {
    stack: Stack,
    app: TestApp,
    token: String,
}

impl World {
    async fn new() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let token = huawei::device_token();
        stack.bind(&app, "ann", "phone", HUAWEI, &token).await;
        Self { stack, app, token }
    }

    /// Renews a gateway's lease.
    async fn renew(&self, gateway: &str, body: Value) -> Value {
        let path = self.app.path(&format!("presence/gateways/{gateway}"));
        self.stack.ok("POST", &path, &self.app.token, body).await["data"].clone()
    }

    /// Renews a lease of 30 s every 10 s, for `time`.
    async fn renew_for(&self, gateway: &str, time: Duration) {
        for _ in 0..time.as_secs() / 10 {
            self.renew(gateway, json!({"ttl_seconds": 30})).await;
            self.stack.clock.advance(TTL / 3);
        }
    }

    /// Reports an event of Ann's phone. Returns the result.
    async fn report(&self, token: &str, session: &str, status: &str, gateway: Option<&str>) -> Value {
        let event = json!({
            "user": "ann", "device_id": "phone", "session": session, "status": status, "ts": self.stack.clock.now(),
            "gateway": gateway,
        });
        let body = json!({"events": [event]});
        let answer = self.stack.ok("POST", &self.app.path("presence/events"), token, body).await;
        self.stack.clock.advance(Duration::from_millis(1));
        answer["data"][0].clone()
    }

    /// Connects Ann's phone through a gateway.
    async fn online(&self, session: &str, gateway: &str) {
        assert_eq!(self.report(&self.app.token, session, "online", Some(gateway)).await["result"], "applied");
    }

    async fn status(&self) -> Value {
        self.stack.ok("GET", &self.app.path("users/ann/status"), &self.app.token, json!({})).await["data"]["ann"]
            .clone()
    }

    /// Sends a message to Ann, which is decided at once.
    async fn message(&self) -> MessageId {
        let id = self.stack.send(&self.app, &["ann"], json!({})).await[0];
        while self.stack.step().await {}
        id
    }

    /// Sends a message. Returns its suppression reason, or `None` if Ann's phone gets a push.
    async fn suppression(&self) -> Option<Reason> {
        let id = self.message().await;
        self.stack.suppression(&self.app, "ann", id).await
    }

    async fn decided(&self, id: MessageId) -> bool {
        self.stack.stored(&self.app, "ann", id).await.decision.is_some()
    }
}

#[tokio::test]
async fn a_device_is_online_as_long_as_its_gateway_renews_and_is_pushed_to_when_that_ends() {
    let world = World::new().await;
    let answer = world.renew("gw7", json!({"ttl_seconds": 30})).await;
    assert_eq!(answer, json!({"expires_at": world.stack.clock.now().plus(TTL)}));
    world.online("s1", "gw7").await;
    world.renew_for("gw7", 4 * LEASE).await;
    assert_eq!((world.suppression().await, world.status().await), (Some(Reason::UserOnline), json!("online")));
    world.stack.clock.advance(2 * TTL / 3 - Duration::from_millis(1));
    assert_eq!(world.suppression().await, Some(Reason::UserOnline));
    world.stack.clock.advance(Duration::from_millis(1));
    assert_eq!((world.suppression().await, world.status().await), (None, json!("offline")));
    assert_eq!(world.stack.shown("huawei", &world.token), 1);
}

#[tokio::test]
async fn one_lease_keeps_its_own_devices_only() {
    let world = World::new().await;
    world.renew("gw7", json!({"ttl_seconds": 30})).await;
    world.online("s1", "gw7").await;
    world.stack.clock.advance(TTL);
    world.renew("gw8", json!({"ttl_seconds": 30})).await;
    assert_eq!(world.suppression().await, None);
    world.online("s2", "gw8").await;
    assert_eq!(world.suppression().await, Some(Reason::UserOnline));
}

#[tokio::test]
async fn before_its_gateways_first_lease_a_device_is_online_for_a_lease_of_its_own() {
    let world = World::new().await;
    world.online("s1", "gw7").await;
    world.stack.clock.advance(HEARTBEAT);
    assert_eq!(world.status().await, "online");
    world.stack.clock.advance(LEASE - HEARTBEAT);
    assert_eq!((world.suppression().await, world.status().await), (None, json!("offline")));
}

#[tokio::test]
async fn a_gateway_that_begins_anew_within_its_lease_loses_its_devices_once_it_says_so() {
    let world = World::new().await;
    let began = world.stack.clock.now();
    world.renew("gw7", json!({"ttl_seconds": 300, "started_at": began})).await;
    world.online("s1", "gw7").await;
    world.stack.clock.advance(TTL);
    world.renew("gw7", json!({"ttl_seconds": 300, "started_at": began})).await;
    assert_eq!(world.suppression().await, Some(Reason::UserOnline));
    world.renew("gw7", json!({"ttl_seconds": 300, "started_at": world.stack.clock.now()})).await;
    world.stack.clock.advance(KEPT);
    assert_eq!((world.suppression().await, world.status().await), (None, json!("offline")));
    world.online("s2", "gw7").await;
    assert_eq!(world.suppression().await, Some(Reason::UserOnline));
}

#[tokio::test]
async fn a_gateway_that_comes_back_after_its_lease_keeps_whom_it_reports_from_then_on() {
    let world = World::new().await;
    world.renew("gw7", json!({"ttl_seconds": 30})).await;
    world.online("s1", "gw7").await;
    world.stack.clock.advance(TTL);
    world.renew("gw7", json!({"ttl_seconds": 30})).await;
    assert_eq!(world.suppression().await, None);
    world.online("s2", "gw7").await;
    assert_eq!(world.suppression().await, Some(Reason::UserOnline));
}

#[tokio::test]
async fn a_gateway_that_lived_on_gets_its_devices_back_after_its_lease_ended() {
    let world = World::new().await;
    let began = world.stack.clock.now();
    world.renew("gw7", json!({"ttl_seconds": 30, "started_at": began})).await;
    world.online("s1", "gw7").await;
    world.stack.clock.advance(TTL);
    assert_eq!(world.status().await, "offline");
    world.renew("gw7", json!({"ttl_seconds": 30, "started_at": began})).await;
    assert_eq!(world.status().await, "online");
}

#[tokio::test]
async fn a_gateway_without_a_renewal_for_more_than_a_heartbeat_makes_its_devices_stale() {
    for renewed in [false, true] {
        let world = World::new().await;
        world.renew("gw7", json!({"ttl_seconds": 300})).await;
        world.online("s1", "gw7").await;
        world.stack.clock.advance(HEARTBEAT - Duration::from_secs(5));
        let sure = world.message().await;
        assert_eq!(world.stack.suppression(&world.app, "ann", sure).await, Some(Reason::UserOnline));
        world.stack.clock.advance(Duration::from_secs(10));
        let id = world.message().await;
        assert!(!world.decided(id).await);
        if renewed {
            world.renew("gw7", json!({"ttl_seconds": 300})).await;
        }
        let sent = world.stack.clock.now();
        world.stack.drain().await;
        let suppression = world.stack.suppression(&world.app, "ann", id).await;
        assert_eq!(suppression, renewed.then_some(Reason::UserOnline));
        assert!(world.stack.clock.now().since(sent) <= LEASE - HEARTBEAT, "later than the lease");
    }
}

#[tokio::test]
async fn a_user_token_names_no_gateway_and_takes_its_device_off_one() {
    let world = World::new().await;
    let grant = json!({"grant_type": "inherit", "username": "ann", "autoCreateUser": true});
    let issued = world.stack.ok("POST", &world.app.path("token"), &world.app.token, grant).await;
    let own = issued["access_token"].as_str().unwrap();
    for status in ["online", "heartbeat", "offline"] {
        let refused = world.report(own, "s1", status, Some("gw7")).await;
        assert_eq!((&refused["result"], &refused["reason"]), (&json!("invalid"), &json!("gateway needs an app token")));
    }
    assert_eq!(world.status().await, "offline");
    let path = world.app.path("presence/gateways/gw7");
    let (status, answer) = world.stack.call("POST", &path, own, &json!({"ttl_seconds": 30})).await;
    assert_eq!((status, &answer["error_description"]), (403, &json!("this needs an app token")));

    world.online("s1", "gw7").await;
    assert_eq!(world.report(own, "s1", "heartbeat", None).await["result"], "applied");
    world.renew_for("gw7", LEASE).await;
    assert_eq!(world.status().await, "offline");
}

#[tokio::test]
async fn a_gateway_may_report_a_device_by_heartbeats_as_well() {
    let world = World::new().await;
    world.online("s1", "gw7").await;
    for _ in 0..10 {
        world.stack.clock.advance(HEARTBEAT);
        world.report(&world.app.token, "s1", "heartbeat", None).await;
    }
    assert_eq!(world.status().await, "online");
    world.renew("gw7", json!({"ttl_seconds": 5})).await;
    world.stack.clock.advance(TTL);
    assert_eq!(world.status().await, "online");
    assert_eq!(world.report(&world.app.token, "s1", "heartbeat", Some("gw7")).await["result"], "applied");
    world.renew_for("gw7", 2 * LEASE).await;
    assert_eq!(world.status().await, "online");
}

#[tokio::test]
async fn while_leases_cannot_be_read_only_those_wait_who_may_be_online() {
    let world = World::new().await;
    let token = huawei::device_token();
    world.stack.bind(&world.app, "bob", "phone", HUAWEI, &token).await;
    world.renew("gw7", json!({"ttl_seconds": 30})).await;
    world.online("s1", "gw7").await;
    world.stack.clock.advance(TTL);
    world.stack.runtime.faults.fail_next_of("gateway_lease", 3);
    let ids = world.stack.send(&world.app, &["ann", "bob"], json!({})).await;
    while world.stack.step().await {}
    assert!(!world.decided(ids[0]).await);
    assert_eq!(world.stack.suppression(&world.app, "bob", ids[1]).await, None);
    assert_eq!(world.stack.shown("huawei", &token), 1);
    let (status, _) = world.stack.call("GET", &world.app.path("users/ann/status"), &world.app.token, &json!({})).await;
    assert_eq!(status, 503);
    world.stack.drain().await;
    assert_eq!(world.stack.runtime.faults.left(), 0);
    assert_eq!(world.stack.suppression(&world.app, "ann", ids[0]).await, None);
    assert_eq!(world.stack.shown("huawei", &world.token), 1);
}

#[tokio::test]
async fn a_dry_run_sees_the_lease_as_well() {
    let world = World::new().await;
    world.renew("gw7", json!({"ttl_seconds": 30})).await;
    world.online("s1", "gw7").await;
    let body = json!({"from": "bob", "to": ["ann"], "type": "txt", "body": {"msg": "hello"}});
    for (waits, verdict) in [(Duration::ZERO, "skip"), (TTL, "push")] {
        world.stack.clock.advance(waits);
        let path = world.app.path("push/explain");
        let answer = world.stack.ok("POST", &path, &world.app.token, body.clone()).await;
        assert_eq!(answer["data"]["verdict"], verdict);
    }
}

#[tokio::test]
async fn bad_input_is_refused_by_field_and_rule() {
    let world = World::new().await;
    let path = world.app.path("presence/gateways/gw7");
    let ahead = world.stack.clock.now().as_millis() + 61_000;
    let ttl = "ttl_seconds must be 5 to 300";
    let skew = "started_at must be Unix milliseconds, at most 60 s in the future";
    for (body, text) in [
        (json!({}), "ttl_seconds is required"),
        (json!({"ttl_seconds": "30"}), "ttl_seconds must be a whole number"),
        (json!({"ttl_seconds": 30.5}), "ttl_seconds must be a whole number"),
        (json!({"ttl_seconds": 4}), ttl),
        (json!({"ttl_seconds": 301}), ttl),
        (json!({"ttl_seconds": -30}), ttl),
        (json!({"ttl_seconds": 30, "started_at": ahead}), skew),
        (json!({"ttl_seconds": 30, "started_at": -1}), skew),
        (json!({"ttl_seconds": 30, "started_at": "now"}), "started_at must be a whole number"),
        (json!([30]), "the request body must be a JSON object"),
    ] {
        let (status, answer) = world.stack.call("POST", &path, &world.app.token, &body).await;
        assert_eq!((status, answer["error_description"].as_str().unwrap()), (400, text), "{body}");
    }
    for seconds in [5, 300] {
        world.renew("gw7", json!({"ttl_seconds": seconds})).await;
    }
    let long = "g".repeat(65);
    let rule = "gateway must be 1 to 64 characters of a-z, A-Z, 0-9, _, - and ., and not . or ..";
    for name in ["", "a b", "a/b", "a#b", "gw\u{e9}", "..", &long] {
        let refused = world.report(&world.app.token, "s1", "online", Some(name)).await;
        assert_eq!((&refused["result"], &refused["reason"]), (&json!("invalid"), &json!(rule)), "{name}");
    }
    for name in ["a%20b", "a%23b", "gw%C3%A9", "%2E%2E", &long] {
        let path = world.app.path(&format!("presence/gateways/{name}"));
        let (status, answer) = world.stack.call("POST", &path, &world.app.token, &json!({"ttl_seconds": 30})).await;
        assert_eq!((status, answer["error_description"].as_str().unwrap()), (400, rule), "{name}");
    }
    let event = json!({"user": "ann", "device_id": "d", "session": "s", "status": "online", "ts": 1, "gateway": 7});
    let path = world.app.path("presence/events");
    let answer = world.stack.ok("POST", &path, &world.app.token, json!({"events": [event]})).await;
    assert_eq!(answer["data"][0]["reason"], "gateway must be a string");
    let (status, answer) =
        world.stack.call("POST", &path, &world.app.token, &json!({"events": vec![event; 501]})).await;
    assert_eq!((status, &answer["error_description"]), (400, &json!("events must have 1 to 500 entries")));
}
