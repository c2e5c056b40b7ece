//! Credentials that break between pushes: what an operator learns before a push fails, and what must not happen to him.

use std::time::Duration;

use curlew_tests::simulators::{
    Endpoint, Fault, FaultRule, Filter, Identity, device_token, fcm, meizu::account::NOTIFIER as MEIZU,
};
use serde_json::{Value, json};
use shared::{
    domain::vendor::Vendor,
    lambda::metric::Metrics,
    ports::{
        apps::TrackHealth,
        callbacks::CallbackRecord,
        clock::Clock,
        credential_check::{CheckCredentials, CheckResult, CheckedNotifier},
    },
    testing::sample::notifier_name,
};

use super::harness::{FCM, Stack, TestApp};

const HOUR: Duration = Duration::from_secs(3600);
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const DAY: Duration = Duration::from_secs(86_400);

struct World {
    stack: Stack,
    app: TestApp,
}

impl World {
    async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        Self::of(stack, app).await
    }

    /// The first round begins an hour after the first minute.
    async fn of(stack: Stack, app: TestApp) -> Self {
        stack.watch().await;
        Self { stack, app }
    }

    fn path(&self, name: &str) -> String {
        self.app.path(&format!("notifiers/{name}"))
    }

    async fn shown(&self, name: &str) -> Value {
        self.stack.ok("GET", &self.path(name), &self.app.token, json!({})).await
    }

    async fn put(&self, name: &str, body: Value) -> Value {
        self.stack.ok("PUT", &self.path(name), &self.app.token, body).await
    }

    /// Returns the kinds of a notifier's warnings.
    async fn warned(&self, name: &str) -> Vec<String> {
        let shown = self.shown(name).await;
        let warnings = shown["warnings"].as_array().unwrap().iter();
        warnings.map(|one| one["kind"].as_str().unwrap().to_owned()).filter(|kind| kind != "preflight").collect()
    }

    /// Lets an hour pass, and the next round.
    async fn next_round(&self) -> Vec<Value> {
        self.stack.clock.advance(HOUR);
        self.stack.simulators.advance(HOUR);
        lines(&self.stack.watch().await)
    }

    fn meets(&self, rule: FaultRule) {
        self.stack.simulators.add_faults([rule]).unwrap();
    }

    fn requests(&self, vendor: &str, endpoint: Endpoint) -> usize {
        self.stack.simulators.requests(&Filter::vendor(vendor).at(endpoint)).len()
    }
}

