//! Bounds of the reads of one call, and the continuation by the next one.

use std::time::Duration;

use super::{Bounds, World};
use crate::{
    domain::{
        ack::{MAX_OF_GROUPS, MAX_ONE_TO_ONE},
        id::MessageId,
        inbox::SETTLED_AFTER,
    },
    offline::ENOUGH_DONE,
    ports::inbox::TrackInbox,
};

const ROWS: usize = 200;
/// A call notices its bound only after the reads that have begun.
const MAX_ROWS: usize = 2 * ROWS;

async fn world() -> World {
    let world = World::bounded(Bounds { rows: ROWS, ..Bounds::default() });
    world.found("birds").await;
    world.join("birds").await;
    world
}

/// Stores messages to other members of the group, one a millisecond.
async fn others(world: &World, number: u64) {
    for _ in 0..number {
        world.pass(1);
        let id = MessageId::for_group(world.now(), &super::group("birds"), 7);
        world.store_for("birds", "bob", Some(&["eve"]), id).await;
    }
}

/// Returns all pages, and how much each call read.
async fn walk(world: &World, limit: usize) -> (Vec<MessageId>, Vec<usize>) {
    let (mut ids, mut reads, mut cursor) = (Vec::new(), Vec::new(), None);
    world.reads.take();
    loop {
        let page = world.page(limit, cursor).await;
        reads.push(world.reads.take());
        ids.extend(page.messages.iter().map(|message| message.msg_id));
        cursor = page.cursor;
        if cursor.is_none() {
            return (ids, reads);
        }
        assert!(reads.len() < 1_000, "it does not end");
    }
}

#[tokio::test]
async fn thousands_of_messages_to_others_cost_several_short_calls_once() {
    let world = world().await;
    let first = world.send_to("birds").await;
    others(&world, 1_500).await;
    let second = world.send().await;
    others(&world, 1_500).await;
    let third = world.send_to("birds").await;
    world.pass(61_000);
    let (ids, reads) = walk(&world, 10).await;
    assert_eq!(ids, [first, second, third]);
    assert!(reads.len() >= 15 && reads.iter().all(|rows| *rows <= MAX_ROWS), "{reads:?}");
    world.ack(&ids).await;
    walk(&world, 10).await;
    // From now on the marks cover these messages.
    let (ids, reads) = walk(&world, 10).await;
    assert!(ids.is_empty() && reads.len() == 1 && reads[0] < ENOUGH_DONE, "{reads:?}");
}

#[tokio::test]
async fn old_messages_that_are_never_acknowledged_leave_calls_short() {
    let world = world().await;
    let old = [world.send().await, world.send_to("birds").await];
    for _ in 0..500 {
        let ids = [world.send().await, world.send_to("birds").await];
        world.store.acks.acknowledge(&world.app, &world.ann, &ids).await.unwrap();
    }
    world.pass(61_000);
    let new = world.send().await;
    let (ids, reads) = walk(&world, 10).await;
    assert_eq!(ids, [old[0], old[1], new]);
    assert!(reads.iter().all(|rows| *rows <= 2 * MAX_ROWS), "{reads:?}");
    world.reads.take();
    assert_eq!(world.count().await, 1, "the newest are counted");
    assert!(world.reads.take() <= 2 * MAX_ROWS);
    assert_eq!(world.ack(&old).await.acked, 2, "messages far below the newest");
    let waits = [old[0], old[1], new].map(|id| world.store.waits(&world.app, &world.ann, id));
    assert_eq!(futures::future::try_join_all(waits).await.unwrap(), [false, false, true]);
    let (ids, _) = walk(&world, 10).await;
    assert_eq!(ids, [new]);
    let (_, reads) = walk(&world, 10).await;
    assert_eq!(reads.len(), 1, "the marks are behind what is done: {reads:?}");
}

#[tokio::test]
async fn a_message_below_all_acknowledgements_that_were_read_is_not_taken_for_done() {
    let world = world().await;
    let old = world.send_to("birds").await;
    for _ in 0..300 {
        let id = world.send().await;
        world.store.acks.acknowledge(&world.app, &world.ann, &[id]).await.unwrap();
    }
    let done = world.send_to("birds").await;
    world.store.acks.acknowledge(&world.app, &world.ann, &[done]).await.unwrap();
    world.pass(61_000);
    for _ in 0..2 {
        assert_eq!(walk(&world, 10).await.0, [old]);
    }
}

