//! Checks that the product meets what each simulator's spec says.

use std::time::Duration;

use curlew_tests::simulators::{
    Endpoint, FaultRule, Filter, Identity, Interface, Part, ReportAddress, Rest, SIMULATORS, Spec, interfaces,
    simulator,
};
use serde_json::{Value, json};
use shared::{
    domain::{
        outcome::{DeviceOutcome, PushStatus},
        reason::Reason,
        receipt::Event,
        vendor::Vendor,
    },
    ports::clock::Clock,
};
use vendors::{ReceiptAddress, notifier::preflight};

use super::harness::{Stack, TestApp};

/// Ann's phone of one vendor.
struct World {
    stack: Stack,
    app: TestApp,
    vendor: &'static Spec,
    token: String,
}

impl World {
    async fn start(vendor: &'static Spec) -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let token = (vendor.interface().device_token)();
        stack.bind(&app, "ann", "phone", vendor.interface().notifier, &token).await;
        Self { stack, app, vendor, token }
    }

    /// Sends a push that meets a fault. Returns its outcome.
    async fn meets(&self, fault: FaultRule) -> DeviceOutcome {
        self.stack.simulators.add_faults([fault]).unwrap();
        let id = self.stack.send(&self.app, &["ann"], json!({})).await[0];
        self.stack.drain().await;
        self.stack.stored(&self.app, "ann", id).await.outcomes.remove(0)
    }

    fn shown(&self) -> usize {
        self.stack.shown(self.vendor.name(), &self.token)
    }

    async fn notifier_state(&self) -> String {
        let notifier = self.vendor.interface().notifier.replace('#', "%23");
        let path = self.app.path(&format!("notifiers/{notifier}"));
        let shown = self.stack.ok("GET", &path, &self.app.token, json!({})).await;
        shown["state"].as_str().unwrap().to_owned()
    }
}

#[test]
fn every_vendor_of_the_product_is_simulated_in_the_same_order() {
    assert_eq!(SIMULATORS.map(Spec::name), Vendor::ALL.map(Vendor::name));
}

#[test]
fn every_simulator_reports_what_the_product_reads_and_gets_the_address_as_the_product_gives_it() {
    for (simulator, vendor) in SIMULATORS.into_iter().zip(Vendor::ALL) {
        let receipts = simulator.receipts.as_ref();
        assert_eq!(receipts.is_some(), vendors::receipt_reader(vendor).is_some(), "{vendor}");
        let unregistered = receipts.is_some_and(|receipts| receipts.unregistered);
        assert_eq!(unregistered, vendors::reports(vendor, Event::Unregistered), "{vendor}");
        let is_told_so = matches!(
            (receipts.map(|receipts| receipts.address), vendors::receipt_address(vendor)),
            (None | Some(ReportAddress::Console), ReceiptAddress::Console)
                | (Some(ReportAddress::Push), ReceiptAddress::UnlessOff { .. })
                | (Some(ReportAddress::Both { .. }), ReceiptAddress::IfOn { .. })
        );
        assert!(is_told_so, "{vendor}: {:?}", vendors::receipt_address(vendor));
    }
}