/// Returns the lines that the metrics write.
fn lines(metrics: &Metrics) -> Vec<Value> {
    let mut out = Vec::new();
    metrics.flush("Curlew/test", shared::domain::time::Timestamp::from_millis(0), &mut out);
    out.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

/// Returns how many notifiers are at this risk.
fn at_risk(lines: &[Value], risk: &str) -> u64 {
    lines.iter().filter(|line| line["risk"] == risk).filter_map(|line| line["CredentialsAtRisk"].as_u64()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_shows_before_a_push_fails_and_the_notifier_stays_enabled() {
    let world = World::start().await;
    let first = world.next_round().await;
    assert_eq!((at_risk(&first, "refused"), world.warned(FCM).await), (0, vec![]));
    world.meets(fcm::scripts::key_revoked().always());

    let metrics = world.next_round().await;
    assert_eq!((at_risk(&metrics, "refused"), at_risk(&metrics, "failing")), (1, 0), "{metrics:?}");
    let shown = world.shown(FCM).await;
    assert_eq!((&shown["state"], &shown["health"]["check"]["refused"]), (&json!("enabled"), &json!(true)));
    assert!(shown["health"]["check"]["code"].as_str().unwrap().contains("invalid_grant"), "{shown}");
    assert_eq!(world.warned(FCM).await, ["refused"]);
    assert_eq!(world.requests("fcm", Endpoint::Send), 0, "no phone got anything");

    let mended = world.put(FCM, json!({"credential": fcm::account::new(&identity()).record})).await;
    assert_eq!(mended["warnings"].as_array().unwrap().iter().filter(|one| one["kind"] == "refused").count(), 0);
    assert!(mended["health"].get("check").is_none(), "what was found is of the credential before: {mended}");
}

/// Returns another account of the vendor.
fn identity() -> Identity {
    Identity { number: 2, name: "second0123456789".into(), secret: "another secret".into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_the_vendor_blames_no_credential_until_it_lasts_for_hours() {
    let world = World::start().await;
    world.meets(FaultRule::new("fcm", Fault::status(503)).at(Endpoint::Token).always());
    for (round, expected) in [(1, 0), (2, 0), (3, 1)] {
        let metrics = world.next_round().await;
        assert_eq!((at_risk(&metrics, "failing"), at_risk(&metrics, "refused")), (expected, 0), "round {round}");
        assert_eq!(world.warned(FCM).await.len() as u64, expected, "round {round}");
    }
    assert_eq!(world.shown(FCM).await["health"]["check"]["failed"], 3);
    world.stack.simulators.clear_faults(None);
    assert_eq!(at_risk(&world.next_round().await, "failing"), 0);
    let shown = world.shown(FCM).await;
    assert_eq!((&shown["state"], shown["health"].get("check")), (&json!("enabled"), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_asks_a_vendor_for_one_token_and_the_next_push_uses_it() {
    let world = World::start().await;
    let token = device_token("fcm").unwrap();
    world.stack.bind(&world.app, "ann", "phone", FCM, &token).await;
    for round in 1..=3 {
        world.next_round().await;
        // The other minutes of the hour do nothing.
        world.stack.clock.advance(Duration::from_secs(60));
        world.stack.watch().await;
        world.stack.send(&world.app, &["ann"], json!({})).await;
        while world.stack.step().await {}
        assert_eq!((world.requests("fcm", Endpoint::Token), world.requests("fcm", Endpoint::Send)), (round, round));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_without_access_tokens_is_asked_nothing() {
    let world = World::start().await;
    let metrics = world.next_round().await;
    for vendor in ["xiaomi", "meizu"] {
        assert!(world.stack.simulators.requests(&Filter::vendor(vendor)).is_empty(), "{vendor}");
        let offered = metrics.iter().find(|line| line["vendor"] == vendor).map(|line| line["result"].clone());
        assert_eq!(offered, Some(json!("not_offered")), "{vendor}: {metrics:?}");
    }
    for vendor in ["fcm", "huawei", "honor", "oppo", "vivo"] {
        assert_eq!(world.requests(vendor, Endpoint::Token), 1, "{vendor}");
        let valid = metrics.iter().any(|line| line["vendor"] == vendor && line["result"] == "valid");
        assert!(valid, "{vendor}: {metrics:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_an_operator_puts_meanwhile_is_not_blamed_for_the_one_before() {
    let world = World::start().await;
    let asked = [CheckedNotifier { app: world.app.key.clone(), notifier: notifier_name(FCM) }];
    let check = async || world.stack.push_functions.check(Vendor::Fcm, &asked).await.unwrap();
    // The vendor's function caches the configuration with the old credential.
    assert_eq!(check().await, [CheckResult::Valid]);
    world.meets(fcm::scripts::key_revoked().always());
    world.put(FCM, json!({"credential": fcm::account::new(&identity()).record})).await;
    world.stack.clock.advance(Duration::from_secs(1));
    assert_eq!(check().await, [CheckResult::Skipped]);
    let health = world.stack.runtime.health(&world.app.key, &notifier_name(FCM)).await.unwrap();
    assert_eq!(health.failed_checks, None);
    assert_eq!(world.stack.callback_queue.callback_records().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_notifier_is_asked_nothing_and_warned_of_nothing() {
    let world = World::start().await;
    world.meets(fcm::scripts::key_revoked().always());
    world.put(FCM, json!({"state": "disabled", "expires_at": 7})).await;
    let metrics = world.next_round().await;
    assert_eq!((world.requests("fcm", Endpoint::Token), at_risk(&metrics, "refused")), (0, 0));
    assert_eq!((at_risk(&metrics, "expires"), world.warned(FCM).await), (0, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_the_operator_gave_raises_the_alarm_a_week_before() {
    let world = World::start().await;
    let end = world.stack.clock.now().plus(30 * DAY);
    world.put(MEIZU, json!({"expires_at": end})).await;
    for (days, expected) in [(1, 0), (21, 0), (1, 1), (6, 1), (2, 1)] {
        world.stack.clock.advance(days * DAY);
        assert_eq!(at_risk(&lines(&world.stack.watch().await), "expires"), expected, "after {days} more days");
    }
    world.put(MEIZU, json!({"expires_at": null})).await;
    assert_eq!(at_risk(&world.next_round().await, "expires"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notifier_that_succeeded_yesterday_and_only_fails_today_is_at_risk() {
    let world = World::start().await;
    let name = notifier_name(MEIZU);
    let fingerprint = world.shown(MEIZU).await["fingerprint"].as_str().unwrap().to_owned();
    let now = world.stack.clock.now();
    world.stack.runtime.note_success(&world.app.key, &name, now).await.unwrap();
    assert_eq!(at_risk(&world.next_round().await, "failing"), 0);
    world.stack.runtime.note_failure(&world.app.key, &name, &fingerprint, now.plus(DAY)).await.unwrap();
    assert_eq!(at_risk(&world.next_round().await, "failing"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_apps_server_is_told_once_that_a_credential_is_refused() {
    let stack = Stack::start();
    let callback = json!({"url": "http://127.0.0.1:9/callback", "secret": SECRET, "events": ["notifier"]});
    let app = stack.app("chat", json!({"callback": callback})).await;
    let world = World::of(stack, app).await;
    world.meets(fcm::scripts::key_revoked().always());
    for _ in 0..3 {
        world.next_round().await;
    }
    let records = world.stack.callback_queue.callback_records();
    let events: Vec<_> = records.iter().flat_map(|CallbackRecord::V1(record)| &record.events).collect();
    let told: Vec<Value> = events.iter().map(|event| json!(event.what)).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    let text = told[0].to_string();
    assert!(text.contains("enabled") && text.contains("invalid_grant") && text.contains(FCM), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_does_not_answer_changes_nothing_and_the_next_round_does() {
    let world = World::start().await;
    world.meets(fcm::scripts::key_revoked().always());
    world.stack.push_functions.faults.fail_next_of("check", 8);
    let metrics = world.next_round().await;
    assert_eq!((at_risk(&metrics, "refused"), world.warned(FCM).await), (0, vec![]));
    world.stack.runtime.faults.fail_next_of("health_of", 1);
    assert_eq!(at_risk(&world.next_round().await, "refused"), 0, "nobody could read it");
    assert_eq!(at_risk(&world.next_round().await, "refused"), 1);
}
