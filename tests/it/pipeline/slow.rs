//! A vendor that answers slowly: the function ends in time, and pushes that it could not begin are sent later.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use curlew_tests::simulators::fcm;
use serde_json::json;
use shared::{
    domain::{
        id::{AppKey, GroupId, UserId},
        outcome::Outcome,
        vendor::Vendor,
        vendor_answer::VendorAnswer,
    },
    lambda::{deadline::Deadline, metric::Metrics},
    ports::{
        clock::Clock,
        groups::ManageGroups,
        vendor::{CallReport, VendorCall, VendorClient},
    },
};

use super::harness::{FCM, Stack, TestApp};

/// Requests that a function runs at once.
const PARALLEL_REQUESTS: usize = 128;
const MEMBERS: usize = 300;
/// After this time no call begins.
const TAKES: Duration = Duration::from_secs(6);

/// A vendor that takes one token a call. The first call takes [`TAKES`].
struct SlowVendor {
    calls: AtomicUsize,
    apps: Mutex<Vec<AppKey>>,
}

#[async_trait]
impl VendorClient for SlowVendor {
    fn max_tokens(&self) -> usize {
        1
    }

    async fn send(&self, call: VendorCall<'_>) -> CallReport {
        if self.calls.fetch_add(1, Ordering::SeqCst) == 0 {
            tokio::time::advance(TAKES).await;
        }
        self.apps.lock().unwrap().push(call.owner.app.clone());
        CallReport {
            outcomes: Ok(vec![Outcome::Accepted { vendor_message_id: None }]),
            answer: VendorAnswer::default(),
        }
    }
}

/// Passes the records of FCM's queue to a function whose vendor is slow.
async fn push_slowly(stack: &Stack) -> Arc<SlowVendor> {
    let vendor = Arc::new(SlowVendor { calls: AtomicUsize::default(), apps: Mutex::default() });
    let deliver = stack.deliver_through(Vendor::Fcm, vendor.clone());
    stack.push_through(&deliver, &stack.push_queues.of(Vendor::Fcm).take(100)).await;
    vendor
}

/// Creates a group whose members have a phone each, and decides a message to it.
async fn crowd(stack: &Stack, app: &TestApp) -> Vec<String> {
    stack.ok("POST", &app.path("chatgroups"), &app.token, json!({"groupid": "birds"})).await;
    let mut tokens = Vec::new();
    let mut users = Vec::new();
    for number in 0..MEMBERS {
        let (user, token) = (format!("u{number}"), fcm::device_token());
        stack.bind(app, &user, "phone", FCM, &token).await;
        users.push(UserId::parse(&user).unwrap());
        tokens.push(token);
    }
    let group = GroupId::parse("birds").unwrap();
    stack.groups.add_members(&app.key, &group, &users, stack.clock.now()).await.unwrap();
    let message = json!({"from": "carol", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
    stack.ok("POST", &app.path("messages/chatgroups"), &app.token, message).await;
    stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
    tokens
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_begun_in_time_goes_back_to_the_queue_and_is_no_attempt() {
    let stack = Stack::start();
    let app = stack.app("chat", json!({})).await;
    let tokens = crowd(&stack, &app).await;
    let slow = push_slowly(&stack).await;
    assert_eq!(slow.calls.load(Ordering::SeqCst), PARALLEL_REQUESTS);
    let back = stack.push_queues.of(Vendor::Fcm).push_jobs();
    let left: usize = back.iter().map(|job| job.receivers.len()).sum();
    assert_eq!(left, MEMBERS - PARALLEL_REQUESTS);
    assert!(back.iter().all(|job| job.attempts == 0));
    // From here on requests are real.
    tokio::time::resume();
    stack.drain().await;
    let delivered: u64 = tokens.iter().map(|token| stack.delivered("fcm", token)).sum();
    assert_eq!(delivered as usize, left);
}

/// A vendor that takes everything at once.
struct QuickVendor;

#[async_trait]
impl VendorClient for QuickVendor {
    fn max_tokens(&self) -> usize {
        1
    }

    async fn send(&self, _: VendorCall<'_>) -> CallReport {
        CallReport {
            outcomes: Ok(vec![Outcome::Accepted { vendor_message_id: None }]),
            answer: VendorAnswer::default(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_of_callbacks_that_hangs_costs_a_waiting_caller_a_second() {
    let stack = Stack::start();
    let callback = json!({"url": "https://push.example.com/", "secret": "a secret of the app"});
    let app = stack.app("chat", json!({"callback": callback})).await;
    stack.bind(&app, "ann", "phone", FCM, &fcm::device_token()).await;
    stack.send(&app, &["ann"], json!({})).await;
    stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
    let job = stack.push_queues.of(Vendor::Fcm).push_jobs().remove(0);
    stack.callback_queue.faults.slow_down_of("queue_callbacks", Duration::from_secs(3600));
    let deliver = stack.deliver_through(Vendor::Fcm, Arc::new(QuickVendor));
    let event = serde_json::from_value(json!({"push": job})).unwrap();
    let deadline = Deadline::after(Duration::from_secs(60));
    let begun = tokio::time::Instant::now();
    let report = push_vendor::handle(event, &deliver, deadline, &Metrics::default()).await;
    let report = serde_json::to_value(report).unwrap();
    assert_eq!(report["devices"][0]["status"], "success", "{report}");
    assert!(begun.elapsed() <= Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn many_pushes_of_one_app_do_not_keep_those_of_another_waiting() {
    let stack = Stack::start();
    let (many, few) = (stack.app("many", json!({})).await, stack.app("few", json!({})).await);
    crowd(&stack, &many).await;
    stack.bind(&few, "ann", "phone", FCM, &fcm::device_token()).await;
    stack.send(&few, &["ann"], json!({})).await;
    stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
    let slow = push_slowly(&stack).await;
    assert!(slow.apps.lock().unwrap().contains(&few.key));
}
