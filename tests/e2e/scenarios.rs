//! Checks every vendor's answers against the stored result, the vendor's requests and the phone.
//!
//! The same scenarios run for each vendor. Each scenario has its own app, users and phones, and its faults match only
//! these phones.

use std::ops::RangeInclusive;

use curlew_tests::simulators::{AccessTokens, Device, Endpoint, Fault, FaultRule, Recorded, Rest, Spec};
use serde_json::json;
use shared::domain::{
    outcome::{DeviceOutcome, PushStatus},
    reason::Reason,
};

use crate::harness::{Phone, Tenant, World};

/// A `Retry-After` that is longer than Curlew's own delay after a first failure.
const HINT_SECONDS: u64 = 3;

/// What a push needs until it arrives.
struct Passage {
    attempts: RangeInclusive<u32>,
    requests: usize,
    /// how many deliveries the phone gets
    deliveries: usize,
}

/// Refused once, then accepted.
const SECOND_ATTEMPT: Passage = Passage { attempts: 2..=2, requests: 2, deliveries: 1 };
/// Two broken connections are one attempt or two: an HTTP client may itself repeat a request that is lost on a used
/// connection.
const TWO_CONNECTIONS: Passage = Passage { attempts: 2..=3, requests: 3, deliveries: 1 };

/// A test for each vendor, named after it.
mod whatever_a_vendor_answers_is_recorded_and_shown_as_it_was {
    use curlew_tests::simulators;

    macro_rules! tests {
        ($($(#[doc = $doc:literal])* $vendor:ident $name:ident,)*) => {
            $(
                #[tokio::test]
                async fn $name() {
                    super::play(&simulators::$name::SIMULATOR).await;
                }
            )*
        };
    }
    shared::for_each_vendor!(tests);
}

/// Runs the scenarios of one vendor. Every scenario has its own app, because messages of an app may share a request, a
/// limit or a quota.
async fn play(vendor: &'static Spec) {
    let world = World::side_by_side().await;
    let story = async || Story::begin(&world, vendor).await;
    tokio::join!(
        async { story().await.one_unregistered_token_among_several().await },
        async { story().await.an_unregistered_token().await },
        async { story().await.an_access_token_that_ended().await },
        async { story().await.too_many_requests().await },
        async { story().await.too_many_requests_with_a_hint().await },
        // No push comes before. A process that sent one may not know yet that another process found the quota used up.
        async { Story::untold(&world, vendor).await.a_quota_that_is_used_up().await },
        async { story().await.an_error_inside_the_vendor().await },
        async { story().await.an_answer_that_makes_no_sense().await },
        async { story().await.a_connection_that_ends_after_the_delivery().await },
        async { story().await.a_connection_that_is_reset().await },
        async { story().await.no_answer_in_time().await },
    );
}

struct Story<'a> {
    tenant: Tenant<'a>,
    vendor: &'static Spec,
}

impl<'a> Story<'a> {
    async fn untold(world: &'a World, vendor: &'static Spec) -> Self {
        Self { tenant: world.tenant().await, vendor }
    }

    /// Begins with a push that succeeds. The success proves the configuration, so Curlew now believes the vendor about
    /// tokens.
    async fn begin(world: &'a World, vendor: &'static Spec) -> Self {
        let story = Self::untold(world, vendor).await;
        let phone = story.phone("success").await;
        let outcome = story.outcome_of_a_message_to(&phone).await;
        story.passed(&phone, &outcome, &Passage { attempts: 1..=1, requests: 1, deliveries: 1 }).await;
        assert!(outcome.vendor_message_id.is_some(), "{outcome:?}");
        story
    }
}

// ---- scenarios ----

impl Story<'_> {
    async fn one_unregistered_token_among_several(&self) {
        let user = "several";
        let (one, two, dead) = (self.phone(user).await, self.phone(user).await, self.phone(user).await);
        let other = self.phone("other").await;
        self.dies(&dead).await;
        let ids = self.tenant.send(&[user, "other"], json!({})).await;
        let stored = self.tenant.ended(user, &ids[user]).await;
        let of = |phone: &Phone| stored.outcomes.iter().find(|outcome| outcome.device_id.as_str() == phone.device);
        let once = Passage { attempts: 1..=1, requests: 1, deliveries: 1 };
        for phone in [&one, &two] {
            self.passed(phone, of(phone).unwrap(), &once).await;
        }
        self.passed(&other, &self.tenant.outcome("other", &ids["other"]).await, &once).await;
        let words = &self.vendor.faults.unregistered;
        let shares = self.vendor.limits.max_tokens > 1;
        let detail = if shares { words.among_others } else { words.alone };
        self.unregistered(&dead, of(&dead).unwrap(), detail).await;

        let named = self.tenant.sends(&one).await[0].targets.len();
        assert_eq!(named, if shares { 3 } else { 1 }, "{}", self.vendor.name());
        let mut left = self.bound(user).await;
        left.sort();
        let mut live = [one.token, two.token];
        live.sort();
        assert_eq!(left, live);
    }

