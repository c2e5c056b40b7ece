//! Users' settings.

use std::time::Duration;

use serde_json::json;

use super::{
    Case, UserStore,
    apps::assert_conflict,
    races::{ROUNDS, at_once},
    run::suite,
    with_bob,
};
use crate::{
    domain::{
        id::{GroupId, TemplateName, UserId},
        profile::{
            AdvancedProfile, Conversation, DisplayStyle, Disturbance, Language, MAX_CONVERSATIONS, Nickname, Profile,
            PushMode,
        },
        quiet::DailyWindow,
        zone::TimeZone,
    },
    ports::users::ConversationSetting,
    testing::sample::user,
};

suite! { "profiles" on dyn UserStore:
    nothing_is_set_at_first,
    a_profile_is_read_as_it_was_set,
    a_profile_changes_only_from_the_version_that_was_read,
    a_profile_that_an_earlier_try_changed_is_ones_own,
    what_a_newer_version_stored_is_kept,
    a_user_is_known_by_a_profile_alone,
    who_is_banned_is_so_at_once_and_until_the_ban_is_taken_back,
    conversations_are_apart,
    what_was_set_in_another_era_is_gone,
    what_was_set_for_groups_is_listed_by_their_ids,
    a_user_has_settings_for_so_many_conversations,
    settings_that_race_for_the_last_place_fill_it_once,
    facts_hold_the_conversation_that_they_are_asked_for,
    another_app_has_its_own_settings,
}

/// Returns a profile with everything set.
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
        ..Profile::default()
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
    let mut seen: Option<Profile> = None;
    for (version, profile) in (0..).zip([Profile::default(), full(case, 3), Profile::default()]) {
        users.change_profile(&case.app, &ann, seen.as_ref(), &profile).await.unwrap();
        let stored = Profile { version, ..profile };
        assert_eq!(users.profile(&case.app, &ann).await.unwrap(), Some(stored.clone()));
        assert_eq!(users.nickname(&case.app, &ann).await.unwrap(), stored.nickname);
        seen = Some(stored);
    }
}

async fn a_profile_changes_only_from_the_version_that_was_read(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    let (first, second) = (full(case, 0), full(case, 1));
    assert_conflict(users.change_profile(&case.app, &ann, Some(&first), &second).await);
    users.change_profile(&case.app, &ann, None, &first).await.unwrap();
    assert_conflict(users.change_profile(&case.app, &ann, None, &second).await);
    assert_eq!(users.profile(&case.app, &ann).await.unwrap(), Some(first.clone()));
    users.change_profile(&case.app, &ann, Some(&first), &second).await.unwrap();
    let second = Profile { version: 1, ..second };
    assert_eq!(users.profile(&case.app, &ann).await.unwrap(), Some(second.clone()));
    users.change_profile(&case.app, &ann, Some(&second), &first).await.unwrap();
    // The profile is as it was, but two changes lie between.
    assert_conflict(users.change_profile(&case.app, &ann, Some(&first), &Profile::default()).await);
    assert_eq!(users.profile(&case.app, &ann).await.unwrap(), Some(Profile { version: 2, ..first }));
}

async fn a_profile_that_an_earlier_try_changed_is_ones_own(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    let mut seen: Option<Profile> = None;
    for era in 0..3 {
        let profile = full(case, era);
        users.change_profile(&case.app, &ann, seen.as_ref(), &profile).await.unwrap();
        // The answer was lost.
        users.change_profile(&case.app, &ann, seen.as_ref(), &profile).await.unwrap();
        seen = users.profile(&case.app, &ann).await.unwrap();
        assert_eq!(seen, Some(Profile { version: era, ..profile }));
    }
}

async fn what_a_newer_version_stored_is_kept(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    let mut profile = full(case, 0);
    profile.unknown.insert("of_tomorrow".into(), json!({"a": [1, null]}));
    users.change_profile(&case.app, &ann, None, &profile).await.unwrap();
    let seen = users.profile(&case.app, &ann).await.unwrap().unwrap();
    assert_eq!(seen, profile);
    let changed = Profile { nickname: None, ..seen.clone() };
    users.change_profile(&case.app, &ann, Some(&seen), &changed).await.unwrap();
    assert_eq!(users.profile(&case.app, &ann).await.unwrap().unwrap().unknown, profile.unknown);
}

