//! The directory of users, and the removal of a user.

use std::{collections::BTreeSet, time::Duration};

use futures::future::{join, join_all};

use super::{
    Case, UserStore,
    races::{ROUNDS, at_once},
    run::suite,
    with_bob,
};
use crate::{
    domain::{
        directory::Shard,
        id::{AppKey, UserId},
        presence::PresenceStatus,
        profile::{Conversation, Disturbance, Profile},
    },
    ports::users::ConversationSetting,
    testing::sample::{binding, device, event, notifier_name, token, user},
};

const LEASE: Duration = Duration::from_secs(300);
const MAX: usize = 16;

suite! { "directory" on dyn UserStore:
    whatever_makes_a_user_known_lists_the_user,
    what_makes_nobody_known_lists_nobody,
    who_unbinds_stays_listed,
    users_come_in_pages_of_their_shard,
    many_users_are_looked_up_at_once,
    many_first_writes_at_once_list_the_user_once,
    nothing_of_a_forgotten_user_is_left,
    forgetting_nobody_says_so,
    a_forgotten_name_is_listed_when_it_is_used_again,
    a_token_that_moved_on_stays_with_its_owner,
    of_a_binding_that_races_with_forgetting_all_or_nothing_is_left,
    whoever_is_written_to_while_being_forgotten_is_listed,
    a_user_who_is_listed_is_not_listed_again,
}

async fn whatever_makes_a_user_known_lists_the_user(users: &dyn UserStore, case: &Case) {
    bind(users, case, "ann", "t1").await;
    online(users, case, "bob", "phone").await;
    users.change_profile(&case.app, &user("cid"), None, &Profile::default()).await.unwrap();
    mute(users, case, "dot").await;
    assert_eq!(listed(users, &case.app).await, named(&["ann", "bob", "cid", "dot"]));
    assert_eq!(listed(users, &case.elsewhere).await, named(&[]));
    // The next calls change nothing.
    online(users, case, "ann", "phone").await;
    online(users, case, "bob", "tablet").await;
    bind(users, case, "cid", "t2").await;
    mute(users, case, "ann").await;
    assert_eq!(listed(users, &case.app).await, named(&["ann", "bob", "cid", "dot"]));
}

async fn what_makes_nobody_known_lists_nobody(users: &dyn UserStore, case: &Case) {
    for status in [PresenceStatus::Heartbeat, PresenceStatus::Offline, PresenceStatus::Kicked, PresenceStatus::Logout] {
        users.apply(&case.app, &event("ann", "phone", "s", status, case.at(0)), LEASE, MAX).await.unwrap();
    }
    users.unbind(&case.app, &user("ann"), &device("phone"), None).await.unwrap();
    users.log_out(&case.app, &user("ann"), &device("phone"), case.at(0)).await.unwrap();
    assert!(!users.list_user(&case.app, &user("ann")).await.unwrap());
    assert_eq!(listed(users, &case.app).await, named(&[]));
}

async fn who_unbinds_stays_listed(users: &dyn UserStore, case: &Case) {
    bind(users, case, "ann", "t1").await;
    users.unbind(&case.app, &user("ann"), &device("phone"), None).await.unwrap();
    assert_eq!(listed(users, &case.app).await, named(&["ann"]));
    bind(users, case, "ann", "t1").await;
    assert_eq!(listed(users, &case.app).await, named(&["ann"]));
}

async fn users_come_in_pages_of_their_shard(users: &dyn UserStore, case: &Case) {
    let names: Vec<String> = (0..60).map(|number| format!("u{number:02}")).collect();
    join_all(names.iter().map(|name| online(users, case, name, "phone"))).await;
    let mut seen = Vec::new();
    for shard in Shard::all() {
        let mut after: Option<UserId> = None;
        loop {
            let page = users.users(&case.app, shard, after.as_ref(), 2).await.unwrap();
            assert!(page.is_sorted() && page.iter().all(|user| Shard::of(user) == shard));
            seen.extend(page.clone());
            after = page.last().cloned();
            if page.len() < 2 {
                break;
            }
        }
    }
    seen.sort();
    assert_eq!(seen.iter().map(UserId::as_str).collect::<Vec<_>>(), names);
}

