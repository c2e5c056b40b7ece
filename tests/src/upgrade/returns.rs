//! Checks the connections, leases, marks, directories and erasures of a landed version, and erases what it wrote.

use aws_sdk_dynamodb::Client;
use shared::{
    aws::dynamo::{AppsTable, Erasures, GroupsTable, MessagesTable, RuntimeTable, UsersTable},
    domain::{
        connection::Link,
        directory::{Month, Shard},
        id::{AppKey, GroupId},
        presence::{Presence, State},
        time::Timestamp,
    },
    ports::{
        apps::{FreeAppName, HeldName, ManageApps},
        connections::KeepConnections,
        directory::{ReadDirectory, ReadGroupDirectory},
        erasure::{ERASURE_RETENTION, EraseMessages, ForgetUser, KeepsMessages, ReadErasure},
        gateways::ReadGateways,
        groups::{ManageGroups, ReadMemberships},
        inbox::TrackInbox,
        users::TrackPresence,
    },
    testing::{
        chance::FixedClock,
        sample::{gateway, notifier_name, user},
    },
};

use super::{Story, Version};
use crate::tables::Tables;

/// The first version whose story has connections and erasures.
pub(super) const FIRST: &str = "2026-11-c";
/// The groups of other scenes.
const OF_OTHERS: [&str; 4] = ["club", "hall", "cut", "news"];

/// Runs every check.
pub async fn all(client: &Client, tables: &Tables, version: &Version) {
    let story = &version.story;
    let users = UsersTable::new(client, tables.users.clone());
    let groups = GroupsTable::new(client, tables.groups.clone());
    if version.has_erasures() {
        let runtime = RuntimeTable::new(client, tables.runtime.clone());
        connections(&users, &runtime, story).await;
        leases(&users, &runtime, story).await;
        marks(&users, story).await;
        directories(&users, &groups, story).await;
        heads(&groups, story).await;
        erasure(runtime, story).await;
        deletion(&AppsTable::new(client, tables.apps.clone()), story).await;
    }
    erases(&users, &groups, &MessagesTable::new(client, tables.messages.clone()), story).await;
}

async fn device_of(users: &UsersTable, story: &Story, name: &str) -> Presence {
    let found = users.presence(&story.app, &[user(name)]).await.expect("presence that can be read");
    let [(_, devices)] = &found[..] else { panic!("no {name}") };
    devices.first().expect("a device").1.clone()
}

async fn connections(users: &UsersTable, runtime: &RuntimeTable, story: &Story) {
    for (name, link, live) in [("wes", Link::Live, true), ("yan", Link::Connecting, false)] {
        let device = device_of(users, story, name).await;
        assert_eq!((device.state, device.link), (State::Online, Some(link)), "{name}");
        let open = runtime.find(&device.session, story.captured_at).await.expect("a row that can be read");
        let open = open.expect("a connection");
        assert_eq!((open.connection.user, &open.connection.app, open.live), (user(name), &story.app, live));
        assert!(open.token_until.is_some_and(|until| until > story.captured_at), "{name}");
    }
    assert_eq!(device_of(users, story, "xia").await.state, State::Kicked);
}

async fn leases(users: &UsersTable, runtime: &RuntimeTable, story: &Story) {
    let gil = device_of(users, story, "gil").await;
    assert_eq!(gil.gateway, Some(gateway("edge-1")));
    let lease = runtime.gateway_lease(&story.app, &gateway("edge-1")).await.expect("a lease that can be read");
    let lease = lease.expect("a lease");
    assert!(lease.until > story.captured_at && lease.keeps(gil.at));
}

async fn marks(users: &UsersTable, story: &Story) {
    let marks = users.marks(&story.app, &user("bob")).await.expect("marks that can be read").expect("marks");
    assert!(marks.cover(story.messages["taken up"].msg_id) && !marks.cover(story.messages["facts failed"].msg_id));
    assert_eq!(users.marks(&story.app, &user("ann")).await.expect("marks that can be read"), None);
}

