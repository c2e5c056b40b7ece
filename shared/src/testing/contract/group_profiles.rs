//! Texts and settings of groups, their maximum size, and the roles of members.

use super::{Case, GroupStore, run::suite};
use crate::{
    domain::{
        group::{Group, MAX_FIRST_MEMBERS, MAX_MEMBERS_AT_ONCE, Member, Membership},
        group_profile::{GroupChange, GroupInfo, GroupSettings},
        id::{GroupId, UserId},
    },
    ports::groups::MembersChange::{self, Changed, Full, IsOwner, NoGroup},
    testing::sample::user,
};

suite! { "what groups are" on dyn GroupStore:
    a_group_keeps_what_was_said_when_it_was_created,
    a_change_leaves_the_rest_as_it_was,
    many_groups_come_in_the_order_asked,
    what_is_said_of_a_group_goes_with_it,
    a_group_that_is_not_there_cannot_be_changed,
    whoever_comes_or_goes_is_named,
    a_full_group_takes_nobody,
    a_group_without_a_limit_takes_more_than_any_call_has,
    the_owner_stays_and_so_do_the_others_of_the_call,
    every_change_of_members_is_counted,
    members_come_with_their_joining,
    an_administrator_is_a_member,
    whoever_leaves_is_no_administrator,
    whoever_is_erased_is_no_administrator,
    administrators_are_the_same_however_long_ago_they_were_asked_for,
    a_member_becomes_the_owner_and_the_owner_stays_a_member,
    only_a_member_becomes_the_owner,
}

fn id(text: &str) -> GroupId {
    GroupId::parse(text).unwrap()
}

fn users(from: usize, to: usize) -> Vec<UserId> {
    (from..to).map(|number| user(&format!("u{number:05}"))).collect()
}

fn info() -> GroupInfo {
    GroupInfo {
        description: "birds \u{1f426}".into(),
        custom: "{\"a\":1}".into(),
        avatar: "http://localhost/a.png".into(),
        announcement: "at eight".into(),
    }
}

fn described(case: &Case, name: &str, members: usize, max_users: Option<u32>) -> Group {
    Group {
        id: id(name),
        name: format!("The {name}"),
        owner: users(0, 1).pop(),
        members: u32::try_from(members).unwrap(),
        created_at: case.at(0),
        settings: GroupSettings { public: true, members_only: true, allow_invites: true, max_users, disabled: false },
        changes: 0,
    }
}

/// Creates a group of so many users. The first one is the owner.
async fn create(groups: &dyn GroupStore, case: &Case, name: &str, members: usize, max_users: Option<u32>) -> Group {
    let group = described(case, name, members, max_users);
    groups.create_group(&case.app, &group, &info(), &users(0, members)).await.unwrap();
    group
}

async fn read(groups: &dyn GroupStore, case: &Case, name: &str) -> (Group, GroupInfo) {
    let group = groups.group(&case.app, &id(name)).await.unwrap().unwrap();
    let mut infos = groups.infos(&case.app, std::slice::from_ref(&group)).await.unwrap();
    assert_eq!(infos.len(), 1);
    (group, infos.remove(0))
}

async fn join(groups: &dyn GroupStore, case: &Case, who: &[UserId], second: u64) -> MembersChange {
    groups.add_members(&case.app, &id("g"), who, case.at(second)).await.unwrap()
}

async fn remove(groups: &dyn GroupStore, case: &Case, who: &[UserId]) -> MembersChange {
    groups.remove_members(&case.app, &id("g"), who).await.unwrap()
}

async fn a_group_keeps_what_was_said_when_it_was_created(groups: &dyn GroupStore, case: &Case) {
    for members in [1, 47, 48, 49, MAX_FIRST_MEMBERS + 1] {
        let name = format!("g{members}");
        let created = create(groups, case, &name, members, Some(200)).await;
        assert_eq!(read(groups, case, &name).await, (created, info()), "{members}");
    }
    let plain = Group { settings: GroupSettings::default(), ..described(case, "plain", 0, None) };
    groups.create_group(&case.app, &plain, &GroupInfo::default(), &[]).await.unwrap();
    assert_eq!(read(groups, case, "plain").await, (plain, GroupInfo::default()));
}

