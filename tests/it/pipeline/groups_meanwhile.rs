//! Groups that are disabled or deleted while their message waits for a decision or a push.

use std::time::Duration;

use curlew_tests::simulators::{Endpoint, Fault, FaultRule};
use serde_json::{Value, json};
use shared::domain::{connection::ANSWER, group::PAGE_MEMBERS, id::MessageId, reason::Reason, vendor::Vendor};

use super::{groups::World, socket::Socket};

/// Changes after which a group reaches nobody.
const ENDS: [&str; 2] = ["disabled", "destroyed"];
/// After this time a waiting push is decided again.
const MINUTE: Duration = Duration::from_secs(61);

impl World {
    async fn end(&self, how: &str) {
        let (method, path) = match how {
            "disabled" => ("POST", "chatgroups/birds/disable"),
            _ => ("DELETE", "chatgroups/birds"),
        };
        self.stack.ok(method, &self.app.path(path), &self.app.token, json!({})).await;
    }

    async fn message(&self, path: &str, more: Value) -> MessageId {
        let (status, answer) = self.call(path, more).await;
        assert_eq!(status, 200, "{answer}");
        MessageId::parse(answer["data"]["birds"].as_str().unwrap()).unwrap()
    }

    async fn decide(&self) {
        self.stack.dispatch_batch(&self.stack.dispatch_queue.take(10), 1).await;
    }

    async fn live(&self, user: &str) -> Socket<'_> {
        let socket = Socket::connect(&self.stack, &self.app, user, &format!("phone-of-{user}")).await;
        self.stack.drain().await;
        socket.frames();
        self.stack.clock.advance(Duration::from_secs(1));
        socket
    }

    fn huawei_is_down(&self) {
        let down = FaultRule::new("huawei", Fault::status(503)).at(Endpoint::Send).always();
        self.stack.simulators.add_faults([down]).unwrap();
    }
}

#[tokio::test]
async fn who_does_not_answer_is_not_pushed_by_a_group_that_ended_meanwhile() {
    for how in ENDS {
        let world = World::start(&["ann", "bob"]).await;
        let tokens = world.with_phones(&["ann"]).await;
        let _phone = world.live("ann").await;
        let id = world.message("messages/chatgroups", json!({})).await;
        while world.stack.step().await {}
        world.end(how).await;
        world.stack.clock.advance(ANSWER);
        world.stack.drain().await;
        assert_eq!(world.delivered(&tokens), [0], "{how}");
        if how == "disabled" {
            assert_eq!(world.suppression(id, "ann").await, Some(Reason::GroupDisabled));
        }
        assert!(world.stack.dead_letters.is_empty());
    }
}

#[tokio::test]
async fn who_is_found_gone_is_not_pushed_by_a_group_that_ended_meanwhile() {
    for how in ENDS {
        let world = World::start(&["ann", "bob"]).await;
        let tokens = world.with_phones(&["ann"]).await;
        world.live("ann").await.lose();
        world.message("messages/chatgroups", json!({})).await;
        world.decide().await;
        world.end(how).await;
        world.stack.drain().await;
        assert_eq!(world.delivered(&tokens), [0], "{how}");
    }
}

#[tokio::test]
async fn who_could_not_be_read_is_not_pushed_by_a_group_that_ended_meanwhile() {
    for how in ENDS {
        let world = World::start(&["ann", "bob"]).await;
        let tokens = world.with_phones(&["ann", "bob"]).await;
        world.message("messages/chatgroups", json!({})).await;
        world.stack.users.faults.fail_next_of("facts", 1);
        world.decide().await;
        world.end(how).await;
        world.stack.drain().await;
        assert_eq!(world.delivered(&tokens).iter().sum::<u64>(), 1, "{how}: who could be read");
    }
}

#[tokio::test]
async fn a_page_that_was_put_back_is_not_pushed_by_a_group_that_ended_meanwhile() {
    for how in ENDS {
        let members: Vec<String> = (0..PAGE_MEMBERS).map(|number| format!("a{number}")).collect();
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        let world = World::start(&["zoe"]).await;
        for some in members.chunks(50) {
            let body = json!({"usernames": some});
            world.stack.ok("POST", &world.app.path("chatgroups/birds/users"), &world.app.token, body).await;
        }
        let tokens = world.with_phones(&["a0", "zoe"]).await;
        world.message("messages/chatgroups", json!({})).await;
        world.decide().await;
        world.stack.groups.faults.fail_next_of("members", 1);
        world.decide().await;
        world.end(how).await;
        world.stack.drain().await;
        assert_eq!((world.delivered(&tokens), world.stack.groups.faults.left()), (vec![1, 0], 0), "{how}");
    }
}

#[tokio::test]
async fn a_push_that_waited_ends_with_its_group() {
    for (how, path, more) in ENDS.into_iter().flat_map(|how| {
        let some = json!({"users": ["ann"]});
        [(how, "messages/chatgroups", json!({})), (how, "messages/chatgroups/users", some)]
    }) {
        let world = World::start(&["ann", "bob"]).await;
        let tokens = world.with_phones(&["ann"]).await;
        world.huawei_is_down();
        world.message(path, more).await;
        while world.stack.step().await {}
        world.stack.clock.advance(MINUTE);
        world.end(how).await;
        world.stack.simulators.clear_faults(None);
        world.stack.drain().await;
        assert_eq!(world.delivered(&tokens), [0], "{how} {path}");
        assert!(world.stack.dead_letters.is_empty() && world.stack.push_queues.of(Vendor::Huawei).is_empty());
    }
}

#[tokio::test]
async fn a_push_that_waited_goes_on_while_nobody_ever_told_of_its_group_or_it_is_left_as_it_was() {
    for group in ["birds", "strangers"] {
        let world = World::start(&["ann", "bob"]).await;
        let tokens = world.with_phones(&["ann"]).await;
        world.huawei_is_down();
        let (status, answer) = world.call("messages/chatgroups/users", json!({"to": [group], "users": ["ann"]})).await;
        assert_eq!(status, 200, "{answer}");
        while world.stack.step().await {}
        world.stack.clock.advance(MINUTE);
        world.stack.simulators.clear_faults(None);
        world.stack.drain().await;
        assert_eq!(world.delivered(&tokens), [1], "{group}");
    }
}

#[tokio::test]
async fn a_recheck_of_a_whole_page_reads_its_group_once_and_a_first_check_not_again() {
    let names: Vec<String> = (0..20).map(|number| format!("m{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let world = World::start(&names).await;
    let tokens = world.with_phones(&names).await;
    let mut phones = Vec::new();
    for name in &names {
        phones.push(world.live(name).await);
    }
    let reads = || world.stack.groups.faults.calls_of("state");
    let before = reads();
    world.message("messages/chatgroups", json!({})).await;
    while world.stack.step().await {}
    assert_eq!(reads() - before, 1);
    world.stack.clock.advance(ANSWER + Duration::from_secs(1));
    while world.stack.step().await {}
    assert_eq!((reads() - before, world.delivered(&tokens)), (2, vec![1; 20]));
}