async fn directories(users: &UsersTable, groups: &GroupsTable, story: &Story) {
    // Known by a binding, settings, presence, a gateway or a connection.
    for (name, listed) in [("ann", true), ("carol", true), ("max", true), ("gil", true), ("wes", true), ("ned", false)]
    {
        let shard = users.users(&story.app, Shard::of(&user(name)), None, 100).await.expect("a shard that can be read");
        assert_eq!(shard.contains(&user(name)), listed, "{name}");
    }
    let month = Month::of(story.captured_at);
    let listed = groups.groups(&story.app, month, None, 100).await.expect("groups that can be read");
    let mut names: Vec<&str> = listed.iter().map(|(_, group)| group.as_str()).collect();
    names.retain(|name| !OF_OTHERS.contains(name));
    assert_eq!(names, ["team", "large", "gone", "crew", "pair"]);
}

async fn heads(groups: &GroupsTable, story: &Story) {
    let [membership] = &groups.groups_of(&story.app, &user("wes")).await.expect("memberships that can be read")[..]
    else {
        panic!("not one group")
    };
    assert_eq!(membership.group.as_str(), "team");
    let sent = story.messages["direct group"].msg_id;
    assert!(membership.joined_at <= sent.accepted_at());
    let heads =
        groups.heads(&story.app, std::slice::from_ref(&membership.group)).await.expect("heads that can be read");
    assert_eq!(heads[0].map(|head| (head.n, head.last)), Some((1, sent)));
}

async fn erasure(runtime: RuntimeTable, story: &Story) {
    let at = async |now: Timestamp| {
        let erasures = Erasures::new(runtime.clone(), FixedClock::new(now));
        erasures.erased_at(&story.app, &user("ned")).await.expect("an erasure that can be read")
    };
    assert!(at(story.captured_at).await.is_some_and(|erased| erased < story.captured_at));
    assert_eq!(at(story.captured_at.plus(ERASURE_RETENTION)).await, None);
}

/// Checks that this version ends the app deletion that a landed version began.
async fn deletion(apps: &AppsTable, story: &Story) {
    let former = AppKey::parse("acme#former").expect("an app's key");
    let since = &story.answers["/management/apps/acme/former"]["deletingSince"];
    let since = Timestamp::from_millis(since.as_i64().expect("a time"));
    let held = async || apps.held_name(&former).await.expect("a row that can be read");
    assert_eq!(held().await, Some(HeldName::Deleting(since)));
    let remains = apps.remains(&former, since).await.expect("a row that can be read").expect("remains");
    assert_eq!(remains.notifiers, [notifier_name("fcm-notifier")]);
    assert!(apps.free_name(&former, since).await.expect("a name that can be freed"));
    assert_eq!(held().await, None);
}

/// Checks that this version can erase a user of a landed version, and that nothing is left.
async fn erases(users: &UsersTable, groups: &GroupsTable, messages: &MessagesTable, story: &Story) {
    let app = &story.app;
    for name in ["joe", "bob", "sue"] {
        assert!(users.forget_user(app, &user(name)).await.expect("rows that can go"), "{name}");
        assert!(!users.knows_user(app, &user(name)).await.expect("rows that can be read"), "{name}");
    }
    while messages.erase_messages(app, &user("bob"), story.captured_at, 10).await.expect("messages that can go") {}
    assert!(!messages.keeps_messages(app, &user("bob"), None).await.expect("messages that can be read"));
    // The large group's number of members is wrong, because the fixture does not have all of its members.
    for (id, member) in [("crew", "ann"), ("large", "member0000")] {
        let group = GroupId::parse(id).expect("a group id");
        assert!(groups.delete_group(app, &group).await.expect("a group that can go"), "{id}");
        let mut left = groups.groups_of(app, &user(member)).await.expect("memberships that can be read");
        left.retain(|membership| !OF_OTHERS.contains(&membership.group.as_str()));
        assert_eq!(left, [], "{member}");
    }
}
