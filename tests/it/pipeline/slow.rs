//! A vendor that answers slowly: the function ends in time, and what it could not begin is sent later.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use aws_lambda_events::event::sqs::SqsMessage;
use curlew_tests::simulators::fcm;
use serde_json::{Value, json};
use shared::{
    app_configs::AppConfigs,
    domain::{
        id::{AppKey, GroupId, UserId},
        outcome::Outcome,
        vendor::Vendor,
    },
    lambda::metric::Metrics,
    ports::{
        groups::ManageGroups,
        vendor::{CallReport, VendorCall, VendorClient},
    },
    testing::chance::{FixedClock, SeededEntropy},
};

use super::harness::{FCM, Stack, TestApp};

/// How many requests a function has under way at once.
const PARALLEL_REQUESTS: usize = 128;
const MEMBERS: usize = 300;
/// After this no call is begun any more.
const TAKES: Duration = Duration::from_secs(3);

/// Takes one token a call, and its time for the first of them.
struct SlowVendor {
    clock: FixedClock,
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
            self.clock.advance(TAKES);
        }
        self.apps.lock().unwrap().push(call.owner.app.clone());
        CallReport { outcomes: Ok(vec![Outcome::Accepted { vendor_message_id: None }]), answer: Value::Null }
    }
}

/// Gives what lies in FCM's queue to a function whose vendor is slow.
async fn push_slowly(stack: &Stack) -> Arc<SlowVendor> {
    let vendor =
        Arc::new(SlowVendor { clock: stack.clock.clone(), calls: AtomicUsize::default(), apps: Mutex::default() });
    let (clock, entropy) = (Arc::new(stack.clock.clone()), Arc::new(SeededEntropy::default()));
    let configs = AppConfigs::new(stack.apps.clone(), clock.clone());
    let deliver = push_vendor::Deliver {
        vendor: Vendor::Fcm,
        client: vendor.clone(),
        notifiers: push_vendor::Notifiers::new(
            configs,
            stack.cipher.clone(),
            stack.apps.clone(),
            stack.runtime.clone(),
        ),
        limiter: push_vendor::Limiter::default(),
        ports: push_vendor::Ports {
            suspects: stack.runtime.clone(),
            outcomes: stack.messages.clone(),
            pages: stack.messages.clone(),
            ended: stack.messages.clone(),
            tokens: stack.users.clone(),
            queue: stack.push_queues.clone(),
            returns: stack.dead_letters.clone(),
            dead_letters: stack.dead_letters.clone(),
            clock,
            entropy,
        },
    };
    let records = stack.push_queues.of(Vendor::Fcm).take(100).into_iter().enumerate().map(|(index, body)| {
        let mut message = SqsMessage::default();
        (message.message_id, message.body) = (Some(index.to_string()), Some(body));
        message
    });
    let event = serde_json::from_value(json!({"Records": records.collect::<Vec<_>>()})).unwrap();
    push_vendor::handle(event, &deliver, &Metrics::default()).await;
    vendor
}

/// A group whose members have a phone each, and a message to it that is decided.
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
    stack.groups.add_members(&app.key, &group, &users).await.unwrap();
    let message = json!({"from": "carol", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
    stack.ok("POST", &app.path("messages/chatgroups"), &app.token, message).await;
    stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
    tokens
}

#[tokio::test]
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
    stack.drain().await;
    let delivered: u64 = tokens.iter().map(|token| stack.delivered("fcm", token)).sum();
    assert_eq!(delivered as usize, left);
}

#[tokio::test]
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