    async fn an_unregistered_token(&self) {
        let phone = self.phone("dead").await;
        // A reported presence makes a user known even without a binding.
        self.tenant.report(&phone, "online").await;
        self.tenant.report(&phone, "offline").await;
        self.dies(&phone).await;
        let outcome = self.outcome_of_a_message_to(&phone).await;
        self.unregistered(&phone, &outcome, self.vendor.faults.unregistered.alone).await;
        assert!(self.bound(&phone.user).await.is_empty(), "{}", self.vendor.name());
        let id = self.tenant.send_to(&phone.user, json!({})).await;
        assert_eq!(self.tenant.suppression(&phone.user, &id).await, Reason::NoPushBinding, "{}", self.vendor.name());
        assert_eq!(self.tenant.sends(&phone).await.len(), 1);
    }

    /// A vendor without access tokens has no code for an expired one: its refusals of a credential are permanent.
    async fn an_access_token_that_ended(&self) {
        let Some(AccessTokens { expired, sent, .. }) = &self.vendor.access_tokens else { return };
        let within_one_attempt = Passage { attempts: 1..=1, requests: 2, deliveries: 1 };
        let sends = self.overcomes("expired", expired(), &within_one_attempt).await;
        let [old, new] = [&sends[0], &sends[1]].map(sent);
        assert!(!old.is_empty() && !new.is_empty() && old != new, "{}: {old} {new}", self.vendor.name());
    }

    async fn too_many_requests(&self) {
        let too_fast = (self.vendor.faults.throttled)();
        match self.vendor.faults.rest {
            Rest::Seconds => drop(self.overcomes("limited", too_fast, &SECOND_ATTEMPT).await),
            Rest::Minute => {
                // By then this message has expired, and Curlew knows it at once.
                let phone = self.phone_under("limited", too_fast).await;
                let id = self.tenant.send_to(&phone.user, json!({"push_ttl": 60})).await;
                let outcome = self.tenant.outcome(&phone.user, &id).await;
                assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(Reason::ExpireMessage)));
                assert_eq!((outcome.attempts, self.tenant.sends(&phone).await.len()), (1, 1));
                assert!(self.tenant.shown(&phone).await.is_empty());
            }
        }
    }

    async fn too_many_requests_with_a_hint(&self) {
        let mut rule = (self.vendor.faults.throttled)();
        rule.fault = rule.fault.with_header("retry-after", HINT_SECONDS.to_string());
        let sends = self.overcomes("hinted", rule, &SECOND_ATTEMPT).await;
        let waited = sends[1].at_ms - sends[0].at_ms;
        assert!(waited >= HINT_SECONDS * 1000, "{}: asked again after {waited} ms", self.vendor.name());
    }

    async fn a_quota_that_is_used_up(&self) {
        let Some(quota_used_up) = self.vendor.faults.quota_used_up else { return };
        let phone = self.phone_under("quota", quota_used_up()).await;
        // The second message is not even sent to the vendor.
        for _ in 0..2 {
            let outcome = self.outcome_of_a_message_to(&phone).await;
            assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(Reason::QuotaUsedUp)), "{outcome:?}");
            assert_eq!(self.tenant.sends(&phone).await.len(), 1, "{}", self.vendor.name());
        }
        assert!(self.tenant.shown(&phone).await.is_empty());
        let notifier = self.tenant.app.notifier(&phone.notifier()).await.unwrap();
        assert!(notifier["health"]["quota"]["im"]["until"].is_i64(), "{notifier}");
    }

    async fn an_error_inside_the_vendor(&self) {
        self.overcomes("error", self.meets(Fault::status(500)), &SECOND_ATTEMPT).await;
    }

    async fn an_answer_that_makes_no_sense(&self) {
        self.overcomes("garbage", self.meets(Fault::Garbage { status: 200 }), &SECOND_ATTEMPT).await;
    }

    async fn a_connection_that_ends_after_the_delivery(&self) {
        let passage = Passage { deliveries: self.arrivals(3), ..TWO_CONNECTIONS };
        self.overcomes("closed", self.meets(Fault::Close {}).after_delivery().times(2), &passage).await;
    }

    async fn a_connection_that_is_reset(&self) {
        self.overcomes("reset", self.meets(Fault::Reset {}).times(2), &TWO_CONNECTIONS).await;
    }

    async fn no_answer_in_time(&self) {
        let passage = Passage { deliveries: self.arrivals(2), ..SECOND_ATTEMPT };
        self.overcomes("silence", self.meets(Fault::Hang {}).after_delivery(), &passage).await;
    }
}

