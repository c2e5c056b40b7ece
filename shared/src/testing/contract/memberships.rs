//! The groups of a user, and their newest messages.

use futures::future::join_all;

use super::{Case, GroupStore, run::suite};
use crate::{
    domain::{
        group::{Group, GroupHead, MAX_FIRST_MEMBERS, Membership},
        group_profile::{GroupInfo, GroupSettings},
        id::{GroupId, MessageId, UserId},
        time::Timestamp,
    },
    ports::{clock::Entropy, groups::MembersChange},
    testing::sample::user,
};

suite! { "memberships" on dyn GroupStore:
    first_members_have_joined_when_the_group_was_created,
    whoever_joins_finds_the_group_and_since_when,
    whoever_joins_again_has_joined_before,
    whoever_leaves_finds_the_group_no_more,
    a_deleted_group_is_in_no_list,
    a_user_finds_very_many_groups_in_their_order,
    memberships_of_users_and_apps_are_apart,
    a_group_without_a_message_has_no_head,
    a_head_counts_every_message,
    the_last_of_a_head_only_rises,
    messages_that_are_counted_at_once_have_numbers_of_their_own,
    heads_of_very_many_groups_come_in_the_order_asked,
    heads_of_groups_and_apps_are_apart,
}

fn id(text: &str) -> GroupId {
    GroupId::parse(text).unwrap()
}

async fn create(groups: &dyn GroupStore, case: &Case, name: &str, members: &[UserId]) {
    let group = Group {
        id: id(name),
        name: format!("The {name}"),
        owner: None,
        members: u32::try_from(members.len()).unwrap(),
        created_at: case.at(0),
        settings: GroupSettings::default(),
        changes: 0,
    };
    groups.create_group(&case.app, &group, &GroupInfo::default(), members).await.unwrap();
}

async fn of(groups: &dyn GroupStore, case: &Case, who: &str) -> Vec<(String, Timestamp)> {
    let found: Vec<Membership> = groups.groups_of(&case.app, &user(who)).await.unwrap();
    found.into_iter().map(|membership| (membership.group.to_string(), membership.joined_at)).collect()
}

fn message(case: &Case, second: u64) -> MessageId {
    MessageId::of_group(case.at(second), case.entropy.bits())
}

async fn head(groups: &dyn GroupStore, case: &Case, group: &str) -> Option<GroupHead> {
    groups.heads(&case.app, &[id(group)]).await.unwrap()[0]
}

async fn first_members_have_joined_when_the_group_was_created(groups: &dyn GroupStore, case: &Case) {
    let members: Vec<UserId> = (0..=MAX_FIRST_MEMBERS).map(|number| user(&format!("u{number:03}"))).collect();
    create(groups, case, "birds", &members).await;
    for member in &members {
        assert_eq!(of(groups, case, member.as_str()).await, [("birds".to_owned(), case.at(0))], "{member}");
    }
}

async fn whoever_joins_finds_the_group_and_since_when(groups: &dyn GroupStore, case: &Case) {
    create(groups, case, "birds", &[user("ann")]).await;
    assert_eq!(of(groups, case, "bob").await, []);
    let joined: Vec<UserId> = (0..100).map(|number| user(&format!("u{number:03}"))).collect();
    assert_ne!(groups.add_members(&case.app, &id("birds"), &joined, case.at(5)).await.unwrap(), MembersChange::NoGroup);
    for who in &joined {
        assert_eq!(of(groups, case, who.as_str()).await, [("birds".to_owned(), case.at(5))], "{who}");
    }
    assert_eq!(groups.add_members(&case.app, &id("none"), &joined, case.at(5)).await.unwrap(), MembersChange::NoGroup);
    assert_eq!(of(groups, case, "u000").await.len(), 1);
}

async fn whoever_joins_again_has_joined_before(groups: &dyn GroupStore, case: &Case) {
    create(groups, case, "birds", &[user("ann")]).await;
    let both = [user("ann"), user("bob")];
    for second in [5, 6] {
        assert_ne!(
            groups.add_members(&case.app, &id("birds"), &both, case.at(second)).await.unwrap(),
            MembersChange::NoGroup
        );
    }
    assert_eq!(of(groups, case, "ann").await, [("birds".to_owned(), case.at(0))]);
    assert_eq!(of(groups, case, "bob").await, [("birds".to_owned(), case.at(5))]);
    assert_ne!(groups.remove_members(&case.app, &id("birds"), &both[..1]).await.unwrap(), MembersChange::NoGroup);
    assert_ne!(groups.add_members(&case.app, &id("birds"), &both, case.at(7)).await.unwrap(), MembersChange::NoGroup);
    assert_eq!(of(groups, case, "ann").await, [("birds".to_owned(), case.at(7))]);
}

