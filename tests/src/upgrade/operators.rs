//! Checks what a landed version wrote of operators, bans, administrators, clicks and statistics.

use aws_sdk_dynamodb::Client;
use serde_json::{Value, json};
use shared::{
    aws::dynamo::{AppsTable, GroupsTable, MessageReader, MessagesTable, RuntimeTable, UsersTable},
    domain::{
        id::{AppKey, GroupId},
        receipt::Event,
        statistics::{Counts, Day, Subject},
        time::Timestamp,
    },
    ports::{
        app_directory::ListApps,
        apps::{ReadApps, TrackHealth},
        connections::KeepConnections,
        groups::{DescribeGroups, ManageGroups, ManageRoles},
        messages::ReadMessage,
        statistics::ReadCounts,
        users::{ManageProfiles, ReadBan, TrackPresence},
    },
    testing::{
        chance::FixedClock,
        sample::{notifier_name, user},
    },
};

use super::{Story, Version};
use crate::tables::Tables;

/// The first version whose story has them.
pub(super) const FIRST: &str = "2026-11-d";

/// Runs every check.
pub async fn all(client: &Client, tables: &Tables, version: &Version) {
    let story = &version.story;
    let users = UsersTable::new(client, tables.users.clone());
    let runtime = RuntimeTable::new(client, tables.runtime.clone());
    apps(&AppsTable::new(client, tables.apps.clone()), story).await;
    bans(&users, story).await;
    groups(&GroupsTable::new(client, tables.groups.clone()), story).await;
    clicks(&MessagesTable::new(client, tables.messages.clone()), story).await;
    statistics(&runtime, story).await;
    ambiguous_refusals(&runtime, story).await;
    ending_connections(&users, &runtime, story).await;
}

async fn apps(table: &AppsTable, story: &Story) {
    let listed = table.listed_apps(None, 100).await.expect("a directory that can be read");
    let listed: Vec<Value> = listed
        .iter()
        .map(|it| json!({"org": it.key.org(), "app": it.key.app(), "createdAt": it.created_at.as_millis()}))
        .collect();
    let shown = story.answers["/management/apps"].as_array().expect("apps").iter();
    let shown: Vec<Value> =
        shown.map(|it| json!({"org": it["org"], "app": it["app"], "createdAt": it["createdAt"]})).collect();
    assert_eq!(listed, shown);

    let config = table.app(&story.app).await.expect("an app that can be read").expect("an app");
    assert_eq!((config.app.support_era, config.app.previous_secrets.len()), (1, 2));
    assert!(config.app.has_connections && config.app.previous_token_key.is_some());
    for shown in story.answers["/notifiers"].as_array().expect("notifiers") {
        let notifier = &config.notifiers[&notifier_name(shown["name"].as_str().expect("a name"))];
        let ends_at = notifier.credential_expires_at.map(Timestamp::as_millis);
        assert_eq!(ends_at, shown["expires_at"].as_i64(), "{}", notifier.name);
    }
    assert!(config.notifiers[&notifier_name("huawei-notifier")].credential_facts.is_some());
    let other = AppKey::parse("acme#other").expect("an app's key");
    let other = table.app(&other).await.expect("an app that can be read").expect("an app").app;
    assert!(!other.has_connections && other.previous_secrets.is_empty());
    assert_eq!(
        json!(other.settings),
        json!({
            "advanced_push": true, "multi_device_policy": "any_offline", "time_zone": "Asia/Shanghai", "large_group_limit": 300,
            "max_bindings": 3, "max_devices": 4, "online_recheck": {"enabled": false, "seconds": 5}, "presence_lease_seconds": 60,
            "presence_heartbeat_seconds": 20, "privacy": "notice", "badge": "off", "max_token_seconds": 86_400,
            "clear_when_read": false, "task_pushes_per_second": 100,
        })
    );
}

async fn bans(users: &UsersTable, story: &Story) {
    for (name, banned) in [("una", true), ("rob", true), ("ann", false)] {
        assert_eq!(
            users.is_banned(&story.app, &user(name)).await.expect("a profile that can be read"),
            banned,
            "{name}"
        );
    }
    let una = users.profile(&story.app, &user("una")).await.expect("a profile that can be read").expect("a profile");
    let (account, shown) = (una.account.expect("an account"), &story.answers["/users/una"][0]);
    assert_eq!(json!([account.uuid, account.created]), json!([shown["uuid"], shown["created"]]));
}