// ---- steps ----

impl Story<'_> {
    async fn phone(&self, user: &str) -> Phone {
        self.tenant.phone(self.vendor.name(), user).await
    }

    /// Returns a phone whose next push meets this fault.
    async fn phone_under(&self, user: &str, rule: FaultRule) -> Phone {
        let phone = self.phone(user).await;
        self.tenant.world.stack.vendors.add_faults([rule.for_token(&phone.token)]).await.unwrap();
        phone
    }

    async fn dies(&self, phone: &Phone) {
        let dead = Device::unregistered(phone.vendor, &phone.token);
        self.tenant.world.stack.vendors.add_devices([dead]).await.unwrap();
    }

    fn meets(&self, fault: Fault) -> FaultRule {
        FaultRule::new(self.vendor.name(), fault).at(Endpoint::Send)
    }

    /// Returns how many deliveries the phone gets when the vendor accepts this many requests.
    fn arrivals(&self, requests: usize) -> usize {
        if self.vendor.delivers_repeats { requests } else { 1 }
    }

    async fn outcome_of_a_message_to(&self, phone: &Phone) -> DeviceOutcome {
        let id = self.tenant.send_to(&phone.user, json!({})).await;
        self.tenant.outcome(&phone.user, &id).await
    }

    /// Returns the device tokens that a user has bound.
    async fn bound(&self, user: &str) -> Vec<String> {
        let bindings = self.tenant.app.bindings(user).await.unwrap();
        bindings.iter().map(|binding| binding["device_token"].as_str().unwrap().to_owned()).collect()
    }

    /// Checks that a push arrives in spite of this fault. Returns its requests.
    async fn overcomes(&self, user: &str, rule: FaultRule, passage: &Passage) -> Vec<Recorded> {
        let phone = self.phone_under(user, rule).await;
        let outcome = self.outcome_of_a_message_to(&phone).await;
        self.passed(&phone, &outcome, passage).await
    }

    /// Checks that the push arrived within these attempts and requests, and that the phone shows it once. Returns its
    /// requests.
    async fn passed(&self, phone: &Phone, outcome: &DeviceOutcome, passage: &Passage) -> Vec<Recorded> {
        let act = format!("{}, {}: {outcome:?}", phone.vendor, phone.user);
        assert_eq!((outcome.status, outcome.reason), (PushStatus::Success, None), "{act}");
        assert!(passage.attempts.contains(&outcome.attempts), "{act}");
        let sends = self.tenant.sends(phone).await;
        assert_eq!(sends.len(), passage.requests, "requests, {act}");
        assert_eq!(self.tenant.deliveries(phone).await.len(), passage.deliveries, "deliveries, {act}");
        assert_eq!(self.tenant.shown(phone).await.len(), 1, "notifications, {act}");
        sends
    }

    /// Checks that the vendor called the token unregistered in one request, and that the phone shows nothing.
    async fn unregistered(&self, phone: &Phone, outcome: &DeviceOutcome, detail: &str) {
        let act = format!("{}, {}: {outcome:?}", phone.vendor, phone.user);
        assert_eq!((outcome.status, outcome.reason), (PushStatus::Fail, Some(Reason::IllegalBinding)), "{act}");
        assert_eq!((outcome.detail.as_deref(), outcome.attempts), (Some(detail), 1), "{act}");
        assert_eq!(self.tenant.sends(phone).await.len(), 1, "requests, {act}");
        assert!(self.tenant.deliveries(phone).await.is_empty(), "deliveries, {act}");
    }
}