async fn whoever_leaves_finds_the_group_no_more(groups: &dyn GroupStore, case: &Case) {
    create(groups, case, "birds", &[user("ann"), user("bob")]).await;
    create(groups, case, "cats", &[user("ann")]).await;
    let gone = [user("ann"), user("nobody")];
    assert_ne!(groups.remove_members(&case.app, &id("birds"), &gone).await.unwrap(), MembersChange::NoGroup);
    assert_eq!(of(groups, case, "ann").await, [("cats".to_owned(), case.at(0))]);
    assert_eq!(of(groups, case, "bob").await, [("birds".to_owned(), case.at(0))]);
    assert_eq!(of(groups, case, "nobody").await, []);
}

async fn a_deleted_group_is_in_no_list(groups: &dyn GroupStore, case: &Case) {
    let members: Vec<UserId> = (0..60).map(|number| user(&format!("u{number:03}"))).collect();
    create(groups, case, "birds", &members).await;
    assert!(groups.delete_group(&case.app, &id("birds")).await.unwrap());
    for member in &members {
        assert_eq!(of(groups, case, member.as_str()).await, [], "{member}");
    }
}

async fn a_user_finds_very_many_groups_in_their_order(groups: &dyn GroupStore, case: &Case) {
    let names: Vec<String> = (0..120).map(|number| format!("g{number:03}")).collect();
    for name in names.iter().rev() {
        create(groups, case, name, &[user("ann")]).await;
    }
    let found: Vec<String> = of(groups, case, "ann").await.into_iter().map(|(group, _)| group).collect();
    assert_eq!(found, names);
}

async fn memberships_of_users_and_apps_are_apart(groups: &dyn GroupStore, case: &Case) {
    create(groups, case, "birds", &[user("ann")]).await;
    assert_eq!(of(groups, case, "an").await, []);
    assert_eq!(of(groups, case, "ann.a").await, []);
    assert_eq!(groups.groups_of(&case.elsewhere, &user("ann")).await.unwrap(), []);
}

async fn a_group_without_a_message_has_no_head(groups: &dyn GroupStore, case: &Case) {
    create(groups, case, "birds", &[user("ann")]).await;
    assert_eq!(head(groups, case, "birds").await, None);
    assert_eq!(groups.heads(&case.app, &[]).await.unwrap(), []);
}

async fn a_head_counts_every_message(groups: &dyn GroupStore, case: &Case) {
    create(groups, case, "birds", &[user("ann")]).await;
    for n in 1..=3 {
        let id_of_message = message(case, n);
        assert_eq!(groups.raise_head(&case.app, &id("birds"), id_of_message).await.unwrap(), n);
        assert_eq!(head(groups, case, "birds").await, Some(GroupHead { n, last: id_of_message }));
    }
    let group = groups.group(&case.app, &id("birds")).await.unwrap().unwrap();
    assert_eq!((group.members, of(groups, case, "ann").await.len()), (1, 1));
}

async fn the_last_of_a_head_only_rises(groups: &dyn GroupStore, case: &Case) {
    let (first, newest) = (message(case, 1), message(case, 9));
    let between = message(case, 5);
    for (n, raised, last) in [(1, first, first), (2, newest, newest), (3, between, newest), (4, newest, newest)] {
        assert_eq!(groups.raise_head(&case.app, &id("birds"), raised).await.unwrap(), n);
        assert_eq!(head(groups, case, "birds").await, Some(GroupHead { n, last }));
    }
}

async fn messages_that_are_counted_at_once_have_numbers_of_their_own(groups: &dyn GroupStore, case: &Case) {
    let ids: Vec<MessageId> = (0..20).map(|number| message(case, number % 7)).collect();
    let birds = id("birds");
    let raised = join_all(ids.iter().map(|msg_id| groups.raise_head(&case.app, &birds, *msg_id))).await;
    let mut numbers: Vec<u64> = raised.into_iter().map(Result::unwrap).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    let last = *ids.iter().max().unwrap();
    assert_eq!(head(groups, case, "birds").await, Some(GroupHead { n: 20, last }));
}

async fn heads_of_very_many_groups_come_in_the_order_asked(groups: &dyn GroupStore, case: &Case) {
    let names: Vec<GroupId> = (0..250).rev().map(|number| id(&format!("g{number:03}"))).collect();
    let with_messages: Vec<(usize, MessageId)> =
        (0..250).step_by(3).map(|place| (place, message(case, u64::try_from(place).unwrap()))).collect();
    for (place, msg_id) in &with_messages {
        groups.raise_head(&case.app, &names[*place], *msg_id).await.unwrap();
    }
    let heads = groups.heads(&case.app, &names).await.unwrap();
    assert_eq!(heads.len(), names.len());
    for (place, head) in heads.iter().enumerate() {
        let expected = with_messages.iter().find(|(with, _)| *with == place);
        assert_eq!(*head, expected.map(|(_, last)| GroupHead { n: 1, last: *last }), "{place}");
    }
}

async fn heads_of_groups_and_apps_are_apart(groups: &dyn GroupStore, case: &Case) {
    groups.raise_head(&case.app, &id("birds"), message(case, 1)).await.unwrap();
    assert_eq!(head(groups, case, "bird").await, None);
    assert_eq!(groups.heads(&case.elsewhere, &[id("birds")]).await.unwrap(), [None]);
}
