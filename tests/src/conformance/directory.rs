//! Tables of versions without a directory, and the passes that bring them up to this one.

#![expect(clippy::unwrap_used, reason = "a case fails by a panic")]

use std::collections::HashMap;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use shared::{
    aws::dynamo::{AppsTable, Backfilled, GroupsTable, UsersTable},
    domain::{
        directory::{Month, Shard},
        group::Group,
        id::{GroupId, UserId},
    },
    ports::{
        apps::{FreeAppName, HeldName, ManageApps},
        directory::{ReadDirectory, ReadGroupDirectory},
        error::StoreError,
        groups::ManageGroups,
        users::ManageBindings,
    },
    testing::{
        contract::{Case, Run},
        sample::{app, binding, user},
    },
};

use crate::tables::Tables;

type Item = HashMap<String, AttributeValue>;

/// Runs the cases.
pub(super) async fn run(client: &Client, tables: &Tables, run: &mut Run) {
    let (users, groups) =
        (UsersTable::new(client, tables.users.clone()), GroupsTable::new(client, tables.groups.clone()));
    let apps = AppsTable::new(client, tables.apps.clone());
    run.case("backfill: users and groups of versions before are listed, once", async |case| {
        older_rows_are_listed(client, tables, (&users, &groups), case).await;
    })
    .await;
    run.case("backfill: an app keeps its name until all of its users are listed", async |case| {
        names_wait_for_the_backfill(client, &tables.apps, &apps, case).await;
    })
    .await;
}

async fn older_rows_are_listed(
    client: &Client,
    tables: &Tables,
    (users, groups): (&UsersTable, &GroupsTable),
    case: &Case,
) {
    let names = ["ann", "bob"].map(user);
    for (number, name) in names.iter().enumerate() {
        let bound = binding("phone", "fcm", &format!("t{number}"), case.at(0));
        users.bind(&case.app, name, &bound, 16).await.unwrap();
        let pk = format!("dir#{}#{}", case.app, Shard::of(name).digit());
        delete(client, &tables.users, &pk, name.as_str()).await;
    }
    let id = GroupId::parse("g1").unwrap();
    let group = Group { id: id.clone(), name: String::new(), owner: None, members: 0, created_at: case.at(0) };
    groups.create_group(&case.app, &group, &[]).await.unwrap();
    let month = Month::of(case.at(0));
    let sk = format!("{:013}#g1", 9_999_999_999_999 - case.at(0).as_millis());
    delete(client, &tables.groups, &format!("gdir#{}#{month}", case.app), &sk).await;
    assert_eq!(
        (listed(users, case).await.len(), groups.groups(&case.app, month, None, 9).await.unwrap().len()),
        (0, 0)
    );

    assert!(pass(async |from| users.list_known_users(from).await).await >= 2);
    pass(async |from| groups.list_known_groups(from).await).await;
    assert_eq!(listed(users, case).await, names);
    assert_eq!(groups.groups(&case.app, month, None, 9).await.unwrap(), [(case.at(0), id)]);
    assert_eq!(pass(async |from| users.list_known_users(from).await).await, 0);
}

async fn names_wait_for_the_backfill(client: &Client, table: &str, apps: &AppsTable, case: &Case) {
    apps.create_app(&app(&case.app, case.at(0))).await.unwrap();
    let update = client.update_item().table_name(table).update_expression("REMOVE users_listed");
    let update = update.key("pk", text(&format!("app#{}", case.app))).key("sk", text("app"));
    update.send().await.unwrap();
    apps.delete_app(&case.app, case.at(1)).await.unwrap();
    assert!(!apps.free_name(&case.app, case.at(1)).await.unwrap());
    assert_eq!(apps.held_name(&case.app).await.unwrap(), Some(HeldName::Buried));
    pass(async |from| apps.mark_listed_apps(from).await).await;
    assert_eq!(apps.held_name(&case.app).await.unwrap(), Some(HeldName::Buried));
    assert_eq!(apps.delete_app(&case.app, case.at(2)).await.unwrap(), Some(case.at(2)));
    assert!(apps.free_name(&case.app, case.at(2)).await.unwrap());
    apps.create_app(&app(&case.app, case.at(3))).await.unwrap();
}

/// Goes over a table; how many were listed.
async fn pass(page: impl AsyncFn(Option<Item>) -> Result<Backfilled, StoreError>) -> usize {
    let (mut listed, mut from) = (0, None);
    loop {
        let done = page(from).await.unwrap();
        listed += done.listed;
        from = done.next;
        if from.is_none() {
            return listed;
        }
    }
}

async fn listed(users: &UsersTable, case: &Case) -> Vec<UserId> {
    let mut listed = Vec::new();
    for shard in Shard::all() {
        listed.extend(users.users(&case.app, shard, None, 100).await.unwrap());
    }
    listed.sort();
    listed
}

async fn delete(client: &Client, table: &str, pk: &str, sk: &str) {
    client.delete_item().table_name(table).key("pk", text(pk)).key("sk", text(sk)).send().await.unwrap();
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}
