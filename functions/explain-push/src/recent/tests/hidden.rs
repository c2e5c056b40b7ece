//! Messages that Ann must not see.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use shared::{
    domain::{
        group::{GroupHead, Membership},
        id::{AppKey, GroupId, MessageId, UserId},
        message::OFFLINE_RETENTION,
    },
    ports::{clock::Clock, error::StoreError, groups::ReadMemberships},
    testing::memory::MemoryGroups,
};

use super::{World, group};

#[tokio::test]
async fn messages_of_a_group_are_anns_from_joining_to_leaving() {
    let world = World::new();
    world.found("birds").await;
    world.send_to("birds").await;
    world.pass(1);
    world.join("birds").await;
    let member = world.send_to("birds").await;
    assert_eq!(world.walk(5).await, [member]);
    world.leave("birds").await;
    assert_eq!(world.walk(5).await, []);
    world.pass(1);
    world.join("birds").await;
    let again = world.send_to("birds").await;
    assert_eq!(world.walk(5).await, [again]);
}

#[tokio::test]
async fn own_messages_and_those_to_others_are_not_shown() {
    let world = World::new();
    world.found("birds").await;
    world.join("birds").await;
    for (from, users, shown) in
        [("ann", None, 0), ("bob", Some(&["cat"][..]), 0), ("bob", Some(&["cat", "ann"]), 1), ("bob", None, 2)]
    {
        world.pass(1);
        world.send_to_at("birds", from, users, world.clock.now(), 7).await;
        assert_eq!(world.walk(5).await.len(), shown, "{from} to {users:?}");
    }
}

#[tokio::test]
async fn what_is_as_old_as_an_erasure_is_not_shown() {
    let mut world = World::new();
    world.found("birds").await;
    world.join("birds").await;
    world.send().await;
    world.send_to("birds").await;
    world.begun = world.clock.now();
    let (own, of_group) = (world.send().await, world.send_to("birds").await);
    assert_eq!(world.walk(1).await, [of_group, own]);
}

#[tokio::test]
async fn messages_are_shown_for_seven_days() {
    let world = World::new();
    let first = world.send().await;
    let second = world.send().await;
    world.pass(u64::try_from((OFFLINE_RETENTION - Duration::from_millis(2)).as_millis()).unwrap());
    assert_eq!(world.walk(5).await, [second, first]);
    world.pass(1);
    assert_eq!(world.walk(5).await, [second]);
    world.pass(1);
    assert_eq!(world.page(MessageId::MAX, 5).await, (vec![], None));
}

/// Returns heads as they were before.
struct EarlierHeads {
    heads: Vec<Option<GroupHead>>,
    groups: Arc<MemoryGroups>,
}

#[async_trait]
impl ReadMemberships for EarlierHeads {
    async fn groups_of(&self, app: &AppKey, user: &UserId) -> Result<Vec<Membership>, StoreError> {
        self.groups.groups_of(app, user).await
    }

    async fn heads(&self, _: &AppKey, _: &[GroupId]) -> Result<Vec<Option<GroupHead>>, StoreError> {
        Ok(self.heads.clone())
    }
}

#[tokio::test]
async fn a_message_that_meets_the_read_of_its_groups_head_is_shown() {
    let mut world = World::new();
    world.found("birds").await;
    world.join("birds").await;
    let first = world.send_to("birds").await;
    let heads = world.groups.heads(&world.app, &[group("birds")]).await.unwrap();
    let second = world.send_to("birds").await;
    world.recent.memberships = Arc::new(EarlierHeads { heads, groups: world.groups.clone() });
    assert_eq!(world.walk(5).await, [second, first]);
}
