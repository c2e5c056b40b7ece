//! Groups as older versions wrote them: a member has a row only under the group, without a time. And `make backfill`
//! for them.

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
        group_profile::{GroupInfo, GroupSettings},
        id::{AppKey, GroupId, UserId},
        time::Timestamp,
    },
    ports::{
        clock::Entropy,
        groups::{ManageGroups, ReadMembers, ReadMemberships},
    },
    testing::sample::{app_key, user},
};

/// The exit status of `infra/backfill.py` when it stopped before the end.
pub const UNFINISHED: i32 = 3;
pub const CREATED: Timestamp = Timestamp::from_millis(1_700_000_000_000);
pub const NOW: Timestamp = Timestamp::from_millis(1_768_467_600_000);

/// A table with groups of an older version.
pub struct World {
    pub client: Client,
    pub tables: Tables,
    pub groups: GroupsTable,
    pub app: AppKey,
    pub state: PathBuf,
}

impl World {
    pub async fn start() -> Self {
        let client = dynamo::client(&local_sdk(&super::endpoint()));
        let tables = Tables::named(&format!("backfill-{:032x}", System::default().bits()));
        tables.create(&client).await.unwrap();
        let state = std::env::temp_dir().join(format!("{}.json", tables.groups));
        let groups = GroupsTable::new(&client, tables.groups.clone());
        Self { client, tables, groups, app: app_key("acme#chat"), state }
    }

    pub async fn write(&self, rows: Vec<HashMap<String, AttributeValue>>) {
        for batch in rows.chunks(25) {
            let put = |row: &HashMap<_, _>| PutRequest::builder().set_item(Some(row.clone())).build().unwrap();
            let puts = batch.iter().map(|row| WriteRequest::builder().put_request(put(row)).build()).collect();
            let written = self.client.batch_write_item().request_items(&self.tables.groups, puts).send().await;
            assert!(written.unwrap().unprocessed_items.unwrap_or_default().is_empty());
        }
    }

    /// Writes a group as an older version created it. With `half` it lacks members.
    pub async fn older_group(&self, name: &str, members: &[UserId], half: bool) {
        self.older_group_of(CREATED, name, members, half).await;
    }

    /// Writes such a group with this time of creation.
    pub async fn older_group_of(&self, created: Timestamp, name: &str, members: &[UserId], half: bool) {
        let pk = format!("group#{}#{name}", self.app);
        let mut meta = row(&pk, "meta");
        meta.insert("name".into(), AttributeValue::S(format!("The {name}")));
        meta.insert("members".into(), AttributeValue::N(members.len().to_string()));
        meta.insert("created_at".into(), AttributeValue::N(created.as_millis().to_string()));
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

    pub async fn newer_group(&self, name: &str, members: &[UserId]) {
        let count = u32::try_from(members.len()).unwrap();
        let group = Group {
            id: id(name),
            name: name.into(),
            owner: None,
            members: count,
            created_at: NOW,
            settings: GroupSettings::default(),
            changes: 0,
        };
        self.groups.create_group(&self.app, &group, &GroupInfo::default(), members).await.unwrap();
    }

    fn command(&self, endpoint: &str, more: &[&str]) -> Command {
        let python =
            Environment.get("CURLEW_PYTHON").expect("CURLEW_PYTHON must name a Python; `make conformance` does");
        let mut command = Command::new(python);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/backfill.py"));
        command.args(["--tables", &self.tables.groups, &self.tables.messages, &self.tables.runtime]);
        command.args(["--endpoint", endpoint, "--units", "100000"]);
        command.arg("--state").arg(&self.state).args(more);
        command
    }

    /// Runs the backfill. Returns its exit status and last line.
    pub async fn backfill(&self, more: &[&str]) -> (i32, String) {
        self.backfill_at(&super::endpoint(), more).await
    }

    /// Runs the backfill with the table at this endpoint. Returns its exit status and last line.
    pub async fn backfill_at(&self, endpoint: &str, more: &[&str]) -> (i32, String) {
        let mut command = self.command(endpoint, more);
        let output: Output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let last = told.lines().last().unwrap_or_default().to_owned();
        (output.status.code().unwrap(), format!("{last}{}", String::from_utf8_lossy(&output.stderr)))
    }

    pub fn begin(&self) -> Child {
        self.command(&super::endpoint(), &[]).stdout(Stdio::null()).spawn().unwrap()
    }

    pub async fn groups_of(&self, user: &UserId) -> Vec<(String, Timestamp)> {
        let found = self.groups.groups_of(&self.app, user).await.unwrap();
        found.into_iter().map(|membership| (membership.group.to_string(), membership.joined_at)).collect()
    }

    pub async fn members(&self, group: &str) -> Vec<UserId> {
        self.groups.members(&self.app, &id(group), None, 10_000).await.unwrap()
    }

    /// Returns all rows of groups, by their keys.
    pub async fn rows(&self) -> BTreeMap<String, HashMap<String, AttributeValue>> {
        let scan = self.client.scan().table_name(&self.tables.groups).consistent_read(true);
        let rows: Vec<_> = scan.into_paginator().items().send().collect::<Result<_, _>>().await.unwrap();
        rows.into_iter().map(|row| (format!("{:?} {:?}", row["pk"], row["sk"]), row)).collect()
    }

    /// Runs the backfill again, and checks that it changes nothing.
    pub async fn assert_all_is_done(&self) {
        let before = self.rows().await;
        let (status, told) = self.backfill(&[]).await;
        let nothing = " 0 heads raised, 0 erased members removed, 0 memberships completed, 0 rows of users removed, \
                       0 changed meanwhile";
        assert_eq!((status, told.contains(nothing)), (0, true), "{told}");
        assert_eq!(self.rows().await, before);
    }

    /// Checks that every membership has both rows, of the member and of the user, with the same time.
    pub async fn assert_rows_match(&self) {
        let rows = self.rows().await;
        let (mut members, mut memberships) = (BTreeMap::new(), BTreeMap::new());
        for row in rows.values() {
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

    pub async fn end(self) {
        self.tables.delete(&self.client).await.unwrap();
        assert!(!self.state.exists(), "a finished run keeps no state");
    }
}

pub fn row(pk: &str, sk: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([("pk", pk), ("sk", sk)].map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned()))))
}

pub fn id(text: &str) -> GroupId {
    GroupId::parse(text).unwrap()
}

pub fn users(from: usize, to: usize) -> Vec<UserId> {
    (from..to).map(|number| user(&format!("u{number:04}"))).collect()
}
