//! Checks the names of a group's administrators: they are found without reading all members. This includes groups that
//! an older version wrote.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{
    domain::{id::UserId, time::Timestamp},
    ports::groups::{ManageGroups, ManageRoles},
};

use super::older::{NOW, World, id, row, users};

/// Returns the time `hours` after [`NOW`].
fn at(hours: u32) -> Timestamp {
    NOW.plus(Duration::from_secs(3600) * hours)
}

async fn admins(world: &World, hours: u32) -> Vec<UserId> {
    world.groups.admins(&world.app, &id("birds"), at(hours)).await.unwrap()
}

/// Makes a member an administrator, or a plain member, as an older version does: without writing the name into the
/// group.
async fn marked_before(world: &World, user: &UserId, is_admin: bool) {
    let mut member = row(&format!("group#{}#birds", world.app), &format!("member#{user}"));
    if is_admin {
        member.insert("admin".into(), AttributeValue::Bool(true));
    }
    world.write(vec![member]).await;
}

/// Writes a member's row that cannot be read. A read of all members then fails.
async fn unreadable_member(world: &World) {
    let mut member = row(&format!("group#{}#birds", world.app), "member#not a user");
    member.insert("admin".into(), AttributeValue::Bool(true));
    world.write(vec![member]).await;
}

#[tokio::test]
async fn administrators_of_a_version_before_are_looked_for_until_no_such_version_runs_and_then_known_by_name() {
    let world = World::start().await;
    let all = users(0, 200);
    world.older_group("birds", &all, false).await;
    marked_before(&world, &all[1], true).await;
    assert_eq!(admins(&world, 0).await, all[1..2]);
    // An older version still runs for a while.
    marked_before(&world, &all[2], true).await;
    assert!(world.groups.add_admin(&world.app, &id("birds"), &all[3]).await.unwrap());
    assert_eq!(admins(&world, 0).await, all[1..4]);
    marked_before(&world, &all[3], false).await;
    assert_eq!(admins(&world, 1).await, all[1..3]);

    unreadable_member(&world).await;
    assert_eq!(admins(&world, 2).await, all[1..3], "no other member is read");
    assert!(world.groups.add_admin(&world.app, &id("birds"), &all[0]).await.unwrap());
    assert!(world.groups.remove_admin(&world.app, &id("birds"), &all[1]).await.unwrap());
    assert_eq!(admins(&world, 3).await, [all[0].clone(), all[2].clone()]);
    // A name without a member does not count.
    marked_before(&world, &all[2], false).await;
    assert_eq!(admins(&world, 4).await, all[..1]);
    assert_eq!(named(&world).await, [all[0].to_string()]);
}

/// Returns the names in the group's row.
async fn named(world: &World) -> Vec<String> {
    let rows = world.rows().await;
    let meta = rows.values().find(|row| row.get("sk") == Some(&AttributeValue::S("meta".into()))).unwrap();
    let mut names = meta.get("admins").map(|names| names.as_ss().unwrap().clone()).unwrap_or_default();
    names.sort();
    names
}

#[tokio::test]
async fn a_read_removes_the_names_of_members_whom_an_older_version_erased() {
    for members in [4, 200] {
        let world = World::start().await;
        let all = users(0, members);
        world.newer_group("birds", &all).await;
        for user in &all[1..3] {
            assert!(world.groups.add_admin(&world.app, &id("birds"), user).await.unwrap());
        }
        assert_eq!((admins(&world, 0).await, admins(&world, 1).await), (all[1..3].to_vec(), all[1..3].to_vec()));
        // An older version deletes the row of an erased member and leaves the names alone.
        let pk = AttributeValue::S(format!("group#{}#birds", world.app));
        let sk = AttributeValue::S(format!("member#{}", all[1]));
        let delete = world.client.delete_item().table_name(&world.tables.groups).key("pk", pk).key("sk", sk);
        delete.send().await.unwrap();
        assert_eq!(named(&world).await.len(), 2);
        assert_eq!(admins(&world, 2).await, all[2..3]);
        assert_eq!(named(&world).await, [all[2].to_string()], "of {members} members");
    }
}

#[tokio::test]
async fn whoever_leaves_is_not_named_any_more() {
    let world = World::start().await;
    let all = users(0, 200);
    world.newer_group("birds", &all).await;
    for user in &all[1..4] {
        assert!(world.groups.add_admin(&world.app, &id("birds"), user).await.unwrap());
    }
    assert_eq!((admins(&world, 0).await, admins(&world, 1).await), (all[1..4].to_vec(), all[1..4].to_vec()));
    world.groups.remove_members(&world.app, &id("birds"), &all[1..2]).await.unwrap();
    assert!(world.groups.assign_group(&world.app, &id("birds"), &all[2]).await.unwrap());
    assert_eq!(named(&world).await, [all[3].to_string()]);
}
