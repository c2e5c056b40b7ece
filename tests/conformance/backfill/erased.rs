//! Checks members of an older version's groups who were erased. The erasure found no membership rows of theirs.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{
    aws::dynamo::{Erasures, RuntimeTable},
    crypto::system::System,
    domain::{
        group::Group,
        group_profile::{GroupInfo, GroupSettings},
        id::{AppKey, UserId},
        time::Timestamp,
    },
    ports::{
        clock::Clock,
        erasure::NoteErasure,
        groups::{ManageGroups, MembersChange, ReadMembers},
    },
    testing::sample::{app_key, user},
};

use crate::{
    meanwhile::before_the_first,
    older::{CREATED, NOW, World, id, row, users},
};

impl World {
    async fn erase(&self, app: &AppKey, who: &[UserId], at: Timestamp) {
        let erasures = Erasures::new(RuntimeTable::new(&self.client, self.tables.runtime.clone()), System::default());
        for user in who {
            erasures.note_erasure(app, user, at).await.expect("a noted erasure");
        }
    }

    /// Returns the row of a membership under the user.
    fn membership(&self, user: &str, group: &str) -> HashMap<String, AttributeValue> {
        let mut membership = row(&format!("user#{}#{user}", self.app), &format!("group#{group}"));
        membership.insert("joined_at".into(), AttributeValue::N(NOW.as_millis().to_string()));
        membership
    }
}

fn now() -> Timestamp {
    System::default().now()
}

#[tokio::test]
async fn an_erased_member_of_an_older_group_is_gone_afterwards() {
    let world = World::start().await;
    world.older_group("birds", &users(0, 60), false).await;
    world.older_group("cats", &users(2, 4), false).await;
    world.older_group("half", &users(0, 4), true).await;
    world.erase(&world.app, &users(0, 3), now()).await;
    world.erase(&world.app, &users(40, 42), now()).await;
    // One user has a row of a membership that an older version ended and began again.
    world.write(vec![world.membership("u0001", "birds")]).await;
    // A user of the same name in another app is somebody else.
    world.erase(&app_key("acme#other"), &users(3, 4), now()).await;

    let (status, told) = world.backfill(&[]).await;
    assert_eq!((status, told.contains(" 6 erased members removed, 56 memberships completed")), (0, true), "{told}");
    assert_eq!(world.members("birds").await, [users(3, 40), users(42, 60)].concat());
    assert_eq!(world.groups.size(&world.app, &id("birds")).await.unwrap(), Some(55));
    assert_eq!(
        (world.members("cats").await, world.groups.size(&world.app, &id("cats")).await.unwrap()),
        (users(3, 4), Some(1))
    );
    for gone in [users(0, 3), users(40, 42)].concat() {
        assert_eq!(world.groups_of(&gone).await, [], "{gone}");
    }
    assert_eq!(world.groups_of(&user("u0003")).await.len(), 2);
    world.assert_all_is_done().await;
    // The next user of the name is a member only after joining.
    assert_ne!(
        world.groups.add_members(&world.app, &id("birds"), &users(0, 1), now()).await.unwrap(),
        MembersChange::NoGroup
    );
    world.assert_all_is_done().await;
    assert_eq!(world.groups.size(&world.app, &id("birds")).await.unwrap(), Some(56));
    world.newer_group("half", &users(7, 8)).await;
    world.assert_rows_match().await;
    world.end().await;
}

#[tokio::test]
async fn only_an_erasure_since_the_group_began_takes_a_member_out() {
    let world = World::start().await;
    let created = now();
    world.older_group_of(created, "birds", &users(0, 3), false).await;
    world.erase(&world.app, &users(0, 1), created.minus(Duration::from_millis(1))).await;
    world.erase(&world.app, &users(1, 2), created).await;
    assert_eq!(world.backfill(&[]).await.0, 0);
    assert_eq!(world.members("birds").await, [users(0, 1), users(2, 3)].concat());
    assert_eq!(world.groups_of(&user("u0000")).await, [("birds".to_owned(), created)]);
    assert_eq!(world.groups.size(&world.app, &id("birds")).await.unwrap(), Some(2));
    world.assert_rows_match().await;
    world.end().await;
}

#[tokio::test]
async fn an_erased_member_who_leaves_or_joins_meanwhile_is_counted_once() {
    let world = World::start().await;
    world.older_group("birds", &users(0, 6), false).await;
    world.older_group("cats", &users(0, 6), false).await;
    world.erase(&world.app, &users(0, 6), now()).await;
    let (groups, app) = (world.groups.clone(), world.app.clone());
    // At that moment both groups are read, and none of their rows is written.
    let endpoint = before_the_first("DynamoDB_20120810.TransactWriteItems", async move {
        assert_ne!(groups.remove_members(&app, &id("birds"), &users(0, 3)).await.unwrap(), MembersChange::NoGroup);
        assert_ne!(
            groups.add_members(&app, &id("birds"), &users(2, 3), CREATED).await.unwrap(),
            MembersChange::NoGroup
        );
        assert!(groups.delete_group(&app, &id("cats")).await.unwrap());
    })
    .await;
    let (status, told) = world.backfill_at(&endpoint, &[]).await;
    assert_eq!((status, told.contains(" 3 erased members removed, 0 memberships completed")), (0, true), "{told}");
    assert!(told.contains(" 9 changed meanwhile"), "{told}");
    assert_eq!(world.members("birds").await, users(2, 3));
    assert_eq!(world.groups.size(&world.app, &id("birds")).await.unwrap(), Some(1));
    assert_eq!(world.groups.size(&world.app, &id("cats")).await.unwrap(), None);
    world.assert_rows_match().await;
    world.assert_all_is_done().await;
    world.end().await;
}

#[tokio::test]
async fn a_group_that_was_made_anew_meanwhile_loses_nobody() {
    let world = World::start().await;
    world.older_group("birds", &users(0, 3), false).await;
    world.erase(&world.app, &users(0, 3), now()).await;
    let (groups, app) = (world.groups.clone(), world.app.clone());
    let endpoint = before_the_first("DynamoDB_20120810.TransactWriteItems", async move {
        assert!(groups.delete_group(&app, &id("birds")).await.unwrap());
        let group = Group {
            id: id("birds"),
            name: String::new(),
            owner: None,
            members: 2,
            created_at: NOW,
            settings: GroupSettings::default(),
            changes: 0,
        };
        groups.create_group(&app, &group, &GroupInfo::default(), &users(0, 2)).await.unwrap();
    })
    .await;
    let (status, told) = world.backfill_at(&endpoint, &[]).await;
    assert_eq!((status, told.contains(" 0 erased members removed")), (0, true), "{told}");
    assert_eq!(world.members("birds").await, users(0, 2));
    assert_eq!(world.groups.size(&world.app, &id("birds")).await.unwrap(), Some(2));
    world.assert_rows_match().await;
    world.end().await;
}
