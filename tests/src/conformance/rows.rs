//! Cases with rows that no port writes: what an interrupted call left, and rows from before there were limits.

#![expect(clippy::unwrap_used, reason = "a case fails by a panic")]

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, PutRequest, WriteRequest},
};
use futures::future::join_all;
use shared::{
    aws::dynamo::{AppsTable, GroupsTable, RuntimeTable, UsersTable},
    domain::{
        directory::Shard,
        group::Group,
        group_profile::{GroupInfo, GroupSettings},
        id::{GroupId, TaskId, UserId},
        instant::Strategy,
        presence::PresenceStatus,
        profile::{Conversation, Disturbance, PushMode},
        task::{Audience, NEW_TASKS_WINDOW, NewTask, Task},
    },
    ports::{
        apps::{ManageApps, ReadApps},
        directory::ReadDirectory,
        erasure::EraseGroups,
        error::StoreError,
        groups::{ManageGroups, ManageRoles, MembersChange, ReadMembers, ReadMemberships},
        tasks::{CreateTask, ListTasks},
        users::{ConversationSetting, MAX_DEVICES_REMOVED, ManageBindings, ManageProfiles, ReadFacts, TrackPresence},
    },
    testing::{
        contract::{Case, Run},
        sample::{self, binding, event, user},
    },
};

use crate::tables::Tables;

const LEASE: Duration = Duration::from_secs(300);

/// Runs the cases.
pub(super) async fn run(client: &Client, tables: &Tables, run: &mut Run) {
    let groups = GroupsTable::new(client, tables.groups.clone());
    run.case("groups: half a group is unseen, and the next creation removes it", async |case| {
        half_a_group(client, &tables.groups, &groups, case).await;
    })
    .await;
    run.case("groups: a group whose removal was cut off is unseen, and whoever comes next finishes it", async |case| {
        half_a_removal(client, &tables.groups, &groups, case).await;
    })
    .await;
    run.case("groups: more members than a page of the table has come at once", async |case| {
        more_than_a_page(client, &tables.groups, &groups, case).await;
    })
    .await;
    run.case("groups: half a group goes with a member who is erased, unless it may still be completed", async |case| {
        half_a_group_of_an_erased_member(client, &tables.groups, &groups, case).await;
    })
    .await;
    let users = UsersTable::new(client, tables.users.clone());
    run.case("presence: a user with thousands of devices is read, and comes down", async |case| {
        thousands_of_devices(client, &tables.users, &users, case).await;
    })
    .await;
    run.case("profiles: settings of conversations count that were never numbered", async |case| {
        settings_that_were_never_numbered(client, &tables.users, &users, case).await;
    })
    .await;
    run.case("directory: a list and a walk pass a row that cannot be read, and an erasure finds it", async |case| {
        unreadable_users(client, &tables.users, &users, case).await;
    })
    .await;
    let runtime = RuntimeTable::new(client, tables.runtime.clone());
    run.case("tasks: the list passes tasks that cannot be read", async |case| {
        unreadable_tasks(client, &tables.runtime, &runtime, case).await;
    })
    .await;
    let apps = AppsTable::new(client, tables.apps.clone());
    run.case(
        "apps: who ends the secret before ends the earlier ones, though the version before does not know them",
        async |case| {
            secrets_that_the_version_before_ended(client, &tables.apps, &apps, case).await;
        },
    )
    .await;
}

async fn unreadable_users(client: &Client, table: &str, users: &UsersTable, case: &Case) {
    let shard = Shard::FIRST;
    let of_shard = |number: &u32| Shard::of(&user(&format!("u{number:03}"))) == shard;
    let names: Vec<String> = (0..200).filter(of_shard).take(5).map(|number| format!("u{number:03}")).collect();
    // `!` sorts behind the name, and stands in none.
    let unreadable = names[1..].iter().flat_map(|name| [format!("{name}!"), format!("{name}!!")]);
    let rows: Vec<_> = names.iter().cloned().chain(unreadable).collect();
    let pk = format!("dir#{}#{}", case.app, shard.digit());
    write(client, table, rows.iter().map(|name| vec![("pk", text(&pk)), ("sk", text(name))]).collect()).await;
    for most in [1, 2, 4, 5, 100] {
        let (mut read, mut after) = (Vec::new(), None);
        loop {
            let page = users.readable_users(&case.app, shard, after.as_ref(), most).await.unwrap();
            let is_last = page.len() < most;
            read.extend(page.iter().map(ToString::to_string));
            after = page.last().cloned();
            if is_last {
                break;
            }
        }
        assert_eq!(read, names, "pages of {most}");
    }
    assert!(matches!(users.users(&case.app, shard, None, 100).await, Err(StoreError::Corrupt(_))));
}

