//! Counts of pushes: each result is counted once, however often the records are delivered.

use std::time::Duration;

use curlew_tests::simulators::oppo::account::NOTIFIER as OPPO;
use curlew_tests::simulators::xiaomi::account::NOTIFIER as XIAOMI;
use curlew_tests::simulators::{fcm, huawei, oppo, xiaomi};
use serde_json::{Value, json};
use shared::{
    domain::{
        decision::{Decision, Verdict},
        group::PAGE_MEMBERS,
        id::{GroupId, MessageId, UserId},
        outcome::{DeviceOutcome, PushStatus},
        push::SemanticClass,
        reason::Reason,
        statistics::{Counts, FLUSHES_IN_HAND, Figure, Hour, Subject, hours_by_day},
        vendor::Vendor,
    },
    ports::{
        clock::{Clock, Entropy},
        groups::ManageGroups,
        statistics::ReadCounts,
    },
    testing::chance::SeededEntropy,
};

use super::harness::{FCM, HUAWEI, OPERATOR_KEY, STATISTICS_FLUSH, Stack, TestApp};

const IM: SemanticClass = SemanticClass::Im;

/// An app whose users have a phone of FCM each.
struct World {
    stack: Stack,
    app: TestApp,
}

impl World {
    async fn start() -> Self {
        let stack = Stack::start();
        let app = stack.app("chat", json!({"advanced_push": true})).await;
        Self { stack, app }
    }

    async fn with_phone(&self, user: &str) -> String {
        let token = fcm::device_token();
        self.stack.bind(&self.app, user, "phone", FCM, &token).await;
        token
    }

    /// Binds a phone of Huawei. FCM accepts no credential of another hour than the real one.
    async fn with_huawei(&self, user: &str) {
        self.stack.bind(&self.app, user, "phone", HUAWEI, &huawei::device_token()).await;
    }

    async fn send(&self, to: &[&str], more: Value) -> Vec<MessageId> {
        self.stack.send(&self.app, to, more).await
    }

    /// Returns the written counts, after every process had a later batch.
    async fn counts(&self) -> Counts {
        self.stack.clock.advance(STATISTICS_FLUSH);
        self.stack.dispatch_batch(&[], 1).await;
        for vendor in Vendor::ALL {
            self.stack.push_batch(vendor, &[], 1).await;
        }
        self.stack.runtime.all_counts(&self.app.key)
    }

    async fn group(&self, members: &[&str]) {
        let group = json!({"groupid": "birds", "members": members});
        self.stack.ok("POST", &self.app.path("chatgroups"), &self.app.token, group).await;
    }

    async fn crowd(&self, number: usize) {
        let users: Vec<UserId> = (0..number).map(|number| UserId::parse(&format!("u{number:05}")).unwrap()).collect();
        let (group, now) = (GroupId::parse("birds").unwrap(), self.stack.clock.now());
        self.stack.groups.add_members(&self.app.key, &group, &users, now).await.unwrap();
    }