/// A part that not all simulators play: its name, whether a simulator plays it, and the vendors whose simulators must.
type PlayedPart = (&'static str, fn(&Spec) -> bool, &'static [&'static str]);

/// The tests of a part skip the simulators that do not play it. What the product knows of a vendor here is private to the
/// vendor's folder, so the names of the vendors stand here.
const PLAYED: [PlayedPart; 4] = [
    ("access tokens", |spec| spec.access_tokens.is_some(), &["fcm", "huawei", "honor", "oppo", "vivo"]),
    ("quotas", |spec| spec.faults.quota_used_up.is_some(), &["xiaomi", "oppo", "vivo", "meizu"]),
    ("ambiguous refusals", |spec| spec.faults.ambiguous_refusal.is_some(), &["fcm", "huawei", "honor", "xiaomi"]),
    (
        "badges",
        |spec| spec.interfaces.iter().all(|interface| interface.badge.is_some()),
        &["huawei", "honor", "oppo", "vivo"],
    ),
];

#[test]
fn no_test_of_a_part_misses_a_vendor_of_the_product_that_has_it() {
    for (part, is_played, vendors) in PLAYED {
        for vendor in vendors {
            assert!(is_played(simulator(vendor).unwrap()), "{vendor} plays no {part}");
        }
    }
}

#[test]
fn what_a_preflight_reads_of_a_credential_is_stored_in_the_clear_and_is_no_secret() {
    for (simulator, interface) in interfaces() {
        let account = (interface.account)();
        let vendor = Vendor::parse(simulator.name()).unwrap();
        let stored =
            preflight::facts(vendor, &account.record).map(|facts| json!(facts).to_string()).unwrap_or_default();
        // A key has line breaks, which JSON escapes: its first line is looked for.
        let secret = account.secret.lines().find(|line| !line.contains("BEGIN")).unwrap();
        assert!(account.record.to_string().contains(secret), "{}", interface.notifier);
        assert!(!stored.contains(secret), "{}", interface.notifier);
    }
}

#[tokio::test]
async fn an_account_and_a_token_that_a_test_makes_up_are_accepted() {
    for (simulator, interface) in interfaces() {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let identity =
            Identity { number: 7, name: "0123456789abcdef".to_owned(), secret: "s3cret0123456789".to_owned() };
        let account = (interface.new_account)(&identity);
        stack.simulators.add_credential(account.credential(simulator.name())).unwrap();
        let body = json!({"name": "new", "vendor": simulator.name(), "credential": account.record});
        stack.ok("POST", &app.path("notifiers"), &app.token, body).await;
        let token = (interface.device_token_of)("mark0123456789abcdefghij");
        assert_ne!(token, (interface.device_token_of)("mark0123456789abcdefghik"));
        stack.bind(&app, "ann", "phone", "new", &token).await;
        stack.send(&app, &["ann"], json!({})).await;
        stack.drain().await;
        assert_eq!(stack.shown(simulator.name(), &token), 1, "{}", interface.notifier);
    }
}

#[tokio::test]
async fn a_vendor_that_is_unavailable_or_throttles_gets_the_push_again() {
    for vendor in SIMULATORS {
        for fault in [vendor.faults.unavailable, vendor.faults.throttled] {
            let world = World::start(vendor).await;
            let began = world.stack.clock.now();
            let outcome = world.meets(fault()).await;
            assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 2), "{}", vendor.name());
            assert_eq!(world.shown(), 1, "{}", vendor.name());
            let minute = world.stack.clock.now().since(began) >= Duration::from_secs(60);
            let throttled = fault() == (vendor.faults.throttled)();
            assert_eq!(minute, throttled && vendor.faults.rest == Rest::Minute, "{}", vendor.name());
        }
    }
}

#[tokio::test]
async fn a_credential_that_a_vendor_refuses_switches_its_notifier_off() {
    for vendor in SIMULATORS {
        let world = World::start(vendor).await;
        let outcome = world.meets((vendor.faults.credential_refused)()).await;
        assert_eq!(
            (outcome.status, outcome.reason),
            (PushStatus::Fail, Some(Reason::NotifierDisabled)),
            "{vendor:?}: {outcome:?}"
        );
        assert_eq!((world.notifier_state().await.as_str(), world.shown()), ("disabled", 0), "{}", vendor.name());
    }
}