#[tokio::test]
async fn whether_an_old_message_waits_is_told_however_much_came_after_it() {
    let world = world().await;
    let (single, of_group) = (world.send().await, world.send_to("birds").await);
    let to_others = world.now();
    others(&world, 1_000).await;
    let waits = async |id| world.store.waits(&world.app, &world.ann, id).await.unwrap();
    assert_eq!((waits(single).await, waits(of_group).await), (true, true));
    let directed = MessageId::for_group(to_others.plus(Duration::from_millis(1)), &super::group("birds"), 7);
    assert!(!waits(directed).await, "it is for somebody else");
    assert!(!waits(MessageId::new(world.now(), 99)).await, "nobody sent it");
    assert_eq!(world.ack(&[single, of_group]).await.acked, 2);
    assert_eq!((waits(single).await, waits(of_group).await), (false, false));
}

#[tokio::test]
async fn up_to_goes_on_from_call_to_call_until_nothing_is_left() {
    let world = world().await;
    let first = world.send().await;
    let mut sent = vec![first];
    for _ in 0..5 {
        others(&world, 300).await;
        sent.push(world.send_to("birds").await);
    }
    world.pass(61_000);
    let after = world.send().await;
    let (mut calls, mut acked) = (0, 0);
    loop {
        world.reads.take();
        let answer = world.ack_up_to(*sent.last().unwrap()).await;
        assert!(world.reads.take() <= 3 * MAX_ROWS);
        (calls, acked) = (calls + 1, acked + answer.acked);
        assert!(calls < 100, "it does not go on");
        if !answer.more {
            break;
        }
    }
    assert_eq!(acked, sent.len());
    assert!(calls >= 3, "{calls}");
    assert_eq!(walk(&world, 10).await.0, [after]);
}

#[tokio::test]
async fn marks_of_a_long_walk_stay_behind_what_could_still_be_stored_when_it_began() {
    let world = world().await;
    others(&world, 1_000).await;
    world.pass(61_000);
    let begun = world.now();
    let first = world.page(10, None).await;
    // Ann joins another group during the walk. The walk does not find its message.
    world.found("cats").await;
    world.join("cats").await;
    let missed = world.send_to("cats").await;
    others(&world, 500).await;
    world.pass(200_000);
    let mut cursor = first.cursor;
    while let Some(at) = cursor {
        cursor = world.page(10, Some(at)).await.cursor;
    }
    let marks = world.users.marks(&world.app, &world.ann).await.unwrap().unwrap();
    assert!(marks.group < MessageId::before(begun.minus(SETTLED_AFTER).plus(Duration::from_millis(1))));
    assert_eq!(walk(&world, 10).await.0, [missed]);
}

#[tokio::test]
async fn a_slow_table_ends_a_call_early_and_the_next_one_goes_on() {
    let world = World::new();
    let mut sent = vec![world.send().await];
    world.found("birds").await;
    world.join("birds").await;
    others(&world, 3_000).await;
    sent.push(world.send_to("birds").await);
    world.pass(61_000);
    let (mut ids, mut cursor, mut calls) = (Vec::new(), None, 0);
    loop {
        // The first read of each call takes six seconds.
        world.messages.faults.stall("timeline", &world.clock, Duration::from_secs(6));
        let page = world.page(10, cursor).await;
        ids.extend(page.messages.iter().map(|message| message.msg_id));
        (calls, cursor) = (calls + 1, page.cursor);
        assert!(calls < 1_000, "it does not go on");
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(ids, sent);
    assert!(calls > 5, "{calls}");
}

#[tokio::test]
async fn what_a_full_store_holds_takes_no_more_calls_than_pages() {
    let world = World::new();
    world.found("birds").await;
    world.join("birds").await;
    let mut sent = Vec::new();
    for number in 0..MAX_ONE_TO_ONE {
        sent.push(world.send().await);
        if number < MAX_OF_GROUPS {
            sent.push(world.send_to("birds").await);
        }
    }
    world.pass(61_000);
    let (ids, reads) = walk(&world, 100).await;
    assert_eq!((ids, reads.len()), (sent, 7));
}

#[tokio::test]
async fn many_groups_share_what_a_call_looks_at() {
    let world = World::bounded(Bounds { rows: ROWS, ..Bounds::default() });
    let mut sent = Vec::new();
    for number in 0..40 {
        let name = format!("group-{number}");
        world.found(&name).await;
        world.join(&name).await;
        for _ in 0..20 {
            world.pass(1);
            let id = MessageId::for_group(world.now(), &super::group(&name), 7);
            world.store_for(&name, "bob", Some(&["eve"]), id).await;
        }
        sent.push(world.send_to(&name).await);
    }
    world.pass(61_000);
    let (ids, reads) = walk(&world, 10).await;
    assert_eq!(ids, sent);
    assert!(reads.iter().all(|rows| *rows <= MAX_ROWS), "{reads:?}");
}
