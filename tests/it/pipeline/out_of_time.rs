//! Invocations that run out of time among a message's receivers. Nobody is reached twice, and the others follow.

use std::{collections::BTreeSet, time::Duration};

use curlew_tests::simulators::fcm;
use serde_json::json;
use shared::{
    domain::{
        id::{GroupId, UserId},
        vendor::Vendor,
    },
    ports::{clock::Clock, connections::DirectRecord, groups::ManageGroups},
    testing::sample,
};
use tokio::time::Instant;

use super::{
    deadline::HANGS,
    harness::{FCM, INVOCATION, Stack, TestApp},
    socket::Socket,
};

/// The longest time that a request can take and still succeed.
const SLOW: Duration = Duration::from_secs(9);

/// Creates an app with a group of this many members.
async fn group(stack: &Stack, members: usize) -> (TestApp, Vec<String>) {
    let app = stack.app("chat", json!({})).await;
    stack.ok("POST", &app.path("chatgroups"), &app.token, json!({"groupid": "birds"})).await;
    let names: Vec<String> = (0..members).map(|number| format!("u{number}")).collect();
    let users: Vec<UserId> = names.iter().map(|name| sample::user(name)).collect();
    let birds = GroupId::parse("birds").unwrap();
    stack.groups.add_members(&app.key, &birds, &users, stack.clock.now()).await.unwrap();
    stack.clock.advance(Duration::from_millis(60));
    (app, names)
}

/// Connects each user's phone, and waits until the first pages were posted.
async fn connected<'a>(stack: &'a Stack, app: &TestApp, users: &[String]) -> Vec<Socket<'a>> {
    let mut sockets = Vec::new();
    for user in users {
        sockets.push(Socket::connect(stack, app, user, "phone").await);
        stack.clock.advance(Duration::from_millis(20));
    }
    stack.drain().await;
    for socket in &sockets {
        socket.send(r#"{"action":"ping"}"#).await;
    }
    sockets
}

/// Sends a message to the group, and decides it.
async fn message(stack: &Stack, app: &TestApp) {
    let message = json!({"from": "zoe", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
    stack.ok("POST", &app.path("messages/chatgroups"), &app.token, message).await;
    stack.dispatch_batch(&stack.dispatch_queue.take(10), 1).await;
}

/// Passes the records of `direct` to one invocation. It must end in time, with nothing redelivered.
async fn post(stack: &Stack) {
    let records = stack.direct_queue.take(10);
    let began = Instant::now();
    stack.direct_batch(&records, 1).await;
    assert!(began.elapsed() < INVOCATION, "{:?}", began.elapsed());
    let left = stack.direct_queue.records();
    assert!(left.iter().all(|record| !records.contains(&record.body)), "a record is redelivered");
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_a_post_is_posted_later_and_nobody_gets_it_twice() {
    let stack = Stack::start();
    let (app, users) = group(&stack, 100).await;
    let sockets = connected(&stack, &app, &users).await;
    message(&stack, &app).await;
    stack.connections.faults.slow_down_of("post", SLOW);
    post(&stack).await;
    let received = |socket: &Socket<'_>| socket.messages().len();
    let first: Vec<usize> = sockets.iter().map(received).collect();
    let posted = first.iter().sum::<usize>();
    assert!((1..100).contains(&posted), "{posted}");
    let rest: usize = stack
        .direct_queue
        .direct_records()
        .iter()
        .map(|record| match record {
            DirectRecord::Message(message) => message.receivers.len(),
            other => panic!("{other:?}"),
        })
        .sum();
    assert_eq!(rest, 100 - posted);
    stack.connections.faults.at_full_speed();
    stack.drain().await;
    let all: Vec<usize> = sockets.iter().map(received).zip(first).map(|(later, first)| later + first).collect();
    assert_eq!(all, [1; 100]);
    assert!(stack.dead_letters.is_empty());
}

#[tokio::test(start_paused = true)]
async fn connections_that_are_gone_are_decided_again_though_a_slow_table_keeps_them() {
    let stack = Stack::start();
    let (app, users) = group(&stack, 40).await;
    let mut tokens = Vec::new();
    for user in &users {
        tokens.push(fcm::device_token());
        stack.bind(&app, user, "phone", FCM, tokens.last().unwrap()).await;
    }
    let sockets = connected(&stack, &app, &users).await;
    let (gone, there) = sockets.split_at(20);
    gone.iter().for_each(Socket::lose);
    message(&stack, &app).await;
    stack.users.faults.slow_down_of("end", HANGS);
    post(&stack).await;
    let again: BTreeSet<UserId> = stack
        .dispatch_queue
        .dispatch_jobs()
        .into_iter()
        .filter(|job| job.recheck_at.is_none())
        .flat_map(|job| job.receivers)
        .map(|receiver| receiver.user)
        .collect();
    assert_eq!(again, users[..20].iter().map(|name| sample::user(name)).collect());
    for socket in there {
        let ids = socket.messages();
        assert_eq!(ids.len(), 1);
        socket.ack(&ids).await;
    }
    // From here on requests are real.
    stack.users.faults.at_full_speed();
    tokio::time::resume();
    stack.drain().await;
    let rang: Vec<u64> = tokens.iter().map(|token| stack.delivered("fcm", token)).collect();
    assert_eq!(rang, [[1; 20], [0; 20]].concat());
    assert!(there.iter().all(|socket| socket.messages().is_empty()));
    assert!(stack.dead_letters.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_a_page_of_members_is_decided_later_and_nobody_is_pushed_twice() {
    let stack = Stack::start();
    let (app, users) = group(&stack, 90).await;
    let mut tokens = Vec::new();
    for user in &users {
        tokens.push(fcm::device_token());
        stack.bind(&app, user, "phone", FCM, tokens.last().unwrap()).await;
    }
    stack.users.faults.slow_down_of("facts", SLOW);
    let began = Instant::now();
    message(&stack, &app).await;
    assert!(began.elapsed() < INVOCATION, "{:?}", began.elapsed());
    let queued: usize = stack.push_queues.of(Vendor::Fcm).push_jobs().iter().map(|job| job.receivers.len()).sum();
    let back = stack.dispatch_queue.dispatch_jobs();
    let rest: usize = back.iter().map(|job| job.receivers.len()).sum();
    assert!(queued > 0 && rest > 0 && queued + rest == 90, "{queued} and {rest}");
    assert!(back.iter().all(|job| job.attempts == 0 && job.page.is_some()), "that is no attempt");
    // From here on requests are real.
    stack.users.faults.at_full_speed();
    tokio::time::resume();
    stack.drain().await;
    assert!(tokens.iter().all(|token| stack.delivered("fcm", token) == 1));
    assert!(stack.dead_letters.is_empty());
}
