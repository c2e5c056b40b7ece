//! An erased user has no message from before the erasure.

use std::sync::Arc;

use super::{FixedVisibleSince, World};
use crate::testing::memory::MemoryGroups;

#[tokio::test]
async fn messages_of_before_an_erasure_are_gone_and_newer_ones_wait() {
    let mut world = World::new();
    world.found("birds").await;
    world.join("birds").await;
    let old = [world.send().await, world.send_to("birds").await];
    world.pass(1);
    world.store.visible_since = Arc::new(FixedVisibleSince { at: Some(world.now()), groups_complete: true });
    let new = [world.send().await, world.send_to("birds").await];
    assert_eq!((world.walk(1).await, world.count().await), (new.to_vec(), 2));
    assert_eq!(world.ack(&old).await.acked, 0);
    assert!(!world.store.waits(&world.app, &world.ann, old[0]).await.unwrap());
    assert!(world.store.waits(&world.app, &world.ann, new[1]).await.unwrap());
}

#[tokio::test]
async fn a_message_that_no_group_leads_to_is_not_done_while_groups_are_not_complete() {
    let mut world = World::new();
    world.found("birds").await;
    world.join("birds").await;
    let known = world.store.memberships.clone();
    let of_group = world.send_to("birds").await;
    let own = world.send().await;
    world.pass(120_000);
    // As before the backfill: no membership leads from the user to the group.
    world.store.memberships = Arc::new(MemoryGroups::default());
    world.store.visible_since = Arc::new(FixedVisibleSince { at: None, groups_complete: false });
    world.ack(&[own]).await;
    assert_eq!(world.walk(10).await, []);
    world.store.memberships = known;
    world.store.visible_since = Arc::new(FixedVisibleSince { at: None, groups_complete: true });
    assert_eq!(world.walk(10).await, [of_group]);
}