async fn unreadable_tasks(client: &Client, table: &str, runtime: &RuntimeTable, case: &Case) {
    let id = |number: u64| TaskId::new(case.at(number * NEW_TASKS_WINDOW.as_secs()), number.into());
    for number in [1, 4, 6] {
        let (audience, strategy) = (Audience::Everyone, Strategy::default());
        let new = NewTask { id: id(number), audience, title: "Sale".into(), strategy, starts_at: None };
        let at = new.id.created_at();
        runtime.create_task(&case.app, &Task::new(new, at), &sample::content("Sale", at)).await.unwrap();
    }
    let broken = |of: u64| {
        let pk = format!("tasks#{}", case.app);
        let end = number(case.at(86_400).as_seconds());
        vec![("pk", text(&pk)), ("sk", text(&format!("t#{}", id(of)))), ("task", text("{}")), ("expires_at", end)]
    };
    write(client, table, [0, 2, 3, 5, 7].map(broken).into()).await;
    for most in [1, 2, 3, 100] {
        let (mut read, mut before) = (Vec::new(), None);
        loop {
            let page = runtime.tasks(&case.app, before, most).await.unwrap();
            let is_last = page.len() < most;
            read.extend(page.iter().map(|task| task.id));
            before = read.last().copied();
            if is_last {
                break;
            }
        }
        assert_eq!(read, [6, 4, 1].map(id), "pages of {most}");
    }
}

async fn secrets_that_the_version_before_ended(client: &Client, table: &str, apps: &AppsTable, case: &Case) {
    let mut app = sample::app(&case.app, case.at(0));
    for (second, secret) in ["1", "2"].into_iter().enumerate() {
        app.replace_secret(secret.repeat(64), Duration::from_secs(3600), case.at(second as u64));
    }
    apps.create_app(&app).await.unwrap();
    client
        .update_item()
        .table_name(table)
        .key("pk", text(&format!("app#{}", case.app)))
        .key("sk", text("app"))
        .update_expression("REMOVE previous_secret_sha256, previous_secret_until")
        .send()
        .await
        .unwrap();
    assert_eq!(apps.app(&case.app).await.unwrap().unwrap().app.previous_secrets, []);
}

async fn half_a_group(client: &Client, table: &str, groups: &GroupsTable, case: &Case) {
    let id = GroupId::parse("g").unwrap();
    let pk = format!("group#{}#g", case.app);
    let mut rows = vec![vec![
        ("pk", text(&pk)),
        ("sk", text("meta")),
        ("name", text("half")),
        ("members", number(101)),
        ("created_at", number(case.at(0).as_millis())),
        ("creating", text("another creation")),
    ]];
    for member in 0..99 {
        rows.push(vec![("pk", text(&pk)), ("sk", text(&format!("member#old{member:02}")))]);
        // Earlier versions wrote nothing more of a member.
        if member % 2 == 0 {
            rows.push(vec![
                ("pk", text(&format!("user#{}#old{member:02}", case.app))),
                ("sk", text("group#g")),
                ("name", text("half")),
                ("joined_at", number(case.at(0).as_millis())),
            ]);
        }
    }
    write(client, table, rows).await;
    assert_eq!(groups.group(&case.app, &id).await.unwrap(), None);
    assert_eq!(groups.size(&case.app, &id).await.unwrap(), None);
    assert_eq!(groups.add_members(&case.app, &id, &[user("eve")], case.at(1)).await.unwrap(), MembersChange::NoGroup);
    assert!(!groups.delete_group(&case.app, &id).await.unwrap());

    let members = [user("ann"), user("bob")];
    let group = Group {
        id: id.clone(),
        name: "whole".into(),
        owner: None,
        members: 2,
        created_at: case.at(1),
        settings: GroupSettings::default(),
        changes: 0,
    };
    groups.create_group(&case.app, &group, &GroupInfo::default(), &members).await.unwrap();
    assert_eq!(groups.group(&case.app, &id).await.unwrap(), Some(group));
    assert_eq!(groups.members(&case.app, &id, None, 1000).await.unwrap(), members);
    for member in 0..99 {
        assert_eq!(groups.groups_of(&case.app, &user(&format!("old{member:02}"))).await.unwrap(), [], "{member}");
    }
}

