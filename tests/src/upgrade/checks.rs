//! Checks what this version must read and change in a landed version's rows.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use serde_json::{Value, json};
use shared::{
    aws::dynamo::{AppsTable, GroupsTable, MessageReader, MessagesTable, RuntimeTable, UsersTable},
    domain::{
        decision::Verdict,
        id::{GroupId, NotifierName},
        message::Receiver,
        notifier::{Notifier, NotifierState},
        presence::{Presence, PresenceStatus, State},
        profile::{Conversation, PushMode},
        push::SemanticClass,
    },
    ports::{
        access_tokens::{ShareAccessTokens, TokenOwner},
        acks::ReadAck,
        apps::{FindReceiptOwner, ManageApps, ReadApps, TrackHealth},
        claims::{Claim, ClaimKeys, Claimed},
        group_messages::ReadGroupMessage,
        groups::{ManageGroups, MembersChange, ReadMembers},
        messages::{ReadMessage, StoredMessage},
        suspects::SuspectTokens,
        users::{Applied, FindTokenOwner, ManageBindings, ManageProfiles, ReadFacts, TrackPresence},
    },
    testing::{
        chance::FixedClock,
        sample::{device, event, notifier_name, token, user},
    },
};

use super::{Sent, Story, Version, looks::huawei_phones};
use crate::tables::Tables;

/// Runs every check.
pub async fn all(client: &Client, tables: &Tables, version: &Version) {
    let story = &version.story;
    apps(&AppsTable::new(client, tables.apps.clone()), story).await;
    let store = UsersTable::new(client, tables.users.clone());
    users(&store, story).await;
    presence(&store, story).await;
    profiles(&store, story).await;
    messages(&MessagesTable::new(client, tables.messages.clone()), story).await;
    groups(&GroupsTable::new(client, tables.groups.clone()), story).await;
    runtime(&RuntimeTable::new(client, tables.runtime.clone()), version).await;
}

async fn apps(table: &AppsTable, story: &Story) {
    let config = table.app(&story.app).await.expect("an app that can be read").expect("an app");
    let settings = json!(config.app.settings);
    // The API shows no secret of a callback. `instant` checks its setting.
    let shown = story.answers["/push/settings"].as_object().expect("settings").iter();
    for (name, value) in shown.filter(|(name, _)| *name != "callback") {
        if let Some(read) = settings.get(name) {
            assert_eq!(read, value, "{name}");
        }
    }
    assert_eq!(settings["time_zone"], "Europe/Berlin");
    let listed = story.answers["/notifiers"].as_array().expect("notifiers");
    assert_eq!(config.notifiers.len(), listed.len());
    for shown in listed {
        let notifier = &config.notifiers[&notifier_name(text(shown, "name"))];
        assert_eq!(
            shown_of(notifier),
            json!({
                "vendor": shown["vendor"], "state": shown["state"], "fingerprint": shown["fingerprint"],
                "options": shown["options"], "createdAt": shown["createdAt"], "updatedAt": shown["updatedAt"],
            })
        );
        let owner = table.receipt_owner(&notifier.receipt_secret).await.expect("a row that can be read");
        assert_eq!(owner.expect("an owner").notifier, notifier.name);
    }
    assert!(config.notifiers[&notifier_name("huawei-notifier")].receipt_credential.is_some());
    assert!(config.notifiers[&notifier_name("honor-notifier")].state_reason.is_some());
    let [template] = &config.templates.values().collect::<Vec<_>>()[..] else { panic!("not one template") };
    let shown = &story.answers["/notification/template"][0];
    assert_eq!(template.title_pattern, text(shown, "title_pattern"));

    // This version can change what an older version wrote.
    let mut changed = config.app.clone();
    changed.settings.max_bindings += 1;
    for step in 0..2 {
        changed.version = config.app.version + step;
        table.change_app(&changed).await.expect("settings that can be changed");
    }
    let stored = table.app_alone(&story.app).await.expect("an app that can be read").expect("an app");
    assert_eq!((stored.version, &stored.token_key), (config.app.version + 2, &config.app.token_key));
    for notifier in config.notifiers.values() {
        let changed = Notifier { state: NotifierState::Disabled, ..notifier.clone() };
        table.update_notifier(&story.app, &changed, notifier).await.expect("a notifier that can be changed");
    }
}

fn shown_of(notifier: &Notifier) -> Value {
    json!({
        "vendor": notifier.vendor.name(), "fingerprint": notifier.fingerprint, "options": notifier.options,
        "state": if notifier.state == NotifierState::Enabled { "enabled" } else { "disabled" },
        "createdAt": notifier.created_at.as_millis(), "updatedAt": notifier.updated_at.as_millis(),
    })
}

