//! Two apps share a batch, and a dependency hangs for one of them. The other app's phones get their pushes at once.

use std::{sync::Arc, time::Duration};

use curlew_tests::simulators::fcm;
use push_vendor::Deliver;
use serde_json::{Value, json};
use shared::{
    domain::{reason::Reason, vendor::Vendor},
    ports::queue::DispatchJob,
    testing::memory::Faults,
};
use tokio::time::Instant;

use super::{
    deadline::{HANGS, Vendors},
    harness::{FCM, INVOCATION, Stack, TestApp},
    socket::Socket,
};

/// The dependency that hangs for the first app, and the state of its push in which only that app calls the method.
struct Hangs {
    faults: fn(&Stack) -> &Faults,
    method: &'static str,
    attempts: u32,
    waited: bool,
    repeat: bool,
}

const HANGING: [Hangs; 5] = [
    Hangs { faults: |stack| &stack.messages.faults, method: "ended", attempts: 0, waited: false, repeat: true },
    Hangs { faults: |stack| &stack.cipher.faults, method: "decrypt", attempts: 0, waited: false, repeat: false },
    Hangs { faults: |stack| &stack.users.faults, method: "token_owners", attempts: 1, waited: false, repeat: false },
    Hangs { faults: |stack| &stack.messages.faults, method: "content", attempts: 1, waited: true, repeat: false },
    Hangs {
        faults: |stack| &stack.dispatch_queue.faults,
        method: "queue_dispatch",
        attempts: 1,
        waited: true,
        repeat: false,
    },
];

async fn app(stack: &Stack, name: &str) -> TestApp {
    let app = stack.app(name, json!({})).await;
    stack.bind(&app, "ann", "phone", FCM, &fcm::device_token()).await;
    app
}

/// Sends a message to Ann. Returns its record for the vendor.
async fn push(stack: &Stack, app: &TestApp) -> String {
    stack.send(app, &["ann"], json!({})).await;
    stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
    stack.push_queues.of(Vendor::Fcm).take(1).remove(0)
}

/// Returns a process with the other app's notifier cached, and the record of the first app's push.
async fn process(stack: &Stack, fast: &TestApp, slow: &TestApp, hangs: &Hangs) -> (Deliver, Arc<Vendors>, String) {
    let vendor = Vendors::accepting();
    let deliver = stack.deliver_through(Vendor::Fcm, vendor.clone());
    stack.push_through(&deliver, &[push(stack, fast).await]).await;
    let mut job: Value = serde_json::from_str(&push(stack, slow).await).unwrap();
    job["repeat"] = hangs.repeat.into();
    job["attempts"] = hangs.attempts.into();
    if hangs.waited {
        stack.clock.advance(Duration::from_secs(61));
    }
    (hangs.faults)(stack).slow_down_of(hangs.method, HANGS);
    (deliver, vendor, job.to_string())
}

