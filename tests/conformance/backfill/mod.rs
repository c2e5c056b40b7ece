//! Checks that `make backfill` completes the rows of older versions, whatever happens meanwhile.

mod erased;
mod heads;

use shared::{
    domain::id::UserId,
    ports::groups::{ManageGroups, MembersChange, ReadMembers},
    testing::sample::user,
};

use crate::{
    meanwhile::before_the_first,
    older::{CREATED, NOW, UNFINISHED, World, id, row, users},
};

#[tokio::test]
async fn older_members_are_counted_read_and_removed() {
    let world = World::start().await;
    world.older_group("birds", &users(0, 120), false).await;
    assert_eq!(world.members("birds").await, users(0, 120));
    // A member who is added again keeps the old row. The backfill completes it later.
    assert_ne!(
        world.groups.add_members(&world.app, &id("birds"), &users(118, 122), NOW).await.unwrap(),
        MembersChange::NoGroup
    );
    assert_ne!(
        world.groups.remove_members(&world.app, &id("birds"), &users(0, 60)).await.unwrap(),
        MembersChange::NoGroup
    );
    assert_eq!(world.members("birds").await, users(60, 122));
    assert_eq!(world.groups.size(&world.app, &id("birds")).await.unwrap(), Some(62));
    assert!(world.groups.delete_group(&world.app, &id("birds")).await.unwrap());
    assert_eq!((world.members("birds").await, world.groups_of(&user("u0121")).await), (vec![], vec![]));
    world.assert_rows_match().await;
    world.end().await;
}

#[tokio::test]
async fn every_older_member_finds_the_group_afterwards() {
    let world = World::start().await;
    world.older_group("birds", &users(0, 120), false).await;
    world.older_group("half", &users(0, 99), true).await;
    world.newer_group("cats", &users(0, 2)).await;
    let (status, told) = world.backfill(&[]).await;
    assert_eq!((status, told.contains(" 120 memberships completed, 0 rows of users removed")), (0, true), "{told}");
    assert_eq!(world.groups_of(&users(0, 1)[0]).await, [("birds".to_owned(), CREATED), ("cats".to_owned(), NOW)]);
    for member in users(2, 120) {
        assert_eq!(world.groups_of(&member).await, [("birds".to_owned(), CREATED)], "{member}");
    }
    assert_eq!(world.groups.size(&world.app, &id("birds")).await.unwrap(), Some(120));
    let (status, told) = world.backfill(&[]).await;
    assert_eq!((status, told.contains(" 0 memberships completed, 0 rows of users removed")), (0, true), "{told}");
    // The next creation deletes the rest of a group that was created in part.
    world.newer_group("half", &users(7, 8)).await;
    world.assert_rows_match().await;
    world.end().await;
}

#[tokio::test]
async fn it_goes_on_where_it_was_interrupted_and_resurrects_nobody() {
    let world = World::start().await;
    world.older_group("birds", &users(0, 600), false).await;
    world.older_group("cats", &users(0, 600), false).await;
    let (status, told) = world.backfill(&["--pages", "2"]).await;
    assert_eq!(status, UNFINISHED, "{told}");
    let first: Vec<&str> = told.split_whitespace().collect();
    assert!(world.state.exists() && first.contains(&"500"), "{told}");

    // Some members leave, one of them comes back, and a group is deleted.
    let leaving = [users(0, 5), users(300, 305), users(595, 600)].concat();
    assert_ne!(world.groups.remove_members(&world.app, &id("birds"), &leaving).await.unwrap(), MembersChange::NoGroup);
    assert_ne!(
        world.groups.add_members(&world.app, &id("birds"), &leaving[..1], NOW).await.unwrap(),
        MembersChange::NoGroup
    );
    assert!(world.groups.delete_group(&world.app, &id("cats")).await.unwrap());

    assert_eq!(world.backfill(&[]).await.0, 0);
    assert_eq!(world.groups_of(&leaving[0]).await, [("birds".to_owned(), NOW)]);
    for who in &leaving[1..] {
        assert_eq!(world.groups_of(who).await, [], "{who}");
    }
    assert_eq!(world.groups.size(&world.app, &id("birds")).await.unwrap(), Some(586));
    assert_eq!(world.members("birds").await.len(), 586);
    assert_eq!(world.members("cats").await, []);
    world.assert_rows_match().await;
    world.end().await;
}