async fn users(table: &UsersTable, story: &Story) {
    for name in ["ann", "uma"] {
        let shown = story.answers[&format!("/users/{name}/push/binding")].as_array().expect("bindings").clone();
        let bindings = table.bindings(&story.app, &user(name)).await.expect("bindings that can be read");
        assert_eq!(bindings.len(), shown.len());
        for (binding, shown) in bindings.iter().zip(&shown) {
            let read = (binding.device_id.as_str(), binding.notifier.as_str(), binding.token.expose());
            assert_eq!(read, (text(shown, "device_id"), text(shown, "notifier_name"), text(shown, "device_token")));
        }
    }
    let lent = token(text(&story.answers["/users/uma/push/binding"][0], "device_token"));
    let owner = table.token_owner(&story.app, &notifier_name("huawei-notifier"), &lent).await.expect("a row");
    assert_eq!(owner.map(|holder| (holder.user, holder.device)), Some((user("uma"), device("lent"))));
    // The owner's row and the binding are still consistent.
    let left = table.unbind(&story.app, &user("uma"), &device("lent"), None).await.expect("a binding that can go");
    assert_eq!(left, []);
}

async fn presence(table: &UsersTable, story: &Story) {
    let expected = [
        ("ann", State::Offline),
        ("kim", State::Kicked),
        ("lou", State::Logout),
        ("sue", State::Online),
        ("old", State::Online),
        ("max", State::Online),
    ];
    let found = table.presence(&story.app, &expected.map(|(name, _)| user(name))).await.expect("presence");
    let of = |name: &str| -> Presence {
        let (_, devices) = found.iter().find(|(found, _)| *found == user(name)).expect("a user");
        devices.first().expect("a device").1.clone()
    };
    for (name, state) in expected {
        assert_eq!(of(name).state, state, "{name}");
    }
    let now = story.captured_at;
    assert!(of("max").is_online(now) && !of("old").is_online(now) && !of("ann").is_online(now));
    assert_eq!(of("max").platform.as_deref(), Some("android"));
    assert_eq!((of("sue").session.as_str(), of("sue").superseded.len()), ("s2", 1));
    let late = event("sue", "pixel", "s1", PresenceStatus::Offline, now);
    assert_eq!(table.apply(&story.app, &late, Duration::from_secs(60), 32).await.expect("an answer"), Applied::Stale);
    let own = event("sue", "pixel", "s2", PresenceStatus::Offline, now);
    assert_eq!(table.apply(&story.app, &own, Duration::from_secs(60), 32).await.expect("an answer"), Applied::Applied);
}

async fn profiles(table: &UsersTable, story: &Story) {
    let app = &story.app;
    let facts = table.facts(app, &user("ann"), &Conversation::User(user("carol"))).await.expect("facts");
    assert!(facts.known && facts.bindings.len() == 2 && facts.presence.len() == 1);
    assert_eq!(facts.profile.nickname.as_ref().map(|name| name.as_str()), Some("Ann 🌻"));
    assert_eq!(facts.profile.advanced.template.as_ref().map(|name| name.as_str()), Some("order"));
    let joe = table.profile(app, &user("joe")).await.expect("a profile that can be read").expect("a profile");
    assert_eq!(joe.advanced.app.mode, Some(PushMode::None));
    let carol = Conversation::User(user("carol"));
    let with_carol = table.conversation(app, &user("joe"), &carol, joe.advanced.era).await.expect("a conversation");
    assert_eq!(with_carol.mode, Some(PushMode::At));
    let groups = table.group_settings(app, &user("joe"), joe.advanced.era, 10).await.expect("groups' settings");
    assert_eq!(
        groups.iter().map(|(group, it)| (group.as_str(), it.mode)).collect::<Vec<_>>(),
        [("crew", Some(PushMode::All))]
    );
    // This version can change what an older version wrote.
    let changed = shared::domain::profile::Profile { zone: None, ..facts.profile.clone() };
    table
        .change_profile(app, &user("ann"), Some(&facts.profile), &changed)
        .await
        .expect("a profile that can be changed");
}

async fn messages(table: &MessagesTable, story: &Story) {
    let reader = MessageReader::new(table.clone(), FixedClock::new(story.captured_at));
    let app = &story.app;
    for (label, sent) in &story.messages {
        let found = match &sent.group {
            Some(group) => reader.group_message(app, Some(group), sent.msg_id, &sent.user).await,
            None => reader.message(app, &sent.user, sent.msg_id).await,
        };
        let stored = found.unwrap_or_else(|error| panic!("{label}: {error}")).unwrap_or_else(|| panic!("no {label}"));
        same_trace(label, &stored, &story.answers[label]);
    }
    let acked = async |label: &str| {
        let Sent { user, msg_id, .. } = story.messages[label].clone();
        table.is_acknowledged(app, &Receiver { user, msg_id }).await.expect("an acknowledgement")
    };
    assert!(acked("pushed").await && acked("taken up").await);
    assert!(!acked("long").await && !acked("facts failed").await);
}

