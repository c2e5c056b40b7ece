//! Attempts at a push: their number, and what the trace shows of them.

use curlew_tests::simulators::{Endpoint, Fault, FaultRule, Filter, fcm};
use serde_json::{Value, json};
use shared::{
    domain::{
        attempt::{KEPT_ATTEMPTS, UNCLEAR_ATTEMPTS},
        id::MessageId,
        reason::Reason,
        time::Timestamp,
        vendor::Vendor,
    },
    ports::clock::Clock,
};

use super::harness::{FCM, Stack, TestApp};

/// Users with a phone of FCM each.
struct World {
    stack: Stack,
    app: TestApp,
    tokens: Vec<String>,
}

impl World {
    async fn start(users: &[&str]) -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({"multi_device_policy": "any_offline"})).await;
        let mut world = Self { stack, app, tokens: Vec::new() };
        for user in users {
            world.phone(user, "phone").await;
        }
        world
    }

    async fn phone(&mut self, user: &str, device: &str) {
        let token = fcm::device_token();
        self.stack.bind(&self.app, user, device, FCM, &token).await;
        self.tokens.push(token);
    }

    /// Scripts FCM's answers for the phone with this number, in order.
    fn script(&self, phone: usize, faults: impl IntoIterator<Item = Fault>) {
        let rule = |fault| FaultRule::new("fcm", fault).at(Endpoint::Send).for_token(&self.tokens[phone]);
        self.stack.simulators.add_faults(faults.into_iter().map(rule)).unwrap();
    }

    fn sends(&self) -> usize {
        self.stack.simulators.requests(&Filter::default().at(Endpoint::Send)).len()
    }

    async fn send(&self, users: &[&str]) -> Vec<MessageId> {
        self.stack.send(&self.app, users, json!({})).await
    }

    /// Returns the first device of a trace.
    async fn device(&self, id: MessageId, query: &str) -> Value {
        let path = self.app.path(&format!("push/trace/{id}?{query}"));
        self.stack.ok("GET", &path, &self.app.token, json!({})).await["data"]["devices"][0].clone()
    }

    async fn attempts(&self, id: MessageId, query: &str) -> Vec<Value> {
        self.device(id, query).await["attempts"].as_array().unwrap().clone()
    }
}

/// Returns an attempt without its time.
fn told(attempt: &Value) -> Value {
    json!([attempt["attempt"], attempt["outcome"], attempt["detail"]])
}

fn limited() -> Fault {
    Fault::code("QUOTA_EXCEEDED")
}

fn down() -> Fault {
    Fault::status(500)
}

#[tokio::test]
async fn a_push_that_was_throttled_and_failed_before_it_was_taken_shows_three_attempts() {
    let world = World::start(&["ann"]).await;
    world.script(0, [limited(), down()]);
    let id = world.send(&["ann"]).await[0];
    let mut sent_at: Vec<Timestamp> = Vec::new();
    while sent_at.len() < 3 {
        if !world.stack.step().await {
            world.stack.clock.set(world.stack.push_queues.of(Vendor::Fcm).next_visible().unwrap());
        }
        if world.sends() > sent_at.len() {
            sent_at.push(world.stack.clock.now());
        }
    }
    let attempts = world.attempts(id, "user=ann").await;
    assert_eq!(
        attempts.iter().map(told).collect::<Vec<_>>(),
        [json!([1, "throttled", "QUOTA_EXCEEDED"]), json!([2, "unavailable", "HTTP 500"]), json!([3, "success", null])]
    );
    assert_eq!(
        attempts.iter().map(|attempt| &attempt["at"]).collect::<Vec<_>>(),
        [&json!(sent_at[0]), &json!(sent_at[1]), &json!(sent_at[2])]
    );
    assert!(sent_at.is_sorted_by(|a, b| a < b));
    let device = world.device(id, "user=ann").await;
    assert!(device["attempts"][2]["vendor_message_id"].is_string() && device.get("attempts_left_out").is_none());
    assert!(!device.to_string().contains(&world.tokens[0]) && !device.to_string().contains("hello"));
}

#[tokio::test]
async fn a_connection_that_is_reset_after_the_request_left_costs_an_attempt_that_is_told() {
    for fault in [Fault::Reset {}, Fault::Close {}] {
        let world = World::start(&["ann"]).await;
        // The connection has been used before it breaks.
        world.send(&["ann"]).await;
        world.stack.drain().await;
        let before = world.sends();
        let rule = FaultRule::new("fcm", fault).at(Endpoint::Send).after_delivery();
        world.stack.simulators.add_faults([rule]).unwrap();
        let id = world.send(&["ann"]).await[0];
        world.stack.drain().await;
        let attempts: Vec<Value> = world.attempts(id, "user=ann").await.iter().map(told).collect();
        assert_eq!(attempts, [json!([1, "unclear", "connection lost"]), json!([2, "success", null])]);
        assert_eq!(world.sends() - before, attempts.len(), "FCM took as many requests as the trace tells of");
        assert_eq!(world.stack.shown("fcm", &world.tokens[0]), 2, "the repeat replaced the notification");
    }
}

#[tokio::test]
async fn a_push_that_ends_with_its_first_attempt_carries_and_records_nothing_more() {
    let world = World::start(&["ann"]).await;
    let id = world.send(&["ann"]).await[0];
    world.stack.dispatch_batch(&world.stack.dispatch_queue.take(1), 1).await;
    let record = world.stack.push_queues.of(Vendor::Fcm).records().remove(0).body;
    assert!(!record.contains("rounds") && !record.contains("places"), "{record}");
    world.stack.drain().await;
    let outcomes = serde_json::to_string(&world.stack.stored(&world.app, "ann", id).await.outcomes).unwrap();
    assert!(outcomes.contains("vendor_message_id") && !outcomes.contains("earlier"), "{outcomes}");
}