async fn many_users_are_looked_up_at_once(users: &dyn UserStore, case: &Case) {
    let everybody: Vec<UserId> = (0..100).map(|number| user(&format!("u{number}"))).collect();
    for known in everybody.iter().step_by(9) {
        users.change_profile(&case.app, known, None, &Profile::default()).await.unwrap();
    }
    let expected: Vec<bool> = (0..100).map(|number| number % 9 == 0).collect();
    assert_eq!(users.are_listed(&case.app, &everybody).await.unwrap(), expected);
    assert!(users.are_listed(&case.app, &[]).await.unwrap().is_empty());
    assert_eq!(users.are_listed(&case.elsewhere, &everybody[..1]).await.unwrap(), [false]);
}

async fn many_first_writes_at_once_list_the_user_once(users: &dyn UserStore, case: &Case) {
    for round in 0..ROUNDS {
        let name = format!("ann{round}");
        let devices = join_all(["d1", "d2"].map(|device| online(users, case, &name, device)));
        join(devices, bind(users, case, &name, &format!("t{round}"))).await;
        let shard = Shard::of(&user(&name));
        let listed = users.users(&case.app, shard, None, 100).await.unwrap();
        assert_eq!(listed.iter().filter(|one| **one == user(&name)).count(), 1, "round {round}");
        let facts = users.facts(&case.app, &user(&name), &with_bob()).await.unwrap();
        assert_eq!((facts.presence.len(), facts.bindings.len()), (2, 1));
    }
}

async fn nothing_of_a_forgotten_user_is_left(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    for name in ["ann", "ann.b"] {
        for number in 0..4 {
            let bound = binding(&format!("d{number}"), "fcm", &format!("{name}-{number}"), case.at(0));
            users.bind(&case.app, &user(name), &bound, MAX).await.unwrap();
            online(users, case, name, &format!("d{number}")).await;
        }
        users.change_profile(&case.app, &user(name), None, &Profile::default()).await.unwrap();
        for number in 0..30 {
            let conversation = Conversation::User(user(&format!("peer{number}")));
            let disturbance = Disturbance { ignore_until: Some(case.at(9)), ..Disturbance::default() };
            let setting = ConversationSetting { conversation: &conversation, era: 0, disturbance, at: case.at(0) };
            assert!(users.set_conversation(&case.app, &user(name), &setting, 30).await.unwrap());
        }
    }
    assert!(users.forget_user(&case.app, &ann).await.unwrap());
    assert!(!users.facts(&case.app, &ann, &with_bob()).await.unwrap().known);
    let owner = users.token_owner(&case.app, &notifier_name("fcm"), &token("ann-0")).await.unwrap();
    assert_eq!(owner, None);
    let conversation = Conversation::User(user("peer1"));
    assert_eq!(users.conversation(&case.app, &ann, &conversation, 0).await.unwrap(), Disturbance::default());
    assert_eq!(listed(users, &case.app).await, named(&["ann.b"]));
    // The number of conversations is zero again.
    let setting = ConversationSetting {
        conversation: &conversation,
        era: 0,
        disturbance: Disturbance::default(),
        at: case.at(1),
    };
    assert!(users.set_conversation(&case.app, &ann, &setting, 1).await.unwrap());
    let others = users.facts(&case.app, &user("ann.b"), &with_bob()).await.unwrap();
    assert_eq!((others.bindings.len(), others.presence.len()), (4, 4));
}

async fn forgetting_nobody_says_so(users: &dyn UserStore, case: &Case) {
    assert!(!users.forget_user(&case.app, &user("ann")).await.unwrap());
    online(users, case, "ann", "phone").await;
    assert!(users.forget_user(&case.app, &user("ann")).await.unwrap());
    assert!(!users.forget_user(&case.app, &user("ann")).await.unwrap());
}

async fn a_forgotten_name_is_listed_when_it_is_used_again(users: &dyn UserStore, case: &Case) {
    for round in 0..3 {
        bind(users, case, "ann", "t1").await;
        assert_eq!(listed(users, &case.app).await, named(&["ann"]), "round {round}");
        assert!(users.forget_user(&case.app, &user("ann")).await.unwrap());
        assert_eq!(listed(users, &case.app).await, named(&[]));
    }
}