fn same_trace(label: &str, stored: &StoredMessage, shown: &Value) {
    let verdict = stored.decision.as_ref().unwrap_or_else(|| panic!("{label} has no decision")).verdict;
    match verdict {
        Verdict::Push => assert_eq!(shown["verdict"], "push", "{label}"),
        Verdict::Skip { reason } => assert_eq!(shown["reason"], reason.code(), "{label}"),
    }
    let attempts = shown["devices"].as_array().expect("devices").iter().flat_map(|it| it["attempts"].as_array());
    let attempts = attempts.filter(|attempts| !attempts.is_empty()).collect::<Vec<_>>();
    assert_eq!(stored.outcomes.len(), attempts.len(), "{label}");
    for (outcome, attempts) in stored.outcomes.iter().zip(attempts) {
        let last = &attempts[attempts.len() - 1];
        assert_eq!(outcome.attempts as usize, attempts.len(), "{label}");
        assert_eq!(outcome.earlier.len() + 1, attempts.len(), "{label}");
        assert_eq!(outcome.reason.map(|reason| reason.code()), last["reason"].as_str(), "{label}");
        assert_eq!(outcome.at.as_millis(), last["at"], "{label}");
    }
    let receipts = shown["devices"].as_array().into_iter().flatten().filter_map(|it| it["receipts"].as_array());
    assert_eq!(stored.receipts.len(), receipts.map(Vec::len).sum::<usize>(), "{label}");
}

async fn groups(table: &GroupsTable, story: &Story) {
    let (app, crew) = (&story.app, GroupId::parse("crew").expect("a group id"));
    let group = table.group(app, &crew).await.expect("a group that can be read").expect("a group");
    assert_eq!((group.name.as_str(), group.members), ("The crew", 6));
    let members = table.members(app, &crew, None, 100).await.expect("members that can be read");
    let names: Vec<Value> = members.iter().map(|member| json!({"member": member.as_str()})).collect();
    assert_eq!(json!(names), story.answers["/chatgroups/crew/users"]);
    assert_ne!(
        table.remove_members(app, &crew, &[user("kim")]).await.expect("a member who can go"),
        MembersChange::NoGroup
    );
    assert_ne!(
        table.add_members(app, &crew, &[user("new")], story.captured_at).await.expect("a member who can come"),
        MembersChange::NoGroup
    );
    assert_eq!(table.size(app, &crew).await.expect("a size"), Some(6));
}

async fn runtime(table: &RuntimeTable, version: &Version) {
    let (app, now) = (&version.story.app, version.story.captured_at);
    let owner = |name: &str| TokenOwner { app: app.clone(), notifier: notifier_name(name) };
    for name in ["fcm-notifier", "huawei-notifier"] {
        assert!(table.shared(&owner(name), now).await.expect("a token that can be read").is_some(), "{name}");
    }
    let health = async |name: NotifierName| table.health(app, &name).await.expect("health that can be read");
    for shown in version.story.answers["/notifiers"].as_array().expect("notifiers") {
        let (name, shown) = (text(shown, "name"), &shown["health"]);
        let read = health(notifier_name(name)).await;
        assert_eq!(read.last_success.map(|at| at.as_millis()), shown["last_success"].as_i64(), "{name}");
        assert_eq!(read.last_failure.map(|at| at.as_millis()), shown["last_failure"].as_i64(), "{name}");
        assert_eq!(read.quotas.contains_key(&SemanticClass::Im), shown["quota"]["im"].is_object(), "{name}");
    }
    assert!(health(notifier_name("oppo-notifier")).await.quotas.contains_key(&SemanticClass::Im));
    suspects(table, version).await;
    claims(table, version).await;
}

/// Checks the tokens that were reported as unregistered together: they are suspect since then.
async fn suspects(table: &RuntimeTable, version: &Version) {
    let (app, now) = (&version.story.app, version.story.captured_at);
    let mut known = 0;
    for phone in huawei_phones() {
        let phone = token(&phone);
        let before = table.suspect(app, &notifier_name("huawei-notifier"), &phone, now).await.expect("a suspect");
        known += usize::from(before.is_some_and(|at| at < now));
    }
    assert!(known > 0, "no suspect is known");
}

/// Checks claims: a finished request gets its answer again, and another request takes over an abandoned one.
async fn claims(table: &RuntimeTable, version: &Version) {
    let (app, now) = (&version.story.app, version.story.captured_at);
    let hashes: Vec<String> =
        version.rows("runtime").iter().filter_map(|row| row.get("body")?.as_s().ok().cloned()).collect();
    let route = "messages/users";
    for (key, answered) in [("once", true), ("taken up", true), ("abandoned", false)] {
        let mut found = Vec::new();
        for hash in &hashes {
            let claim = Claim {
                key: format!("{app} {route} {key}"),
                body_sha256: hash.clone(),
                not_before: shared::domain::time::Timestamp::from_millis(0),
                owner: "a later version".into(),
            };
            found.push(table.claim(&claim, now, Duration::from_secs(30)).await.expect("a claim that can be read"));
        }
        let fits = |claimed: &Claimed| match claimed {
            Claimed::Answered(_) => answered,
            Claimed::First { abandoned, .. } => !answered && *abandoned,
            Claimed::Running | Claimed::OtherBody => false,
        };
        assert_eq!(found.iter().filter(|claimed| fits(claimed)).count(), 1, "{key}: {found:?}");
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}