#[tokio::test]
async fn a_record_that_is_redelivered_doubles_no_attempt() {
    let world = World::start(&["ann"]).await;
    world.script(0, [limited()]);
    let id = world.send(&["ann"]).await[0];
    while world.sends() == 0 {
        world.stack.step().await;
    }
    let queue = world.stack.push_queues.of(Vendor::Fcm);
    world.stack.clock.set(queue.next_visible().unwrap());
    let again = queue.take(1);
    world.stack.push_batch(Vendor::Fcm, &again, 1).await;
    world.stack.push_batch(Vendor::Fcm, &again, 2).await;
    world.stack.drain().await;
    let attempts = world.attempts(id, "user=ann").await;
    assert_eq!(
        attempts.iter().map(told).collect::<Vec<_>>(),
        [json!([1, "throttled", "QUOTA_EXCEEDED"]), json!([2, "success", null])]
    );
    assert_eq!(world.sends(), 2);
}

#[tokio::test]
async fn an_attempt_without_an_answer_is_one_and_says_so() {
    let world = World::start(&["ann"]).await;
    let lost = FaultRule::new("fcm", Fault::Garbage { status: 200 }).at(Endpoint::Send).after_delivery();
    world.stack.simulators.add_faults([lost]).unwrap();
    let id = world.send(&["ann"]).await[0];
    world.stack.drain().await;
    let attempts = world.attempts(id, "user=ann").await;
    assert_eq!(
        attempts.iter().map(told).collect::<Vec<_>>(),
        [json!([1, "unclear", "HTTP 200"]), json!([2, "success", null])]
    );
}

#[tokio::test]
async fn what_is_deferred_is_no_attempt() {
    let world = World::start(&["ann", "bob"]).await;
    world.script(0, [limited().with_header("retry-after", "60")]);
    let ann = world.send(&["ann"]).await[0];
    while world.sends() == 0 {
        world.stack.step().await;
    }
    let bob = world.send(&["bob"]).await[0];
    world.stack.drain().await;
    assert_eq!(world.attempts(ann, "user=ann").await.len(), 2);
    let attempts = world.attempts(bob, "user=bob").await;
    assert_eq!(attempts.iter().map(told).collect::<Vec<_>>(), [json!([1, "success", null])]);
}

#[tokio::test]
async fn of_many_attempts_the_first_and_the_latest_are_shown_and_the_others_counted() {
    let world = World::start(&["ann"]).await;
    world.script(0, std::iter::once(limited()).chain(std::iter::repeat_n(down(), 8)));
    let id = world.send(&["ann"]).await[0];
    world.stack.drain().await;
    let device = world.device(id, "user=ann").await;
    let attempts = device["attempts"].as_array().unwrap();
    let numbers: Vec<u64> = attempts.iter().map(|attempt| attempt["attempt"].as_u64().unwrap()).collect();
    assert_eq!((&numbers[..], &attempts[0]["outcome"]), (&[1, 6, 7, 8, 9, 10][..], &json!("throttled")));
    assert_eq!((numbers.len(), &device["attempts_left_out"]), (KEPT_ATTEMPTS + 1, &json!(4)));
}

#[tokio::test]
async fn each_member_of_a_group_has_attempts_of_its_own_and_the_page_one_row() {
    let world = World::start(&["ann", "bob", "cat"]).await;
    let group = json!({"groupid": "birds", "members": ["ann", "bob", "cat"]});
    world.stack.ok("POST", &world.app.path("chatgroups"), &world.app.token, group).await;
    world.script(0, [limited(), down()]);
    world.script(1, [down(), down()]);
    world.script(2, [down(), limited()]);
    let message = json!({"from": "sender", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
    let sent = world.stack.ok("POST", &world.app.path("messages/chatgroups"), &world.app.token, message).await;
    let id = MessageId::parse(sent["data"]["birds"].as_str().unwrap()).unwrap();
    world.stack.drain().await;
    let (limited, down) = (json!(["throttled", "QUOTA_EXCEEDED"]), json!(["unavailable", "HTTP 500"]));
    for (user, first, second) in [("ann", &limited, &down), ("bob", &down, &down), ("cat", &down, &limited)] {
        let attempts = world.attempts(id, &format!("user={user}")).await;
        let numbered = |number: u32, answer: &Value| json!([number, answer[0], answer[1]]);
        assert_eq!(
            attempts.iter().map(told).collect::<Vec<_>>(),
            [numbered(1, first), numbered(2, second), json!([3, "success", null])],
            "{user}"
        );
    }
    assert_eq!(world.stack.messages.page_writes(id), [3]);
}

#[tokio::test]
async fn a_device_whose_answers_stay_unclear_ends_though_another_of_its_call_only_waits() {
    let mut world = World::start(&["ann"]).await;
    world.phone("ann", "tablet").await;
    let unclear = FaultRule::new("fcm", Fault::Garbage { status: 200 }).at(Endpoint::Send).for_token(&world.tokens[0]);
    world.stack.simulators.add_faults([unclear.always().after_delivery()]).unwrap();
    world.script(1, (0..=UNCLEAR_ATTEMPTS).map(|_| Fault::status(503)));
    let id = world.send(&["ann"]).await[0];
    world.stack.drain().await;
    let outcomes = world.stack.stored(&world.app, "ann", id).await.outcomes;
    let ended: Vec<_> = outcomes.iter().map(|outcome| (outcome.reason, outcome.attempts)).collect();
    assert_eq!(ended, [(Some(Reason::PushYetButFail), UNCLEAR_ATTEMPTS), (None, UNCLEAR_ATTEMPTS + 2)]);
}