async fn a_change_leaves_the_rest_as_it_was(groups: &dyn GroupStore, case: &Case) {
    let created = create(groups, case, "g", 2, Some(200)).await;
    let change = GroupChange {
        name: Some("Owls".into()),
        max_users: Some(100),
        public: Some(false),
        custom: Some(String::new()),
        ..GroupChange::default()
    };
    assert!(groups.change_group(&case.app, &id("g"), &change).await.unwrap());
    let settings = GroupSettings { public: false, max_users: Some(100), ..created.settings };
    let changed = Group { name: "Owls".into(), settings, ..created };
    assert_eq!(read(groups, case, "g").await, (changed.clone(), GroupInfo { custom: String::new(), ..info() }));

    let words = GroupChange { announcement: Some("at nine".into()), ..GroupChange::default() };
    let flags = GroupChange { disabled: Some(true), ..GroupChange::default() };
    for change in [words, flags, GroupChange::default()] {
        assert!(groups.change_group(&case.app, &id("g"), &change).await.unwrap());
    }
    let settings = GroupSettings { disabled: true, ..changed.settings };
    let said = GroupInfo { custom: String::new(), announcement: "at nine".into(), ..info() };
    assert_eq!(read(groups, case, "g").await, (Group { settings, ..changed }, said));
}

async fn many_groups_come_in_the_order_asked(groups: &dyn GroupStore, case: &Case) {
    let names: Vec<String> = (0..105).map(|number| format!("g{number:03}")).collect();
    for name in names.iter().step_by(2) {
        create(groups, case, name, 1, None).await;
    }
    let asked: Vec<GroupId> = names.iter().rev().map(|name| id(name)).collect();
    let found = groups.find_groups(&case.app, &asked).await.unwrap();
    for (place, (asked, found)) in asked.iter().zip(&found).enumerate() {
        assert_eq!(found.as_ref().map(|group| &group.id), (place % 2 == 0).then_some(asked), "{place}");
    }
    assert_eq!(found.len(), 105);
    assert_eq!(groups.find_groups(&case.elsewhere, &[id("g000")]).await.unwrap(), [None]);
    let found: Vec<Group> = found.into_iter().flatten().collect();
    assert_eq!(groups.infos(&case.app, &found).await.unwrap(), vec![info(); 53]);
}

async fn what_is_said_of_a_group_goes_with_it(groups: &dyn GroupStore, case: &Case) {
    let created = create(groups, case, "g", 2, Some(3)).await;
    assert!(groups.add_admin(&case.app, &id("g"), &users(1, 2)[0]).await.unwrap());
    assert!(groups.delete_group(&case.app, &id("g")).await.unwrap());
    assert_eq!(groups.infos(&case.app, &[created]).await.unwrap(), [GroupInfo::default()]);
    let again = Group { settings: GroupSettings::default(), ..described(case, "g", 2, None) };
    groups.create_group(&case.app, &again, &GroupInfo::default(), &users(0, 2)).await.unwrap();
    assert_eq!(read(groups, case, "g").await, (again, GroupInfo::default()));
    assert_eq!(groups.admins(&case.app, &id("g"), case.at(9)).await.unwrap(), []);
}

async fn a_group_that_is_not_there_cannot_be_changed(groups: &dyn GroupStore, case: &Case) {
    let (group, ann) = (id("g"), user("ann"));
    let change = GroupChange { name: Some("Owls".into()), ..GroupChange::default() };
    assert!(!groups.change_group(&case.app, &group, &change).await.unwrap());
    assert!(!groups.add_admin(&case.app, &group, &ann).await.unwrap());
    assert!(!groups.remove_admin(&case.app, &group, &ann).await.unwrap());
    assert!(!groups.assign_group(&case.app, &group, &ann).await.unwrap());
    assert_eq!(groups.all_members(&case.app, &group).await.unwrap(), []);
    assert_eq!(groups.admins(&case.app, &group, case.at(9)).await.unwrap(), []);
    assert_eq!(groups.group(&case.app, &group).await.unwrap(), None);
    assert_eq!((join(groups, case, &[ann], 1).await, remove(groups, case, &users(0, 1)).await), (NoGroup, NoGroup));
}

async fn whoever_comes_or_goes_is_named(groups: &dyn GroupStore, case: &Case) {
    create(groups, case, "g", 2, None).await;
    assert_eq!(join(groups, case, &users(1, 4), 1).await, Changed(users(2, 4)));
    for second in [1, 2] {
        assert_eq!(join(groups, case, &users(0, 4), second).await, Changed(vec![]));
    }
    assert_eq!(join(groups, case, &users(0, MAX_MEMBERS_AT_ONCE), 3).await, Changed(users(4, MAX_MEMBERS_AT_ONCE)));
    assert_eq!(remove(groups, case, &users(55, 65)).await, Changed(users(55, 60)));
    assert_eq!(remove(groups, case, &users(55, 65)).await, Changed(vec![]));
}

