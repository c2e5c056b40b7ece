//! A vendor that is down for long: pushes wait for it, and seldom call it. `make bench` shows what these tests measure.

use std::time::Duration;

use curlew_tests::simulators::{Endpoint, Fault, FaultRule, SIMULATORS, Spec, fcm};
use serde_json::json;
use shared::{domain::time::Timestamp, ports::clock::Clock};

use super::harness::{Stack, TestApp};

const USERS: usize = 5;
/// Less than the hour after which access tokens end: the simulators have a clock of their own.
const MINUTES: u64 = 50;
/// Maximum tries of a push in a minute, on average of the outage.
const MAX_TRIES_A_MINUTE: f64 = 1.1;
/// Seconds in FCM's `Retry-After`.
const HINT: u64 = 600;

async fn with_phones(stack: &Stack, vendor: &Spec) -> (TestApp, Vec<String>) {
    let app = stack.app("chat", json!({})).await;
    let users: Vec<String> = (0..USERS).map(|number| format!("u{number}")).collect();
    for user in &users {
        let interface = vendor.interface();
        stack.bind(&app, user, "phone", interface.notifier, &(interface.device_token)()).await;
    }
    (app, users)
}

async fn send(stack: &Stack, app: &TestApp, users: &[String]) {
    let to: Vec<&str> = users.iter().map(String::as_str).collect();
    stack.send(app, &to, json!({})).await;
}

/// Handles every record when it is due, until then.
async fn pass(stack: &Stack, until: Timestamp) {
    loop {
        while stack.step().await {}
        match stack.next_visible() {
            Some(at) if at < until => stack.clock.set(at.max(stack.clock.now())),
            _ => break,
        }
    }
    stack.clock.set(until);
}

/// Returns how often a push was tried in the first minute of an outage, and in a minute of it on average.
async fn tries(vendor: &Spec) -> (f64, f64) {
    let stack = Stack::start();
    let (app, users) = with_phones(&stack, vendor).await;
    stack
        .simulators
        .add_faults([FaultRule::new(vendor.name(), Fault::status(503)).at(Endpoint::Send).always()])
        .unwrap();
    let begun = stack.clock.now();
    send(&stack, &app, &users).await;
    let tried = || stack.simulators.counts().of(vendor.name()).targets as f64 / USERS as f64;
    pass(&stack, begun.plus(Duration::from_secs(60))).await;
    let first = tried();
    pass(&stack, begun.plus(Duration::from_secs(60 * MINUTES))).await;
    assert!(stack.dead_letters.is_empty());
    (first, tried() / MINUTES as f64)
}

#[tokio::test]
async fn an_outage_of_a_vendor_multiplies_no_calls() {
    let (mut max_at_first, mut most) = (0.0, 0.0);
    for vendor in SIMULATORS {
        let (first, average) = tries(vendor).await;
        assert!(
            first >= 1.0 && average * MINUTES as f64 >= 2.0,
            "{}: pushes are tried, and tried again",
            vendor.name()
        );
        assert!(average <= MAX_TRIES_A_MINUTE, "{}: {average} tries a minute", vendor.name());
        (max_at_first, most) = (f64::max(max_at_first, first), f64::max(most, average));
    }
    eprintln!("measured: tries in the first minute: {max_at_first:.2}");
    eprintln!("measured: tries a minute: {most:.2}");
}

#[tokio::test]
async fn nobody_calls_a_vendor_before_its_retry_after_is_over() {
    let stack = Stack::start();
    let (app, users) = with_phones(&stack, &fcm::SIMULATOR).await;
    stack.simulators.add_faults([fcm::scripts::unavailable(HINT).always()]).unwrap();
    let begun = stack.clock.now();
    send(&stack, &app, &users).await;
    while stack.step().await {}
    let sends = || stack.simulators.counts().of(fcm::NAME).sends;
    let before = sends();
    assert_eq!(before, USERS as u64);
    // Messages that come meanwhile wait too.
    stack.clock.advance(Duration::from_secs(60));
    send(&stack, &app, &users).await;
    pass(&stack, begun.plus(Duration::from_secs(HINT - 1))).await;
    let during = sends() - before;
    assert_eq!(during, 0);
    eprintln!("measured: calls during a retry after: {during}");
    stack.simulators.clear_faults(None);
    stack.drain().await;
    assert_eq!(sends() - before, 2 * USERS as u64, "all are sent afterwards");
}