#[tokio::test(start_paused = true)]
async fn what_hangs_for_one_app_keeps_no_other_apps_push_waiting() {
    for hangs in HANGING {
        let (method, attempts) = (hangs.method, hangs.attempts);
        let stack = Stack::start();
        let (slow, fast) = (app(&stack, "slow").await, app(&stack, "fast").await);
        let (deliver, vendor, record) = process(&stack, &fast, &slow, &hangs).await;
        let records = [record, push(&stack, &fast).await];
        let began = Instant::now();
        assert_eq!(stack.push_through(&deliver, &records).await, Vec::<usize>::new());
        assert!(began.elapsed() < INVOCATION, "{method}");
        assert_eq!(vendor.sent(), 2, "{method}");
        let back = stack.push_queues.of(Vendor::Fcm).push_jobs();
        assert_eq!(
            back.iter().map(|job| (&job.app, job.attempts)).collect::<Vec<_>>(),
            [(&slow.key, attempts)],
            "{method}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_hung_for_one_app_takes_no_time_from_the_next_batches() {
    for hangs in HANGING.iter().filter(|hangs| !hangs.waited) {
        let stack = Stack::start();
        let (slow, fast) = (app(&stack, "slow").await, app(&stack, "fast").await);
        let (deliver, vendor, record) = process(&stack, &fast, &slow, hangs).await;
        stack.push_through(&deliver, std::slice::from_ref(&record)).await;
        let began = Instant::now();
        for _ in 0..3 {
            let records = [record.clone(), push(&stack, &fast).await];
            stack.push_through(&deliver, &records).await;
        }
        assert!(began.elapsed() < Duration::from_secs(1), "{}: {:?}", hangs.method, began.elapsed());
        assert_eq!(vendor.sent(), 4, "{}", hangs.method);
        // The dependency answers again, and is called again.
        (hangs.faults)(&stack).at_full_speed();
        stack.clock.advance(Duration::from_secs(30));
        stack.push_through(&deliver, &[record]).await;
        assert_eq!(vendor.sent(), 5, "{}", hangs.method);
    }
}

#[tokio::test(start_paused = true)]
async fn a_decision_that_hangs_keeps_no_other_decisions_push_waiting() {
    let stack = Stack::start();
    let (slow, fast) = (app(&stack, "slow").await, app(&stack, "fast").await);
    stack.send(&slow, &["ann"], json!({})).await;
    stack.send(&fast, &["ann"], json!({})).await;
    stack.users.faults.slow_next_of("facts", HANGS);
    let records = stack.dispatch_queue.take(10);
    let queued = || {
        let jobs = stack.push_queues.of(Vendor::Fcm).push_jobs();
        jobs.into_iter().map(|job| job.app).collect::<Vec<_>>()
    };
    let batch = stack.dispatch_batch(&records, 1);
    tokio::pin!(batch);
    tokio::select! {
        () = &mut batch => panic!("the decision does not hang"),
        () = tokio::time::sleep(Duration::from_secs(3)) => assert_eq!(queued(), std::slice::from_ref(&fast.key)),
    }
    batch.await;
    assert_eq!(queued(), [fast.key], "no push is queued twice");
    let back = stack.dispatch_queue.dispatch_jobs();
    assert_eq!(back.iter().map(|job| (&job.app, job.attempts)).collect::<Vec<_>>(), [(&slow.key, 0)]);
}

#[tokio::test(start_paused = true)]
async fn a_decision_that_comes_late_is_acted_on_in_the_same_invocation() {
    let stack = Stack::start();
    let (slow, fast) = (app(&stack, "slow").await, app(&stack, "fast").await);
    stack.send(&slow, &["ann"], json!({})).await;
    stack.send(&fast, &["ann"], json!({})).await;
    stack.users.faults.slow_next_of("facts", Duration::from_secs(9));
    stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
    let jobs = stack.push_queues.of(Vendor::Fcm).push_jobs();
    assert_eq!(jobs.iter().map(|job| &job.app).collect::<Vec<_>>(), [&fast.key, &slow.key]);
    assert!(stack.dispatch_queue.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_queue_of_frames_that_hangs_keeps_no_other_decision_from_being_recorded() {
    let stack = Stack::start();
    let (slow, fast) = (app(&stack, "slow").await, app(&stack, "fast").await);
    let phone = Socket::connect(&stack, &slow, "ann", "phone").await;
    stack.drain().await;
    phone.frames();
    let live = stack.send(&slow, &["ann", "nobody"], json!({})).await;
    let silent = stack.send(&fast, &["nobody"], json!({})).await[0];
    stack.direct_queue.faults.slow_down_of("queue_direct", HANGS);
    let began = Instant::now();
    stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    for (app, id) in [(&slow, live[1]), (&fast, silent)] {
        assert_eq!(stack.suppression(app, "nobody", id).await, Some(Reason::NoUserExist), "{}", app.key);
    }
    let back: Vec<DispatchJob> = stack.dispatch_queue.dispatch_jobs();
    let again = back.iter().filter(|job| job.attempts > 0).flat_map(|job| &job.receivers);
    assert_eq!(again.map(|receiver| receiver.msg_id).collect::<Vec<_>>(), live[..1]);
    assert!(back.iter().all(|job| job.app == slow.key));
    stack.direct_queue.faults.at_full_speed();
    stack.clock.advance(Duration::from_secs(10));
    while stack.step().await {}
    assert_eq!(phone.messages(), [live[0].to_string()]);
}
