//! Checks queue records of landed versions: a deployment finds them in its queues.

use std::collections::BTreeSet;

use curlew_tests::upgrade::{Version, held, readme};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use shared::ports::{
    callbacks::CallbackRecord,
    connections::DirectRecord,
    erase_queue::EraseRecord,
    queue::{DispatchRecord, PushRecord},
};

/// Returns whether `now` has every value of `before`, under the same name.
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

/// Returns the versions with connections and erasures.
fn later() -> Vec<Version> {
    Version::all().into_iter().filter(Version::has_erasures).collect()
}

/// Returns the versions with instant pushes, callbacks, revocations and recalls.
fn newest() -> Vec<Version> {
    Version::all().into_iter().filter(Version::has_instant_pushes).collect()
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
fn records_of_callbacks_are_read_whole() {
    keeps::<CallbackRecord>("callback", newest());
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

#[test]
fn the_fixtures_of_the_newest_version_hold_what_its_records_can_say() {
    for version in Version::all().iter().filter(|version| version.has_operators()) {
        let records = held::of_records(version);
        for (queue, name) in [
            ("dispatch", ".jobs[].waited.vendor"),
            ("push", ".group_exists"),
            ("direct", ".receivers[].connections[].token_key"),
            ("direct", ".receivers[].connections[].until"),
            ("direct", ".live_at"),
            ("direct", ".open"),
            ("direct", ".opened_at"),
            ("direct", ".tried_at"),
        ] {
            assert!(records[queue].contains(name), "{}: {queue} {name}", version.name);
        }
    }
}

#[test]
fn the_fixtures_of_the_newest_version_hold_every_kind_of_row_that_operators_make() {
    for version in Version::all().iter().filter(|version| version.has_operators()) {
        let rows = held::of_rows(version);
        for (kind, name) in [
            ("apps app/app", "support_era"),
            ("apps app/app", "has_connections"),
            ("apps app/app", "previous_token_key_id"),
            ("apps app/app", "earlier_secrets[].sha256"),
            ("apps app/notifier#", "credential_expires_at"),
            ("apps app/notifier#", "credential_facts"),
            ("apps apps", "created_at"),
            ("groups group/info#", "announcement"),
            ("groups group/member#", "admin"),
            ("groups group/meta", "admins"),
            ("groups group/meta", "creating"),
            ("groups group/meta", "disabled"),
            ("messages user/r#", "receipt#.event"),
            ("runtime claim/claim", "renamed"),
            ("runtime conn/conn", "looked_at"),
            ("runtime health/health", "doubts[].fingerprint"),
            ("runtime stat/<hh>#<vendor>", "ai"),
            ("runtime stat/<hh>#skip", "xg"),
            ("users user/a#profile", "profile.banned"),
            ("users user/a#profile", "profile.account.uuid"),
            ("users user/c#presence", "ending"),
        ] {
            assert!(rows.get(kind).is_some_and(|names| names.contains(name)), "{}: {kind} {name}", version.name);
        }
    }
}

#[test]
fn the_fixtures_of_the_newest_version_hold_what_instant_pushes_callbacks_and_recalls_write() {
    for version in newest() {
        let (rows, records) = (held::of_rows(&version), held::of_records(&version));
        for (kind, name) in [
            ("apps app/app", "callback_off_of"),
            ("apps app/app", "settings.callback.previous_secret"),
            ("apps app/app", "settings.callback.events"),
            ("groups label", "since"),
            ("groups labels/count", "labels"),
            ("groups labels/label#", "description"),
            ("groups labels/label#<name>#<shard>", "users"),
            ("groups user/label#", "since"),
            ("messages group/m#<id>#ack", "recalled_at"),
            ("messages user/m#", "content.instant.strategy"),
            ("messages user/m#<id>#ack", "recalled_at"),
            ("messages user/p#", "content.instant.easemob"),
            ("runtime callback", "event.vendor_message_id"),
            ("runtime callback", "event.report"),
            ("runtime callback", "event.tries"),
            ("runtime callbacks", "listed_at"),
            ("runtime endpoint/endpoint", "health.closed_until"),
        ] {
            assert!(rows.get(kind).is_some_and(|names| names.contains(name)), "{}: {kind} {name}", version.name);
        }
        for (queue, name) in [
            ("callback", ".events[].tries"),
            ("callback", ".events[].platform"),
            ("callback", ".events[].state"),
            ("direct", ".content.instant.badge"),
            ("dispatch", ".after"),
            ("dispatch", ".attempts"),
            ("dispatch", ".jobs[].content.instant.strategy"),
            ("dispatch", ".jobs[].vendor_failed"),
            ("dispatch", ".looks"),
            ("dispatch", ".messages[].devices[].notifier"),
            ("dispatch", ".to.group"),
            ("dispatch", ".to.user"),
            ("erase", ".label.id"),
            ("push", ".conversation.group"),
            ("push", ".conversation.user"),
            ("push", ".tokens"),
            ("push", ".waits_for_login"),
        ] {
            assert!(records[queue].contains(name), "{}: {queue} {name}", version.name);
        }
    }
}

#[test]
fn the_fixtures_of_the_newest_version_hold_what_tasks_write() {
    for version in newest() {
        let (rows, records) = (held::of_rows(&version), held::of_records(&version));
        for (kind, name) in [
            ("messages user/m#", "content.instant.task"),
            ("messages user/p#", "content.instant.task"),
            ("runtime due-tasks", "expires_at"),
            ("runtime tasks/c#", "content.instant.strategy"),
            ("runtime tasks/m#", "message"),
            ("runtime tasks/n#", "a"),
            ("runtime tasks/n#", "c"),
            ("runtime tasks/n#", "d"),
            ("runtime tasks/rate", "reserved"),
            ("runtime tasks/room", "created"),
            ("runtime tasks/room", "open"),
            ("runtime tasks/stored#", "pushes"),
            ("runtime tasks/t#", "task.audience.label.id"),
            ("runtime tasks/t#", "task.ended_at"),
            ("runtime tasks/t#", "task.walk.due_at"),
            ("runtime tasks/t#", "task.walk.page.end.after"),
            ("runtime tasks/t#", "task.walk.page.ids"),
            ("runtime tasks/t#", "task.walk.place.after"),
        ] {
            assert!(rows.get(kind).is_some_and(|names| names.contains(name)), "{}: {kind} {name}", version.name);
        }
        for (queue, name) in [
            ("direct", ".content.instant.task"),
            ("dispatch", ".jobs[].content.instant.task"),
            ("dispatch", ".messages[].task"),
            ("dispatch", ".not_before"),
            ("dispatch", ".step"),
            ("dispatch", ".task"),
            ("push", ".notification.custom.EPush.report.task_id"),
            ("push", ".task"),
        ] {
            assert!(records[queue].contains(name), "{}: {queue} {name}", version.name);
        }
    }
}

/// An earlier version has no code that meets them.
const NOBODY: &str = "no earlier version reads the partition or the queue";
/// ADR 20: an unreadable record returns to its queue until the deployment is over.
const RETURNED: &str = "the version before returns a record of an unknown form to its queue";
/// Kinds of rows and records that no earlier version knows, each with the reason why it comes to no harm.
const NEW_KINDS: [(&str, &str); 24] = [
    ("groups label", NOBODY),
    ("groups labels/count", NOBODY),
    ("groups labels/label#", NOBODY),
    ("groups labels/label#<name>#<shard>", NOBODY),
    ("groups user/label#", "memberships are read by the prefix `group#`"),
    ("messages group/m#<id>#ack", "readers of every version leave a message with such a row out"),
    ("messages user/p#", "messages are read by the prefix `m#`, traces and receipts by their whole keys"),
    ("queue callback 1", NOBODY),
    ("queue dispatch recall-1", RETURNED),
    ("queue dispatch revoke-1", RETURNED),
    ("queue dispatch task-1", RETURNED),
    ("queue erase label-1", RETURNED),
    ("queue push revoke-1", RETURNED),
    ("runtime callback", NOBODY),
    ("runtime callbacks", NOBODY),
    ("runtime due-tasks", NOBODY),
    ("runtime endpoint/endpoint", NOBODY),
    ("runtime tasks/c#", NOBODY),
    ("runtime tasks/m#", NOBODY),
    ("runtime tasks/n#", NOBODY),
    ("runtime tasks/rate", NOBODY),
    ("runtime tasks/room", NOBODY),
    ("runtime tasks/stored#", NOBODY),
    ("runtime tasks/t#", NOBODY),
];

/// Names that every row or record had and that the version before does not need, each with the reason.
const NOT_NEEDED: [(&str, &str, &str); 1] =
    [("queue push 1", ".notification.custom.f", "push-vendor passes an app's own data on as it is")];

#[test]
fn the_version_before_finds_in_rows_and_records_of_the_newest_whatever_it_found_in_its_own() {
    let versions = Version::all();
    let [.., before, newest] = &versions[..] else { panic!("not two versions") };
    let (before_has, newest_has) = (held::in_each(before), held::in_each(newest));
    for (kind, names) in &before_has {
        let now = newest_has.get(kind).unwrap_or_else(|| panic!("{} has no {kind}", newest.name));
        let is_needed = |name: &str| !NOT_NEEDED.iter().any(|(of, not_needed, _)| of == kind && *not_needed == name);
        let missing: Vec<_> = names.difference(now).filter(|name| is_needed(name)).collect();
        assert!(missing.is_empty(), "{kind}: {missing:?}");
    }
}

#[test]
fn a_kind_of_row_or_record_that_no_earlier_version_knows_has_a_reason_why_it_comes_to_no_harm() {
    let mut versions = Version::all();
    let newest = versions.pop().expect("a version");
    let known: BTreeSet<String> = versions.iter().flat_map(|version| held::in_each(version).into_keys()).collect();
    let new: Vec<String> = held::in_each(&newest).into_keys().filter(|kind| !known.contains(kind)).collect();
    assert_eq!(new, NEW_KINDS.map(|(kind, _)| kind));
}

#[test]
fn the_readme_lists_the_names_that_are_held() {
    let listed = held::listed();
    assert!(readme().ends_with(&listed), "tests/fixtures/upgrade/README.md must end with\n{listed}");
}
