//! Queue records of landed versions: a deployment finds them in its queues.

use curlew_tests::upgrade::Version;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use shared::ports::{
    connections::DirectRecord,
    erase_queue::EraseRecord,
    queue::{DispatchRecord, PushRecord},
};

/// Whether everything that was said is still said. What was named otherwise then must be read under its old name.
fn still_says(now: &Value, before: &Value) -> bool {
    match (now, before) {
        (Value::Object(now), Value::Object(before)) => {
            before.iter().all(|(name, value)| now.get(name).is_some_and(|now| still_says(now, value)))
        }
        (Value::Array(now), Value::Array(before)) => {
            now.len() == before.len() && now.iter().zip(before).all(|(now, before)| still_says(now, before))
        }
        _ => now == before,
    }
}

/// Reads every record of these versions and writes it again.
fn keeps<T: Serialize + DeserializeOwned>(queue: &str, versions: Vec<Version>) {
    assert!(!versions.is_empty());
    for version in versions {
        let records = version.records(queue);
        assert!(!records.is_empty(), "{} has no records of {queue}", version.name);
        for before in records {
            let text = before.to_string();
            let record: T =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}: {text}", version.name));
            let now = serde_json::to_value(&record).unwrap();
            assert!(still_says(&now, &before), "{}: of {before}\nis left {now}", version.name);
        }
    }
}

#[test]
fn records_of_dispatch_are_read_whole() {
    keeps::<DispatchRecord>("dispatch", Version::all());
}

#[test]
fn records_of_pushes_are_read_whole() {
    keeps::<PushRecord>("push", Version::all());
}

/// The versions that know connections and erasures.
fn later() -> Vec<Version> {
    Version::all().into_iter().filter(Version::has_erasures).collect()
}

#[test]
fn records_for_connections_are_read_whole() {
    keeps::<DirectRecord>("direct", later());
}

#[test]
fn records_of_erasures_are_read_whole() {
    keeps::<EraseRecord>("erase", later());
}

#[test]
fn the_fixtures_hold_every_kind_of_record() {
    for version in Version::all() {
        let dispatch = version.records("dispatch");
        let has = |records: &[Value], pointer: &str| records.iter().any(|record| record.pointer(pointer).is_some());
        for pointer in
            ["/jobs/0/recheck_at", "/jobs/0/page", "/jobs/0/repeat", "/jobs/0/attempts", "/after", "/members"]
        {
            assert!(has(&dispatch, pointer), "{}: {pointer}", version.name);
        }
        let push = version.records("push");
        for pointer in ["/page", "/rounds/0", "/not_before", "/repeat", "/receivers/0/devices/0/places"] {
            assert!(has(&push, pointer), "{}: {pointer}", version.name);
        }
    }
}

#[test]
fn the_fixtures_of_later_versions_hold_every_kind_of_record_for_connections_and_erasures() {
    for version in later() {
        let kinds = |queue: &str| -> Vec<String> {
            version.records(queue).iter().filter_map(|record| record["v"].as_str().map(str::to_owned)).collect()
        };
        for (queue, kind) in [
            ("direct", "message-1"),
            ("direct", "page-1"),
            ("direct", "end-1"),
            ("erase", "user-1"),
            ("erase", "app-1"),
        ] {
            assert!(kinds(queue).iter().any(|known| known == kind), "{}: {kind}", version.name);
        }
        let has =
            |queue: &str, pointer: &str| version.records(queue).iter().any(|record| record.pointer(pointer).is_some());
        for pointer in ["/page/group", "/members", "/falls_back", "/cursor", "/since", "/page", "/not_before"] {
            assert!(has("direct", pointer), "{}: {pointer}", version.name);
        }
        for (queue, pointer) in [
            ("erase", "/sweep"),
            ("dispatch", "/jobs/0/connections/tried_at"),
            ("dispatch", "/jobs/0/waited/devices/0"),
        ] {
            assert!(has(queue, pointer), "{}: {pointer}", version.name);
        }
    }
}
