//! Groups and their members.

use futures::future::join_all;

use super::{Case, run::suite};
use crate::{
    domain::{
        group::{Group, MAX_FIRST_MEMBERS, MAX_MEMBERS_AT_ONCE},
        group_profile::{GroupInfo, GroupSettings},
        id::{GroupId, UserId},
    },
    ports::{
        error::StoreError,
        groups::{ManageGroups, MembersChange},
    },
    testing::sample::user,
};

suite! { "groups" on dyn ManageGroups:
    a_created_group_is_read_as_it_was,
    a_group_is_created_once,
    of_creations_that_race_one_counts,
    members_are_listed_in_pages_of_any_size,
    a_member_counts_once,
    removing_changes_the_number_by_those_who_were_members,
    a_group_that_is_not_there_has_nobody_and_takes_nobody,
    a_deleted_group_is_gone_with_its_members,
    a_group_goes_only_as_it_was_read,
    changes_that_race_leave_the_number_right,
    groups_and_apps_are_apart,
}

fn id(text: &str) -> GroupId {
    GroupId::parse(text).unwrap()
}

fn users(from: usize, to: usize) -> Vec<UserId> {
    (from..to).map(|number| user(&format!("u{number:05}"))).collect()
}

async fn create(groups: &dyn ManageGroups, case: &Case, name: &str, members: &[UserId]) -> Group {
    let members_count = u32::try_from(members.len()).unwrap();
    let (name, owner) = (id(name), members.first().cloned());
    let group = Group {
        id: name,
        name: "The \u{1f426}s".into(),
        owner,
        members: members_count,
        created_at: case.at(0),
        settings: GroupSettings::default(),
        changes: 0,
    };
    groups.create_group(&case.app, &group, &GroupInfo::default(), members).await.unwrap();
    group
}