async fn a_full_group_takes_nobody(groups: &dyn GroupStore, case: &Case) {
    create(groups, case, "g", 2, Some(52)).await;
    assert_eq!(join(groups, case, &users(1, 53), 1).await, Full);
    assert_eq!(groups.size(&case.app, &id("g")).await.unwrap(), Some(2));
    assert_eq!(join(groups, case, &users(0, 52), 1).await, Changed(users(2, 52)));
    // Users who are members already need no room.
    assert_eq!(join(groups, case, &users(0, 52), 2).await, Changed(vec![]));
    assert_eq!(join(groups, case, &users(52, 53), 2).await, Full);

    let larger = GroupChange { max_users: Some(53), ..GroupChange::default() };
    assert!(groups.change_group(&case.app, &id("g"), &larger).await.unwrap());
    assert_eq!(join(groups, case, &users(52, 53), 3).await, Changed(users(52, 53)));
    // A smaller maximum removes nobody, and admits nobody.
    let smaller = GroupChange { max_users: Some(1), ..GroupChange::default() };
    assert!(groups.change_group(&case.app, &id("g"), &smaller).await.unwrap());
    assert_eq!(remove(groups, case, &users(51, 53)).await, Changed(users(51, 53)));
    assert_eq!(join(groups, case, &users(52, 53), 4).await, Full);
    assert_eq!(groups.size(&case.app, &id("g")).await.unwrap(), Some(51));
}

async fn a_group_without_a_limit_takes_more_than_any_call_has(groups: &dyn GroupStore, case: &Case) {
    create(groups, case, "g", 0, None).await;
    for first in (0..240).step_by(MAX_MEMBERS_AT_ONCE) {
        let new = users(first, first + MAX_MEMBERS_AT_ONCE);
        assert_eq!(join(groups, case, &new, 1).await, Changed(new));
    }
    assert_eq!(groups.size(&case.app, &id("g")).await.unwrap(), Some(240));
}

async fn the_owner_stays_and_so_do_the_others_of_the_call(groups: &dyn GroupStore, case: &Case) {
    create(groups, case, "g", 60, None).await;
    assert_eq!(remove(groups, case, &users(0, 60)).await, IsOwner);
    assert_eq!(groups.size(&case.app, &id("g")).await.unwrap(), Some(60));
    assert_eq!(remove(groups, case, &users(1, 60)).await, Changed(users(1, 60)));
    assert_eq!(read(groups, case, "g").await.0.owner, users(0, 1).pop());
}

async fn every_change_of_members_is_counted(groups: &dyn GroupStore, case: &Case) {
    create(groups, case, "g", 2, None).await;
    let mut seen = vec![read(groups, case, "g").await.0.changes];
    join(groups, case, &users(5, 7), 1).await;
    seen.push(read(groups, case, "g").await.0.changes);
    // No member joins or leaves.
    join(groups, case, &users(5, 7), 2).await;
    remove(groups, case, &users(9, 10)).await;
    assert_eq!(seen.last(), Some(&read(groups, case, "g").await.0.changes));
    remove(groups, case, &users(5, 6)).await;
    seen.push(read(groups, case, "g").await.0.changes);
    let membership = Membership { group: id("g"), joined_at: case.at(1) };
    groups.leave(&case.app, &users(6, 7)[0], &membership, case.at(9)).await.unwrap();
    seen.push(read(groups, case, "g").await.0.changes);
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
}

async fn members_come_with_their_joining(groups: &dyn GroupStore, case: &Case) {
    create(groups, case, "g", 2, None).await;
    join(groups, case, &users(0, 4), 7).await;
    let member =
        |number: usize, second| Member { user: users(number, number + 1).remove(0), joined_at: case.at(second) };
    let all = [member(0, 0), member(1, 0), member(2, 7), member(3, 7)];
    assert_eq!(groups.all_members(&case.app, &id("g")).await.unwrap(), all);
    for one in &all {
        assert_eq!(groups.member(&case.app, &id("g"), &one.user).await.unwrap().as_ref(), Some(one));
    }
    assert_eq!(groups.member(&case.app, &id("g"), &user("nobody")).await.unwrap(), None);
    assert_eq!(groups.member(&case.elsewhere, &id("g"), &all[0].user).await.unwrap(), None);
}

async fn an_administrator_is_a_member(groups: &dyn GroupStore, case: &Case) {
    create(groups, case, "g", 4, None).await;
    let (app, g) = (&case.app, id("g"));
    for who in [&users(3, 4)[0], &users(1, 2)[0], &users(3, 4)[0]] {
        assert!(groups.add_admin(app, &g, who).await.unwrap());
    }
    assert!(!groups.add_admin(app, &g, &user("nobody")).await.unwrap());
    assert_eq!(groups.admins(app, &g, case.at(9)).await.unwrap(), [users(1, 2), users(3, 4)].concat());
    assert_eq!(groups.size(app, &g).await.unwrap(), Some(4));
    assert!(groups.remove_admin(app, &g, &users(1, 2)[0]).await.unwrap());
    assert!(!groups.remove_admin(app, &g, &users(1, 2)[0]).await.unwrap());
    assert!(!groups.remove_admin(app, &g, &user("nobody")).await.unwrap());
    assert_eq!(groups.admins(app, &g, case.at(9)).await.unwrap(), users(3, 4));
}

