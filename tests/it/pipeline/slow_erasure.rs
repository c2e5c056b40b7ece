//! Erasures while tables are slow or throttled. An invocation ends in time, the rest is retried with growing delays,
//! and other users are not affected.

use std::time::Duration;

use serde_json::json;
use shared::{
    domain::{
        id::{GroupId, MessageId, UserId},
        message::Receiver,
        presence::PresenceStatus,
    },
    ports::{
        clock::Clock,
        erase_queue::EraseRecord,
        erasure::{ForgetUser, KeepsMessages},
        groups::{ManageGroups, ReadMemberships},
        messages::StoreMessages,
        users::TrackPresence,
    },
    testing::{memory::Faults, sample},
};
use tokio::time::Instant;

use super::harness::{INVOCATION, OPERATOR_KEY, Stack, TestApp};

const HOUR: Duration = Duration::from_secs(3600);
/// Maximum invocations in an hour of failures. Each delay is at least half of 15 s, and doubles up to half of 15
/// minutes.
const MAX_AN_HOUR: usize = 16;

/// Creates an app with this many users, each with a device, a message and a membership.
async fn filled(stack: &Stack, name: &str, users: usize) -> TestApp {
    let app = stack.app(name, json!({})).await;
    let (at, content) = (stack.clock.now(), sample::content("hi", stack.clock.now()));
    stack.ok("POST", &app.path("chatgroups"), &app.token, json!({"groupid": "g1"})).await;
    let names: Vec<UserId> = (0..users).map(|number| sample::user(&format!("u{number}"))).collect();
    for (number, user) in (0..).zip(&names) {
        let online = sample::event(user.as_str(), "phone", "s", PresenceStatus::Online, at);
        stack.users.apply(&app.key, &online, HOUR, 32).await.unwrap();
        let receiver = Receiver { user: user.clone(), msg_id: MessageId::new(at, number) };
        stack.messages.store(&app.key, &[(&content, &[receiver])], &stack.clock).await.unwrap();
    }
    stack.groups.add_members(&app.key, &GroupId::parse("g1").unwrap(), &names, at).await.unwrap();
    stack.clock.advance(Duration::from_millis(10));
    app
}

/// Begins to erase the first user of an app, or the whole app.
async fn begin(stack: &Stack, app: &TestApp, whole: bool) {
    let (path, token) = match whole {
        true => (format!("/management/apps/{}/{}", app.key.org(), app.key.app()), OPERATOR_KEY),
        false => (app.path("users/u0"), app.token.as_str()),
    };
    assert_eq!(stack.call("DELETE", &path, token, &json!({})).await.0, 200);
}

fn tables(stack: &Stack) -> [&Faults; 4] {
    [&stack.apps.faults, &stack.users.faults, &stack.messages.faults, &stack.groups.faults]
}

/// An invocation: how long it took, and the delay of what it queued.
struct Ran {
    took: Duration,
    waits: Duration,
    failed: u32,
}

/// Handles the queue `erase` for this time on the clock, one invocation after the other.
async fn erase_for(stack: &Stack, time: Duration) -> Vec<Ran> {
    let (end, mut ran) = (stack.clock.now().plus(time), Vec::new());
    while let Some(next) = stack.next_visible().filter(|next| *next < end) {
        stack.clock.set(next.max(stack.clock.now()));
        let begun = Instant::now();
        assert!(stack.erase_step().await);
        let took = begun.elapsed();
        stack.clock.advance(took);
        let left = stack.erase_queue.records();
        let newest = left.iter().max_by_key(|record| record.visible_at).expect("a record");
        let record: EraseRecord = serde_json::from_str(&newest.body).unwrap();
        let waits = newest.visible_at.since(stack.clock.now().minus(took));
        ran.push(Ran { took, waits, failed: record.progress().attempts });
    }
    ran
}

/// Checks that every invocation ended before it would be killed, and that the delays grew.
fn is_patient(ran: &[Ran], what: &str) {
    assert!((5..=MAX_AN_HOUR).contains(&ran.len()), "{what}: {} invocations", ran.len());
    for (before, after) in ran.iter().zip(&ran[1..]) {
        assert_eq!(after.failed, before.failed + 1, "{what}");
    }
    assert!(ran.iter().all(|one| one.took < INVOCATION), "{what}");
    let last = ran.last().unwrap();
    assert!(last.waits >= Duration::from_secs(450), "{what}: {:?}", last.waits);
}

