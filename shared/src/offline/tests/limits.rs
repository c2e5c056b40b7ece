//! Maximum number and age of stored messages.

use std::time::Duration;

use super::World;
use crate::domain::{
    ack::{MAX_OF_GROUPS, MAX_ONE_TO_ONE, MAX_PUSHES},
    id::MessageId,
    message::OFFLINE_RETENTION,
};

async fn full(own: usize, of_groups: usize) -> (World, Vec<MessageId>, Vec<MessageId>) {
    let world = World::new();
    for name in ["birds", "cats", "dogs"] {
        world.found(name).await;
        world.join(name).await;
    }
    let (mut single, mut group) = (Vec::new(), Vec::new());
    for number in 0..own.max(of_groups) {
        if number < own {
            single.push(world.send().await);
        }
        if number < of_groups {
            group.push(world.send_to(["birds", "cats", "dogs"][number % 3]).await);
        }
    }
    (world, single, group)
}

#[tokio::test]
async fn the_newest_of_each_kind_are_kept() {
    let (world, single, group) = full(MAX_ONE_TO_ONE + 3, MAX_OF_GROUPS + 3).await;
    let mut kept: Vec<MessageId> = single[3..].iter().chain(&group[3..]).copied().collect();
    kept.sort();
    assert_eq!(world.count().await, MAX_ONE_TO_ONE + MAX_OF_GROUPS);
    for limit in [7, 100] {
        assert_eq!(world.walk(limit).await, kept);
    }
}

#[tokio::test]
async fn what_was_dropped_does_not_come_back_when_there_is_room() {
    let (world, single, group) = full(MAX_ONE_TO_ONE + 3, MAX_OF_GROUPS + 3).await;
    world.pass(120_000);
    assert_eq!(world.ack(&[single[10], group[10]]).await.remaining, MAX_ONE_TO_ONE + MAX_OF_GROUPS - 2);
    assert_eq!(world.count().await, MAX_ONE_TO_ONE + MAX_OF_GROUPS - 2);
    let walked = world.walk(100).await;
    assert!(!walked.contains(&single[2]) && !walked.contains(&group[2]));
}

#[tokio::test]
async fn group_messages_are_dropped_while_older_messages_of_users_wait() {
    let (world, single, group) = full(10, MAX_OF_GROUPS + 20).await;
    let mut kept: Vec<MessageId> = single.iter().chain(&group[20..]).copied().collect();
    kept.sort();
    assert_eq!(world.walk(3).await, kept);
    world.pass(120_000);
    assert_eq!(world.walk(3).await, kept);
}

#[tokio::test]
async fn a_campaign_drops_no_message_and_the_newest_pushes_are_kept() {
    let (world, single, _) = full(MAX_ONE_TO_ONE, 0).await;
    let mut pushes = Vec::new();
    for _ in 0..MAX_PUSHES + 3 {
        pushes.push(world.push().await);
    }
    let kept: Vec<MessageId> = single.iter().chain(&pushes[3..]).copied().collect();
    assert_eq!(world.count().await, MAX_ONE_TO_ONE + MAX_PUSHES);
    for limit in [7, 100] {
        assert_eq!(world.walk(limit).await, kept);
    }
    let waits = async |id| world.store.waits(&world.app, &world.ann, id).await.unwrap();
    assert_eq!((waits(pushes[2]).await, waits(pushes[3]).await), (false, true));
    world.pass(120_000);
    assert_eq!(world.ack_up_to(pushes[MAX_PUSHES + 2]).await.acked, kept.len());
    assert_eq!((world.count().await, world.walk(100).await), (0, vec![]), "what was dropped does not come back");
}

#[tokio::test]
async fn a_push_that_is_older_than_all_messages_that_are_kept_is_dropped() {
    let world = World::new();
    let oldest = world.push().await;
    let first = world.send().await;
    let push = world.push().await;
    let mut kept = vec![first, push];
    for _ in 1..MAX_ONE_TO_ONE {
        kept.push(world.send().await);
    }
    assert_eq!(world.walk(100).await, kept);
    assert!(!kept.contains(&oldest));
    kept.push(world.send().await);
    assert_eq!(world.walk(100).await, kept[2..], "the push goes with the message before it");
}

#[tokio::test]
async fn everything_up_to_the_last_message_is_acknowledged_at_once() {
    let (world, single, group) = full(MAX_ONE_TO_ONE, MAX_OF_GROUPS).await;
    let last = *single.last().max(group.last()).unwrap();
    let acked = world.ack_up_to(last).await;
    assert_eq!((acked.acked, acked.remaining), (MAX_ONE_TO_ONE + MAX_OF_GROUPS, 0));
    assert_eq!(world.walk(100).await, []);
}

#[tokio::test]
async fn what_is_older_than_seven_days_does_not_wait() {
    let (world, ..) = full(1, 1).await;
    world.clock.advance(OFFLINE_RETENTION - Duration::from_millis(3));
    assert_eq!(world.count().await, 2);
    world.pass(5);
    assert_eq!((world.count().await, world.walk(9).await), (0, vec![]));
}