async fn a_token_that_moved_on_stays_with_its_owner(users: &dyn UserStore, case: &Case) {
    bind(users, case, "ann", "t1").await;
    bind(users, case, "bob", "t1").await;
    users.forget_user(&case.app, &user("ann")).await.unwrap();
    let owner = users.token_owner(&case.app, &notifier_name("fcm"), &token("t1")).await.unwrap();
    assert_eq!(owner.map(|holder| (holder.user, holder.device)), Some((user("bob"), device("phone"))));
    assert_eq!(users.bindings(&case.app, &user("bob")).await.unwrap().len(), 1);
}

async fn of_a_binding_that_races_with_forgetting_all_or_nothing_is_left(users: &dyn UserStore, case: &Case) {
    for round in 0..ROUNDS {
        let (name, device_token) = (format!("ann{round}"), format!("t{round}"));
        online(users, case, &name, "phone").await;
        let ann = user(&name);
        let (forgotten, ()) =
            at_once(users, case, round, users.forget_user(&case.app, &ann), bind(users, case, &name, &device_token))
                .await;
        forgotten.unwrap();
        let known = !users.bindings(&case.app, &ann).await.unwrap().is_empty();
        let owner = users.token_owner(&case.app, &notifier_name("fcm"), &token(&device_token)).await.unwrap();
        assert_eq!(owner.is_some(), known, "round {round}");
        let listed = users.users(&case.app, Shard::of(&ann), None, 100).await.unwrap().contains(&ann);
        assert_eq!(listed, known, "round {round}");
    }
}

/// An erasure of the app finds its users only in the directory. Every user with a row must therefore be listed.
async fn whoever_is_written_to_while_being_forgotten_is_listed(users: &dyn UserStore, case: &Case) {
    for round in 0..4 * ROUNDS {
        let name = format!("ann{round}");
        let ann = user(&name);
        bind(users, case, &name, &format!("t{round}")).await;
        let write = async {
            match round % 4 {
                0 => online(users, case, &name, "tablet").await,
                1 => mute(users, case, &name).await,
                2 => drop(users.change_profile(&case.app, &ann, None, &Profile::default()).await),
                _ => {
                    let bound = binding("tablet", "fcm", &format!("other{round}"), case.at(0));
                    users.bind(&case.app, &ann, &bound, MAX).await.unwrap();
                }
            }
        };
        let (forgotten, ()) = at_once(users, case, round / 4, users.forget_user(&case.app, &ann), write).await;
        forgotten.unwrap();
        assert!(!users.list_user(&case.app, &ann).await.unwrap(), "there was a row of nobody listed, round {round}");
    }
}

async fn a_user_who_is_listed_is_not_listed_again(users: &dyn UserStore, case: &Case) {
    online(users, case, "ann", "phone").await;
    assert!(!users.list_user(&case.app, &user("ann")).await.unwrap());
    assert_eq!(listed(users, &case.app).await, named(&["ann"]));
}

async fn bind(users: &dyn UserStore, case: &Case, name: &str, device_token: &str) {
    let bound = binding("phone", "fcm", device_token, case.at(0));
    users.bind(&case.app, &user(name), &bound, MAX).await.unwrap();
}

async fn online(users: &dyn UserStore, case: &Case, name: &str, device_id: &str) {
    users.apply(&case.app, &event(name, device_id, "s", PresenceStatus::Online, case.at(0)), LEASE, 32).await.unwrap();
}

/// Stores a setting for a conversation.
async fn mute(users: &dyn UserStore, case: &Case, name: &str) {
    let conversation = Conversation::User(user("peer"));
    let disturbance = Disturbance { ignore_until: Some(case.at(9)), ..Disturbance::default() };
    let setting = ConversationSetting { conversation: &conversation, era: 0, disturbance, at: case.at(0) };
    assert!(users.set_conversation(&case.app, &user(name), &setting, 30).await.unwrap());
}

async fn listed(users: &dyn UserStore, app: &AppKey) -> BTreeSet<UserId> {
    let mut listed = BTreeSet::new();
    for shard in Shard::all() {
        listed.extend(users.users(app, shard, None, 100).await.unwrap());
    }
    listed
}

fn named(names: &[&str]) -> BTreeSet<UserId> {
    names.iter().map(|name| user(name)).collect()
}