/// Checks that nothing is left of what was erased, and that everything of the other app is.
async fn is_done(stack: &Stack, app: &TestApp, other: &TestApp, what: &str) {
    for table in tables(stack) {
        table.at_full_speed();
    }
    stack.drain().await;
    let u0 = sample::user("u0");
    let left = async |app: &TestApp| {
        let known = stack.users.knows_user(&app.key, &u0).await.unwrap();
        let kept = stack.messages.keeps_messages(&app.key, &u0, None).await.unwrap();
        (known, kept, stack.groups.groups_of(&app.key, &u0).await.unwrap().len())
    };
    assert_eq!((left(app).await, left(other).await), ((false, false, 0), (true, true, 1)), "{what}");
    assert!(stack.dead_letters.is_empty(), "{what}");
}

#[tokio::test(start_paused = true)]
async fn tables_that_take_nine_seconds_a_call_delay_an_erasure_and_keep_no_function_busy() {
    for whole in [false, true] {
        let stack = Stack::start();
        let (app, other) = (filled(&stack, "slow", 20).await, filled(&stack, "other", 20).await);
        begin(&stack, &app, whole).await;
        for table in tables(&stack) {
            table.slow_down(Duration::from_secs(9));
        }
        let ran = erase_for(&stack, HOUR).await;
        is_patient(&ran, if whole { "app" } else { "user" });
        is_done(&stack, &app, &other, if whole { "app" } else { "user" }).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_invocation_that_comes_to_nothing_is_not_followed_by_another_at_once() {
    let stack = Stack::start();
    let (app, other) = (filled(&stack, "slow", 20).await, filled(&stack, "other", 20).await);
    begin(&stack, &app, true).await;
    // Reading what is to be erased takes so long that no step may begin after it.
    for table in tables(&stack) {
        table.slow_down(Duration::from_secs(11));
    }
    let ran = erase_for(&stack, HOUR).await;
    is_patient(&ran, "app");
    is_done(&stack, &app, &other, "app").await;
}

#[tokio::test(start_paused = true)]
async fn tables_that_refuse_four_of_five_calls_delay_an_erasure_and_are_left_in_peace() {
    for whole in [false, true] {
        let stack = Stack::start();
        let (app, other) = (filled(&stack, "throttled", 20).await, filled(&stack, "other", 20).await);
        begin(&stack, &app, whole).await;
        for table in tables(&stack) {
            table.throttle(5);
        }
        let ran = erase_for(&stack, HOUR).await;
        is_patient(&ran, if whole { "app" } else { "user" });
        is_done(&stack, &app, &other, if whole { "app" } else { "user" }).await;
    }
}

#[tokio::test(start_paused = true)]
async fn another_erasure_waits_for_its_own_failures_alone() {
    let stack = Stack::start();
    let (app, other) = (filled(&stack, "slow", 20).await, filled(&stack, "other", 20).await);
    begin(&stack, &app, true).await;
    // This app cannot be read. The other app's user is erased as usual.
    stack.apps.faults.fail_next_of("remains", 8);
    begin(&stack, &other, false).await;
    let ran = erase_for(&stack, Duration::from_secs(600)).await;
    assert!(!stack.messages.keeps_messages(&other.key, &sample::user("u0"), None).await.unwrap());
    assert!(stack.messages.keeps_messages(&app.key, &sample::user("u0"), None).await.unwrap());
    assert!(ran.len() <= 12, "{}", ran.len());
    stack.drain().await;
    assert!(!stack.messages.keeps_messages(&app.key, &sample::user("u0"), None).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn an_app_that_takes_many_invocations_at_full_speed_fails_in_none() {
    let stack = Stack::start();
    let app = filled(&stack, "large", 2_000).await;
    begin(&stack, &app, true).await;
    for table in tables(&stack) {
        table.slow_down(Duration::from_millis(100));
    }
    let ran = erase_for(&stack, Duration::from_secs(119)).await;
    assert!(ran.len() > 2, "{}", ran.len());
    assert!(ran.iter().all(|one| one.failed == 0 && one.took < INVOCATION), "time that is over is no failure");
    let (last, before) = ran.split_last().unwrap();
    assert!(before.iter().all(|one| one.waits.is_zero()) || last.waits.is_zero());
}
