//! Users that the app creates.

use std::time::Duration;

use futures::future::join_all;

use super::{Case, UserStore, apps::assert_conflict, races::ROUNDS, run::suite, with_bob};
use crate::{
    domain::{
        account::Account,
        directory::Shard,
        inbox::Marks,
        presence::PresenceStatus,
        profile::{Disturbance, Nickname, Profile},
    },
    ports::{error::StoreError, users::ConversationSetting},
    testing::sample::{binding, event, user},
};

const LEASE: Duration = Duration::from_secs(300);
const MAX: usize = 16;

suite! { "creation of users" on dyn UserStore:
    a_created_user_is_known_and_listed,
    whoever_is_known_by_anything_is_not_created,
    who_is_known_by_marks_alone_is_created,
    who_is_listed_is_not_created,
    a_setting_for_a_conversation_is_no_user,
    a_creation_that_was_cut_off_is_taken_up,
    of_many_creations_at_once_one_succeeds,
    a_forgotten_name_is_created_anew,
    another_app_has_users_of_its_own,
}

/// Returns the profile of a creation, which these bits distinguish from others.
fn created(case: &Case, bits: u128) -> Profile {
    let nickname = Some(Nickname::parse_as("nickname", "安").unwrap());
    Profile { nickname, account: Some(Account::new(bits, case.at(0))), ..Profile::default() }
}

async fn is_listed(users: &dyn UserStore, case: &Case, name: &str) -> bool {
    users.users(&case.app, Shard::of(&user(name)), None, 100).await.unwrap().contains(&user(name))
}

async fn a_created_user_is_known_and_listed(users: &dyn UserStore, case: &Case) {
    let profile = created(case, 1);
    users.create_user(&case.app, &user("ann"), &profile).await.unwrap();
    let facts = users.facts(&case.app, &user("ann"), &with_bob()).await.unwrap();
    assert!(facts.known && facts.bindings.is_empty() && facts.presence.is_empty());
    assert_eq!(facts.profile, profile);
    assert_eq!(users.profile(&case.app, &user("ann")).await.unwrap(), Some(profile));
    assert!(is_listed(users, case, "ann").await);
}

async fn whoever_is_known_by_anything_is_not_created(users: &dyn UserStore, case: &Case) {
    users.create_user(&case.app, &user("ann"), &created(case, 1)).await.unwrap();
    users.bind(&case.app, &user("bob"), &binding("phone", "fcm", "t1", case.at(0)), MAX).await.unwrap();
    let online = event("cid", "phone", "s1", PresenceStatus::Online, case.at(0));
    users.apply(&case.app, &online, LEASE, MAX).await.unwrap();
    users.change_profile(&case.app, &user("dan"), None, &Profile::default()).await.unwrap();
    for name in ["ann", "bob", "cid", "dan"] {
        let before = users.facts(&case.app, &user(name), &with_bob()).await.unwrap();
        assert_conflict(users.create_user(&case.app, &user(name), &created(case, 2)).await);
        assert_conflict(users.create_user(&case.app, &user(name), &Profile::default()).await);
        assert_eq!(users.facts(&case.app, &user(name), &with_bob()).await.unwrap(), before, "{name}");
    }
}

async fn who_is_known_by_marks_alone_is_created(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    users.move_marks(&case.app, &ann, Marks::before(case.at(0)), case.at(0)).await.unwrap();
    users.create_user(&case.app, &ann, &created(case, 1)).await.unwrap();
    assert!(users.facts(&case.app, &ann, &with_bob()).await.unwrap().known);
}

async fn who_is_listed_is_not_created(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    users.bind(&case.app, &ann, &binding("phone", "fcm", "t1", case.at(0)), MAX).await.unwrap();
    users.unbind(&case.app, &ann, &binding("phone", "fcm", "t1", case.at(0)).device_id, None).await.unwrap();
    assert!(!users.facts(&case.app, &ann, &with_bob()).await.unwrap().known);
    assert!(users.is_listed(&case.app, &ann).await.unwrap());
    assert_conflict(users.create_user(&case.app, &ann, &created(case, 1)).await);
    assert_eq!(users.profile(&case.app, &ann).await.unwrap(), None);
    users.forget_user(&case.app, &ann).await.unwrap();
    assert!(!users.is_listed(&case.app, &ann).await.unwrap());
    users.create_user(&case.app, &ann, &created(case, 1)).await.unwrap();
    assert!(users.is_listed(&case.app, &ann).await.unwrap());
    assert!(!users.is_listed(&case.elsewhere, &ann).await.unwrap());
}

/// Such a row may be written after an erasure removed all others. A listed user is known. A user who is not listed can
/// be created.
async fn a_setting_for_a_conversation_is_no_user(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    let (conversation, disturbance) = (with_bob(), Disturbance::default());
    let setting = ConversationSetting { conversation: &conversation, era: 0, disturbance, at: case.at(0) };
    users.set_conversation(&case.app, &ann, &setting, MAX).await.unwrap();
    assert!(!users.facts(&case.app, &ann, &with_bob()).await.unwrap().known);
    let created = users.create_user(&case.app, &ann, &created(case, 1)).await;
    assert!(created.is_ok() || users.is_listed(&case.app, &ann).await.unwrap(), "{created:?}");
}

async fn a_creation_that_was_cut_off_is_taken_up(users: &dyn UserStore, case: &Case) {
    let (ann, profile) = (user("ann"), created(case, 1));
    users.create_user(&case.app, &ann, &profile).await.unwrap();
    users.create_user(&case.app, &ann, &profile).await.unwrap();
    // This also holds if the user was changed meanwhile. The change stays.
    let changed = Profile { nickname: None, ..profile.clone() };
    users.change_profile(&case.app, &ann, Some(&profile), &changed).await.unwrap();
    users.create_user(&case.app, &ann, &profile).await.unwrap();
    assert_eq!(users.profile(&case.app, &ann).await.unwrap(), Some(Profile { version: 1, ..changed }));
}

async fn of_many_creations_at_once_one_succeeds(users: &dyn UserStore, case: &Case) {
    for round in 0..ROUNDS {
        let name = user(&format!("ann{round}"));
        let profiles: Vec<Profile> = (0..4).map(|bits| created(case, bits)).collect();
        let tries = join_all(profiles.iter().map(|profile| users.create_user(&case.app, &name, profile))).await;
        let winners: Vec<&Profile> =
            tries.iter().zip(&profiles).filter(|(tried, _)| tried.is_ok()).map(|(_, profile)| profile).collect();
        assert!(tries.iter().all(|tried| matches!(tried, Ok(()) | Err(StoreError::Conflict))), "{tries:?}");
        let stored = users.profile(&case.app, &name).await.unwrap();
        assert_eq!(winners, [stored.as_ref().unwrap()], "round {round}");
    }
}

async fn a_forgotten_name_is_created_anew(users: &dyn UserStore, case: &Case) {
    for round in 0..3 {
        users.create_user(&case.app, &user("ann"), &created(case, round)).await.unwrap();
        assert!(is_listed(users, case, "ann").await);
        assert!(users.forget_user(&case.app, &user("ann")).await.unwrap());
        assert!(!is_listed(users, case, "ann").await);
    }
}

async fn another_app_has_users_of_its_own(users: &dyn UserStore, case: &Case) {
    users.create_user(&case.app, &user("ann"), &created(case, 1)).await.unwrap();
    users.create_user(&case.elsewhere, &user("ann"), &created(case, 2)).await.unwrap();
    assert_eq!(users.profile(&case.app, &user("ann")).await.unwrap(), Some(created(case, 1)));
}