async fn groups(table: &GroupsTable, story: &Story) {
    let app = &story.app;
    for id in ["club", "hall"] {
        let shown = &story.answers[&format!("/chatgroups/{id}")][0];
        let group = table.group(app, &group_id(id)).await.expect("a group that can be read").expect("a group");
        let info = table.infos(app, std::slice::from_ref(&group)).await.expect("words that can be read").remove(0);
        let settings = &group.settings;
        let read = json!({
            "name": group.name, "owner": group.owner, "affiliations_count": group.members, "created": group.created_at,
            "public": settings.public, "membersonly": settings.members_only, "allowinvites": settings.allow_invites,
            "maxusers": settings.max_users, "disabled": settings.disabled,
            "description": info.description, "custom": info.custom, "avatar": info.avatar,
        });
        for (name, value) in read.as_object().expect("an object") {
            assert_eq!(*value, shown[name], "{id}: {name}");
        }
        let announcement = story.answers.get(&format!("/chatgroups/{id}/announcement"));
        let announcement = announcement.and_then(|shown| shown["announcement"].as_str()).unwrap_or_default();
        assert_eq!(info.announcement, announcement, "{id}");
    }
    let admins = table.admins(app, &group_id("club"), story.captured_at).await.expect("administrators");
    assert_eq!(json!(admins), story.answers["/chatgroups/club/admin"]);
    // The deletion of this group was interrupted.
    assert_eq!(table.group(app, &group_id("cut")).await.expect("a group that can be read"), None);
}

fn group_id(id: &str) -> GroupId {
    GroupId::parse(id).expect("a group id")
}

async fn clicks(table: &MessagesTable, story: &Story) {
    let reader = MessageReader::new(table.clone(), FixedClock::new(story.captured_at));
    let sent = &story.messages["pushed"];
    let stored = reader.message(&story.app, &sent.user, sent.msg_id).await.expect("a message that can be read");
    let mut events: Vec<Event> = stored.expect("a message").receipts.iter().map(|receipt| receipt.event).collect();
    events.sort_by_key(|event| event.name());
    assert_eq!(events, [Event::Clicked, Event::Delivered]);
}

/// Checks the rows of statistics: they count at least what the API answered. Counts between the answer and the capture
/// are in the rows too.
async fn statistics(table: &RuntimeTable, story: &Story) {
    let now = story.captured_at;
    let rows = table.counts(&story.app, Day::of(now).hours(), now).await.expect("counts that can be read");
    let of = |vendor: Option<&str>| {
        let mut sum = Counts::default();
        for row in &rows {
            let subject = match row.subject {
                Subject::Vendor(vendor) => Some(vendor.name()),
                Subject::Suppressed(_) => None,
            };
            if subject == vendor {
                sum.add(&row.counts);
            }
        }
        sum
    };
    for shown in story.answers["/push/stats by vendor"].as_array().expect("entries") {
        let read = of(shown["vendor"].as_str());
        for (name, count) in [
            ("suppressed", read.suppressed()),
            ("accepted", read.accepted()),
            ("refused", read.refused()),
            ("delivered", read.delivered()),
            ("clicked", read.clicked()),
        ] {
            assert!(count >= shown[name].as_u64().unwrap_or_default(), "{name}: {count} of {shown}");
        }
    }
}

async fn ambiguous_refusals(table: &RuntimeTable, story: &Story) {
    let health = table.health(&story.app, &notifier_name("fcm-doubted")).await.expect("health that can be read");
    let [refusal] = &health.ambiguous_refusals[..] else { panic!("not one refusal") };
    assert_eq!(health.failed_fingerprint.as_ref(), Some(&refusal.fingerprint));
    assert!(refusal.at < story.captured_at && health.last_success.is_none());
}

async fn ending_connections(users: &UsersTable, runtime: &RuntimeTable, story: &Story) {
    let found = users.presence(&story.app, &[user("zed")]).await.expect("presence that can be read");
    let device = found[0].1.first().expect("a device").1.clone();
    let [ending] = &device.ending[..] else { panic!("not one connection is ending") };
    assert_eq!(device.session.as_str(), "s2");
    let open = runtime.find(ending, story.captured_at).await.expect("a row that can be read").expect("a connection");
    assert!(open.live && open.backlog_read && open.connection.user == user("zed"));
}
