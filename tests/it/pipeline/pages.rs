//! Waiting messages that are posted page by page over a new connection, in spite of time limits, throttling, failures,
//! and messages to others.

use std::time::Duration;

use curlew_tests::simulators::fcm;
use serde_json::json;
use shared::{
    domain::{
        connection::{CONNECTION_LEASE, FIRST_PAGE, HANDSHAKE},
        group::GroupMessage,
        id::{GroupId, MessageId},
        message::Content,
    },
    ports::{clock::Clock, connections::DirectRecord, group_messages::StoreGroupMessages, groups::RaiseHead},
    testing::sample,
};

use super::{
    harness::{FCM, Stack, TestApp},
    socket::Socket,
};

/// Ann, whose phone is bound, and for whom messages wait.
struct Ann {
    stack: Stack,
    app: TestApp,
    token: String,
    sent: Vec<String>,
}

impl Ann {
    async fn with_messages(number: usize) -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let token = fcm::device_token();
        let mut sent = Vec::new();
        for _ in 0..number {
            stack.clock.advance(Duration::from_millis(60));
            sent.push(stack.send(&app, &["ann"], json!({})).await[0].to_string());
        }
        stack.drain().await;
        stack.bind(&app, "ann", "phone", FCM, &token).await;
        Self { stack, app, token, sent }
    }

    async fn connect(&self) -> Socket<'_> {
        Socket::connect(&self.stack, &self.app, "ann", "phone").await
    }

    /// Handles the next record when it becomes due. Returns `false` if there is none.
    async fn next(&self) -> bool {
        match self.stack.next_visible() {
            Some(at) => {
                self.stack.clock.set(at.max(self.stack.clock.now()));
                self.stack.step().await
            }
            None => false,
        }
    }

    /// Returns how often the queued page failed.
    fn failures(&self) -> u32 {
        match &self.stack.direct_queue.direct_records()[..] {
            [DirectRecord::Page(page)] => page.attempts,
            others => panic!("no page: {others:?}"),
        }
    }

    async fn is_online(&self) -> bool {
        let path = self.app.path("users/ann/status");
        self.stack.ok("GET", &path, &self.app.token, json!({})).await["data"]["ann"] == "online"
    }

    /// Sends messages to others in a group of Ann's, as many as one call reads.
    async fn others(&self, number: u64) {
        let body = json!({"groupid": "birds", "members": ["ann", "bob"]});
        self.stack.ok("POST", &self.app.path("chatgroups"), &self.app.token, body).await;
        let group = GroupId::parse("birds").unwrap();
        for _ in 0..number {
            self.stack.clock.advance(Duration::from_millis(1));
            let msg_id = MessageId::for_group(self.stack.clock.now(), &group, 7);
            let n = self.stack.groups.raise_head(&self.app.key, &group, msg_id).await.unwrap();
            let content = sample::content("hi", msg_id.accepted_at());
            let content = Content { from: sample::user("bob"), group: Some(group.clone()), ..content };
            let users = Some(vec![sample::user("eve")]);
            let message = GroupMessage { group: group.clone(), msg_id, n, users, content };
            self.stack.messages.store_for_group(&self.app.key, &message, &self.stack.clock).await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_runs_out_of_time_again_and_again_is_no_failure() {
    let ann = Ann::with_messages(3).await;
    let phone = ann.connect().await;
    ann.stack.messages.faults.slow_down_of("timeline", Duration::from_secs(40));
    for _ in 0..12 {
        assert!(ann.next().await);
        assert_eq!((ann.failures(), phone.frames().len()), (0, 0));
    }
    ann.stack.messages.faults.at_full_speed();
    while phone.is_open() && ann.next().await {}
    assert_eq!(phone.messages(), ann.sent);
    assert!(ann.is_online().await && phone.is_open());
}

#[tokio::test(start_paused = true)]
async fn slow_posts_go_on_behind_the_last_one_that_was_taken() {
    let ann = Ann::with_messages(40).await;
    let phone = ann.connect().await;
    // A try has time for a few of the sixteen messages that are read at once.
    ann.stack.connections.faults.slow_down_of("post", Duration::from_secs(6));
    while ann.next().await {}
    assert_eq!(phone.messages(), ann.sent);
}

#[tokio::test]
async fn a_storm_of_refusals_delays_a_page_and_loses_nothing() {
    let ann = Ann::with_messages(3).await;
    let phone = ann.connect().await;
    ann.stack.connections.throttle_next(60);
    let begun = ann.stack.clock.now();
    while ann.next().await {}
    assert_eq!(phone.messages(), ann.sent);
    assert!(ann.stack.clock.now().since(begun) > Duration::from_secs(600), "tries come less and less often");
}

#[tokio::test]
async fn a_message_that_gets_through_a_storm_brings_no_hurry() {
    let ann = Ann::with_messages(3).await;
    let phone = ann.connect().await;
    ann.stack.connections.faults.throttle(8);
    while ann.next().await && phone.messages().is_empty() {}
    let next = ann.stack.next_visible().unwrap();
    assert!(next.since(ann.stack.clock.now()) >= Duration::from_secs(3), "{next}");
    ann.stack.connections.faults.at_full_speed();
    while ann.next().await {}
    assert_eq!(phone.messages(), ann.sent[1..]);
}

#[tokio::test]
async fn a_storm_that_never_ends_is_over_with_the_connection() {
    let ann = Ann::with_messages(1).await;
    let _phone = ann.connect().await;
    ann.stack.connections.throttle_next(usize::MAX);
    let (begun, mut tries) = (ann.stack.clock.now(), 0);
    while ann.next().await {
        tries += 1;
    }
    let took = ann.stack.clock.now().since(begun);
    assert!((CONNECTION_LEASE..CONNECTION_LEASE + Duration::from_secs(60)).contains(&took), "{took:?}");
    assert!(tries < 1_000 && ann.stack.dead_letters.is_empty(), "{tries}");
    assert!(!ann.is_online().await);
}

#[tokio::test]
async fn a_connection_that_cannot_be_given_what_waits_is_closed_and_its_device_pushed_again() {
    for (method, times) in [("post", 4), ("timeline", 10)] {
        let ann = Ann::with_messages(3).await;
        let phone = ann.connect().await;
        let faults = if method == "post" { &ann.stack.connections.faults } else { &ann.stack.messages.faults };
        faults.fail_next_of(method, times);
        while ann.next().await {}
        assert_eq!(faults.left(), 0, "{method}");
        assert!(ann.stack.connections.was_closed(&phone.id), "{method}");
        assert!(!ann.is_online().await);
        ann.stack.send(&ann.app, &["ann"], json!({})).await;
        while ann.stack.step().await {}
        assert_eq!(ann.stack.shown("fcm", &ann.token), 1);
        // The client connects again and gets all of them.
        let phone = ann.connect().await;
        ann.stack.drain().await;
        assert_eq!(phone.messages().len(), 4);
    }
}

#[tokio::test]
async fn a_connection_that_cannot_be_closed_either_is_tried_again() {
    let ann = Ann::with_messages(3).await;
    let phone = ann.connect().await;
    ann.stack.connections.faults.fail_next_of("post", 5);
    ann.stack.connections.faults.fail_next_of("close", 1);
    while ann.next().await {}
    assert_eq!(ann.stack.connections.faults.left(), 0);
    assert!(ann.stack.connections.was_closed(&phone.id) && !ann.is_online().await);
}

#[tokio::test]
async fn a_post_before_the_handshake_ended_is_tried_again_for_as_long_as_a_handshake_may_take() {
    let ann = Ann::with_messages(3).await;
    let phone = ann.connect().await;
    // API Gateway knows the connection after the handshake.
    phone.lose();
    ann.stack.clock.advance(FIRST_PAGE);
    while ann.stack.step().await {}
    assert!(ann.is_online().await, "a connection that is just made");
    ann.stack.connections.open(&phone.id);
    ann.stack.clock.advance(Duration::from_secs(2));
    while ann.stack.step().await {}
    assert_eq!(phone.messages(), ann.sent);
    phone.close().await;
    let phone = ann.connect().await;
    phone.lose();
    let begun = ann.stack.clock.now();
    let looks = ann.stack.messages.faults.calls_of("timeline");
    while ann.next().await {}
    assert!(!ann.is_online().await);
    assert_eq!(ann.stack.clock.now().since(begun), HANDSHAKE);
    assert_eq!(ann.stack.messages.faults.calls_of("timeline") - looks, 3, "a device that vanished costs three looks");
}

#[tokio::test]
async fn a_handshake_that_ends_late_costs_no_connection_whatever_was_looked_at_before() {
    let ann = Ann::with_messages(0).await;
    ann.others(5_000).await;
    ann.stack.clock.advance(Duration::from_secs(90));
    let last = ann.stack.send(&ann.app, &["ann"], json!({})).await[0];
    ann.stack.drain().await;
    let phone = ann.connect().await;
    phone.lose();
    let begun = ann.stack.clock.now();
    // The first reads find only messages to others.
    while ann.stack.next_visible().is_some_and(|at| at < begun.plus(Duration::from_secs(18))) {
        ann.next().await;
    }
    ann.stack.connections.open(&phone.id);
    while ann.next().await {}
    assert!(ann.is_online().await);
    assert_eq!(phone.messages(), [last.to_string()]);
}

#[tokio::test]
async fn what_waits_among_thousands_of_messages_to_others_comes_and_the_connection_is_live() {
    let ann = Ann::with_messages(3).await;
    ann.others(5_000).await;
    ann.stack.clock.advance(Duration::from_secs(90));
    let last = ann.stack.send(&ann.app, &["ann"], json!({"type": "cmd", "body": {"action": "x"}})).await[0];
    ann.stack.drain().await;
    let phone = ann.connect().await;
    while ann.next().await {}
    let expected: Vec<String> = ann.sent.iter().cloned().chain([last.to_string()]).collect();
    assert_eq!(phone.messages(), expected);
    let id = ann.stack.send(&ann.app, &["ann"], json!({})).await[0];
    while ann.stack.step().await {}
    assert_eq!(phone.messages(), [id.to_string()]);
    // Over HTTP the pages are short, and some are empty.
    let (mut cursor, mut got, mut calls) = (String::new(), 0, 0);
    loop {
        let path = ann.app.path(&format!("users/ann/offline_messages?limit=100{cursor}"));
        let page = ann.stack.ok("GET", &path, &ann.app.token, json!({})).await;
        got += page["data"].as_array().unwrap().len();
        calls += 1;
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert!(got == 5 && calls > 2, "{got} in {calls}");
}

#[tokio::test]
async fn messages_that_came_long_after_the_connection_are_posted_once() {
    let ann = Ann::with_messages(3).await;
    let phone = ann.connect().await;
    // The first page is posted in part, and continues much later.
    ann.stack.connections.faults.lose_answer_after("post", 1);
    ann.stack.clock.advance(FIRST_PAGE);
    while ann.stack.step().await {}
    let records = ann.stack.direct_queue.records();
    assert_eq!(records.len(), 1);
    assert!(records[0].body.contains("live_at"), "{}", records[0].body);
    let late = defer(&ann).await;
    while ann.next().await {}
    let got = phone.messages();
    assert_eq!(got.iter().filter(|id| **id == late).count(), 1, "{got:?}");
    assert!(ann.sent.iter().all(|id| got.contains(id)), "{got:?}");
}

/// Sends a message two minutes later, before the queued page is handled.
async fn defer(ann: &Ann) -> String {
    let queued = ann.stack.direct_queue.records().remove(0).body;
    ann.stack.clock.advance(Duration::from_secs(120));
    ann.stack.direct_queue.take(1);
    let late = ann.stack.send(&ann.app, &["ann"], json!({})).await[0].to_string();
    while ann.stack.step().await {}
    ann.stack.direct_queue.put(queued);
    late
}
