//! Messages to some members of a group.

use serde_json::json;
use shared::{
    app_configs::KEPT,
    domain::{id::MessageId, reason::Reason},
};

use super::groups::World;

impl World {
    /// Sends a message to some members.
    async fn direct(&self, users: &[&str]) -> MessageId {
        let (status, answer) = self.call("messages/chatgroups/users", json!({"users": users})).await;
        assert_eq!(status, 200, "{answer}");
        MessageId::parse(answer["data"]["birds"].as_str().unwrap()).unwrap()
    }
}

#[tokio::test]
async fn a_directed_message_reaches_those_it_names() {
    let world = World::start(&["ann", "bob", "carol"]).await;
    let tokens = world.with_phones(&["ann", "bob", "carol"]).await;
    let id = world.direct(&["Bob", "carol", "bob"]).await;
    world.stack.drain().await;
    assert_eq!(world.delivered(&tokens), [0, 1, 0]);
    assert_eq!(world.suppression(id, "bob").await, None);
}

#[tokio::test]
async fn a_directed_message_to_a_group_above_the_limit_pushes_nobody() {
    let world = World::start(&["ann", "bob", "cat"]).await;
    let tokens = world.with_phones(&["ann", "bob"]).await;
    for (limit, suppression, delivered) in [(2, Some(Reason::LargeGroup), [0, 0]), (3, None, [1, 1])] {
        world.limit(limit).await;
        world.stack.clock.advance(KEPT);
        let id = world.direct(&["ann", "bob"]).await;
        world.stack.drain().await;
        assert_eq!(world.delivered(&tokens), delivered);
        assert_eq!(
            (world.suppression(id, "ann").await, world.suppression(id, "bob").await),
            (suppression, suppression)
        );
        let body =
            json!({"from": "carol", "to": ["birds"], "receiver": "ann", "type": "txt", "body": {"msg": "hello"}});
        let explained = world.stack.ok("POST", &world.app.path("push/explain"), &world.app.token, body).await;
        assert_eq!(explained["data"].get("reason"), suppression.map(|reason| json!(reason.code())).as_ref());
    }
}

#[tokio::test]
async fn the_size_of_a_group_is_read_once_a_try_of_a_directed_message() {
    let world = World::start(&["ann", "bob"]).await;
    let tokens = world.with_phones(&["ann", "bob"]).await;
    let (groups, users) = (&world.stack.groups.faults, &world.stack.users.faults);
    world.direct(&["ann", "bob"]).await;
    groups.fail_next_of("state", 1);
    world.stack.dispatch_batch(&world.stack.dispatch_queue.take(1), 1).await;
    assert_eq!((groups.left(), world.stack.dispatch_queue.is_empty()), (0, false));
    world.stack.clock.set(world.stack.dispatch_queue.next_visible().unwrap());
    users.fail_next_of("facts", 2);
    world.stack.dispatch_batch(&world.stack.dispatch_queue.take(1), 1).await;
    // Both receivers are retried, and their group is read again with them.
    let before = groups.calls_of("state");
    world.stack.drain().await;
    assert_eq!((groups.calls_of("state") - before, users.left()), (1, 0));
    assert_eq!(world.delivered(&tokens), [1, 1]);
}