async fn who_is_banned_is_so_at_once_and_until_the_ban_is_taken_back(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    let is_banned = async || users.is_banned(&case.app, &ann).await.unwrap();
    assert!(!is_banned().await, "nobody is banned who is unknown");
    let mut seen: Option<Profile> = None;
    for banned in [true, false] {
        let profile = Profile { banned, ..full(case, 0) };
        users.change_profile(&case.app, &ann, seen.as_ref(), &profile).await.unwrap();
        assert_eq!(is_banned().await, banned);
        seen = users.profile(&case.app, &ann).await.unwrap();
    }
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
        store(users, case, &ann, conversation, 0, set).await;
    }
    for (conversation, set) in all.iter().zip(&set) {
        assert_eq!(users.conversation(&case.app, &ann, conversation, 0).await.unwrap(), *set);
        assert_eq!(users.conversation(&case.app, &user("eve"), conversation, 0).await.unwrap(), Disturbance::default());
    }
    store(users, case, &ann, &all[0], 0, &Disturbance::default()).await;
    assert_eq!(users.conversation(&case.app, &ann, &all[0], 0).await.unwrap(), Disturbance::default());
}

async fn what_was_set_in_another_era_is_gone(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    store(users, case, &ann, &with_bob(), 1, &mode(PushMode::None)).await;
    for era in [0, 2] {
        assert_eq!(users.conversation(&case.app, &ann, &with_bob(), era).await.unwrap(), Disturbance::default());
    }
    store(users, case, &ann, &with_bob(), 2, &mode(PushMode::At)).await;
    assert_eq!(users.conversation(&case.app, &ann, &with_bob(), 1).await.unwrap(), Disturbance::default());
    assert_eq!(users.conversation(&case.app, &ann, &with_bob(), 2).await.unwrap(), mode(PushMode::At));
}

async fn what_was_set_for_groups_is_listed_by_their_ids(users: &dyn UserStore, case: &Case) {
    let (ann, eve) = (user("ann"), user("eve"));
    let id = |name: &str| GroupId::parse(name).unwrap();
    let set = async |who, group, era, set| {
        store(users, case, who, &Conversation::Group(id(group)), era, &set).await;
    };
    store(users, case, &ann, &with_bob(), 1, &mode(PushMode::None)).await;
    set(&ann, "b", 1, mode(PushMode::At)).await;
    set(&ann, "a.2", 1, Disturbance::default()).await;
    set(&ann, "a", 0, mode(PushMode::None)).await;
    set(&ann, "C", 1, disturbance(case)).await;
    set(&eve, "d", 1, mode(PushMode::All)).await;
    let listed = async |era, max| users.group_settings(&case.app, &ann, era, max).await.unwrap();
    let all = [(id("C"), disturbance(case)), (id("a.2"), Disturbance::default()), (id("b"), mode(PushMode::At))];
    assert_eq!(listed(1, 100).await, all);
    assert_eq!(listed(0, 100).await, [(id("a"), mode(PushMode::None))]);
    // Settings of every era count.
    assert_eq!(listed(1, 3).await, all[..2]);
    assert_eq!(users.group_settings(&case.elsewhere, &ann, 1, 100).await.unwrap(), []);
}

async fn facts_hold_the_conversation_that_they_are_asked_for(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    let (with_bob, with_eve) = (with_bob(), Conversation::User(user("eve")));
    users.change_profile(&case.app, &ann, None, &full(case, 2)).await.unwrap();
    store(users, case, &ann, &with_bob, 2, &mode(PushMode::None)).await;
    store(users, case, &ann, &with_eve, 1, &mode(PushMode::None)).await;
    let of = async |conversation| users.facts(&case.app, &ann, conversation).await.unwrap().conversation;
    assert_eq!(of(&with_bob).await, mode(PushMode::None));
    assert_eq!(of(&with_eve).await, Disturbance::default());

    // The port trusts a profile without the flag.
    let mut without = full(case, 2);
    without.advanced.conversations = false;
    users.change_profile(&case.app, &ann, Some(&full(case, 2)), &without).await.unwrap();
    assert_eq!(of(&with_bob).await, Disturbance::default());
}

