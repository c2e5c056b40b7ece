//! When marks move: no call reads a done message twice, and a mark passes no message that may still wait.

use super::World;
use crate::{
    domain::{id::MessageId, inbox::Marks},
    ports::inbox::TrackInbox,
};

async fn marks(world: &World) -> Option<Marks> {
    world.users.marks(&world.app, &world.ann).await.unwrap()
}

fn a_minute_ago(world: &World) -> Marks {
    Marks::before(world.now().minus(crate::domain::inbox::SETTLED_AFTER))
}

async fn with_group() -> World {
    let world = World::new();
    world.found("birds").await;
    world.join("birds").await;
    world
}

#[tokio::test]
async fn an_acknowledgement_of_all_moves_the_marks_to_a_minute_ago() {
    let world = with_group().await;
    world.send().await;
    let last = world.send_to("birds").await;
    world.pass(61_000);
    world.ack_up_to(last).await;
    assert_eq!(marks(&world).await, Some(a_minute_ago(&world)));
}

#[tokio::test]
async fn marks_stay_below_what_waits_and_below_the_last_minute() {
    let world = with_group().await;
    let (first, second) = (world.send().await, world.send().await);
    let of_group = world.send_to("birds").await;
    world.pass(61_000);
    world.ack_up_to(first).await;
    let moved = marks(&world).await.unwrap();
    assert_eq!((moved.one_to_one, moved.group), (second.previous(), of_group.previous()));
    world.send().await;
    world.ack_up_to(MessageId::MAX).await;
    assert_eq!(marks(&world).await, Some(a_minute_ago(&world)));
}

#[tokio::test]
async fn a_pull_that_finds_nothing_moves_the_marks_over_what_single_acknowledgements_left() {
    let world = with_group().await;
    let (single, of_group) = (world.send().await, world.send_to("birds").await);
    world.ack(&[single, of_group]).await;
    world.pass(61_000);
    world.ack(&[single]).await;
    assert_eq!(marks(&world).await, None, "a write for every acknowledgement");
    assert_eq!(world.walk(9).await, []);
    assert_eq!(marks(&world).await, Some(a_minute_ago(&world)));
}

#[tokio::test]
async fn many_single_acknowledgements_move_the_marks_by_themselves() {
    let world = with_group().await;
    let mut sent = Vec::new();
    for _ in 0..30 {
        sent.push(world.send().await);
    }
    world.pass(61_000);
    for id in &sent {
        world.ack(&[*id]).await;
    }
    assert!(marks(&world).await.unwrap().one_to_one >= sent[20]);
}

#[tokio::test]
async fn who_has_nothing_leaves_no_row() {
    let world = with_group().await;
    world.pass(61_000);
    world.walk(9).await;
    world.count().await;
    world.ack_up_to(MessageId::before(world.now())).await;
    world.send().await;
    world.pass(61_000);
    world.walk(9).await;
    assert_eq!(marks(&world).await, None);
}

#[tokio::test]
async fn a_message_that_is_stored_late_is_above_the_marks() {
    let world = with_group().await;
    let id = MessageId::new(world.now(), 1);
    world.pass(29_000);
    let later = world.send().await;
    world.ack_up_to(later).await;
    world.store(id).await;
    world.pass(61_000);
    assert_eq!(world.walk(9).await, [id]);
}

#[tokio::test]
async fn foreign_ids_leave_no_row() {
    let world = with_group().await;
    world.found("cats").await;
    let (waits, not_hers) = (world.send_to("birds").await, world.send_to("cats").await);
    let unknown = [MessageId::new(world.now(), 99), MessageId::of_group(world.now(), 99)];
    let acked = world.ack(&[not_hers, unknown[0], unknown[1]]).await;
    assert_eq!((acked.acked, acked.remaining), (0, 1));
    assert_eq!(world.messages.acknowledged_ids(&world.app, &world.ann), []);
    world.ack(&[waits, waits]).await;
    assert_eq!(world.ack(&[waits]).await.acked, 0);
    assert_eq!(world.messages.acknowledged_ids(&world.app, &world.ann), [waits]);
}
