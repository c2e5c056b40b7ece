//! What users set.

use std::time::Duration;

use super::{Case, UserStore, apps::assert_conflict, run::suite, with_bob};
use crate::{
    domain::{
        id::{GroupId, TemplateName},
        profile::{AdvancedProfile, Conversation, DisplayStyle, Disturbance, Language, Nickname, Profile, PushMode},
        quiet::DailyWindow,
        zone::TimeZone,
    },
    testing::sample::user,
};

suite! { "profiles" on dyn UserStore:
    nothing_is_set_at_first,
    a_profile_is_read_as_it_was_set,
    a_profile_changes_only_where_it_still_is_what_was_seen,
    a_user_is_known_by_a_profile_alone,
    conversations_are_apart,
    what_was_set_in_another_era_is_gone,
    what_was_set_for_groups_is_listed_by_their_ids,
    facts_hold_the_conversation_that_they_are_asked_for,
    another_app_has_its_own_settings,
}

/// A profile with everything set.
fn full(case: &Case, era: u32) -> Profile {
    Profile {
        nickname: Some(Nickname::parse_as("nickname", "安 #1").unwrap()),
        style: DisplayStyle::Summary,
        zone: Some(TimeZone::parse("Europe/Berlin").unwrap()),
        language: Some(Language::parse_as("language", "zh-Hans").unwrap()),
        advanced: AdvancedProfile {
            era,
            app: disturbance(case),
            template: Some(TemplateName::parse("mine").unwrap()),
            conversations: true,
        },
    }
}

fn disturbance(case: &Case) -> Disturbance {
    Disturbance {
        mode: Some(PushMode::At),
        interval: DailyWindow::parse("22:00-07:30").unwrap(),
        ignore_until: Some(case.at(60)),
    }
}

fn mode(mode: PushMode) -> Disturbance {
    Disturbance { mode: Some(mode), ..Disturbance::default() }
}

async fn nothing_is_set_at_first(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    assert_eq!(users.profile(&case.app, &ann).await.unwrap(), None);
    assert_eq!(users.nickname(&case.app, &ann).await.unwrap(), None);
    assert_eq!(users.conversation(&case.app, &ann, &with_bob(), 0).await.unwrap(), Disturbance::default());
}

async fn a_profile_is_read_as_it_was_set(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    let mut seen = None;
    for profile in [Profile::default(), full(case, 3), Profile::default()] {
        users.change_profile(&case.app, &ann, seen.as_ref(), &profile).await.unwrap();
        assert_eq!(users.profile(&case.app, &ann).await.unwrap(), Some(profile.clone()));
        assert_eq!(users.nickname(&case.app, &ann).await.unwrap(), profile.nickname);
        seen = Some(profile);
    }
}

async fn a_profile_changes_only_where_it_still_is_what_was_seen(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    let (first, second) = (full(case, 0), full(case, 1));
    assert_conflict(users.change_profile(&case.app, &ann, Some(&first), &second).await);
    users.change_profile(&case.app, &ann, None, &first).await.unwrap();
    assert_conflict(users.change_profile(&case.app, &ann, None, &second).await);
    assert_conflict(users.change_profile(&case.app, &ann, Some(&second), &second).await);
    assert_eq!(users.profile(&case.app, &ann).await.unwrap(), Some(first.clone()));
    users.change_profile(&case.app, &ann, Some(&first), &second).await.unwrap();
    assert_eq!(users.profile(&case.app, &ann).await.unwrap(), Some(second));
}

async fn a_user_is_known_by_a_profile_alone(users: &dyn UserStore, case: &Case) {
    users.change_profile(&case.app, &user("ann"), None, &full(case, 0)).await.unwrap();
    let facts = users.facts(&case.app, &user("ann"), &with_bob()).await.unwrap();
    assert!(facts.known && facts.bindings.is_empty() && facts.presence.is_empty());
    assert_eq!(facts.profile, full(case, 0));
}

