//! Versions work side by side while a deployment runs: what another version left in a queue becomes what it meant.

use curlew_tests::{
    simulators::{Filter, fcm},
    upgrade::{
        Version,
        other_versions::{as_written_by, as_written_later, in_a_later_form},
        planted::{Message, Phone, planted},
    },
};
use serde_json::{Value, json};
use shared::{
    domain::{id::MessageId, vendor::Vendor},
    ports::clock::Clock,
    testing::{memory::MemoryQueue, sample},
};

use super::harness::{FCM, Stack, TestApp};

/// Returns a queue's record as another version writes it.
type Write = Box<dyn Fn(&str, &Value) -> Option<Value>>;

/// Ann's phone.
struct World {
    stack: Stack,
    app: TestApp,
    token: String,
}

impl World {
    async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let token = fcm::device_token();
        stack.bind(&app, "ann", "phone", FCM, &token).await;
        Self { stack, app, token }
    }

    async fn send(&self) -> MessageId {
        self.stack.send(&self.app, &["ann"], json!({})).await[0]
    }

    /// Lets `write` replace the only record of a queue. Returns `false` if it has no other record.
    fn replace(&self, queue: &MemoryQueue, write: impl Fn(&Value) -> Option<Value>) -> bool {
        let records = queue.take(10);
        assert_eq!(records.len(), 1);
        let record = serde_json::from_str(&records[0]).unwrap();
        let other = write(&record);
        queue.put(other.as_ref().unwrap_or(&record).to_string());
        other.is_some()
    }

    /// Decides what `dispatch` has, and leaves the pushes in their queue.
    async fn decide(&self) {
        let records = self.stack.dispatch_queue.take(10);
        self.stack.dispatch_batch(&records, 1).await;
    }
}

/// How many messages wait for a record of another version, more than one has.
const MESSAGES: usize = 20;

#[tokio::test]
async fn what_a_landed_version_left_in_the_queues_is_decided_and_pushed() {
    for version in Version::all() {
        let world = World::start().await;
        let mut messages = Vec::new();
        for number in 0..MESSAGES {
            let phone = Phone {
                user: sample::user("ann"),
                device: sample::device("phone"),
                vendor: Vendor::Fcm,
                notifier: sample::notifier_name(FCM),
                token: world.token.clone(),
            };
            messages.push(Message { id: world.send().await, text: format!("text {number}."), phone });
        }
        world.stack.dispatch_queue.take(MESSAGES);
        let records = planted(&version, &world.app.key, &messages, world.stack.clock.now());
        for one in &records {
            match one.queue {
                "dispatch" => world.stack.dispatch_queue.put(one.record.to_string()),
                _ => world.stack.push_queues.of(Vendor::Fcm).put(one.record.to_string()),
            }
        }
        world.stack.drain().await;
        assert!(world.stack.dead_letters.is_empty(), "{}", version.name);
        for one in records {
            let id = messages[one.message].id;
            let stored = world.stack.stored(&world.app, "ann", id).await;
            // Not every notification shows the text, but all carry the id.
            let reached = world.stack.simulators.deliveries(&Filter::vendor("fcm").with_text(id.to_string())).len();
            assert!(stored.decision.is_some() && reached == 1, "{}, reached {reached}: {}", one.version, one.record);
        }
    }
}

#[tokio::test]
async fn records_in_the_words_of_another_version_are_pushed_once() {
    let mut ways: Vec<(String, Write)> = Vec::new();
    for version in Version::all() {
        ways.push((version.name.clone(), Box::new(move |queue, record| as_written_by(&version, queue, record))));
    }
    ways.push(("a later one".to_owned(), Box::new(|_, record| Some(as_written_later(record)))));
    for (version, write) in ways {
        let world = World::start().await;
        world.send().await;
        assert!(world.replace(&world.stack.dispatch_queue, |record| write("dispatch", record)), "{version}");
        world.decide().await;
        assert!(world.replace(world.stack.push_queues.of(Vendor::Fcm), |record| write("push", record)), "{version}");
        world.stack.drain().await;
        assert_eq!(world.stack.delivered("fcm", &world.token), 1, "{version}");
        assert!(world.stack.dead_letters.is_empty(), "{version}");
    }
}

#[tokio::test]
async fn a_push_in_a_form_of_a_later_version_comes_back_to_its_queue() {
    let world = World::start().await;
    world.send().await;
    world.decide().await;
    let queue = world.stack.push_queues.of(Vendor::Fcm);
    world.replace(queue, |record| Some(in_a_later_form(record)));
    while world.stack.step().await {}
    assert_eq!((queue.records().len(), world.stack.delivered("fcm", &world.token)), (1, 0));
    assert!(world.stack.dead_letters.is_empty());
}