async fn whoever_leaves_is_no_administrator(groups: &dyn GroupStore, case: &Case) {
    create(groups, case, "g", 3, None).await;
    assert!(groups.add_admin(&case.app, &id("g"), &users(1, 2)[0]).await.unwrap());
    remove(groups, case, &users(1, 2)).await;
    assert_eq!(groups.admins(&case.app, &id("g"), case.at(9)).await.unwrap(), []);
    join(groups, case, &users(1, 2), 1).await;
    assert_eq!(groups.admins(&case.app, &id("g"), case.at(9)).await.unwrap(), []);
}

async fn whoever_is_erased_is_no_administrator(groups: &dyn GroupStore, case: &Case) {
    create(groups, case, "g", 3, None).await;
    let bob = &users(1, 2)[0];
    assert!(groups.add_admin(&case.app, &id("g"), bob).await.unwrap());
    groups.leave(&case.app, bob, &Membership { group: id("g"), joined_at: case.at(0) }, case.at(9)).await.unwrap();
    assert_eq!(groups.admins(&case.app, &id("g"), case.at(9)).await.unwrap(), []);
    assert_eq!(groups.member(&case.app, &id("g"), bob).await.unwrap(), None);
}

async fn administrators_are_the_same_however_long_ago_they_were_asked_for(groups: &dyn GroupStore, case: &Case) {
    create(groups, case, "g", 300, None).await;
    let (app, g) = (&case.app, id("g"));
    let (all, five) = (users(0, 300), users(1, 6));
    let mut expected: Vec<UserId> = Vec::new();
    for (number, who) in five.iter().enumerate() {
        assert!(groups.add_admin(app, &g, who).await.unwrap());
        expected.push(who.clone());
        // The names are stored at the third call.
        let asked = case.at(u64::try_from(number).unwrap() * 3_600);
        assert_eq!(groups.admins(app, &g, asked).await.unwrap(), expected);
    }
    let later = case.at(100_000);
    assert!(groups.remove_admin(app, &g, &five[0]).await.unwrap());
    remove(groups, case, &five[1..2]).await;
    groups.leave(app, &five[2], &Membership { group: g.clone(), joined_at: case.at(0) }, later).await.unwrap();
    assert!(groups.assign_group(app, &g, &five[3]).await.unwrap());
    assert_eq!(groups.admins(app, &g, later).await.unwrap(), five[4..]);
    join(groups, case, &five[1..3], 1).await;
    assert_eq!(groups.admins(app, &g, later).await.unwrap(), five[4..]);
    assert!(groups.add_admin(app, &g, &all[150]).await.unwrap());
    assert_eq!(groups.admins(app, &g, later).await.unwrap(), [five[4].clone(), all[150].clone()]);
    // A new group with the same id has none of them.
    assert!(groups.delete_group(app, &g).await.unwrap());
    create(groups, case, "g", 5, None).await;
    assert_eq!(groups.admins(app, &g, later).await.unwrap(), []);
}

async fn a_member_becomes_the_owner_and_the_owner_stays_a_member(groups: &dyn GroupStore, case: &Case) {
    let created = create(groups, case, "g", 2, None).await;
    let bob = users(1, 2).remove(0);
    assert!(groups.add_admin(&case.app, &id("g"), &bob).await.unwrap());
    assert!(groups.assign_group(&case.app, &id("g"), &bob).await.unwrap());
    assert_eq!(read(groups, case, "g").await.0, Group { owner: Some(bob), ..created });
    assert_eq!(groups.admins(&case.app, &id("g"), case.at(9)).await.unwrap(), []);
    assert_eq!(groups.all_members(&case.app, &id("g")).await.unwrap().len(), 2);
    // The former owner may leave now.
    assert_eq!(remove(groups, case, &users(0, 1)).await, Changed(users(0, 1)));
    assert_eq!(remove(groups, case, &users(1, 2)).await, IsOwner);
}

async fn only_a_member_becomes_the_owner(groups: &dyn GroupStore, case: &Case) {
    let created = create(groups, case, "g", 2, None).await;
    assert!(!groups.assign_group(&case.app, &id("g"), &user("nobody")).await.unwrap());
    assert_eq!(read(groups, case, "g").await.0, created);
}
