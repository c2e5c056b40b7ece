use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures::future::join_all;
use serde_json::json;
use shared::{
    domain::time::Timestamp,
    ports::{
        access_tokens::{Lease, ShareAccessTokens},
        clock::Clock,
        vendor::RenewCall,
    },
    testing::{chance::SeededEntropy, memory::MemoryRuntime},
};
use tokio::time::Instant;

use super::*;
use crate::testing::Call;

const LIFE: Duration = Duration::from_secs(3600);

/// Shows the time of tokio's clock, which a test stops and moves.
struct TokioClock(Instant);

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_768_467_600_000).plus(self.0.elapsed())
    }
}

/// A vendor that takes a second to issue `token-1`, `token-2`, ...
struct Vendor {
    secret: &'static str,
    issued: AtomicUsize,
    down: AtomicBool,
    rest: Duration,
    replace_after: Option<Duration>,
}

impl Vendor {
    fn new(secret: &'static str) -> Self {
        Self {
            secret,
            issued: AtomicUsize::new(0),
            down: AtomicBool::new(false),
            rest: Duration::ZERO,
            replace_after: None,
        }
    }

    fn asked(&self) -> usize {
        self.issued.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Issuer for Vendor {
    fn secret(&self) -> &[u8] {
        self.secret.as_bytes()
    }

    fn replace_after(&self) -> Option<Duration> {
        self.replace_after
    }

    async fn issue(&self) -> Result<Issued, Failure> {
        let number = self.issued.fetch_add(1, Ordering::SeqCst) + 1;
        tokio::time::sleep(Duration::from_secs(1)).await;
        if self.down.load(Ordering::SeqCst) {
            return Err(CallError::Unavailable { code: "down".into(), after: None }.into());
        }
        let token = AccessToken::parse(&format!("token-{number}")).unwrap();
        Ok(Issued { token, lives: LIFE })
    }

    fn rest(&self) -> Duration {
        self.rest
    }
}

struct World {
    runtime: Arc<MemoryRuntime>,
    clock: Arc<TokioClock>,
    call: Call,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(TokioClock(Instant::now()));
        Self { runtime: Arc::default(), clock, call: Call::new(json!({}), &["t"]) }
    }

    /// A process of its own.
    fn process(&self) -> AccessTokens {
        AccessTokens::new(self.runtime.clone(), self.clock.clone(), Arc::new(SeededEntropy::default()))
    }

    async fn renew(&self, process: &AccessTokens, vendor: &Vendor, ahead: Duration) -> Result<bool, CallError> {
        let call = self.call.as_call();
        let (owner, credential, options) = (call.owner, call.credential, call.options);
        renew(process, &RenewCall { owner, credential, options, ahead }, vendor).await.map_err(|failure| failure.error)
    }

    async fn token(&self, process: &AccessTokens, vendor: &Vendor) -> Result<String, CallError> {
        let access = Access::open(process, &self.call.as_call(), vendor).await.map_err(|failure| failure.error)?;
        Ok(access.token().await.expose().to_owned())
    }
}

#[tokio::test(start_paused = true)]
async fn one_fetch_serves_all_requests_of_all_processes() {
    let (world, vendor) = (World::new(), Vendor::new("secret"));
    let processes = [world.process(), world.process(), world.process()];
    let requests = processes.iter().flat_map(|process| (0..5).map(|_| world.token(process, &vendor)));
    let tokens = join_all(requests).await;
    assert!(tokens.iter().all(|token| token.as_deref() == Ok("token-1")), "{tokens:?}");
    assert_eq!(vendor.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_replaced_ahead_of_its_end_without_holding_up_others() {
    let (world, vendor) = (World::new(), Vendor::new("secret"));
    let process = world.process();
    world.token(&process, &vendor).await.unwrap();
    tokio::time::advance(LIFE * 8 / 10).await;
    assert_eq!(world.token(&process, &vendor).await.unwrap(), "token-1");
    tokio::time::advance(LIFE / 8).await;
    let tokens = tokio::join!(world.token(&process, &vendor), world.token(&process, &vendor));
    assert_eq!(tokens, (Ok("token-2".into()), Ok("token-1".into())));
    assert_eq!(vendor.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_may_want_its_tokens_replaced_sooner_and_the_old_one_serves_meanwhile() {
    let world = World::new();
    let vendor = Vendor { replace_after: Some(LIFE / 4), ..Vendor::new("secret") };
    let process = world.process();
    world.token(&process, &vendor).await.unwrap();
    tokio::time::advance(LIFE / 4).await;
    vendor.down.store(true, Ordering::SeqCst);
    assert_eq!(world.token(&process, &vendor).await.unwrap(), "token-1");
    tokio::time::advance(LIFE / 4).await;
    vendor.down.store(false, Ordering::SeqCst);
    assert_eq!(world.token(&process, &vendor).await.unwrap(), "token-3");
    assert_eq!(world.token(&world.process(), &vendor).await.unwrap(), "token-3");
}

#[tokio::test(start_paused = true)]
async fn an_old_token_serves_until_its_end_while_the_vendor_is_down() {
    let (world, vendor) = (World::new(), Vendor::new("secret"));
    let process = world.process();
    world.token(&process, &vendor).await.unwrap();
    vendor.down.store(true, Ordering::SeqCst);
    tokio::time::advance(LIFE * 95 / 100).await;
    for _ in 0..10 {
        assert_eq!(world.token(&process, &vendor).await.unwrap(), "token-1");
    }
    assert_eq!(vendor.asked(), 2, "one attempt, and then not at once again");
    tokio::time::advance(LIFE * 5 / 100).await;
    assert!(world.token(&process, &vendor).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_new_process_makes_do_with_an_old_shared_token_while_the_vendor_is_down() {
    let (world, vendor) = (World::new(), Vendor::new("secret"));
    world.token(&world.process(), &vendor).await.unwrap();
    vendor.down.store(true, Ordering::SeqCst);
    tokio::time::advance(LIFE * 95 / 100).await;
    assert_eq!(world.token(&world.process(), &vendor).await.unwrap(), "token-1");
}

#[tokio::test(start_paused = true)]
async fn a_new_process_does_not_wait_for_another_while_an_old_shared_token_is_good() {
    let (world, vendor) = (World::new(), Vendor::new("secret"));
    world.token(&world.process(), &vendor).await.unwrap();
    tokio::time::advance(LIFE * 95 / 100).await;
    let (first, second) = (world.process(), world.process());
    let tokens = tokio::join!(world.token(&first, &vendor), world.token(&second, &vendor));
    assert_eq!(tokens, (Ok("token-2".into()), Ok("token-1".into())));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once_for_all_requests_of_a_call() {
    let (world, vendor) = (World::new(), Vendor::new("secret"));
    let process = world.process();
    let call = world.call.as_call();
    let access = Access::open(&process, &call, &vendor).await.unwrap();
    let first = access.token().await;
    let renewed = join_all((0..5).map(|_| access.renew(&first, refusal()))).await;
    assert!(renewed.iter().all(|token| token.as_ref().unwrap().expose() == "token-2"));
    assert_eq!(vendor.asked(), 2);
    assert_eq!(world.token(&world.process(), &vendor).await.unwrap(), "token-2", "other processes get it too");
}

#[tokio::test(start_paused = true)]
async fn a_credential_whose_new_token_is_refused_too_is_to_blame() {
    let (world, vendor) = (World::new(), Vendor::new("secret"));
    let process = world.process();
    let call = world.call.as_call();
    let access = Access::open(&process, &call, &vendor).await.unwrap();
    let second = access.renew(&access.token().await, refusal()).await.unwrap();
    let refused = access.renew(&second, refusal()).await;
    assert_eq!(refused, Err(CallError::Credential { code: "401".into() }));
    assert_eq!(vendor.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_died_with_the_lease_is_survived() {
    let (world, vendor) = (World::new(), Vendor::new("secret"));
    let hold = Duration::from_secs(5);
    let lease = world.runtime.lease(&world.call.owner, world.clock.now(), hold).await.unwrap();
    assert_eq!(lease, Lease::Taken);
    assert_eq!(world.token(&world.process(), &vendor).await.unwrap(), "token-1");
    assert_eq!(vendor.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_never_ends_does_not_hold_up_a_push_forever() {
    let (world, vendor) = (World::new(), Vendor::new("secret"));
    let hold = Duration::from_secs(100_000);
    world.runtime.lease(&world.call.owner, world.clock.now(), hold).await.unwrap();
    assert_eq!(world.token(&world.process(), &vendor).await.unwrap(), "token-1");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_costs_a_fetch_and_no_push() {
    for method in ["shared", "lease", "share", "release"] {
        let (world, vendor) = (World::new(), Vendor::new("secret"));
        world.runtime.faults.fail_next_of(method, usize::MAX);
        assert_eq!(world.token(&world.process(), &vendor).await.unwrap(), "token-1", "{method}");
        assert_eq!(vendor.asked(), 1, "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_costs_seconds_and_no_push() {
    let (world, vendor) = (World::new(), Vendor::new("secret"));
    world.runtime.faults.slow_down(Duration::from_secs(600));
    let began = Instant::now();
    assert_eq!(world.token(&world.process(), &vendor).await.unwrap(), "token-1");
    assert!(began.elapsed() <= Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_failed_fetch_is_remembered_for_a_second() {
    let (world, vendor) = (World::new(), Vendor::new("secret"));
    vendor.down.store(true, Ordering::SeqCst);
    let process = world.process();
    for _ in 0..100 {
        assert!(world.token(&process, &vendor).await.is_err());
    }
    assert_eq!(vendor.asked(), 1, "a batch meets the failure once");
    tokio::time::advance(shared::failures::REMEMBERED).await;
    assert!(world.token(&process, &vendor).await.is_err());
    assert_eq!(vendor.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_another_credential_is_not_used() {
    let mut world = World::new();
    let (old, new) = (Vendor::new("old secret"), Vendor::new("new secret"));
    let process = world.process();
    world.token(&process, &old).await.unwrap();
    world.call.credential = shared::ports::vendor::Credential::new(json!({}), "another fingerprint".into());
    world.token(&process, &new).await.unwrap();
    world.token(&process, &new).await.unwrap();
    world.token(&world.process(), &new).await.unwrap();
    assert_eq!((old.asked(), new.asked()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn those_who_waited_for_a_failed_fetch_share_its_failure() {
    let (world, vendor) = (World::new(), Vendor::new("secret"));
    vendor.down.store(true, Ordering::SeqCst);
    let process = world.process();
    let tokens = join_all((0..5).map(|_| world.token(&process, &vendor))).await;
    assert!(tokens.iter().all(Result::is_err));
    assert_eq!(vendor.asked(), 1);
    vendor.down.store(false, Ordering::SeqCst);
    assert_eq!(world.token(&world.process(), &vendor).await.unwrap(), "token-2", "the lease was given back");
}

#[tokio::test(start_paused = true)]
async fn those_who_waited_for_the_failed_fetch_of_another_credential_fetch_for_themselves() {
    let world = World::new();
    let mut next =
        World { runtime: world.runtime.clone(), clock: world.clock.clone(), call: Call::new(json!({}), &["t"]) };
    next.call.credential = shared::ports::vendor::Credential::new(json!({}), "another fingerprint".into());
    let (old, new) = (Vendor::new("old secret"), Vendor::new("new secret"));
    old.down.store(true, Ordering::SeqCst);
    let process = world.process();
    let (failed, fetched) = futures::join!(world.token(&process, &old), next.token(&process, &new));
    assert!(failed.is_err());
    assert_eq!((fetched.unwrap().as_str(), new.asked()), ("token-1", 1));
}

#[tokio::test(start_paused = true)]
async fn a_shared_token_is_sealed_and_no_debug_text_shows_it() {
    let (world, vendor) = (World::new(), Vendor::new("secret"));
    world.token(&world.process(), &vendor).await.unwrap();
    let shared = world.runtime.shared(&world.call.owner, world.clock.now()).await.unwrap().unwrap();
    let needle = b"token-1";
    assert!(!shared.sealed.windows(needle.len()).any(|window| window == needle));
    let token = AccessToken::parse("hush").unwrap();
    assert_eq!(format!("{token:?}"), "AccessToken(4 bytes)");
}

#[test]
fn a_token_that_cannot_be_a_header_is_none() {
    for text in ["", "a b", "a\nb", "ä", &"x".repeat(8193)] {
        assert!(AccessToken::parse(text).is_none(), "{text:?}");
    }
}

#[test]
fn an_answer_without_a_usable_token_issues_none() {
    let issued = |status, body: &str| {
        let reply = crate::transport::Reply { status, retry_after: None, body: body.as_bytes().to_vec() };
        oauth::issued(&reply).map(|issued| (issued.token.expose().to_owned(), issued.lives.as_secs()))
    };
    let good = Some(("a/b==".to_owned(), 3600));
    assert_eq!(issued(200, r#"{"access_token":"a\/b==","expires_in":3600,"token_type":"Bearer"}"#), good);
    assert_eq!(issued(200, r#"{"access_token":"a/b==","expires_in":"3600"}"#), good);
    assert_eq!(issued(200, r#"{"access_token":"a/b=="}"#), good);
    for body in [
        "",
        "{",
        "[]",
        "<html>",
        r#"{"access_token":7,"expires_in":3600}"#,
        r#"{"access_token":"","expires_in":3600}"#,
        r#"{"access_token":"a","expires_in":0}"#,
        r#"{"access_token":"a","expires_in":-1}"#,
        r#"{"access_token":"a","expires_in":[]}"#,
        r#"{"expires_in":3600}"#,
    ] {
        assert_eq!(issued(200, body), None, "{body}");
    }
    assert_eq!(issued(400, r#"{"access_token":"a","expires_in":3600}"#), None);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_wants_rest_after_a_failure_has_it_unless_the_credential_changed() {
    let mut world = World::new();
    let vendor = Vendor { rest: Duration::from_secs(60), ..Vendor::new("secret") };
    vendor.down.store(true, Ordering::SeqCst);
    let process = world.process();
    for _ in 0..5 {
        assert!(world.token(&process, &vendor).await.is_err());
    }
    assert_eq!(vendor.asked(), 1);
    tokio::time::advance(Duration::from_secs(60)).await;
    assert!(world.token(&process, &vendor).await.is_err());
    assert_eq!(vendor.asked(), 2);

    vendor.down.store(false, Ordering::SeqCst);
    world.call.credential = shared::ports::vendor::Credential::new(json!({}), "another".into());
    assert_eq!(world.token(&process, &vendor).await.unwrap(), "token-3");
}

fn refusal() -> Refusal {
    Refusal::Expired { code: "401".into(), or_token: false }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_asks_only_when_pushes_would_do_so_soon_and_pushes_use_its_token() {
    let (world, vendor) = (World::new(), Vendor::new("secret"));
    let (checking, pushing) = (world.process(), world.process());
    assert_eq!(world.renew(&checking, &vendor, LIFE / 2).await, Ok(true));
    assert_eq!(world.token(&pushing, &vendor).await.as_deref(), Ok("token-1"));
    tokio::time::advance(LIFE / 4).await;
    for process in [&checking, &pushing, &world.process()] {
        assert_eq!(world.renew(process, &vendor, LIFE / 2).await, Ok(false));
    }
    tokio::time::advance(LIFE / 4).await;
    assert_eq!(world.renew(&checking, &vendor, LIFE / 2).await, Ok(true));
    assert_eq!(world.token(&world.process(), &vendor).await.as_deref(), Ok("token-2"));
    assert_eq!(vendor.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_is_told_and_takes_no_token_from_pushes() {
    let (world, vendor) = (World::new(), Vendor::new("secret"));
    let (checking, pushing) = (world.process(), world.process());
    world.token(&pushing, &vendor).await.unwrap();
    vendor.down.store(true, Ordering::SeqCst);
    assert!(matches!(world.renew(&checking, &vendor, LIFE).await, Err(CallError::Unavailable { .. })));
    assert!(matches!(world.renew(&pushing, &vendor, LIFE).await, Err(CallError::Unavailable { .. })));
    for process in [&checking, &pushing, &world.process()] {
        assert_eq!(world.token(process, &vendor).await.as_deref(), Ok("token-1"));
    }
}

#[tokio::test(start_paused = true)]
async fn two_renewals_at_once_ask_once() {
    let (world, vendor) = (World::new(), Vendor::new("secret"));
    let processes = [world.process(), world.process()];
    let renewed = join_all(processes.iter().map(|process| world.renew(process, &vendor, LIFE))).await;
    assert_eq!((renewed, vendor.asked()), (vec![Ok(true), Ok(false)], 1));
}
