//! Slow and failing dependencies.
//!
//! Every invocation ends in time. Every record is recorded or is back on its queue. No push that the vendor accepted is
//! repeated, and no record goes to the dead-letter queue.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use curlew_tests::simulators::fcm;
use serde_json::json;
use shared::{
    domain::{outcome::Outcome, reason::Reason, vendor::Vendor, vendor_answer::VendorAnswer},
    ports::vendor::{CallReport, VendorCall, VendorClient},
    testing::memory::Faults,
};
use tokio::time::Instant;

use super::harness::{FCM, INVOCATION, Stack, TestApp};

/// The longest time that a request to a table can take and still succeed.
const SLOW: Duration = Duration::from_secs(9);
/// Much longer than an invocation.
pub const HANGS: Duration = Duration::from_secs(600);

/// A vendor with the same answer for every token. It counts them.
pub struct Vendors {
    outcome: Outcome,
    sent: AtomicUsize,
}

impl Vendors {
    pub fn accepting() -> Arc<Self> {
        Arc::new(Self { outcome: Outcome::Accepted { vendor_message_id: None }, sent: AtomicUsize::default() })
    }

    fn knowing_no_token() -> Arc<Self> {
        let outcome = Outcome::Unregistered { code: "UNREGISTERED".into(), certain: true };
        Arc::new(Self { outcome, sent: AtomicUsize::default() })
    }

