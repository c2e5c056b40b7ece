//! A user whose connections come and go while messages arrive, some of them late. Every message gets through, and
//! acknowledged messages do not come again.

use std::{collections::BTreeSet, time::Duration};

use curlew_tests::simulators::fcm;
use serde_json::{Value, json};
use shared::{
    lambda::idempotency::IDEMPOTENCY_KEY,
    ports::clock::{Clock, Entropy},
    testing::chance::SeededEntropy,
};

use super::{
    harness::{FCM, Stack, TestApp},
    socket::Socket,
};

const FLAPS: usize = 200;
const MESSAGES: usize = 2_000;

/// A call whose first try died before it stored anything. The repeat stores under the same ids.
struct Stalled {
    path: &'static str,
    body: Value,
    key: String,
    /// how many messages are sent before the repeat
    behind: usize,
}

/// Ann, her phone, and the messages that she has seen.
struct World {
    stack: Stack,
    app: TestApp,
    token: String,
    chance: SeededEntropy,
    sent: BTreeSet<String>,
    stalled: Vec<Stalled>,
    seen: BTreeSet<String>,
    acknowledged: BTreeSet<String>,
    pushed: BTreeSet<String>,
}

impl World {
    async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({})).await;
        let token = fcm::device_token();
        stack.bind(&app, "ann", "phone", FCM, &token).await;
        let birds = json!({"groupid": "birds", "members": ["ann", "bob"]});
        stack.ok("POST", &app.path("chatgroups"), &app.token, birds).await;
        stack.clock.advance(Duration::from_secs(1));
        let (chance, sent, stalled) = (SeededEntropy::default(), BTreeSet::new(), Vec::new());
        let (seen, acknowledged, pushed) = Default::default();
        Self { stack, app, token, chance, sent, stalled, seen, acknowledged, pushed }
    }

    /// Returns a random number below `most`.
    fn below(&self, most: u128) -> u128 {
        self.chance.bits() % most
    }

    /// Sends one message, one-to-one or to the group. One in ten stalls.
    async fn message(&mut self, number: usize) {
        self.stack.clock.advance(Duration::from_millis(60));
        let of_group = self.below(4) == 0;
        let (path, to) = if of_group { ("messages/chatgroups", "birds") } else { ("messages/users", "ann") };
        let body = json!({"from": "bob", "to": [to], "type": "txt", "body": {"msg": format!("message {number}")}});
        let key = format!("key {number}");
        if self.below(10) == 0 {
            let method = if of_group { "store_for_group" } else { "store" };
            self.stack.messages.faults.fail_next_of(method, 1);
            assert_eq!(self.post(path, &body, &key).await.0, 503);
            let behind = 1 + self.below(8) as usize;
            self.stalled.push(Stalled { path, body, key, behind });
            return;
        }
        self.accepted(path, &body, &key).await;
    }

    async fn post(&self, path: &str, body: &Value, key: &str) -> (u16, Value) {
        let headers = [(IDEMPOTENCY_KEY, key)];
        self.stack.call_with("POST", &self.app.path(path), &self.app.token, &headers, body.to_string()).await
    }

    async fn accepted(&mut self, path: &str, body: &Value, key: &str) {
        let (status, answer) = self.post(path, body, key).await;
        assert_eq!(status, 200, "{answer}");
        let ids = answer["data"].as_object().unwrap().values();
        self.sent.extend(ids.map(|id| id.as_str().unwrap().to_owned()));
    }

    /// Repeats the calls that stalled long enough.
    async fn repeats(&mut self) {
        for mut stalled in std::mem::take(&mut self.stalled) {
            stalled.behind = stalled.behind.saturating_sub(1);
            if stalled.behind > 0 {
                self.stalled.push(stalled);
            } else {
                self.accepted(stalled.path, &stalled.body, &stalled.key).await;
            }
        }
    }

    /// Handles what becomes due within this many seconds, then reads the phone.
    async fn settle(&mut self, seconds: u64) {
        let end = self.stack.clock.now().plus(Duration::from_secs(seconds));
        loop {
            while self.stack.step().await {}
            match self.stack.next_visible().filter(|at| *at <= end) {
                Some(at) => self.stack.clock.set(at),
                None => break,
            }
        }
        self.stack.clock.set(end);
        for shown in self.stack.simulators.device("fcm", &self.token).shade {
            assert_eq!(shown.alerts, 1, "one notification a message");
            self.pushed.insert(shown.delivery.notice.data["m"].as_str().unwrap().to_owned());
        }
    }

    /// Notes messages that arrived.
    fn shows(&mut self, came: Vec<String>) {
        self.seen.extend(came);
    }

    /// Acknowledges everything that was seen and not acknowledged.
    async fn acknowledge(&mut self) {
        let ids: Vec<String> = self.seen.difference(&self.acknowledged).take(100).cloned().collect();
        if ids.is_empty() {
            return;
        }
        let path = self.app.path("users/ann/offline_messages/ack");
        self.stack.ok("POST", &path, &self.app.token, json!({"msg_ids": ids})).await;
        self.acknowledged.extend(ids);
    }

    /// Pulls every page. A client that dies in between has seen the pages, and acknowledges nothing.
    async fn pull(&mut self, dies: bool) {
        let mut cursor = String::new();
        loop {
            let path = self.app.path(&format!("users/ann/offline_messages?limit=30{cursor}"));
            let page = self.stack.ok("GET", &path, &self.app.token, json!({})).await;
            let came = page["data"].as_array().unwrap().iter();
            let came: Vec<String> = came.map(|message| message["msg_id"].as_str().unwrap().to_owned()).collect();
            for id in &came {
                assert!(!self.acknowledged.contains(id), "{id} was acknowledged, and is shown again");
            }
            self.shows(came);
            if !dies {
                self.acknowledge().await;
            }
            match page["cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
    }

    async fn waiting(&self) -> u64 {
        let path = self.app.path("users/ann/offline_msg_count");
        self.stack.ok("GET", &path, &self.app.token, json!({})).await["data"]["ann"].as_u64().unwrap()
    }
}

#[tokio::test]
async fn who_comes_and_goes_two_hundred_times_gets_every_message_and_none_after_its_acknowledgement() {
    let mut world = World::start().await;
    for flap in 0..FLAPS {
        let messages = MESSAGES / FLAPS;
        let online = flap % 2 == 0;
        let socket = if online {
            // A socket borrows the stack, so only its id is stored.
            let socket = Socket::connect(&world.stack, &world.app, "ann", "phone").await;
            Some(socket.id.clone())
        } else {
            None
        };
        for number in 0..messages {
            world.message(flap * messages + number).await;
            world.repeats().await;
            if world.below(3) == 0 {
                let seconds = world.below(3) as u64;
                world.settle(seconds).await;
            }
        }
        let Some(id) = socket else {
            let seconds = world.below(20) as u64;
            world.settle(seconds).await;
            continue;
        };
        let end = world.below(4);
        if end != 0 {
            let seconds = world.below(4) as u64;
            world.settle(seconds).await;
            let came = Socket::of(&world.stack, id.clone()).messages();
            world.shows(came);
        }
        match end {
            // The network is lost without a close frame.
            0 => Socket::of(&world.stack, id).lose(),
            1 => {
                world.acknowledge().await;
                Socket::of(&world.stack, id).lose();
            }
            2 => {
                let dies = world.below(3) == 0;
                world.pull(dies).await;
                Socket::of(&world.stack, id).close().await;
            }
            _ => Socket::of(&world.stack, id).close().await,
        }
    }
    while !world.stalled.is_empty() {
        world.repeats().await;
    }
    world.settle(120).await;
    let lost: Vec<&String> =
        world.sent.iter().filter(|id| !world.seen.contains(*id) && !world.pushed.contains(*id)).collect();
    assert!(lost.is_empty(), "{} of {} got through nowhere: {lost:?}", lost.len(), world.sent.len());
    assert_eq!(world.sent.len(), MESSAGES);

    world.pull(false).await;
    world.acknowledge().await;
    while world.acknowledged.len() < world.seen.len() {
        world.acknowledge().await;
    }
    assert_eq!(world.waiting().await, 0);
    let delivered = world.stack.delivered("fcm", &world.token);
    assert_eq!(delivered as usize, world.pushed.len(), "no message is pushed twice");
    assert!(world.pushed.len() > 100 && world.seen.len() > 1_000, "{} {}", world.pushed.len(), world.seen.len());
    assert!(world.stack.dead_letters.is_empty());
}