async fn conversations_are_apart(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    // A user and a group may have the same name, and one name may begin with another.
    let group = |name: &str| Conversation::Group(GroupId::parse(name).unwrap());
    let all = [with_bob(), group("bob"), group("Bob"), group("bob.2"), Conversation::User(user("bob.2"))];
    let set: Vec<Disturbance> = (0..5)
        .map(|number| Disturbance {
            ignore_until: Some(case.at(0).plus(Duration::from_secs(number))),
            ..disturbance(case)
        })
        .collect();
    for (conversation, set) in all.iter().zip(&set) {
        users.set_conversation(&case.app, &ann, conversation, 0, set).await.unwrap();
    }
    for (conversation, set) in all.iter().zip(&set) {
        assert_eq!(users.conversation(&case.app, &ann, conversation, 0).await.unwrap(), *set);
        assert_eq!(users.conversation(&case.app, &user("eve"), conversation, 0).await.unwrap(), Disturbance::default());
    }
    users.set_conversation(&case.app, &ann, &all[0], 0, &Disturbance::default()).await.unwrap();
    assert_eq!(users.conversation(&case.app, &ann, &all[0], 0).await.unwrap(), Disturbance::default());
}

async fn what_was_set_in_another_era_is_gone(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    users.set_conversation(&case.app, &ann, &with_bob(), 1, &mode(PushMode::None)).await.unwrap();
    for era in [0, 2] {
        assert_eq!(users.conversation(&case.app, &ann, &with_bob(), era).await.unwrap(), Disturbance::default());
    }
    users.set_conversation(&case.app, &ann, &with_bob(), 2, &mode(PushMode::At)).await.unwrap();
    assert_eq!(users.conversation(&case.app, &ann, &with_bob(), 1).await.unwrap(), Disturbance::default());
    assert_eq!(users.conversation(&case.app, &ann, &with_bob(), 2).await.unwrap(), mode(PushMode::At));
}

async fn what_was_set_for_groups_is_listed_by_their_ids(users: &dyn UserStore, case: &Case) {
    let (ann, eve) = (user("ann"), user("eve"));
    let id = |name: &str| GroupId::parse(name).unwrap();
    let set = async |who, group, era, set| {
        users.set_conversation(&case.app, who, &Conversation::Group(id(group)), era, &set).await.unwrap();
    };
    users.set_conversation(&case.app, &ann, &with_bob(), 1, &mode(PushMode::None)).await.unwrap();
    set(&ann, "b", 1, mode(PushMode::At)).await;
    set(&ann, "a.2", 1, Disturbance::default()).await;
    set(&ann, "a", 0, mode(PushMode::None)).await;
    set(&ann, "C", 1, disturbance(case)).await;
    set(&eve, "d", 1, mode(PushMode::All)).await;
    let listed = async |era, most| users.group_settings(&case.app, &ann, era, most).await.unwrap();
    let all = [(id("C"), disturbance(case)), (id("a.2"), Disturbance::default()), (id("b"), mode(PushMode::At))];
    assert_eq!(listed(1, 100).await, all);
    assert_eq!(listed(0, 100).await, [(id("a"), mode(PushMode::None))]);
    // Whatever was set in whichever era counts.
    assert_eq!(listed(1, 3).await, all[..2]);
    assert_eq!(users.group_settings(&case.elsewhere, &ann, 1, 100).await.unwrap(), []);
}

async fn facts_hold_the_conversation_that_they_are_asked_for(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    let (with_bob, with_eve) = (with_bob(), Conversation::User(user("eve")));
    users.change_profile(&case.app, &ann, None, &full(case, 2)).await.unwrap();
    users.set_conversation(&case.app, &ann, &with_bob, 2, &mode(PushMode::None)).await.unwrap();
    users.set_conversation(&case.app, &ann, &with_eve, 1, &mode(PushMode::None)).await.unwrap();
    let of = async |conversation| users.facts(&case.app, &ann, conversation).await.unwrap().conversation;
    assert_eq!(of(&with_bob).await, mode(PushMode::None));
    assert_eq!(of(&with_eve).await, Disturbance::default());

    // A profile that says there are none is believed.
    let mut without = full(case, 2);
    without.advanced.conversations = false;
    users.change_profile(&case.app, &ann, Some(&full(case, 2)), &without).await.unwrap();
    assert_eq!(of(&with_bob).await, Disturbance::default());
}

async fn another_app_has_its_own_settings(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    users.change_profile(&case.app, &ann, None, &full(case, 0)).await.unwrap();
    users.set_conversation(&case.app, &ann, &with_bob(), 0, &disturbance(case)).await.unwrap();
    assert_eq!(users.profile(&case.elsewhere, &ann).await.unwrap(), None);
    assert_eq!(users.conversation(&case.elsewhere, &ann, &with_bob(), 0).await.unwrap(), Disturbance::default());
}
