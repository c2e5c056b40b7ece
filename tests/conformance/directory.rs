//! Checks tables of versions without a directory, and the backfill that completes them.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::{collections::HashMap, process::Command, time::Duration};

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use curlew_tests::tables::{Tables, local_sdk};
use shared::{
    aws::dynamo::{self, AppsTable, GroupsTable, UsersTable},
    config::{Environment, Vars},
    crypto::system::System,
    domain::{
        directory::{Month, Shard},
        group::Group,
        group_profile::{GroupInfo, GroupSettings},
        id::{AppKey, UserId},
        presence::PresenceStatus,
        vendor::Vendor,
    },
    ports::{
        app_directory::{AppSummary, ListApps, ListedApp},
        apps::{FreeAppName, HeldName, ManageApps},
        clock::Entropy,
        directory::{ReadDirectory, ReadGroupDirectory},
        erasure::ForgetUser,
        groups::ManageGroups,
        users::{ManageBindings, TrackPresence},
    },
    testing::sample::{app, app_key, binding, event, notifier, user},
};

use crate::older::{CREATED, NOW, id};

struct World {
    client: Client,
    tables: Tables,
    users: UsersTable,
    groups: GroupsTable,
    apps: AppsTable,
    app: AppKey,
}

impl World {
    async fn start() -> Self {
        let client = dynamo::client(&local_sdk(&super::endpoint()));
        let tables = Tables::named(&format!("directory-{:032x}", System::default().bits()));
        tables.create(&client).await.unwrap();
        Self {
            users: UsersTable::new(&client, tables.users.clone()),
            groups: GroupsTable::new(&client, tables.groups.clone()),
            apps: AppsTable::new(&client, tables.apps.clone()),
            app: app_key("acme#chat"),
            client,
            tables,
        }
    }

    /// Runs the backfill. Returns its last line.
    async fn backfill(&self) -> String {
        let python =
            Environment.get("CURLEW_PYTHON").expect("CURLEW_PYTHON must name a Python; `make conformance` does");
        let mut command = Command::new(python);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/backfill_directory.py"));
        command.args(["--tables", &self.tables.users, &self.tables.groups, &self.tables.apps]);
        command.args(["--endpoint", &super::endpoint(), "--units", "100000"]);
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned()
    }

    /// Removes a user or a group from the directory, as an older version left it.
    async fn unlist(&self, table: &str, pk: String, sk: String) {
        let delete = self.client.delete_item().table_name(table).key("pk", text(pk)).key("sk", text(sk));
        delete.send().await.unwrap();
    }

    async fn listed(&self) -> Vec<UserId> {
        let mut listed = Vec::new();
        for shard in Shard::all() {
            listed.extend(self.users.users(&self.app, shard, None, 1_000).await.unwrap());
        }
        listed.sort();
        listed
    }
}

#[tokio::test]
async fn users_and_groups_of_versions_before_are_listed_once() {
    let world = World::start().await;
    let names: Vec<UserId> = (0..60).map(|number| user(&format!("u{number:02}"))).collect();
    for (number, name) in names.iter().enumerate() {
        if number % 2 == 0 {
            let bound = binding("phone", "fcm", &format!("t{number}"), NOW);
            world.users.bind(&world.app, name, &bound, 16).await.unwrap();
        } else {
            let online = event(name.as_str(), "phone", "s", PresenceStatus::Online, NOW);
            world.users.apply(&world.app, &online, Duration::from_secs(300), 32).await.unwrap();
        }
        let pk = format!("dir#{}#{}", world.app, Shard::of(name).digit());
        world.unlist(&world.tables.users, pk, name.to_string()).await;
    }
    world.users.forget_user(&world.app, &names[7]).await.unwrap();
    let group = Group {
        id: id("birds"),
        name: String::new(),
        owner: None,
        members: 0,
        created_at: CREATED,
        settings: GroupSettings::default(),
        changes: 0,
    };
    world.groups.create_group(&world.app, &group, &GroupInfo::default(), &[]).await.unwrap();
    let month = Month::of(CREATED);
    let sk = format!("{:013}#birds", 9_999_999_999_999 - CREATED.as_millis());
    world.unlist(&world.tables.groups, format!("gdir#{}#{month}", world.app), sk).await;
    assert_eq!(world.listed().await, []);

    assert_eq!(world.backfill().await, done(59, 1, 0, 0, 0));
    let known: Vec<UserId> = names.iter().filter(|name| **name != names[7]).cloned().collect();
    assert_eq!(world.listed().await, known);
    assert_eq!(world.groups.groups(&world.app, month, None, 9).await.unwrap(), [(CREATED, id("birds"))]);
    assert_eq!(world.backfill().await, done(0, 0, 0, 0, 0));
    world.tables.delete(&world.client).await.unwrap();
}

