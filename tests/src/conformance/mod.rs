//! The store's contract suites on the real adapters, at any DynamoDB endpoint.

mod rows;

use std::sync::Arc;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use shared::{
    aws::dynamo::{self, AppsTable, GroupsTable, MessageReader, MessagesTable, RuntimeTable, UsersTable},
    crypto::system::System,
    ports::clock::{Clock, Entropy},
    testing::{
        chance::FixedClock,
        contract::{self, Messages, Report, Run, Stores},
    },
};

use crate::tables::{Tables, local_sdk};

/// Makes tables of its own at `endpoint`, runs every suite of the store on them, and deletes them again.
pub async fn run(endpoint: &str) -> Report {
    let system = System::default();
    let client = dynamo::client(&local_sdk(endpoint));
    let tables = Tables::named(&format!("contract-{:032x}", system.bits()));
    tables.create(&client).await.unwrap_or_else(|error| panic!("no tables at {endpoint}: {error:?}"));
    // The real time, because a table deletes what has expired by its own clock.
    let clock = FixedClock::new(system.now());
    let mut run = Run::new(clock.now(), &system);
    contract::stores(&stores(&client, &tables, &clock), &mut run).await;
    rows::run(&client, &tables, &mut run).await;
    run.case("rows: whatever lives for a while carries its end", async |_| {
        for table in [&tables.messages, &tables.runtime] {
            every_row_expires(&client, table).await;
        }
    })
    .await;
    tables.delete(&client).await.unwrap_or_else(|error| panic!("tables left at {endpoint}: {error:?}"));
    run.report()
}

fn stores(client: &Client, tables: &Tables, clock: &FixedClock) -> Stores {
    let messages = MessagesTable::new(client, tables.messages.clone());
    Stores {
        apps: Arc::new(AppsTable::new(client, tables.apps.clone())),
        users: Arc::new(UsersTable::new(client, tables.users.clone())),
        messages: Messages {
            store: Arc::new(messages.clone()),
            reader: Arc::new(MessageReader::new(messages, clock.clone())),
            clock: clock.clone(),
        },
        groups: Arc::new(GroupsTable::new(client, tables.groups.clone())),
        runtime: Arc::new(RuntimeTable::new(client, tables.runtime.clone())),
    }
}

/// A row without the TTL attribute would stay, and cost, for ever.
async fn every_row_expires(client: &Client, table: &str) {
    let mut rows = client.scan().table_name(table).into_paginator().items().send();
    while let Some(row) = rows.next().await {
        let row = row.unwrap_or_else(|error| panic!("{table} cannot be read: {error:?}"));
        let expires = row.get("expires_at").is_some_and(AttributeValue::is_n);
        assert!(expires, "{:?} of {table} never expires", row.get("pk"));
    }
}
