//! Runs the store's contract suites on the real adapters, at any DynamoDB endpoint.

mod rows;

use std::sync::Arc;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use shared::{
    aws::dynamo::{self, AppsTable, Erasures, GroupsTable, MessageReader, MessagesTable, RuntimeTable, UsersTable},
    crypto::system::System,
    domain::{ack::OlderMark, id::MessageId, message::Receiver},
    ports::{
        acks::{AcknowledgeMessages, ReadAck},
        clock::{Clock, Entropy},
        messages::StoreMessages,
        timelines::{Order, ReadTimeline, Span, Timeline},
    },
    testing::{
        chance::FixedClock,
        contract::{self, Case, Messages, Report, Run, Stores},
        sample,
    },
};

use crate::tables::{Tables, local_sdk};

/// Creates tables at `endpoint`, runs every suite of the store on them, and deletes them.
pub async fn run(endpoint: &str) -> Report {
    let system = System::default();
    let client = dynamo::client(&local_sdk(endpoint));
    let tables = Tables::named(&format!("contract-{:032x}", system.bits()));
    tables.create(&client).await.unwrap_or_else(|error| panic!("no tables at {endpoint}: {error:?}"));
    // The clock is the real time, because TTL deletes by the table's own clock.
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
    run.case("acks: rows of older versions count until they expire", async |case| {
        older_acks_count(&client, &tables.messages, &clock, case).await;
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
        labels: Arc::new(GroupsTable::new(client, tables.groups.clone())),
        runtime: Arc::new(RuntimeTable::new(client, tables.runtime.clone())),
        erasures: Arc::new(Erasures::new(RuntimeTable::new(client, tables.runtime.clone()), clock.clone())),
    }
}

/// Checks acknowledgements of older versions: a row beside the message, and a mark for all messages up to one.
async fn older_acks_count(client: &Client, table: &str, clock: &FixedClock, case: &Case) {
    let store = MessagesTable::new(client, table.to_owned());
    let ann = sample::user("ann");
    let [old, late, single, marked, new] = [1, 70, 80, 100, 110].map(|second| MessageId::new(case.at(second), 7));
    let receivers = [old, late, single, marked, new].map(|msg_id| Receiver { user: ann.clone(), msg_id });
    let content = sample::content("hi", case.at(0));
    store.store(&case.app, &[(&content, &receivers)], clock).await.expect("an answer");
    for (sk, up_to) in [(format!("m#{single}#ack"), None), ("acked".to_owned(), Some(marked))] {
        let mut put = client
            .put_item()
            .table_name(table)
            .item("pk", AttributeValue::S(format!("user#{}#{ann}", case.app)))
            .item("sk", AttributeValue::S(sk))
            .item("expires_at", AttributeValue::N((clock.now().as_seconds() + 86_400).to_string()));
        if let Some(id) = up_to {
            put = put.item("up_to", AttributeValue::S(id.to_string()));
        }
        put.send().await.expect("an answer");
    }
    let mut seen = Vec::new();
    for receiver in &receivers {
        seen.push(store.is_acknowledged(&case.app, receiver).await.expect("an answer"));
    }
    // A message within a minute below the mark may have been stored after it, so it counts as not acknowledged.
    assert_eq!(seen, [true, false, true, true, false]);
    assert_eq!(store.older_mark(&case.app, &ann).await.expect("an answer"), Some(OlderMark(marked)));
    for order in [Order::OldestFirst, Order::NewestFirst] {
        for limit in [1, 2, 3, 10] {
            // A message that was acknowledged in a row of its own is left out, wherever the reads split the rows.
            let mut read = everything(&store, case, order, limit).await;
            read.sort();
            assert_eq!(read, [old, late, marked, new], "{order:?} {limit}");
        }
    }
}

/// Returns Ann's messages, read a few at a time.
async fn everything(store: &MessagesTable, case: &Case, order: Order, limit: usize) -> Vec<MessageId> {
    let ann = Timeline::User(sample::user("ann"));
    let mut span = Span { after: MessageId::MIN, up_to: MessageId::MAX, order, limit, strong: true };
    let mut read = Vec::new();
    loop {
        let chunk = store.timeline(&case.app, &ann, &span).await.expect("an answer");
        read.extend(chunk.entries.into_iter().map(|entry| entry.msg_id));
        match (chunk.rest, order) {
            (None, _) => return read,
            (Some(rest), Order::OldestFirst) => span.after = rest,
            (Some(rest), Order::NewestFirst) => span.up_to = rest.previous(),
        }
    }
}

/// Checks that every row has the TTL attribute. A row without it would stay, and cost, for ever.
async fn every_row_expires(client: &Client, table: &str) {
    let mut rows = client.scan().table_name(table).into_paginator().items().send();
    while let Some(row) = rows.next().await {
        let row = row.unwrap_or_else(|error| panic!("{table} cannot be read: {error:?}"));
        let expires = row.get("expires_at").is_some_and(AttributeValue::is_n);
        assert!(expires, "{:?} of {table} never expires", row.get("pk"));
    }
}
