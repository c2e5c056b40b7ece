//! Queue records of landed versions: a deployment finds them in its queues.

use curlew_tests::upgrade::Version;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use shared::ports::queue::{DispatchRecord, PushRecord};

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

/// Reads every record and writes it again.
fn keeps<T: Serialize + DeserializeOwned>(queue: &str) {
    for version in Version::all() {
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
    keeps::<DispatchRecord>("dispatch");
}

#[test]
fn records_of_pushes_are_read_whole() {
    keeps::<PushRecord>("push");
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