async fn another_app_has_its_own_settings(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    users.change_profile(&case.app, &ann, None, &full(case, 0)).await.unwrap();
    store(users, case, &ann, &with_bob(), 0, &disturbance(case)).await;
    assert_eq!(users.profile(&case.elsewhere, &ann).await.unwrap(), None);
    assert_eq!(users.conversation(&case.elsewhere, &ann, &with_bob(), 0).await.unwrap(), Disturbance::default());
}

async fn a_user_has_settings_for_so_many_conversations(users: &dyn UserStore, case: &Case) {
    let ann = user("ann");
    for number in 0..4 {
        assert!(try_store(users, case, &ann, &with(number), 1, &mode(PushMode::At), 4).await, "{number}");
    }
    assert!(!try_store(users, case, &ann, &with(4), 1, &mode(PushMode::At), 4).await);
    assert_eq!(users.conversation(&case.app, &ann, &with(4), 1).await.unwrap(), Disturbance::default());
    // An existing setting may change, and other users have their own limit.
    assert!(try_store(users, case, &ann, &with(3), 1, &mode(PushMode::None), 4).await);
    assert!(try_store(users, case, &user("eve"), &with(4), 1, &mode(PushMode::At), 4).await);

    // A removed setting makes room, and so does an expired do-not-disturb.
    assert!(try_store(users, case, &ann, &with(0), 1, &Disturbance::default(), 4).await);
    let over = Disturbance { ignore_until: Some(case.at(0)), ..Disturbance::default() };
    assert!(try_store(users, case, &ann, &with(1), 1, &over, 4).await);
    for number in [4, 5] {
        assert!(try_store(users, case, &ann, &with(number), 1, &mode(PushMode::All), 4).await, "{number}");
    }
    assert!(!try_store(users, case, &ann, &with(6), 1, &mode(PushMode::At), 4).await);
    assert_eq!(users.conversation(&case.app, &ann, &with(3), 1).await.unwrap(), mode(PushMode::None));

    // So do settings of another era.
    for number in 6..10 {
        assert!(try_store(users, case, &ann, &with(number), 2, &mode(PushMode::At), 4).await, "{number}");
    }
    assert!(!try_store(users, case, &ann, &with(10), 2, &mode(PushMode::At), 4).await);
}

async fn settings_that_race_for_the_last_place_fill_it_once(users: &dyn UserStore, case: &Case) {
    for round in 0..ROUNDS {
        let ann = user(&format!("ann{round}"));
        assert!(try_store(users, case, &ann, &with(0), 1, &mode(PushMode::At), 2).await);
        let (first, second) = (with(1), with(2));
        let set = |conversation| {
            let at_none = mode(PushMode::None);
            let (app, ann) = (&case.app, &ann);
            async move {
                let setting = ConversationSetting { conversation, era: 1, disturbance: at_none, at: case.at(1) };
                users.set_conversation(app, ann, &setting, 2).await.unwrap()
            }
        };
        let (first, second) = at_once(users, case, round, set(&first), set(&second)).await;
        assert!(first != second, "round {round}");
    }
}

fn with(number: u32) -> Conversation {
    Conversation::Group(GroupId::parse(&format!("g{number}")).unwrap())
}

/// Stores a setting, a second after the case began.
async fn try_store(
    users: &dyn UserStore,
    case: &Case,
    who: &UserId,
    conversation: &Conversation,
    era: u32,
    disturbance: &Disturbance,
    max: usize,
) -> bool {
    let setting = ConversationSetting { conversation, era, disturbance: *disturbance, at: case.at(1) };
    users.set_conversation(&case.app, who, &setting, max).await.unwrap()
}

async fn store(
    users: &dyn UserStore,
    case: &Case,
    who: &UserId,
    conversation: &Conversation,
    era: u32,
    disturbance: &Disturbance,
) {
    assert!(try_store(users, case, who, conversation, era, disturbance, MAX_CONVERSATIONS).await);
}