/// Writes only the mark that begins a deletion.
async fn begin_removal(client: &Client, table: &str, case: &Case) {
    let update = client.update_item().table_name(table).key("pk", text(&format!("group#{}#g", case.app)));
    let update = update.key("sk", text("meta")).update_expression("SET creating = :discarded");
    update.expression_attribute_values(":discarded", text("discarded")).send().await.unwrap();
}

async fn half_a_removal(client: &Client, table: &str, groups: &GroupsTable, case: &Case) {
    let id = GroupId::parse("g").unwrap();
    // The owner sorts between the other members.
    let members: Vec<UserId> = (0..130).map(|number| user(&format!("u{number:03}"))).collect();
    let group = Group {
        id: id.clone(),
        name: "removed".into(),
        owner: Some(members[60].clone()),
        members: 130,
        created_at: case.at(1),
        settings: GroupSettings::default(),
        changes: 0,
    };
    for finisher in ["creation", "deletion", "erasure", "forgetting"] {
        groups.create_group(&case.app, &group, &GroupInfo::default(), &members).await.unwrap();
        begin_removal(client, table, case).await;
        assert_eq!(groups.group(&case.app, &id).await.unwrap(), None, "{finisher}");
        assert_eq!(groups.state(&case.app, &id).await.unwrap(), None, "{finisher}");
        assert_eq!(groups.member(&case.app, &id, &members[0]).await.unwrap(), None, "{finisher}");
        assert!(!groups.assign_group(&case.app, &id, &members[1]).await.unwrap(), "{finisher}");
        let joining = groups.add_members(&case.app, &id, &[user("eve")], case.at(2)).await.unwrap();
        assert_eq!(joining, MembersChange::NoGroup, "{finisher}");
        assert_eq!(groups.remove_members(&case.app, &id, &members[..1]).await.unwrap(), MembersChange::NoGroup);
        assert!(!groups.delete_as_read(&case.app, &group).await.unwrap(), "{finisher}");
        match finisher {
            "creation" => {
                let empty = Group { owner: None, members: 0, created_at: case.at(2), ..group.clone() };
                groups.create_group(&case.app, &empty, &GroupInfo::default(), &[]).await.unwrap();
                assert!(groups.delete_group(&case.app, &id).await.unwrap());
            }
            "deletion" => assert!(groups.delete_group(&case.app, &id).await.unwrap()),
            "erasure" => {
                let membership = groups.groups_of(&case.app, &members[60]).await.unwrap().remove(0);
                groups.leave(&case.app, &members[60], &membership, case.at(2)).await.unwrap();
            }
            _ => groups.forget_group(&case.app, &id, group.created_at).await.unwrap(),
        }
        assert_eq!(groups.members(&case.app, &id, None, 1000).await.unwrap(), [], "{finisher}");
        for member in &members {
            assert_eq!(groups.groups_of(&case.app, member).await.unwrap(), [], "{finisher}: {member}");
        }
        assert!(!groups.delete_group(&case.app, &id).await.unwrap(), "{finisher}");
    }
}

/// Checks reads of rows that are together larger than 1 MB, where a query ends its page.
async fn more_than_a_page(client: &Client, table: &str, groups: &GroupsTable, case: &Case) {
    let (id, pk, filling) = (GroupId::parse("g").unwrap(), format!("group#{}#g", case.app), "x".repeat(40_000));
    let members: Vec<UserId> = (0..60).map(|number| user(&format!("u{number:03}"))).collect();
    let row = |member: &UserId| {
        vec![
            ("pk", text(&pk)),
            ("sk", text(&format!("member#{member}"))),
            ("joined_at", number(case.at(0).as_millis())),
            ("filling", text(&filling)),
        ]
    };
    write(client, table, members.iter().map(row).collect()).await;
    for most in [60, 59, 61, 30] {
        let found = groups.members(&case.app, &id, None, most).await.unwrap();
        assert_eq!(found, members[..most.min(60)], "{most}");
    }
    assert_eq!(groups.members(&case.app, &id, Some(&members[9]), 1000).await.unwrap(), members[10..]);
}

