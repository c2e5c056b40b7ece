//! Checks what a landed version wrote of push labels, instant pushes, callbacks and recalls.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use shared::{
    aws::dynamo::{AppsTable, GroupsTable, MessageReader, MessagesTable, RuntimeTable},
    domain::{
        callback::{EventKind, endpoint::Door},
        directory::Shard,
        id::{AppKey, LabelName, MessageId},
        message::Receiver,
        recall::MessageTarget,
    },
    ports::{
        acks::ReadAck,
        apps::ReadApps,
        callbacks::{ListCallbacks, RemoveCallbacks, TakeCallbacks, TrackEndpoint},
        messages::ReadMessage,
        push_labels::{LabelUsers, ReadLabelMembers, ReadLabels},
        recalls::ReadRecalls,
        timelines::{Order, ReadTimeline, Span, Timeline},
    },
    testing::{chance::FixedClock, sample::user},
};

use super::{Sent, Story, Version};
use crate::tables::Tables;

/// The first version whose story has them.
pub(super) const FIRST: &str = "2026-11-e";
/// More events than a story has.
const ALL: usize = 1000;

/// Runs every check.
pub async fn all(client: &Client, tables: &Tables, version: &Version) {
    let story = &version.story;
    let messages = MessagesTable::new(client, tables.messages.clone());
    labels(&GroupsTable::new(client, tables.groups.clone()), story).await;
    pushes(&messages, story).await;
    recalls(&messages, story).await;
    settings(&AppsTable::new(client, tables.apps.clone()), story).await;
    callbacks(&RuntimeTable::new(client, tables.runtime.clone()), story).await;
}

async fn labels(table: &GroupsTable, story: &Story) {
    let (app, name) = (&story.app, LabelName::parse("vip").expect("a name"));
    let read = async || table.label(app, &name).await.expect("a label that can be read").expect("a label");
    let label = read().await;
    assert_eq!((label.description.as_str(), label.users), ("Pays", 1));
    let shard = Shard::of(&user("ann"));
    let users = table.labelled(app, &label.key, shard, None, 100).await.expect("users that can be read");
    assert!(users.expect("a label").iter().any(|labelled| labelled.user == user("ann")));
    // This version can change what an older version wrote.
    let had = table.add_labelled(app, &label.key, &[user("ann"), user("bob")], story.captured_at).await;
    assert_eq!(had.expect("users who can come").expect("a label").len(), 1);
    assert_eq!(read().await.users, 2);
}

async fn pushes(table: &MessagesTable, story: &Story) {
    let (app, ins) = (&story.app, user("ins"));
    let reader = MessageReader::new(table.clone(), FixedClock::new(story.captured_at));
    let mut beside = Vec::new();
    for number in 0..5 {
        let sent = &story.messages[&format!("instant {number}")];
        let stored = reader.message(app, &sent.user, sent.msg_id).await.expect("a push that can be read");
        let instant = stored.expect("a push").content.instant.expect("an instant push");
        assert_eq!(instant.strategy.number(), number);
        assert_eq!(instant.sub_title.as_deref(), Some("Trains"));
        let receiver = Receiver { user: sent.user.clone(), msg_id: sent.msg_id };
        let taken = table.is_acknowledged(app, &receiver).await.expect("an acknowledgement");
        assert_eq!(taken, [0, 3].contains(&number), "strategy {number}: what a vendor took waits no longer");
        if !instant.strategy.waits_for_login() {
            beside.push(sent.msg_id);
        }
    }
    beside.push(story.messages["instant, waited for"].msg_id);
    let all =
        Span { after: MessageId::MIN, up_to: MessageId::MAX, order: Order::OldestFirst, limit: 100, strong: true };
    let listed = table.timeline(app, &Timeline::InstantPushes(ins), &all).await.expect("pushes that can be read");
    assert_eq!(listed.entries.iter().map(|entry| entry.msg_id).collect::<Vec<_>>(), beside);
}

async fn recalls(table: &MessagesTable, story: &Story) {
    let target = |label: &str| {
        let Sent { user, group, msg_id } = story.messages[label].clone();
        (group.map_or_else(|| MessageTarget::User(user), MessageTarget::Group), msg_id)
    };
    let asked = ["to be recalled", "to be recalled in a group", "pages", "pushed"].map(target);
    let found = table.recalled(&story.app, &asked).await.expect("recalls that can be read");
    assert!(found[..3].iter().all(|at| at.is_some_and(|at| at < story.captured_at)), "{found:?}");
    assert_eq!(found[3], None);
}

async fn settings(table: &AppsTable, story: &Story) {
    let read = async |app: &AppKey| table.app(app).await.expect("an app that can be read").expect("an app").app;
    let app = read(&story.app).await;
    assert!(app.settings.clear_when_read);
    let callback = app.callback().expect("a callback");
    assert!(EventKind::ALL.into_iter().all(|kind| callback.wants(kind)) && callback.previous_secret.is_some());
    let quiet = read(&AppKey::parse("acme#quiet").expect("an app's key")).await;
    assert!(quiet.callback().is_none() && quiet.callback_switched_off().is_some());
}

async fn callbacks(table: &RuntimeTable, story: &Story) {
    let (app, now) = (&story.app, story.captured_at);
    let waiting = table.waiting_apps(now).await.expect("apps that can be read");
    assert!(waiting.iter().any(|waiting| waiting.app == *app));
    let read = async || table.stored_callbacks(app, now, ALL).await.expect("events that can be read").0;
    let stored = read().await;
    let kinds: BTreeSet<EventKind> = stored.iter().map(|stored| stored.event.kind()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), EventKind::ALL);
    assert!(stored.iter().all(|stored| stored.event.tries >= 1 && stored.due.is_some()));
    let endpoint = table.endpoint(app, now).await.expect("health that can be read");
    assert!(matches!(endpoint.door(now), Door::Closed(_)), "{endpoint:?}");
    // This version can send and remove what an older version stored.
    table.remove_callbacks(app, &stored).await.expect("events that can go");
    assert_eq!(read().await, []);
}
