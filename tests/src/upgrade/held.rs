//! Checks the names of stored attributes and queue records that landed versions wrote: this version must still read
//! them.
//!
//! A name counts as read if a look finds something else once the name is missing, or has another number. So the test fails
//! as soon as the code reads another name.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::Client;

use super::{TABLES, Version, kinds, looks::Looks, rows::Row};
use crate::tables::Tables;

/// Names that no look reads: their kind, the name, and why.
const NOT_LOOKED_AT: [(&str, &str, &str); 23] = [
    ("users dir", "times", "the condition of an erasure; `returns` erases users"),
    ("users user/c#inbox", "expires_at", TTL),
    ("messages group/m#", "n", "nobody reads it: it counts a group's messages for versions to come"),
    ("messages group/m#<id>#ack", "expires_at", TTL),
    ("messages msg/t", "expires_at", TTL),
    ("messages msg/t#", "expires_at", TTL),
    ("messages user/k#", "expires_at", TTL),
    ("messages user/m#<id>#ack", "expires_at", TTL),
    ("messages user/r#", "expires_at", TTL),
    ("messages user/t#", "expires_at", TTL),
    ("groups group/head", "expires_at", TTL),
    ("groups user/group#", "name", "nobody reads it: the group's own row has the name of now"),
    ("runtime access/access", "expires_at", TTL),
    ("runtime gateway/gateway", "expires_at", TTL),
    ("runtime health/health", "expires_at", TTL),
    ("runtime due-tasks", "expires_at", TTL),
    ("runtime tasks/c#", "expires_at", TTL),
    ("runtime tasks/m#", "expires_at", TTL),
    ("runtime tasks/n#", "expires_at", TTL),
    ("runtime tasks/rate", "expires_at", TTL),
    ("runtime tasks/room", "expires_at", TTL),
    ("runtime tasks/stored#", "expires_at", TTL),
    ("runtime tasks/t#", "expires_at", TTL),
];
const TTL: &str = "DynamoDB alone reads it: the template names it as the time to live";

/// The names of every kind of row and record.
pub type Names = BTreeMap<String, BTreeSet<String>>;

/// Returns the names that a version's rows have, by table and kind.
pub fn of_rows(version: &Version) -> Names {
    let mut found = Names::new();
    for table in TABLES {
        for row in version.rows(table) {
            found.entry(format!("{table} {}", kinds::kind(&row))).or_default().extend(kinds::names(&row));
        }
    }
    found
}

/// Returns the names that a version's records have, by queue.
pub fn of_records(version: &Version) -> Names {
    let of = |queue: &str| {
        let mut names = BTreeSet::new();
        version.records(queue).iter().for_each(|record| kinds::json_names(record, "", &mut names));
        (queue.to_owned(), names)
    };
    version.queues().iter().map(|queue| of(queue)).collect()
}

/// Returns the names that every row of a kind has, and every record of a queue and form. The version before needs no
/// more than these.
pub fn in_each(version: &Version) -> Names {
    let rows = TABLES.into_iter().flat_map(|table| {
        let rows = version.rows(table).into_iter();
        rows.map(move |row| (format!("{table} {}", kinds::kind(&row)), kinds::names(&row)))
    });
    let records = version.queues().iter().flat_map(|queue| {
        version.records(queue).into_iter().map(move |record| {
            let mut names = BTreeSet::new();
            kinds::json_names(&record, "", &mut names);
            (format!("queue {queue} {}", record["v"].as_str().unwrap_or_default()), names)
        })
    });
    let mut found = Names::new();
    for (kind, names) in rows.chain(records) {
        found.entry(kind).and_modify(|all| all.retain(|name| names.contains(name))).or_insert(names);
    }
    found
}

/// Returns the names of all versions, as the README lists them: a line for each kind of row and each queue.
pub fn listed() -> String {
    let (mut rows, mut records) = (Names::new(), Names::new());
    for version in Version::all() {
        of_rows(&version).into_iter().for_each(|(kind, names)| rows.entry(kind).or_default().extend(names));
        of_records(&version).into_iter().for_each(|(queue, names)| records.entry(queue).or_default().extend(names));
    }
    for (kind, name, _) in NOT_LOOKED_AT {
        assert!(rows.get(kind).is_some_and(|names| names.contains(name)), "no row of {kind} has {name}");
    }
    let line = |(kind, names): (String, BTreeSet<String>)| {
        let names: Vec<String> = names.iter().map(|name| format!("`{}`", name.trim_start_matches('.'))).collect();
        format!("- {kind}: {}\n", names.join(", "))
    };
    let rows: String = rows.into_iter().filter(|(_, names)| !names.is_empty()).map(line).collect();
    let records: String = records.into_iter().map(line).collect();
    format!("### Rows\n\n{rows}\n### Records\n\n{records}")
}

/// Panics with all names in the version's rows that this version does not read.
pub(super) async fn everything_is_read(client: &Client, tables: &Tables, version: &Version) {
    let looks = Looks::new(client, tables, version);
    let mut unread = Vec::new();
    for table in TABLES {
        let mut kinds: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for row in version.rows(table) {
            kinds.entry(kinds::kind(&row)).or_default().push(row);
        }
        for (kind, rows) in kinds {
            let names: BTreeSet<String> = rows.iter().flat_map(kinds::names).collect();
            for name in names.iter().filter(|name| !is_left_out(&format!("{table} {kind}"), name)) {
                if !is_read(&looks, table, &rows, name).await {
                    unread.push(format!("{table} {kind}: {name}"));
                }
            }
        }
    }
    assert!(unread.is_empty(), "{}: nobody reads\n{}", version.name, unread.join("\n"));
}

fn is_left_out(kind: &str, name: &str) -> bool {
    NOT_LOOKED_AT.iter().any(|(of, left_out, _)| kind == *of && name == *left_out)
}

/// Returns whether a look at one of the rows finds something else without this name.
async fn is_read(looks: &Looks<'_>, table: &str, rows: &[Row], name: &str) -> bool {
    for row in rows.iter().filter(|row| kinds::names(row).contains(name)) {
        let whole = looks.at(table, row).await;
        assert_eq!(whole, looks.at(table, row).await, "a look changes what it looks at, or has no order");
        for changed in [kinds::without(row, name), kinds::with_other_numbers(row, name)] {
            looks.put(table, changed).await;
            let other = looks.at(table, row).await;
            looks.put(table, row.clone()).await;
            if whole != other {
                return true;
            }
        }
    }
    false
}
