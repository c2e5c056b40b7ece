//! Records of this version's queues as other versions write them: while a deployment runs, versions work side by side.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Version, kinds};

/// Names without which a record asks for the same. Earlier versions of a record do not have them.
const ADDED: [(&str, &[&str]); 3] = [
    ("dispatch", &[".jobs[].connections"]),
    ("push", &[".decided_at", ".group_exists"]),
    (
        "direct",
        &[
            ".attempts",
            ".tried_at",
            ".live_at",
            ".open",
            ".opened_at",
            ".receivers[].connections[].token_key",
            ".receivers[].connections[].until",
        ],
    ),
];
/// A name that every version knows, although not every fixture has it.
const KNOWN: [&str; 1] = [".content.ext"];
/// A name that no version knows.
const NEW: &str = "added_later";

/// Returns a record of a queue as an earlier version writes it. It must become the same as the record.
///
/// `None` if that version has no words for it, as for a push of a task in versions before tasks.
pub fn as_written_by(version: &Version, queue: &str, record: &Value) -> Option<Value> {
    let known = names(version, queue, &record["v"])?;
    let added = ADDED.iter().find(|(name, _)| *name == queue).map_or(&[][..], |(_, added)| added);
    without(record, "", &|name| match (known.contains(name) || KNOWN.contains(&name), added.contains(&name)) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    })
}

/// Returns a record as a later version writes it, with names that this version does not know. It must become the same as
/// the record.
pub fn as_written_later(record: &Value) -> Value {
    match record {
        Value::Object(fields) => {
            let mut fields: Map<String, Value> =
                fields.iter().map(|(name, value)| (name.clone(), changed_below(name, value))).collect();
            fields.insert(NEW.to_owned(), json!({"by": ["a later version"]}));
            Value::Object(fields)
        }
        other => other.clone(),
    }
}

/// Returns a record in a form that only a later version reads. It must change nothing and come back to its queue, where the
/// later version takes it. At its third read it is dead-lettered.
pub fn in_a_later_form(record: &Value) -> Value {
    let mut record = record.clone();
    record["v"] = json!("later-1");
    record
}

/// Adds new names below the record itself, where the names are the product's own.
fn changed_below(name: &str, value: &Value) -> Value {
    match value {
        Value::Array(list) if ["jobs", "receivers"].contains(&name) => list.iter().map(as_written_later).collect(),
        other => other.clone(),
    }
}

/// Returns the names that a version's records of a kind have. `None` if it has no such records.
fn names(version: &Version, queue: &str, kind: &Value) -> Option<BTreeSet<String>> {
    let records = if version.queues().contains(&queue) { version.records(queue) } else { Vec::new() };
    let mut names = BTreeSet::new();
    records.iter().filter(|record| record["v"] == *kind).for_each(|record| kinds::json_names(record, "", &mut names));
    (!names.is_empty()).then_some(names)
}

/// Returns a value with the names of which `keeps` says so. `None` if `keeps` does not know one of them.
fn without(value: &Value, within: &str, keeps: &impl Fn(&str) -> Option<bool>) -> Option<Value> {
    match value {
        Value::Object(fields) => {
            let mut kept = Map::new();
            for (field, inner) in fields {
                let name = format!("{within}.{field}");
                if !keeps(&name)? {
                    continue;
                }
                // An app chooses the names of its own data.
                let is_free = kinds::is_free(field) || field == "custom";
                let inner = if is_free { inner.clone() } else { without(inner, &name, keeps)? };
                kept.insert(field.clone(), inner);
            }
            Some(Value::Object(kept))
        }
        Value::Array(list) => list.iter().map(|inner| without(inner, &format!("{within}[]"), keeps)).collect(),
        other => Some(other.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde::{Serialize, de::DeserializeOwned};
    use shared::ports::{
        connections::DirectRecord,
        queue::{DispatchRecord, PushRecord},
    };

    use super::*;

    /// Reads a record and returns what this version makes of it.
    fn read<T: Serialize + DeserializeOwned>(record: &Value) -> Value {
        let read: T = serde_json::from_value(record.clone()).unwrap_or_else(|error| panic!("{error}: {record}"));
        serde_json::to_value(read).unwrap()
    }

    fn read_of(queue: &str, record: &Value) -> Value {
        match queue {
            "dispatch" => read::<DispatchRecord>(record),
            "push" => read::<PushRecord>(record),
            _ => read::<DirectRecord>(record),
        }
    }

    /// Returns each receiver with its message, app and text, which no version may change.
    fn essence(record: &Value) -> Vec<String> {
        let mut found = Vec::new();
        collect(record, "", &mut found);
        found
    }

    fn collect(value: &Value, name: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, inner)| collect(inner, name, found)),
            Value::Array(list) => list.iter().for_each(|inner| collect(inner, name, found)),
            other if ["app", "user", "msg_id", "msg", "token", "notifier", "expires_at"].contains(&name) => {
                found.push(format!("{name} {other}"));
            }
            _ => {}
        }
    }

    #[test]
    fn an_earlier_version_asks_for_the_same_with_its_own_names() {
        let mut versions = Version::all();
        let newest = versions.pop().unwrap();
        let mut rewritten = 0;
        for (version, queue) in versions.iter().flat_map(|version| ADDED.map(|(queue, _)| (version, queue))) {
            for record in newest.records(queue) {
                let Some(earlier) = as_written_by(version, queue, &record) else { continue };
                assert_eq!(essence(&earlier), essence(&record), "{}: {record}", version.name);
                let mut written = BTreeSet::new();
                kinds::json_names(&earlier, "", &mut written);
                assert!(ADDED.iter().all(|(_, added)| {
                    let known = names(version, queue, &record["v"]).unwrap();
                    added.iter().all(|name| !written.contains(*name) || known.contains(*name))
                }));
                read_of(queue, &earlier);
                rewritten += 1;
            }
        }
        assert!(rewritten > 60, "{rewritten} records");
    }

    #[test]
    fn an_earlier_version_has_no_words_for_what_came_later() {
        let versions = Version::all();
        let newest = versions.last().unwrap();
        let instant = |record: &Value| record.pointer("/jobs/0/content/instant").is_some();
        let pushes: Vec<Value> = newest.records("dispatch").into_iter().filter(instant).collect();
        assert!(!pushes.is_empty());
        for record in pushes {
            assert_eq!(as_written_by(&versions[0], "dispatch", &record), None);
            assert_eq!(as_written_by(newest, "dispatch", &record), Some(record));
        }
        assert_eq!(as_written_by(&versions[0], "direct", &newest.records("direct")[0]), None);
    }

    #[test]
    fn what_a_later_version_adds_changes_nothing_for_this_one() {
        for queue in ADDED.map(|(queue, _)| queue) {
            for record in Version::all().pop().unwrap().records(queue) {
                let later = as_written_later(&record);
                assert_ne!(later, record);
                assert_eq!(read_of(queue, &later), read_of(queue, &record));
            }
        }
    }

    #[test]
    fn a_form_of_a_later_version_is_not_read_as_another_one() {
        for record in Version::all().pop().unwrap().records("push") {
            assert!(serde_json::from_value::<PushRecord>(in_a_later_form(&record)).is_err());
        }
        for record in Version::all().pop().unwrap().records("dispatch") {
            assert!(serde_json::from_value::<DispatchRecord>(in_a_later_form(&record)).is_err());
        }
    }
}
