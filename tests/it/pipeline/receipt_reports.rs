//! Reports with many receipts: most tokens unregistered, and slow stores.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{body::Body, http::Request};
use curlew_tests::simulators::xiaomi;
use curlew_tests::simulators::xiaomi::account::NOTIFIER as XIAOMI;
use handle_receipt::{HandleReceipt, OpenedSecrets, router};
use serde_json::json;
use shared::{
    app_configs::AppConfigs,
    domain::{
        id::{AppKey, MessageId},
        message::Receiver,
        receipt::DeviceReceipt,
        time::Timestamp,
    },
    lambda::gate::Gate,
    ports::{clock::Clock, error::StoreError, messages::RecordReceipt},
    task_counter::TaskCounter,
    testing::memory::MemoryErasures,
    visible_since::VisibleSinceReader,
};
use tower::ServiceExt;

use super::harness::{STATISTICS_FLUSH, Stack, TestApp};

/// Phones of Xiaomi, each with its own user.
struct World {
    stack: Stack,
    app: TestApp,
    tokens: Vec<String>,
    path: String,
}

impl World {
    async fn start(phones: usize) -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let mut tokens = Vec::new();
        for phone in 0..phones {
            let token = xiaomi::device_token();
            stack.bind(&app, &user(phone), "phone", XIAOMI, &token).await;
            tokens.push(token);
        }
        let path = app.path(&format!("notifiers/{XIAOMI}"));
        let shown = stack.ok("GET", &path, &app.token, json!({})).await;
        let url = shown["receipt_url"].as_str().unwrap();
        let path = url[url.find("/push/report/").unwrap()..].to_owned();
        Self { stack, app, tokens, path }
    }

    /// Sends a report: this many phones are unregistered, and the others got the push.
    async fn report(&self, unregistered: usize) {
        let (gone, others) = self.tokens.split_at(unregistered);
        let report = json!({
            "slm1": {"type": 16, "targets": gone.join(",")},
            "slm2": {"type": 1, "targets": others.join(",")},
        });
        assert_eq!(self.stack.call_with("POST", &self.path, "", &[], report.to_string()).await.0, 200);
    }

    async fn bound(&self) -> usize {
        let mut bound = 0;
        for phone in 0..self.tokens.len() {
            let path = self.app.path(&format!("users/{}/push/binding", user(phone)));
            let answer = self.stack.ok("GET", &path, &self.app.token, json!({})).await;
            bound += answer["entities"].as_array().unwrap().len();
        }
        bound
    }
}

fn user(phone: usize) -> String {
    format!("user-{phone:03}")
}

#[tokio::test]
async fn a_report_that_calls_most_of_many_tokens_unregistered_removes_none() {
    let world = World::start(20).await;
    world.report(16).await;
    assert_eq!(world.bound().await, 20);
    world.report(16).await;
    assert_eq!(world.bound().await, 20, "nothing has shown since that the configuration is right");

    world.stack.send(&world.app, &[&user(19)], json!({})).await;
    world.stack.drain().await;
    world.stack.clock.advance(Duration::from_secs(1));
    world.report(16).await;
    assert_eq!(world.bound().await, 4);
}

#[tokio::test]
async fn tokens_that_nobody_holds_any_more_do_not_make_a_report_believed() {
    let world = World::start(25).await;
    for phone in 0..6 {
        // The phone has another token now.
        let token = xiaomi::device_token();
        world.stack.bind(&world.app, &user(phone), "phone", XIAOMI, &token).await;
    }
    world.report(25).await;
    assert_eq!(world.bound().await, 25);
}

#[tokio::test]
async fn a_report_that_calls_fewer_tokens_unregistered_removes_them() {
    for (phones, unregistered) in [(20, 15), (19, 19)] {
        let world = World::start(phones).await;
        world.report(unregistered).await;
        assert_eq!(world.bound().await, phones - unregistered);
    }
}

