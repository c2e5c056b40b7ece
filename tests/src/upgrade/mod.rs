//! Rows and records that landed versions wrote (`tests/fixtures/upgrade`), and checks that this version can read them.

mod added_looks;
mod checks;
pub mod held;
mod instant;
mod kinds;
mod looks;
mod operators;
pub mod other_versions;
pub mod planted;
mod returns;
mod rows;
mod task_looks;
mod tasks;

use std::{collections::BTreeMap, path::PathBuf};

use aws_sdk_dynamodb::Client;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use shared::{
    aws::dynamo,
    crypto::system::System,
    domain::id::{AppKey, GroupId, MessageId, UserId},
    domain::time::Timestamp,
    ports::clock::Entropy,
};

use crate::tables::{Tables, local_sdk};

/// The files with rows. Each has the name of its table.
const TABLES: [&str; 5] = ["apps", "users", "messages", "groups", "runtime"];

/// One landed version.
#[derive(Debug)]
pub struct Version {
    /// the name of its folder
    pub name: String,
    /// the story that was played on it
    pub story: Story,
    folder: PathBuf,
}

/// The story that was played on a version, and its API's answers.
#[derive(Debug, Deserialize)]
pub struct Story {
    /// the app
    pub app: AppKey,
    /// when the rows were read
    pub captured_at: Timestamp,
    /// the messages, by what each of them shows
    pub messages: BTreeMap<String, Sent>,
    /// answers by path, and traces by message
    pub answers: BTreeMap<String, Value>,
}

/// A message of a story.
#[derive(Debug, Clone, Deserialize)]
pub struct Sent {
    /// the receiver
    pub user: UserId,
    /// the group, of a group message
    pub group: Option<GroupId>,
    /// its id
    pub msg_id: MessageId,
}

impl Version {
    /// Returns every landed version, oldest first.
    pub fn all() -> Vec<Self> {
        let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/upgrade");
        let entries = std::fs::read_dir(&fixtures).expect("the fixtures are there");
        let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
        folders.retain(|folder| folder.is_dir());
        folders.sort();
        let version = |folder: PathBuf| Self {
            name: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            story: read(&folder.join("story.json")),
            folder,
        };
        folders.into_iter().map(version).collect()
    }

    /// Returns whether its story has connections to Curlew and erasures.
    pub fn has_erasures(&self) -> bool {
        self.name.as_str() >= returns::FIRST
    }

    /// Returns whether its story has support tokens, bans, administrators and statistics.
    pub fn has_operators(&self) -> bool {
        self.name.as_str() >= operators::FIRST
    }

    /// Returns whether its story has push labels, instant pushes, tasks, callbacks, revocations and recalls.
    pub fn has_instant_pushes(&self) -> bool {
        self.name.as_str() >= instant::FIRST
    }

    /// Returns the queues that it has.
    pub fn queues(&self) -> &'static [&'static str] {
        let queues: &[&str] = &["dispatch", "push", "direct", "erase", "callback"];
        match (self.has_erasures(), self.has_instant_pushes()) {
            (_, true) => queues,
            (true, false) => &queues[..4],
            (false, false) => &queues[..2],
        }
    }

    /// Returns the records of one of its queues as they were sent.
    pub fn records(&self, queue: &str) -> Vec<Value> {
        read(&self.folder.join(format!("{queue}.json")))
    }

    /// Returns the rows of a table.
    fn rows(&self, table: &str) -> Vec<rows::Row> {
        let rows: Vec<Value> = read(&self.folder.join(format!("{table}.json")));
        rows.iter().map(rows::item).collect()
    }
}

/// Puts the rows of every landed version into tables of their own at `endpoint`. Reads and changes them through the
/// ports.
///
/// Panics at the first row that this version cannot read or change.
pub async fn run(endpoint: &str) {
    let client = dynamo::client(&local_sdk(endpoint));
    for version in Version::all() {
        let tables = Tables::named(&format!("upgrade-{:032x}", System::default().bits()));
        tables.create_lasting(&client).await.unwrap_or_else(|error| panic!("no tables at {endpoint}: {error:?}"));
        put_rows(&client, &tables, &version).await;
        if version.has_operators() {
            held::everything_is_read(&client, &tables, &version).await;
            operators::all(&client, &tables, &version).await;
        }
        if version.has_instant_pushes() {
            instant::all(&client, &tables, &version).await;
            tasks::all(&client, (&tables.runtime, &tables.messages), &version.story).await;
        }
        checks::all(&client, &tables, &version).await;
        returns::all(&client, &tables, &version).await;
        tables.delete(&client).await.unwrap_or_else(|error| panic!("tables left at {endpoint}: {error:?}"));
    }
}

async fn put_rows(client: &Client, tables: &Tables, version: &Version) {
    for name in TABLES {
        let table = tables.of(name);
        let rows = version.rows(name);
        assert!(!rows.is_empty(), "{} has no {name}", version.name);
        for row in rows {
            let put = client.put_item().table_name(table).set_item(Some(row)).send().await;
            put.unwrap_or_else(|error| panic!("{table} takes no row: {error:?}"));
        }
    }
}

/// Returns the README of the versions.
pub fn readme() -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/upgrade/README.md");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read<T: DeserializeOwned>(path: &PathBuf) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
