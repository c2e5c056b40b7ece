//! `make backfill` on rows as versions before wrote them: a member has a row under the group alone, without a time.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, PutRequest, WriteRequest},
};
use curlew_tests::tables::{Tables, local_sdk};
use shared::{
    aws::dynamo::{self, GroupsTable},
    config::{Environment, Vars},
    crypto::system::System,
    domain::{
        group::Group,
        id::{AppKey, GroupId, UserId},
        time::Timestamp,
    },
    ports::{
        clock::Entropy,
        groups::{ManageGroups, ReadMembers, ReadMemberships},
    },
    testing::sample::{app_key, user},
};

/// What `infra/backfill.py` returns when it stopped before the end.
const UNFINISHED: i32 = 3;
const CREATED: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const NOW: Timestamp = Timestamp::from_millis(1_768_467_600_000);

/// A table with groups of a version before.
struct World {
    client: Client,
    tables: Tables,
    groups: GroupsTable,
    app: AppKey,
    state: PathBuf,
}

impl World {
    async fn start() -> Self {
        let client = dynamo::client(&local_sdk(&super::endpoint()));
        let tables = Tables::named(&format!("backfill-{:032x}", System::default().bits()));
        tables.create(&client).await.unwrap();
        let state = std::env::temp_dir().join(format!("{}.json", tables.groups));
        let groups = GroupsTable::new(&client, tables.groups.clone());
        Self { client, tables, groups, app: app_key("acme#chat"), state }
    }

    async fn write(&self, rows: Vec<HashMap<String, AttributeValue>>) {
        for batch in rows.chunks(25) {
            let put = |row: &HashMap<_, _>| PutRequest::builder().set_item(Some(row.clone())).build().unwrap();
            let puts = batch.iter().map(|row| WriteRequest::builder().put_request(put(row)).build()).collect();
            let written = self.client.batch_write_item().request_items(&self.tables.groups, puts).send().await;
            assert!(written.unwrap().unprocessed_items.unwrap_or_default().is_empty());
        }
    }

    /// A group as a version before created it; `half` while members are missing.
    async fn older_group(&self, name: &str, members: &[UserId], half: bool) {
        let pk = format!("group#{}#{name}", self.app);
        let mut meta = row(&pk, "meta");
        meta.insert("name".into(), AttributeValue::S(format!("The {name}")));
        meta.insert("members".into(), AttributeValue::N(members.len().to_string()));
        meta.insert("created_at".into(), AttributeValue::N(CREATED.as_millis().to_string()));
        if half {
            meta.insert("creating".into(), AttributeValue::S("another creation".into()));
        }
        let mut rows = vec![meta];
        for member in members {
            let mut of_member = row(&pk, &format!("member#{member}"));
            of_member.insert("user".into(), AttributeValue::S(format!("user#{}#{member}", self.app)));
            rows.push(of_member);
        }
        self.write(rows).await;
    }

    async fn newer_group(&self, name: &str, members: &[UserId]) {
        let count = u32::try_from(members.len()).unwrap();
        let group = Group { id: id(name), name: name.into(), owner: None, members: count, created_at: NOW };
        self.groups.create_group(&self.app, &group, members).await.unwrap();
    }

    fn command(&self, more: &[&str]) -> Command {
        let python =
            Environment.get("CURLEW_PYTHON").expect("CURLEW_PYTHON must name a Python; `make conformance` does");
        let mut command = Command::new(python);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/backfill.py"));
        command.args(["--table", &self.tables.groups, "--endpoint", &super::endpoint(), "--units", "100000"]);
        command.arg("--state").arg(&self.state).args(more);
        command
    }

    /// Runs it; its exit status and last line.
    async fn backfill(&self, more: &[&str]) -> (i32, String) {
        let mut command = self.command(more);
        let output: Output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let last = told.lines().last().unwrap_or_default().to_owned();
        (output.status.code().unwrap(), format!("{last}{}", String::from_utf8_lossy(&output.stderr)))
    }

    fn begin(&self) -> Child {
        self.command(&[]).stdout(Stdio::null()).spawn().unwrap()
    }

    async fn groups_of(&self, user: &UserId) -> Vec<(String, Timestamp)> {
        let found = self.groups.groups_of(&self.app, user).await.unwrap();
        found.into_iter().map(|membership| (membership.group.to_string(), membership.joined_at)).collect()
    }

    async fn members(&self, group: &str) -> Vec<UserId> {
        self.groups.members(&self.app, &id(group), None, 10_000).await.unwrap()
    }

    /// Every membership with the time in the row of the member and in that of the user, and neither without the other.
    async fn assert_rows_match(&self) {
        let scan = self.client.scan().table_name(&self.tables.groups).consistent_read(true);
        let rows: Vec<_> = scan.into_paginator().items().send().collect::<Result<_, _>>().await.unwrap();
        let (mut members, mut memberships) = (BTreeMap::new(), BTreeMap::new());
        for row in &rows {
            let text = |name: &str| row[name].as_s().unwrap().as_str();
            let at = row.get("joined_at").map(|at| at.as_n().unwrap().clone());
            let (pk, sk) = (text("pk").rsplit_once('#').unwrap(), text("sk"));
            if let Some(member) = sk.strip_prefix("member#") {
                members.insert((pk.1, member), at);
            } else if let Some(group) = sk.strip_prefix("group#") {
                memberships.insert((group, pk.1), at);
            }
        }
        assert_eq!(members, memberships);
        assert!(members.values().all(Option::is_some), "{members:?}");
    }

    async fn end(self) {
        self.tables.delete(&self.client).await.unwrap();
        assert!(!self.state.exists(), "a finished run keeps no state");
    }
}