    pub fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl VendorClient for Vendors {
    fn max_tokens(&self) -> usize {
        1
    }

    async fn send(&self, call: VendorCall<'_>) -> CallReport {
        self.sent.fetch_add(call.tokens.len(), Ordering::SeqCst);
        CallReport { outcomes: Ok(vec![self.outcome.clone(); call.tokens.len()]), answer: VendorAnswer::default() }
    }
}

/// Returns users with a phone each, in a new app.
async fn users(stack: &Stack, number: usize) -> (TestApp, Vec<String>) {
    let app = stack.app("chat", json!({})).await;
    let users: Vec<String> = (0..number).map(|number| format!("u{number}")).collect();
    for user in &users {
        stack.bind(&app, user, "phone", FCM, &fcm::device_token()).await;
    }
    (app, users)
}

async fn send(stack: &Stack, app: &TestApp, users: &[String]) {
    stack.send(app, &users.iter().map(String::as_str).collect::<Vec<_>>(), json!({})).await;
}

/// Returns the records for the vendors of all sent messages.
async fn pushes(stack: &Stack) -> Vec<String> {
    while !stack.dispatch_queue.is_empty() {
        stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
    }
    stack.push_queues.of(Vendor::Fcm).take(100)
}

/// Returns the result of `work`, which must end within an invocation's time.
async fn in_time<T>(work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let done = work.await;
    assert!(began.elapsed() < INVOCATION, "{:?}", began.elapsed());
    done
}

fn slow_tables(stack: &Stack, by: Duration) {
    let tables: [&Faults; 4] = [&stack.apps.faults, &stack.users.faults, &stack.messages.faults, &stack.runtime.faults];
    tables.iter().for_each(|faults| faults.slow_down(by));
}

/// Returns how many receivers wait in the queues.
fn waiting(stack: &Stack) -> (usize, usize) {
    let undecided = stack.dispatch_queue.dispatch_jobs().iter().map(|job| job.receivers.len()).sum();
    (undecided, stack.push_queues.of(Vendor::Fcm).push_jobs().len())
}

#[tokio::test(start_paused = true)]
async fn decisions_on_slow_tables_are_made_or_put_back_within_the_time() {
    for slow in [SLOW, HANGS] {
        let stack = Stack::start();
        let (app, users) = users(&stack, 100).await;
        send(&stack, &app, &users).await;
        // None of these users can be pushed to. Their suppression must be recorded.
        stack.send(&app, &["x", "y"], json!({})).await;
        slow_tables(&stack, slow);
        stack.groups.faults.slow_down(slow);
        let records = stack.dispatch_queue.take(10);
        in_time(stack.dispatch_batch(&records, 1)).await;
        let (undecided, pushed) = waiting(&stack);
        let recorded = stack.messages.all(&app.key).iter().filter(|(_, stored)| stored.decision.is_some()).count();
        assert_eq!(undecided + pushed + recorded, 102, "{slow:?}: {undecided}, {pushed}, {recorded}");
        assert!(slow == HANGS || undecided == 0);
        let jobs = stack.dispatch_queue.dispatch_jobs();
        assert!(jobs.iter().all(|job| job.attempts == 0), "what was not begun is no attempt");
        assert!(stack.dead_letters.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn pages_of_groups_on_slow_tables_are_put_back_whole() {
    let stack = Stack::start();
    let (app, users) = users(&stack, 90).await;
    let group = json!({"groupid": "birds", "members": users});
    stack.ok("POST", &app.path("chatgroups"), &app.token, group).await;
    let message = json!({"from": "zoe", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
    stack.ok("POST", &app.path("messages/chatgroups"), &app.token, message).await;
    stack.groups.faults.slow_down(HANGS);
    let records = stack.dispatch_queue.take(10);
    in_time(stack.dispatch_batch(&records, 1)).await;
    let jobs = stack.dispatch_queue.group_jobs();
    assert_eq!(jobs.iter().map(|job| job.attempts).collect::<Vec<_>>(), [0]);
}

#[tokio::test(start_paused = true)]
async fn pushes_on_slow_tables_are_sent_once_and_recorded_or_put_back_as_no_attempt() {
    for slow in [SLOW, HANGS] {
        let stack = Stack::start();
        let (app, users) = users(&stack, 100).await;
        send(&stack, &app, &users).await;
        let records = pushes(&stack).await;
        let vendor = Vendors::accepting();
        // A new process has no configuration cached.
        let deliver = stack.deliver_through(Vendor::Fcm, vendor.clone());
        slow_tables(&stack, slow);
        assert_eq!(in_time(stack.push_through(&deliver, &records)).await, Vec::<usize>::new());
        let back = stack.push_queues.of(Vendor::Fcm).push_jobs();
        assert_eq!((vendor.sent(), back.len()), (0, 100));
        assert!(back.iter().all(|job| job.attempts == 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_push_that_the_vendor_took_is_not_repeated_however_slow_its_record_is() {
    for (slow, recorded) in [(SLOW, 100), (HANGS, 0)] {
        let stack = Stack::start();
        let (app, users) = users(&stack, 100).await;
        send(&stack, &app, &users).await;
        let records = pushes(&stack).await;
        let vendor = Vendors::accepting();
        let deliver = stack.deliver_through(Vendor::Fcm, vendor.clone());
        stack.messages.faults.slow_down(slow);
        assert_eq!(in_time(stack.push_through(&deliver, &records)).await, Vec::<usize>::new());
        assert_eq!((vendor.sent(), waiting(&stack)), (100, (0, 0)));
        let stored = stack.messages.all(&app.key);
        assert_eq!(stored.iter().filter(|(_, stored)| !stored.outcomes.is_empty()).count(), recorded);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_kms_is_asked_once_for_a_hundred_pushes() {
    let stack = Stack::start();
    let (app, users) = users(&stack, 100).await;
    send(&stack, &app, &users).await;
    let records = pushes(&stack).await;
    let vendor = Vendors::accepting();
    let deliver = stack.deliver_through(Vendor::Fcm, vendor.clone());
    stack.cipher.faults.fail_next(100);
    let (first, second) = records.split_at(50);
    for records in [first, second] {
        assert_eq!(in_time(stack.push_through(&deliver, records)).await, Vec::<usize>::new());
    }
    assert_eq!(stack.cipher.faults.left(), 99);
    assert_eq!((vendor.sent(), waiting(&stack)), (0, (0, 100)));
    stack.cipher.faults.slow_down(HANGS);
    stack.clock.advance(Duration::from_secs(10));
    let records = stack.push_queues.of(Vendor::Fcm).take(100);
    assert_eq!(in_time(stack.push_through(&deliver, &records)).await, Vec::<usize>::new());
    assert_eq!((vendor.sent(), waiting(&stack)), (0, (0, 100)));
}

#[tokio::test(start_paused = true)]
async fn outcomes_are_recorded_before_tokens_are_cleaned_and_three_slow_removals_cost_the_time_of_one() {
    for (slow, left) in [(SLOW, 0), (HANGS, 3)] {
        let stack = Stack::start();
        let (app, users) = users(&stack, 3).await;
        send(&stack, &app, &users).await;
        let records = pushes(&stack).await;
        let deliver = stack.deliver_through(Vendor::Fcm, Vendors::knowing_no_token());
        stack.users.faults.slow_down_of("remove_if_current", slow);
        assert_eq!(in_time(stack.push_through(&deliver, &records)).await, Vec::<usize>::new());
        for (_, stored) in stack.messages.all(&app.key) {
            assert_eq!(stored.outcomes[0].reason, Some(Reason::IllegalBinding));
        }
        let mut bound = 0;
        for user in &users {
            let path = app.path(&format!("users/{user}/push/binding"));
            let answer = stack.ok("GET", &path, &app.token, json!({})).await;
            bound += answer["entities"].as_array().unwrap().len();
        }
        assert_eq!(bound, left, "{slow:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_that_fails_for_hours_reports_no_record_as_failed() {
    let stack = Stack::start();
    let (app, users) = users(&stack, 20).await;
    send(&stack, &app, &users).await;
    let mut records = pushes(&stack).await;
    let deliver = stack.deliver_through(Vendor::Fcm, Vendors::accepting());
    for faults in [&stack.apps.faults, &stack.users.faults, &stack.messages.faults, &stack.runtime.faults] {
        faults.fail_next(usize::MAX / 2);
    }
    let mut seen = 0;
    for _ in 0..50 {
        seen = seen.max(records.len());
        assert_eq!(in_time(stack.push_through(&deliver, &records)).await, Vec::<usize>::new());
        stack.clock.advance(Duration::from_secs(900));
        records = stack.push_queues.of(Vendor::Fcm).take(100);
    }
    assert_eq!((seen, records.len()), (20, 20));
    assert!(stack.dead_letters.is_empty());
}
