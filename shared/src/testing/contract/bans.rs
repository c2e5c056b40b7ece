//! Bans.

use std::time::Duration;

use super::{
    Case, UserStore,
    races::{ROUNDS, at_once},
    run::suite,
    with_bob,
};
use crate::{
    domain::{
        account::Account,
        inbox::Marks,
        presence::PresenceStatus,
        profile::{Nickname, Profile},
    },
    testing::sample::{binding, device, event, user},
};

const LEASE: Duration = Duration::from_secs(300);
const MAX: usize = 16;

suite! { "bans" on dyn UserStore:
    a_ban_holds_until_it_is_taken_back_and_changes_nothing_else,
    whoever_is_known_by_anything_can_be_banned,
    nobody_who_is_unknown_can_be_banned,
    a_ban_that_is_taken_back_of_who_has_no_profile_writes_none,
    a_ban_that_races_with_forgetting_leaves_nobody_whom_the_directory_does_not_tell,
    a_ban_that_comes_after_an_erasure_brings_nobody_back,
}

fn full(case: &Case) -> Profile {
    let nickname = Some(Nickname::parse_as("nickname", "Ann").unwrap());
    Profile { nickname, account: Some(Account::new(7, case.at(0))), ..Profile::default() }
}

async fn a_ban_holds_until_it_is_taken_back_and_changes_nothing_else(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    users.create_user(&case.app, &ann, &full(case)).await.unwrap();
    for (version, banned) in [(1, true), (1, true), (2, false), (2, false)] {
        let shown = users.set_banned(&case.app, &ann, banned).await.unwrap().unwrap();
        assert_eq!((shown.banned, &shown.nickname), (banned, &full(case).nickname));
        let stored = users.profile(&case.app, &ann).await.unwrap();
        assert_eq!(stored, Some(Profile { banned, version, ..full(case) }));
        assert_eq!(users.is_banned(&case.app, &ann).await.unwrap(), banned);
        assert!(!users.is_banned(&case.elsewhere, &ann).await.unwrap());
    }
}

async fn whoever_is_known_by_anything_can_be_banned(users: &dyn UserStore, case: &Case) {
    let bound = |name: &str| binding("phone", "fcm", name, case.at(0));
    users.bind(&case.app, &user("ann"), &bound("ann"), MAX).await.unwrap();
    users.apply(&case.app, &event("bob", "phone", "s", PresenceStatus::Online, case.at(0)), LEASE, MAX).await.unwrap();
    users.change_profile(&case.app, &user("cid"), None, &Profile::default()).await.unwrap();
    // Dan is known only by the directory.
    users.bind(&case.app, &user("dan"), &bound("dan"), MAX).await.unwrap();
    users.unbind(&case.app, &user("dan"), &device("phone"), None).await.unwrap();
    for name in ["ann", "bob", "cid", "dan"] {
        let banned = users.set_banned(&case.app, &user(name), true).await.unwrap();
        assert!(banned.is_some_and(|profile| profile.banned), "{name}");
        assert!(users.is_banned(&case.app, &user(name)).await.unwrap(), "{name}");
        assert!(users.is_listed(&case.app, &user(name)).await.unwrap(), "{name}");
    }
}

async fn nobody_who_is_unknown_can_be_banned(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    users.move_marks(&case.app, &ann, Marks::before(case.at(0)), case.at(0)).await.unwrap();
    for banned in [true, false] {
        assert_eq!(users.set_banned(&case.app, &ann, banned).await.unwrap(), None);
    }
    assert!(!users.facts(&case.app, &ann, &with_bob()).await.unwrap().known);
    assert!(!users.is_listed(&case.app, &ann).await.unwrap());
}

async fn a_ban_that_is_taken_back_of_who_has_no_profile_writes_none(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    users.bind(&case.app, &ann, &binding("phone", "fcm", "t1", case.at(0)), MAX).await.unwrap();
    let shown = users.set_banned(&case.app, &ann, false).await.unwrap();
    assert_eq!(shown, Some(Profile::default()));
    assert_eq!(users.profile(&case.app, &ann).await.unwrap(), None);
}

async fn a_ban_that_races_with_forgetting_leaves_nobody_whom_the_directory_does_not_tell(
    users: &dyn UserStore,
    case: &Case,
) {
    for round in 0..3 * ROUNDS {
        let (name, token) = (format!("ann{round}"), format!("t{round}"));
        let ann = user(&name);
        let bound = binding("phone", "fcm", &token, case.at(0));
        users.bind(&case.app, &ann, &bound, MAX).await.unwrap();
        match round % 3 {
            0 => users.change_profile(&case.app, &ann, None, &full(case)).await.unwrap(),
            1 => drop(users.unbind(&case.app, &ann, &device("phone"), None).await.unwrap()),
            _ => {}
        }
        let ban = users.set_banned(&case.app, &ann, true);
        let (forgotten, banned) = at_once(users, case, round / 3, users.forget_user(&case.app, &ann), ban).await;
        forgotten.unwrap();
        // The ban came first and was erased with its user, or found no user.
        let _ = banned.unwrap();
        assert_eq!(users.profile(&case.app, &ann).await.unwrap(), None, "round {round}");
        assert!(!users.is_listed(&case.app, &ann).await.unwrap(), "round {round}");
    }
}

async fn a_ban_that_comes_after_an_erasure_brings_nobody_back(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    users.create_user(&case.app, &ann, &full(case)).await.unwrap();
    users.forget_user(&case.app, &ann).await.unwrap();
    for banned in [true, false] {
        assert_eq!(users.set_banned(&case.app, &ann, banned).await.unwrap(), None);
    }
    assert_eq!(users.profile(&case.app, &ann).await.unwrap(), None);
    assert!(!users.is_listed(&case.app, &ann).await.unwrap());
}