    async fn send_to_group(&self, more: Value) {
        let mut body = json!({"from": "carol", "to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.stack.ok("POST", &self.app.path("messages/chatgroups"), &self.app.token, body).await;
    }

    /// Handles every queue, and delivers each record twice.
    async fn drain_twice(&self) {
        for _ in 0..200 {
            let records = self.stack.dispatch_queue.take(10);
            if !records.is_empty() {
                self.stack.dispatch_batch(&records, 1).await;
                self.stack.dispatch_batch(&records, 2).await;
            }
            for vendor in Vendor::ALL {
                let records = self.stack.push_queues.of(vendor).take(100);
                if !records.is_empty() {
                    self.stack.push_batch(vendor, &records, 1).await;
                    self.stack.push_batch(vendor, &records, 2).await;
                }
            }
            match self.stack.next_visible() {
                Some(next) => self.stack.clock.set(next.max(self.stack.clock.now())),
                None => return,
            }
        }
        panic!("the queues never became empty");
    }
}

fn suppressed(reason: Reason, number: u64) -> Counts {
    [(Figure::Suppressed(reason), number)].into_iter().collect()
}

// ---- one user ----

#[tokio::test]
async fn a_push_counts_in_the_hour_of_its_acceptance_with_its_vendor_and_class() {
    let world = World::start().await;
    world.with_huawei("ann").await;
    let id = world.send(&["ann"], json!({"ext": {"em_push_class": "call"}})).await[0];
    // The vendor accepts it in the next hour.
    world.stack.dispatch_batch(&world.stack.dispatch_queue.take(1), 1).await;
    world.stack.clock.advance(Duration::from_secs(3600));
    world.stack.drain().await;
    world.counts().await;
    let hour = Hour::of(id.accepted_at());
    let hours = hours_by_day(hour, hour.next()).next().unwrap();
    let rows = world.stack.runtime.counts(&world.app.key, hours, world.stack.clock.now()).await.unwrap();
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(row.subject, Subject::Vendor(Vendor::Huawei));
    let accepted = row.counts.get(Figure::Accepted(SemanticClass::Call));
    assert_eq!((accepted, row.counts.decided()), (1, 1), "{row:?}");
}

#[tokio::test]
async fn a_push_that_the_vendor_refuses_counts_with_its_reason() {
    let world = World::start().await;
    let token = world.with_phone("ann").await;
    world.stack.simulators.add_faults([fcm::scripts::unregistered(&token)]).unwrap();
    world.send(&["ann"], json!({})).await;
    world.stack.drain().await;
    let expected = [(Figure::RefusedOf(IM), 1), (Figure::RefusedFor(Reason::IllegalBinding), 1)];
    assert_eq!(world.counts().await, expected.into_iter().collect());
}

#[tokio::test]
async fn whoever_gets_no_push_counts_with_the_reason() {
    let ext = |name: &str, value: Value| json!({"ext": {name: value}});
    let cases: [(&str, Value, Reason); 7] = [
        ("nobody", json!({}), Reason::NoUserExist),
        ("online", json!({}), Reason::UserOnline),
        ("unbound", json!({}), Reason::NoPushBinding),
        ("silent", json!({}), Reason::ModeNone),
        ("banned", json!({}), Reason::UserBanned),
        ("ann", json!({"type": "cmd", "body": {"action": "x"}}), Reason::CommandMessage),
        ("ann", ext("em_ignore_notification", json!(true)), Reason::MessageIgnorePush),
    ];
    for (user, more, reason) in cases {
        let world = World::start().await;
        for user in ["ann", "online", "silent", "banned"] {
            world.with_phone(user).await;
        }
        world.stack.report(&world.app, "online", "phone", "s1", "online").await;
        world.stack.report(&world.app, "unbound", "phone", "s1", "online").await;
        world.stack.report(&world.app, "unbound", "phone", "s1", "offline").await;
        let none = json!({"type": "NONE"});
        let path = world.app.path("users/silent/notification/user/sender");
        world.stack.ok("PUT", &path, &world.app.token, none).await;
        world.stack.ok("POST", &world.app.path("users/banned/deactivate"), &world.app.token, json!({})).await;
        let id = world.send(&[user], more).await[0];
        world.drain_twice().await;
        assert_eq!(world.stack.suppression(&world.app, user, id).await, Some(reason), "{user}");
        assert_eq!(world.counts().await, suppressed(reason, 1), "{user}");
    }
}

#[tokio::test]
async fn every_record_that_is_delivered_again_counts_once() {
    let world = World::start().await;
    world.with_phone("ann").await;
    world.with_phone("bob").await;
    world.stack.bind(&world.app, "bob", "tablet", OPPO, &oppo::device_token()).await;
    world.send(&["ann", "bob", "nobody"], json!({})).await;
    world.drain_twice().await;
    let counts = world.counts().await;
    assert_eq!((counts.accepted(), counts.suppressed(), counts.decided()), (3, 1, 4));
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_not_counted_and_one_that_failed_counts_with_its_repeat() {
    let world = World::start().await;
    world.stack.messages.faults.lose_answer_of("record_decision", 1);
    world.send(&["nobody"], json!({})).await;
    world.stack.drain().await;
    assert_eq!(world.counts().await, Counts::default());
    world.stack.messages.faults.fail_next_of("record_decision", 1);
    world.send(&["nobody"], json!({})).await;
    world.stack.drain().await;
    assert_eq!((world.counts().await, world.stack.messages.faults.left()), (suppressed(Reason::NoUserExist, 1), 0));
}

// ---- pushes that wait ----

/// Returns a world in which Ann's and Bob's pushes wait, because FCM is down.
async fn outage() -> (World, String) {
    let world = World::start().await;
    let token = world.with_phone("ann").await;
    world.with_phone("bob").await;
    world.stack.simulators.add_faults([fcm::scripts::unavailable(90).always()]).unwrap();
    world.send(&["ann", "bob"], json!({})).await;
    while world.stack.step().await {}
    (world, token)
}

#[tokio::test]
async fn a_push_that_waited_and_is_decided_again_counts_once_when_it_ends() {
    let (world, token) = outage().await;
    assert_eq!(world.counts().await, Counts::default(), "nothing has ended");
    // The token moves to a user who gets nothing by it.
    world.stack.bind(&world.app, "zoe", "phone", FCM, &token).await;
    world.stack.simulators.clear_faults(None);
    world.drain_twice().await;
    let counts = world.counts().await;
    assert_eq!((counts.accepted(), counts.get(Figure::RefusedFor(Reason::TokenMoved))), (1, 1));
    assert_eq!(counts.decided(), 2);
}

#[tokio::test]
async fn a_push_that_waited_and_is_not_wanted_any_more_counts_with_its_vendor() {
    let (world, _) = outage().await;
    let path = world.app.path("users/ann/notification/user/sender");
    world.stack.ok("PUT", &path, &world.app.token, json!({"type": "NONE"})).await;
    world.stack.simulators.clear_faults(None);
    world.stack.clock.advance(Duration::from_secs(91));
    world.drain_twice().await;
    let counts = world.counts().await;
    assert_eq!((counts.accepted(), counts.get(Figure::RefusedFor(Reason::ModeNone))), (1, 1), "{counts:?}");
    assert_eq!((counts.suppressed(), counts.decided()), (0, 2));
}

#[tokio::test]
async fn a_receiver_who_is_rechecked_counts_once() {
    let world = World::start().await;
    for user in ["ann", "bob"] {
        world.with_huawei(user).await;
        world.stack.report(&world.app, user, "phone", "s1", "online").await;
    }
    world.stack.clock.advance(Duration::from_secs(110));
    world.send(&["ann", "bob"], json!({})).await;
    while world.stack.step().await {}
    world.stack.report(&world.app, "ann", "phone", "s1", "heartbeat").await;
    world.drain_twice().await;
    let counts = world.counts().await;
    let online = counts.get(Figure::Suppressed(Reason::UserOnline));
    assert_eq!((online, counts.accepted(), counts.decided()), (1, 1, 2), "{counts:?}");
}

// ---- groups ----

#[tokio::test]
async fn a_message_to_a_group_of_five_hundred_counts_every_receiver_once() {
    let world = World::start().await;
    world.group(&["ann", "bob", "carol"]).await;
    world.with_phone("ann").await;
    world.with_phone("bob").await;
    world.crowd(PAGE_MEMBERS).await;
    world.send_to_group(json!({})).await;
    world.drain_twice().await;
    let counts = world.counts().await;
    let silent = counts.get(Figure::Suppressed(Reason::NoUserExist));
    assert_eq!((counts.accepted(), silent, counts.decided()), (2, PAGE_MEMBERS as u64, PAGE_MEMBERS as u64 + 2));
}

#[tokio::test]
async fn a_page_that_is_decided_otherwise_when_it_is_delivered_again_counts_once() {
    let world = World::start().await;
    world.group(&["ann", "bob"]).await;
    world.send_to_group(json!({})).await;
    let records = world.stack.dispatch_queue.take(1);
    world.stack.dispatch_batch(&records, 1).await;
    // The second decision has another reason. It is not counted.
    world.stack.report(&world.app, "ann", "phone", "s1", "online").await;
    world.stack.dispatch_batch(&records, 2).await;
    assert_eq!(world.counts().await, suppressed(Reason::NoUserExist, 2));
    // Receivers who cannot be read are not counted.
    world.send_to_group(json!({})).await;
    let records = world.stack.dispatch_queue.take(1);
    world.stack.messages.faults.fail_next_of("recorded_of_page", 1);
    world.stack.dispatch_batch(&records, 2).await;
    assert_eq!((world.counts().await.decided(), world.stack.messages.faults.left()), (2, 0));
}

#[tokio::test]
async fn a_decision_for_a_whole_group_counts_its_members_once() {
    let world = World::start().await;
    world.group(&["ann", "bob", "carol"]).await;
    world.crowd(2 * PAGE_MEMBERS).await;
    world.send_to_group(json!({"type": "cmd", "body": {"action": "x"}})).await;
    world.drain_twice().await;
    assert_eq!(world.counts().await, suppressed(Reason::CommandMessage, 2 * PAGE_MEMBERS as u64 + 2));
}

// ---- receipts ----

/// Xiaomi's codes of events.
const DELIVERED: u8 = 1;
const CLICKED: u8 = 2;

#[tokio::test]
async fn a_receipt_counts_once_for_a_message_to_a_user_and_to_a_group() {
    let world = World::start().await;
    let token = xiaomi::device_token();
    world.stack.bind(&world.app, "ann", "phone", XIAOMI, &token).await;
    world.group(&["ann"]).await;
    let mut ids = world.send(&["ann"], json!({})).await;
    let message = json!({"to": ["birds"], "type": "txt", "body": {"msg": "hello"}});
    let sent = world.stack.ok("POST", &world.app.path("messages/chatgroups"), &world.app.token, message).await;
    ids.push(MessageId::parse(sent["data"]["birds"].as_str().unwrap()).unwrap());
    world.stack.drain().await;
    let shown =
        world.stack.ok("GET", &world.app.path(&format!("notifiers/{XIAOMI}")), &world.app.token, json!({})).await;
    let url = shown["receipt_url"].as_str().unwrap();
    let path = url[url.find("/push/report/").unwrap()..].to_owned();
    let report = async |event: u8| {
        let receipt = |id: &MessageId| json!({"param": id, "type": event, "targets": token});
        let body = json!({"slm1": receipt(&ids[0]), "slm2": receipt(&ids[1])}).to_string();
        assert_eq!(world.stack.call_with("POST", &path, "", &[], body).await.0, 200);
    };
    for event in [DELIVERED, DELIVERED, CLICKED, DELIVERED, CLICKED] {
        report(event).await;
    }
    world.stack.clock.advance(STATISTICS_FLUSH);
    report(DELIVERED).await;
    let counts = world.counts().await;
    assert_eq!((counts.delivered(), counts.clicked(), counts.accepted()), (2, 2, 2));
    assert_eq!(counts.decided(), 2, "a receipt is no push");
}

// ---- the table ----

#[tokio::test]
async fn a_process_writes_at_once_when_it_was_quiet_and_then_with_the_batch_ten_seconds_later() {
    let world = World::start().await;
    let written = || world.stack.runtime.all_counts(&world.app.key).suppressed();
    let most = u64::from(FLUSHES_IN_HAND);
    let burst = (1..=most).map(|number| (0, number));
    for (after, expected) in burst.chain([(0, most), (9, most), (1, most + 3)]) {
        world.stack.clock.advance(Duration::from_secs(after));
        world.send(&["nobody"], json!({})).await;
        world.stack.dispatch_batch(&world.stack.dispatch_queue.take(10), 1).await;
        assert_eq!(written(), expected, "after {after} s");
    }
}

#[tokio::test]
async fn a_row_of_statistics_that_is_throttled_costs_nobody_a_push() {
    let world = World::start().await;
    let token = world.with_phone("ann").await;
    world.stack.runtime.faults.throttle_of("add_counts", world.app.key.as_str());
    let id = world.send(&["ann", "nobody"], json!({})).await[0];
    world.stack.drain().await;
    assert_eq!((world.stack.shown("fcm", &token), world.counts().await), (1, Counts::default()));
    assert!(world.stack.suppression(&world.app, "ann", id).await.is_none() && world.stack.dead_letters.is_empty());
    world.stack.runtime.faults.mend();
    let counts = world.counts().await;
    assert_eq!((counts.accepted(), counts.suppressed()), (1, 1), "they are written later");
}

#[tokio::test]
async fn an_app_of_the_same_name_sees_no_counts_of_the_former() {
    let world = World::start().await;
    world.send(&["nobody"], json!({})).await;
    world.stack.drain().await;
    assert_eq!(world.counts().await.decided(), 1);
    let path = "/management/apps/acme/chat";
    world.stack.clock.advance(Duration::from_secs(1));
    world.stack.ok("DELETE", path, OPERATOR_KEY, json!({})).await;
    world.stack.drain().await;
    world.stack.clock.advance(Duration::from_secs(1));
    world.stack.app("chat", json!({})).await;
    // No hour before the app's creation is read.
    let now = world.stack.clock.now();
    let mut seen = Vec::new();
    for hours in hours_by_day(Hour::of(now), Hour::of(now).next()) {
        seen.extend(world.stack.runtime.counts(&world.app.key, hours, now).await.unwrap());
    }
    assert_eq!(seen, []);
}

// ---- redelivered records ----

/// Returns what the traces say: receivers without a push, pushes that ended, and accepted pushes.
fn truth(world: &World) -> (u64, u64, u64) {
    let (mut suppressed, mut accepted, mut refused) = (0, 0, 0);
    for (_, stored) in world.stack.messages.all(&world.app.key) {
        let ended =
            |status: PushStatus| stored.outcomes.iter().filter(|one: &&DeviceOutcome| one.status == status).count();
        accepted += ended(PushStatus::Success) as u64;
        refused += ended(PushStatus::Fail) as u64;
        let is_skip = |decision: &Decision| matches!(decision.verdict, Verdict::Skip { .. });
        suppressed += u64::from(stored.decision.as_ref().is_some_and(is_skip));
    }
    (suppressed, accepted, refused)
}

#[tokio::test]
async fn with_random_redeliveries_and_failures_counts_never_exceed_the_truth() {
    for seed in 0..12 {
        let chance = SeededEntropy::new(seed);
        let pick = |of: u128| chance.bits() % of;
        let world = World::start().await;
        let gone = world.with_phone("gone").await;
        for user in ["ann", "bob", "online"] {
            world.with_phone(user).await;
        }
        world.stack.bind(&world.app, "bob", "tablet", OPPO, &oppo::device_token()).await;
        world.stack.report(&world.app, "online", "phone", "s1", "online").await;
        world.stack.simulators.add_faults([fcm::scripts::unregistered(&gone), fcm::scripts::unavailable(20)]).unwrap();
        let mut delivered: Vec<(Option<Vendor>, Vec<String>)> = Vec::new();
        for _ in 0..60 {
            match pick(8) {
                0 | 1 => {
                    let to = ["ann", "bob", "gone", "online", "nobody"][pick(5) as usize];
                    world.send(&[to], json!({})).await;
                }
                2 => world.stack.clock.advance(Duration::from_secs(pick(40) as u64)),
                3 => world
                    .stack
                    .messages
                    .faults
                    .lose_answer_of(["record_decision", "record_outcomes"][pick(2) as usize], 1),
                4 if !delivered.is_empty() => {
                    let (vendor, records) = delivered[pick(delivered.len() as u128) as usize].clone();
                    match vendor {
                        None => world.stack.dispatch_batch(&records, 2).await,
                        Some(vendor) => world.stack.push_batch(vendor, &records, 2).await,
                    }
                }
                _ => {
                    let records = world.stack.dispatch_queue.take(1 + pick(3) as usize);
                    world.stack.dispatch_batch(&records, 1).await;
                    delivered.push((None, records));
                    for vendor in [Vendor::Fcm, Vendor::Oppo] {
                        let records = world.stack.push_queues.of(vendor).take(1 + pick(3) as usize);
                        world.stack.push_batch(vendor, &records, 1).await;
                        delivered.push((Some(vendor), records));
                    }
                }
            }
        }
        world.stack.drain().await;
        let (counts, (suppressed, accepted, refused)) = (world.counts().await, truth(&world));
        assert!(accepted > 0 && suppressed > 0, "seed {seed}");
        assert!(counts.suppressed() <= suppressed, "seed {seed}: {counts:?}, {suppressed} were suppressed");
        assert!(counts.accepted() + counts.refused() <= accepted + refused, "seed {seed}: {counts:?}");
    }
}