/// Pushes, replaces the secret in the vendor's console, enters it if `is_entered`, and pushes again from the same process.
/// Returns the outcome, how many pushes the phone shows, and the notifier's state.
async fn rotated(simulator: &Spec, interface: &Interface, is_entered: bool) -> (DeviceOutcome, usize, Value) {
    let (stack, vendor) = (Stack::start(), simulator.name());
    let app = stack.app("chat", json!({})).await;
    let old = (interface.account)();
    let body = json!({"name": "cached", "vendor": vendor, "credential": old.record});
    stack.ok("POST", &app.path("notifiers"), &app.token, body).await;
    let token = (interface.device_token_of)("mark0123456789abcdefghij");
    stack.bind(&app, "ann", "phone", "cached", &token).await;
    stack.send(&app, &["ann"], json!({})).await;
    stack.drain().await;
    stack.clock.advance(Duration::from_secs(1));
    let new = (interface.with_secret)(&old, "fresh0123456789abcdef");
    stack.simulators.replace_secret(&old.credential(vendor), new.credential(vendor)).unwrap();
    if is_entered {
        stack.ok("PUT", &app.path("notifiers/cached"), &app.token, json!({"credential": new.record})).await;
    }
    let id = stack.send(&app, &["ann"], json!({})).await[0];
    stack.drain().await;
    let outcome = stack.stored(&app, "ann", id).await.outcomes.remove(0);
    let notifier = stack.ok("GET", &app.path("notifiers/cached"), &app.token, json!({})).await;
    (outcome, stack.shown(vendor, &token), notifier["state"].clone())
}

#[tokio::test]
async fn a_push_that_was_refused_for_a_cached_secret_goes_out_with_the_new_one() {
    for (simulator, interface) in interfaces() {
        let (outcome, shown, state) = rotated(simulator, interface, true).await;
        assert_eq!((outcome.status, outcome.attempts), (PushStatus::Success, 2), "{}: {outcome:?}", interface.notifier);
        assert_eq!((shown, state), (2, json!("enabled")), "{}", interface.notifier);
    }
}

#[tokio::test]
async fn a_push_that_was_refused_for_a_cached_secret_ends_if_no_new_one_is_entered() {
    for (simulator, interface) in interfaces() {
        let (outcome, shown, state) = rotated(simulator, interface, false).await;
        assert_eq!(outcome.reason, Some(Reason::NotifierDisabled), "{}: {outcome:?}", interface.notifier);
        assert_eq!(outcome.earlier.len(), 1, "{}: {outcome:?}", interface.notifier);
        assert_eq!((shown, state), (1, json!("disabled")), "{}", interface.notifier);
    }
}

#[tokio::test]
async fn an_access_token_that_is_called_expired_is_renewed_within_the_attempt() {
    for vendor in SIMULATORS {
        let Some(access_tokens) = &vendor.access_tokens else { continue };
        let world = World::start(vendor).await;
        let outcome = world.meets((access_tokens.expired)()).await;
        assert_eq!(
            (outcome.status, outcome.attempts, world.shown()),
            (PushStatus::Success, 1, 1),
            "{vendor:?}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_quota_that_is_used_up_ends_the_push() {
    for vendor in SIMULATORS {
        let Some(quota_used_up) = vendor.faults.quota_used_up else { continue };
        let world = World::start(vendor).await;
        let outcome = world.meets(quota_used_up()).await;
        assert_eq!((outcome.reason, world.shown()), (Some(Reason::QuotaUsedUp), 0), "{vendor:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_request_carries_as_many_tokens_and_notifications_as_its_vendor_takes() {
    for vendor in SIMULATORS {
        let world = World::start(vendor).await;
        for (user, device) in [("bob", "phone"), ("carl", "phone"), ("carl", "tablet")] {
            let token = (vendor.interface().device_token)();
            world.stack.bind(&world.app, user, device, vendor.interface().notifier, &token).await;
        }
        let targets = async |users: &[&str]| {
            world.stack.simulators.reset(&[Part::Requests]);
            world.stack.send(&world.app, users, json!({})).await;
            world.stack.drain().await;
            let sends = world.stack.simulators.requests(&Filter::vendor(vendor.name()).at(Endpoint::Send));
            sends.iter().map(|send| send.targets.len()).max().unwrap()
        };
        let shared = if vendor.limits.max_tokens > 1 { 2 } else { 1 };
        assert_eq!(targets(&["carl"]).await, shared, "{}: one notification for two phones", vendor.name());
        let merged = if vendor.limits.max_merged.is_some() { 2 } else { 1 };
        assert_eq!(targets(&["ann", "bob"]).await, merged, "{}: two notifications", vendor.name());
    }
}