#[tokio::test]
async fn an_app_keeps_its_name_until_all_of_its_users_are_listed() {
    let world = World::start().await;
    let (apps, key) = (&world.apps, &world.app);
    apps.create_app(&app(key, CREATED)).await.unwrap();
    let update = world.client.update_item().table_name(&world.tables.apps).update_expression("REMOVE users_listed");
    update.key("pk", text(format!("app#{key}"))).key("sk", text("app".into())).send().await.unwrap();
    apps.delete_app(key, NOW).await.unwrap();
    assert!(!apps.free_name(key, NOW).await.unwrap());
    assert_eq!(apps.held_name(key).await.unwrap(), Some(HeldName::Buried));
    assert_eq!(apps.app_summary(key).await.unwrap(), Some(AppSummary::Held));

    assert_eq!(world.backfill().await, done(0, 0, 1, 0, 0));
    assert_eq!(apps.held_name(key).await.unwrap(), Some(HeldName::Buried));
    assert_eq!(apps.delete_app(key, NOW).await.unwrap(), Some(NOW));
    assert!(apps.free_name(key, NOW).await.unwrap());
    apps.create_app(&app(key, NOW)).await.unwrap();
    world.tables.delete(&world.client).await.unwrap();
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_costs_no_other_its_place() {
    let world = World::start().await;
    let keys: Vec<AppKey> = ["a", "c", "d"].map(|name| app_key(&format!("acme#{name}"))).into();
    for key in &keys {
        world.apps.create_app(&app(key, CREATED)).await.unwrap();
    }
    for broken in ["acme#b", "acme#NO NAME"] {
        let item = HashMap::from([("pk".to_owned(), text("apps".into())), ("sk".to_owned(), text(broken.into()))]);
        world.client.put_item().table_name(&world.tables.apps).set_item(Some(item)).send().await.unwrap();
    }
    for most in 1..=3 {
        let found = world.apps.listed_apps(None, most).await.unwrap();
        let found: Vec<AppKey> = found.into_iter().map(|one| one.key).collect();
        assert_eq!(found, keys[..most]);
    }
    world.tables.delete(&world.client).await.unwrap();
}

#[tokio::test]
async fn apps_of_versions_before_are_listed_and_those_whose_names_they_freed_are_taken_off() {
    let world = World::start().await;
    let (apps, table) = (&world.apps, &world.tables.apps);
    let keys: Vec<AppKey> = (10..15).map(|number| app_key(&format!("acme#app{number}"))).collect();
    for (second, key) in (0..).zip(&keys) {
        apps.create_app(&app(key, CREATED.plus(Duration::from_secs(second)))).await.unwrap();
    }
    apps.create_notifier(&keys[0], &notifier("fcm", Vendor::Fcm, CREATED)).await.unwrap();
    // An older version created two of the apps. One of them is being deleted.
    for key in &keys[..2] {
        world.unlist(table, "apps".into(), key.to_string()).await;
    }
    apps.delete_app(&keys[1], NOW).await.unwrap();
    // An older version freed the name of the third app, and created an app with the name of the fourth.
    world.unlist(table, format!("app#{}", keys[2]), "app".into()).await;
    world.unlist(table, format!("app#{}", keys[3]), "app".into()).await;
    apps.create_app(&app(&keys[3], NOW)).await.unwrap();
    let stale = HashMap::from([
        ("pk".to_owned(), text("apps".into())),
        ("sk".to_owned(), text(keys[3].to_string())),
        ("created_at".to_owned(), AttributeValue::N(CREATED.as_millis().to_string())),
    ]);
    world.client.put_item().table_name(table).set_item(Some(stale)).send().await.unwrap();

    assert_eq!(world.backfill().await, done(0, 0, 4, 3, 1));
    let listed = apps.listed_apps(None, 99).await.unwrap();
    let created = |second| CREATED.plus(Duration::from_secs(second));
    let expected = [(0, created(0)), (1, created(1)), (3, NOW), (4, created(4))];
    assert_eq!(listed, expected.map(|(number, created_at)| ListedApp { key: keys[number].clone(), created_at }));
    assert_eq!(world.backfill().await, done(0, 0, 4, 0, 0));
    assert_eq!(apps.listed_apps(None, 99).await.unwrap(), listed);
    assert!(apps.free_name(&keys[1], NOW).await.unwrap());
    assert_eq!(apps.listed_apps(None, 99).await.unwrap().len(), 3);
    world.tables.delete(&world.client).await.unwrap();
}

/// Returns the expected last line of a run.
fn done(users: usize, groups: usize, complete: usize, listed: usize, off: usize) -> String {
    format!(
        "[backfill] done: {users} users and {groups} groups listed, {complete} apps complete, {listed} apps listed, {off} taken off"
    )
}

fn text(value: String) -> AttributeValue {
    AttributeValue::S(value)
}