async fn all(groups: &dyn ManageGroups, case: &Case, group: &str, max: usize) -> Vec<UserId> {
    let mut all: Vec<UserId> = Vec::new();
    loop {
        let page = groups.members(&case.app, &id(group), all.last(), max).await.unwrap();
        assert!(page.len() <= max);
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

async fn size(groups: &dyn ManageGroups, case: &Case, group: &str) -> Option<u32> {
    groups.size(&case.app, &id(group)).await.unwrap()
}

async fn a_created_group_is_read_as_it_was(groups: &dyn ManageGroups, case: &Case) {
    assert_eq!(groups.group(&case.app, &id("g")).await.unwrap(), None);
    for members in [98, 99, MAX_FIRST_MEMBERS, MAX_FIRST_MEMBERS + 1] {
        let name = format!("g{members}");
        let created = create(groups, case, &name, &users(0, members)).await;
        assert_eq!(groups.group(&case.app, &id(&name)).await.unwrap(), Some(created), "{members}");
        assert_eq!(all(groups, case, &name, 1000).await, users(0, members));
    }
    let empty = create(groups, case, "empty", &[]).await;
    assert_eq!(groups.group(&case.app, &id("empty")).await.unwrap(), Some(empty));
}

async fn a_group_is_created_once(groups: &dyn ManageGroups, case: &Case) {
    let created = create(groups, case, "g", &users(0, 2)).await;
    let again = groups
        .create_group(&case.app, &Group { members: 1, ..created.clone() }, &GroupInfo::default(), &users(5, 6))
        .await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    assert_eq!(groups.group(&case.app, &id("g")).await.unwrap(), Some(created));
    assert_eq!(all(groups, case, "g", 10).await, users(0, 2));
}

async fn of_creations_that_race_one_counts(groups: &dyn ManageGroups, case: &Case) {
    let creations = (0..3_usize).map(|number| async move {
        let members = users(number * 200, number * 200 + MAX_FIRST_MEMBERS + 1);
        let count = u32::try_from(members.len()).unwrap();
        let group = Group {
            id: id("g"),
            name: String::new(),
            owner: None,
            members: count,
            created_at: case.at(0),
            settings: GroupSettings::default(),
            changes: 0,
        };
        (groups.create_group(&case.app, &group, &GroupInfo::default(), &members).await, members)
    });
    let mut created = Vec::new();
    for (result, members) in join_all(creations).await {
        match result {
            Ok(()) => created.push(members),
            Err(error) => assert!(matches!(error, StoreError::Conflict | StoreError::Throttled), "{error:?}"),
        }
    }
    let found = all(groups, case, "g", 1000).await;
    assert!(created.len() <= 1, "{} were created", created.len());
    assert_eq!(found, created.pop().unwrap_or_default());
    assert_eq!(size(groups, case, "g").await.unwrap_or_default() as usize, found.len());
}

async fn members_are_listed_in_pages_of_any_size(groups: &dyn ManageGroups, case: &Case) {
    create(groups, case, "g", &users(0, 7)).await;
    for max in [1, 3, 7, 8] {
        assert_eq!(all(groups, case, "g", max).await, users(0, 7), "pages of {max}");
    }
    // This holds after a member left, too.
    assert_ne!(groups.remove_members(&case.app, &id("g"), &users(3, 4)).await.unwrap(), MembersChange::NoGroup);
    assert_eq!(groups.members(&case.app, &id("g"), Some(&users(3, 4)[0]), 2).await.unwrap(), users(4, 6));
}

async fn a_member_counts_once(groups: &dyn ManageGroups, case: &Case) {
    create(groups, case, "g", &users(0, 10)).await;
    let twice = [users(5, 15), users(14, 15)].concat();
    assert_ne!(groups.add_members(&case.app, &id("g"), &twice, case.at(1)).await.unwrap(), MembersChange::NoGroup);
    assert_ne!(groups.add_members(&case.app, &id("g"), &twice, case.at(1)).await.unwrap(), MembersChange::NoGroup);
    assert_eq!(size(groups, case, "g").await, Some(15));
    assert_ne!(
        groups.add_members(&case.app, &id("g"), &users(15, 15 + MAX_MEMBERS_AT_ONCE), case.at(1)).await.unwrap(),
        MembersChange::NoGroup
    );
    assert_eq!(all(groups, case, "g", 1000).await, users(0, 15 + MAX_MEMBERS_AT_ONCE));
    assert_eq!(size(groups, case, "g").await, u32::try_from(15 + MAX_MEMBERS_AT_ONCE).ok());
}

async fn removing_changes_the_number_by_those_who_were_members(groups: &dyn ManageGroups, case: &Case) {
    create(groups, case, "g", &users(0, 4)).await;
    for _ in 0..2 {
        assert_ne!(groups.remove_members(&case.app, &id("g"), &users(2, 9)).await.unwrap(), MembersChange::NoGroup);
        assert_eq!((size(groups, case, "g").await, all(groups, case, "g", 9).await), (Some(2), users(0, 2)));
    }
}

async fn a_group_that_is_not_there_has_nobody_and_takes_nobody(groups: &dyn ManageGroups, case: &Case) {
    assert_eq!(size(groups, case, "g").await, None);
    assert_eq!(
        groups.add_members(&case.app, &id("g"), &users(0, 3), case.at(1)).await.unwrap(),
        MembersChange::NoGroup
    );
    assert_eq!(groups.remove_members(&case.app, &id("g"), &users(0, 3)).await.unwrap(), MembersChange::NoGroup);
    assert!(!groups.delete_group(&case.app, &id("g")).await.unwrap());
    assert_eq!(all(groups, case, "g", 9).await, []);
}

async fn a_deleted_group_is_gone_with_its_members(groups: &dyn ManageGroups, case: &Case) {
    create(groups, case, "g", &users(0, 99)).await;
    assert_ne!(
        groups.add_members(&case.app, &id("g"), &users(99, 130), case.at(1)).await.unwrap(),
        MembersChange::NoGroup
    );
    assert!(groups.delete_group(&case.app, &id("g")).await.unwrap());
    assert_eq!((size(groups, case, "g").await, all(groups, case, "g", 9).await), (None, vec![]));
    create(groups, case, "g", &users(3, 4)).await;
    assert_eq!(all(groups, case, "g", 9).await, users(3, 4));
}

async fn a_group_goes_only_as_it_was_read(groups: &dyn ManageGroups, case: &Case) {
    let read = create(groups, case, "g", &users(0, 3)).await;
    for (what, other) in [
        ("owner", Group { owner: users(1, 2).pop(), ..read.clone() }),
        ("no owner", Group { owner: None, ..read.clone() }),
        ("creation", Group { created_at: case.at(1), ..read.clone() }),
        ("id", Group { id: id("none"), ..read.clone() }),
    ] {
        assert!(!groups.delete_as_read(&case.app, &other).await.unwrap(), "{what}");
    }
    assert_eq!(groups.group(&case.app, &id("g")).await.unwrap(), Some(read.clone()));
    // A member who joined since does not keep the group.
    assert_ne!(
        groups.add_members(&case.app, &id("g"), &users(3, 70), case.at(1)).await.unwrap(),
        MembersChange::NoGroup
    );
    assert!(groups.delete_as_read(&case.app, &read).await.unwrap());
    assert_eq!((size(groups, case, "g").await, all(groups, case, "g", 9).await), (None, vec![]));
    assert!(!groups.delete_as_read(&case.app, &read).await.unwrap());
}

async fn changes_that_race_leave_the_number_right(groups: &dyn ManageGroups, case: &Case) {
    create(groups, case, "g", &users(0, 5)).await;
    let changes = (0..6).map(|number| async move {
        if number % 2 == 0 {
            groups.add_members(&case.app, &id("g"), &users(number, number + 6), case.at(1)).await
        } else {
            groups.remove_members(&case.app, &id("g"), &users(1, number + 1)).await
        }
    });
    // A call that lost every race reports a conflict.
    for result in join_all(changes).await {
        assert!(
            matches!(result, Ok(MembersChange::Changed(_)) | Err(StoreError::Conflict | StoreError::Throttled)),
            "{result:?}"
        );
    }
    let left = all(groups, case, "g", 100).await;
    assert_eq!(size(groups, case, "g").await, u32::try_from(left.len()).ok());
}

async fn groups_and_apps_are_apart(groups: &dyn ManageGroups, case: &Case) {
    create(groups, case, "g", &users(0, 2)).await;
    create(groups, case, "g.member", &users(2, 3)).await;
    assert_eq!(all(groups, case, "g", 9).await, users(0, 2));
    assert_eq!(groups.size(&case.elsewhere, &id("g")).await.unwrap(), None);
    assert_eq!(groups.members(&case.elsewhere, &id("g"), None, 9).await.unwrap(), []);
}