fn row(pk: &str, sk: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([("pk", pk), ("sk", sk)].map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned()))))
}

fn id(text: &str) -> GroupId {
    GroupId::parse(text).unwrap()
}

fn users(from: usize, to: usize) -> Vec<UserId> {
    (from..to).map(|number| user(&format!("u{number:04}"))).collect()
}

#[tokio::test]
async fn older_members_are_counted_read_and_removed() {
    let world = World::start().await;
    world.older_group("birds", &users(0, 120), false).await;
    assert_eq!(world.members("birds").await, users(0, 120));
    // Whoever joins again stays what they are, and is completed later.
    assert!(world.groups.add_members(&world.app, &id("birds"), &users(118, 122), NOW).await.unwrap());
    assert!(world.groups.remove_members(&world.app, &id("birds"), &users(0, 60)).await.unwrap());
    assert_eq!(world.members("birds").await, users(60, 122));
    assert_eq!(world.groups.size(&world.app, &id("birds")).await.unwrap(), Some(62));
    assert!(world.groups.delete_group(&world.app, &id("birds")).await.unwrap());
    assert_eq!((world.members("birds").await, world.groups_of(&user("u0121")).await), (vec![], vec![]));
    world.assert_rows_match().await;
    world.end().await;
}

#[tokio::test]
async fn every_older_member_finds_the_group_afterwards() {
    let world = World::start().await;
    world.older_group("birds", &users(0, 120), false).await;
    world.older_group("half", &users(0, 99), true).await;
    world.newer_group("cats", &users(0, 2)).await;
    let (status, told) = world.backfill(&[]).await;
    assert_eq!((status, told.contains(" 120 memberships completed, 0 rows of users removed")), (0, true), "{told}");
    assert_eq!(world.groups_of(&users(0, 1)[0]).await, [("birds".to_owned(), CREATED), ("cats".to_owned(), NOW)]);
    for member in users(2, 120) {
        assert_eq!(world.groups_of(&member).await, [("birds".to_owned(), CREATED)], "{member}");
    }
    assert_eq!(world.groups.size(&world.app, &id("birds")).await.unwrap(), Some(120));
    let (status, told) = world.backfill(&[]).await;
    assert_eq!((status, told.contains(" 0 memberships completed, 0 rows of users removed")), (0, true), "{told}");
    // What is left of half a group goes with the next creation.
    world.newer_group("half", &users(7, 8)).await;
    world.assert_rows_match().await;
    world.end().await;
}

#[tokio::test]
async fn it_goes_on_where_it_was_interrupted_and_resurrects_nobody() {
    let world = World::start().await;
    world.older_group("birds", &users(0, 600), false).await;
    world.older_group("cats", &users(0, 600), false).await;
    let (status, told) = world.backfill(&["--pages", "2"]).await;
    assert_eq!(status, UNFINISHED, "{told}");
    let first: Vec<&str> = told.split_whitespace().collect();
    assert!(world.state.exists() && first.contains(&"500"), "{told}");

    // Some leave, one of them comes back, and a group goes.
    let leaving = [users(0, 5), users(300, 305), users(595, 600)].concat();
    assert!(world.groups.remove_members(&world.app, &id("birds"), &leaving).await.unwrap());
    assert!(world.groups.add_members(&world.app, &id("birds"), &leaving[..1], NOW).await.unwrap());
    assert!(world.groups.delete_group(&world.app, &id("cats")).await.unwrap());

    assert_eq!(world.backfill(&[]).await.0, 0);
    assert_eq!(world.groups_of(&leaving[0]).await, [("birds".to_owned(), NOW)]);
    for who in &leaving[1..] {
        assert_eq!(world.groups_of(who).await, [], "{who}");
    }
    assert_eq!(world.groups.size(&world.app, &id("birds")).await.unwrap(), Some(586));
    assert_eq!(world.members("birds").await.len(), 586);
    assert_eq!(world.members("cats").await, []);
    world.assert_rows_match().await;
    world.end().await;
}

#[tokio::test]
async fn members_who_come_and_go_meanwhile_end_with_both_rows_or_none() {
    let world = World::start().await;
    world.older_group("birds", &users(0, 1_000), false).await;
    let mut running = world.begin();
    for round in 0..10 {
        let leaving: Vec<UserId> = users(0, 1_000).into_iter().skip(round).step_by(25).collect();
        assert!(world.groups.remove_members(&world.app, &id("birds"), &leaving).await.unwrap());
        assert!(world.groups.add_members(&world.app, &id("birds"), &leaving[20..], NOW).await.unwrap());
    }
    assert!(tokio::task::spawn_blocking(move || running.wait()).await.unwrap().unwrap().success());
    world.assert_rows_match().await;
    assert_eq!(world.groups.size(&world.app, &id("birds")).await.unwrap(), Some(800));
    assert_eq!(world.members("birds").await.len(), 800);
    world.end().await;
}

#[tokio::test]
async fn what_a_version_before_left_of_a_user_who_went_is_removed() {
    let world = World::start().await;
    world.newer_group("birds", &users(0, 3)).await;
    // A version before removes the row of the member alone, and adds one without a time.
    for gone in [0, 1] {
        let key = row(&format!("group#{}#birds", world.app), &format!("member#u{gone:04}"));
        world.client.delete_item().table_name(&world.tables.groups).set_key(Some(key)).send().await.unwrap();
    }
    world.write(vec![row(&format!("group#{}#birds", world.app), "member#u0001")]).await;
    let (status, told) = world.backfill(&[]).await;
    assert_eq!((status, told.contains(" 1 memberships completed, 1 rows of users removed")), (0, true), "{told}");
    assert_eq!(world.groups_of(&user("u0000")).await, []);
    world.assert_rows_match().await;
    world.end().await;
}