#[tokio::test]
async fn whoever_left_after_the_row_was_read_stays_away() {
    let world = World::start().await;
    world.older_group("birds", &users(0, 30), false).await;
    world.older_group("cats", &users(0, 30), false).await;
    let (groups, app) = (world.groups.clone(), world.app.clone());
    // At that moment both groups are read, and none of their rows is written.
    let endpoint = before_the_first("DynamoDB_20120810.TransactWriteItems", async move {
        assert_ne!(groups.remove_members(&app, &id("birds"), &users(0, 3)).await.unwrap(), MembersChange::NoGroup);
        assert_ne!(groups.add_members(&app, &id("birds"), &users(2, 3), NOW).await.unwrap(), MembersChange::NoGroup);
        assert!(groups.delete_group(&app, &id("cats")).await.unwrap());
    })
    .await;
    let (status, told) = world.backfill_at(&endpoint, &[]).await;
    assert_eq!((status, told.contains(" 27 memberships completed")), (0, true), "{told}");
    assert!(told.contains(" 33 changed meanwhile"), "{told}");
    for gone in users(0, 2) {
        assert_eq!(world.groups_of(&gone).await, [], "{gone}");
    }
    assert_eq!(world.groups_of(&user("u0002")).await, [("birds".to_owned(), NOW)]);
    assert_eq!((world.members("birds").await, world.members("cats").await), (users(2, 30), vec![]));
    assert_eq!(world.groups.size(&world.app, &id("birds")).await.unwrap(), Some(28));
    world.assert_rows_match().await;
    world.end().await;
}

#[tokio::test]
async fn whoever_joined_after_the_row_was_read_keeps_it() {
    let world = World::start().await;
    world.newer_group("birds", &users(0, 1)).await;
    let stray = format!("user#{}#u0001", world.app);
    world.write(vec![row(&stray, "group#birds")]).await;
    let (groups, app) = (world.groups.clone(), world.app.clone());
    let endpoint = before_the_first("DynamoDB_20120810.TransactWriteItems", async move {
        assert_ne!(groups.add_members(&app, &id("birds"), &users(1, 2), NOW).await.unwrap(), MembersChange::NoGroup);
    })
    .await;
    let (status, told) = world.backfill_at(&endpoint, &[]).await;
    assert_eq!((status, told.contains(" 0 rows of users removed, 1 changed meanwhile")), (0, true), "{told}");
    assert_eq!(world.groups_of(&user("u0001")).await, [("birds".to_owned(), NOW)]);
    world.assert_rows_match().await;
    world.end().await;
}

#[tokio::test]
async fn members_who_come_and_go_meanwhile_end_with_both_rows_or_none() {
    let world = World::start().await;
    world.older_group("birds", &users(0, 1_000), false).await;
    let mut running = world.begin();
    for round in 0..10 {
        let leaving: Vec<UserId> = users(0, 1_000).into_iter().skip(round).step_by(25).collect();
        assert_ne!(
            world.groups.remove_members(&world.app, &id("birds"), &leaving).await.unwrap(),
            MembersChange::NoGroup
        );
        assert_ne!(
            world.groups.add_members(&world.app, &id("birds"), &leaving[20..], NOW).await.unwrap(),
            MembersChange::NoGroup
        );
    }
    assert!(tokio::task::spawn_blocking(move || running.wait()).await.unwrap().unwrap().success());
    world.assert_rows_match().await;
    assert_eq!(world.groups.size(&world.app, &id("birds")).await.unwrap(), Some(800));
    assert_eq!(world.members("birds").await.len(), 800);
    world.end().await;
}

#[tokio::test]
async fn what_a_version_before_left_of_a_user_who_went_is_removed() {
    let world = World::start().await;
    world.newer_group("birds", &users(0, 3)).await;
    // An older version deletes only the row of the member, and adds one without a time.
    for gone in [0, 1] {
        let key = row(&format!("group#{}#birds", world.app), &format!("member#u{gone:04}"));
        world.client.delete_item().table_name(&world.tables.groups).set_key(Some(key)).send().await.unwrap();
    }
    world.write(vec![row(&format!("group#{}#birds", world.app), "member#u0001")]).await;
    let (status, told) = world.backfill(&[]).await;
    assert_eq!((status, told.contains(" 1 memberships completed, 1 rows of users removed")), (0, true), "{told}");
    assert_eq!(world.groups_of(&user("u0000")).await, []);
    world.assert_rows_match().await;
    world.end().await;
}