#[tokio::test]
async fn a_late_report_removes_no_token_that_was_registered_since() {
    let world = World::start(3).await;
    let uninstalled = world.stack.clock.now();
    world.stack.clock.advance(Duration::from_secs(60));
    // The first phone registers its token again, the second one's goes to another user.
    for (user, token) in [(user(0), &world.tokens[0]), ("another".to_owned(), &world.tokens[1])] {
        world.stack.bind(&world.app, &user, "phone", XIAOMI, token).await;
    }
    let entry = json!({"type": 16, "targets": world.tokens.join(","), "timestamp": uninstalled});
    let report = json!({"slm1": entry}).to_string();
    assert_eq!(world.stack.call_with("POST", &world.path, "", &[], report).await.0, 200);
    assert_eq!(world.bound().await, 1, "only the third phone's token is gone");
    let path = world.app.path("users/another/push/binding");
    let answer = world.stack.ok("GET", &path, &world.app.token, json!({})).await;
    assert_eq!(answer["entities"].as_array().unwrap().len(), 1);
}

/// A store that takes a given time for every receipt.
struct SlowStore {
    takes: Duration,
    recorded: AtomicUsize,
}

#[async_trait]
impl RecordReceipt for SlowStore {
    async fn record_receipt(
        &self,
        _app: &AppKey,
        _receiver: &Receiver,
        _receipt: &DeviceReceipt,
        _now: Timestamp,
    ) -> Result<bool, StoreError> {
        tokio::time::sleep(self.takes).await;
        self.recorded.fetch_add(1, Ordering::SeqCst);
        Ok(true)
    }
}

/// Sends a report of 64 receipts to a slow store. Returns the answer, its time, and how many receipts were recorded.
async fn slow_report(takes: Duration) -> (u16, Duration, usize) {
    let world = World::start(64).await;
    let stack = &world.stack;
    let messages = Arc::new(SlowStore { takes, recorded: AtomicUsize::new(0) });
    let clock = Arc::new(stack.clock.clone());
    let configs = AppConfigs::new(stack.apps.clone(), clock.clone());
    let erasures = Arc::new(MemoryErasures::new(stack.clock.clone()));
    let gate = Gate::new(configs.clone(), clock.clone());
    let state = HandleReceipt {
        visible_since: Arc::new(VisibleSinceReader::new(configs.clone(), erasures.clone())),
        configs,
        owners: stack.apps.clone(),
        cipher: stack.cipher.clone(),
        opened: OpenedSecrets::default(),
        tokens: stack.users.clone(),
        unregistered_tokens: stack.users.clone(),
        suspects: stack.runtime.clone(),
        health: stack.runtime.clone(),
        erasures,
        traces: stack.messages.clone(),
        messages: messages.clone(),
        statistics: stack.statistics(),
        task_counts: TaskCounter::flushed_every(STATISTICS_FLUSH, stack.runtime.clone()),
        callbacks: stack.tell(),
        metric_namespace: "Curlew/tests".to_owned(),
        clock,
    };
    let function = router(gate, state);
    let id = MessageId::new(stack.clock.now(), 1);
    let report = json!({"slm1": {"param": id, "type": 1, "targets": world.tokens.join(",")}});
    let request = Request::post(&world.path).body(Body::from(report.to_string())).unwrap();
    tokio::time::pause();
    let started = tokio::time::Instant::now();
    let status = function.oneshot(request).await.unwrap().status().as_u16();
    (status, started.elapsed(), messages.recorded.load(Ordering::SeqCst))
}

#[tokio::test]
async fn the_receipts_of_a_report_are_worked_on_side_by_side() {
    let (status, took, recorded) = slow_report(Duration::from_secs(1)).await;
    assert_eq!((status, recorded), (200, 64));
    assert!(took < Duration::from_secs(5), "64 s one after the other: {took:?}");
}

#[tokio::test]
async fn a_report_that_cannot_be_worked_on_in_time_is_asked_for_again() {
    let (status, took, recorded) = slow_report(Duration::from_secs(3)).await;
    assert_eq!(status, 503);
    assert!(took < Duration::from_secs(10), "the function's own time: {took:?}");
    assert!((1..64).contains(&recorded), "{recorded} are done and stay so");
}