async fn half_a_group_of_an_erased_member(client: &Client, table: &str, groups: &GroupsTable, case: &Case) {
    let (id, pk, created_at) = (GroupId::parse("g").unwrap(), format!("group#{}#g", case.app), case.at(0));
    let joined = || number(created_at.as_millis());
    let mut rows = vec![vec![
        ("pk", text(&pk)),
        ("sk", text("meta")),
        ("name", text("half")),
        ("owner", text("ann")),
        ("members", number(200)),
        ("created_at", joined()),
        ("creating", text("a creation that was cut off")),
    ]];
    for member in ["ann", "bob"] {
        rows.push(vec![("pk", text(&pk)), ("sk", text(&format!("member#{member}"))), ("joined_at", joined())]);
        let of_user = text(&format!("user#{}#{member}", case.app));
        rows.push(vec![("pk", of_user), ("sk", text("group#g")), ("name", text("half")), ("joined_at", joined())]);
    }
    write(client, table, rows).await;
    assert_eq!(groups.member(&case.app, &id, &user("ann")).await.unwrap(), None);
    for (second, left) in [(59, 2), (62, 0)] {
        for membership in groups.groups_of(&case.app, &user("bob")).await.unwrap() {
            groups.leave(&case.app, &user("bob"), &membership, case.at(second)).await.unwrap();
        }
        assert_eq!(groups.members(&case.app, &id, None, 9).await.unwrap().len(), left, "after {second} s");
    }
    assert_eq!(groups.groups_of(&case.app, &user("ann")).await.unwrap(), []);
}

async fn thousands_of_devices(client: &Client, table: &str, users: &UsersTable, case: &Case) {
    let ann = user("ann");
    users.bind(&case.app, &ann, &binding("phone", "fcm", "token", case.at(0)), 16).await.unwrap();
    let row = |device: i64| {
        let name = format!("{device:0100}");
        let at = number(case.at(0).as_millis() + device);
        vec![
            ("pk", text(&format!("user#{}#ann", case.app))),
            ("sk", text(&format!("c#presence#{name}"))),
            ("device_id", text(&name)),
            ("state", text("online")),
            ("session", text("s")),
            ("session_since", at.clone()),
            ("at", at.clone()),
            ("lease_until", at),
        ]
    };
    write(client, table, (0..3_500).map(row).collect()).await;
    let conversation = Conversation::User(user("bob"));
    let facts = users.facts(&case.app, &ann, &conversation).await.unwrap();
    assert!(facts.known && facts.bindings.len() == 1 && facts.presence.len() > 2_000);
    for second in 0..=3_500 / MAX_DEVICES_REMOVED as u64 {
        let name = format!("new{second}");
        let online = event("ann", &name, "s", PresenceStatus::Online, case.at(60 + second));
        users.apply(&case.app, &online, LEASE, 32).await.unwrap();
    }
    let left = users.facts(&case.app, &ann, &conversation).await.unwrap().presence;
    assert_eq!(left.len(), 32);
    assert!(left.iter().all(|(device, _)| device.as_str().starts_with("new")), "{left:?}");
}

async fn settings_that_were_never_numbered(client: &Client, table: &str, users: &UsersTable, case: &Case) {
    let row = |group: &str| {
        vec![
            ("pk", text(&format!("user#{}#ann", case.app))),
            ("sk", text(&format!("k#conv#chatgroup#{group}"))),
            ("disturbance", text(r#"{"era":1,"mode":"NONE"}"#)),
        ]
    };
    write(client, table, ["a", "b"].map(row).into()).await;
    let set = async |group: &str, max: usize| {
        let conversation = &Conversation::Group(GroupId::parse(group).unwrap());
        let disturbance = Disturbance { mode: Some(PushMode::At), ..Disturbance::default() };
        let setting = ConversationSetting { conversation, era: 1, disturbance, at: case.at(0) };
        users.set_conversation(&case.app, &user("ann"), &setting, max).await.unwrap()
    };
    assert!(!set("c", 2).await);
    assert!(set("a", 2).await && set("c", 3).await);
    assert!(!set("d", 3).await && set("b", 3).await);
}

// ---- writing ----

type Row = Vec<(&'static str, AttributeValue)>;

async fn write(client: &Client, table: &str, rows: Vec<Row>) {
    let batches = rows.chunks(25).map(|batch| {
        let puts = batch.iter().map(|row| {
            let item = row.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        client.batch_write_item().request_items(table, puts.collect()).send()
    });
    for written in join_all(batches).await {
        assert!(written.unwrap().unprocessed_items.unwrap_or_default().is_empty());
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
