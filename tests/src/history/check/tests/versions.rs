use shared::domain::{id::MessageId, reason::Reason, time::Timestamp};

use super::{
    Story, breaks, holds,
    story::{app, user},
};
use crate::history::{Planted, What};

fn id() -> MessageId {
    MessageId::new(Timestamp::from_millis(1_800_000_000_000), 7)
}

/// Tells of a record of version 1.2 for `ann`.
fn planted() -> Story {
    let mut story = Story::with_ann();
    story.add(What::Planted(Planted::OtherVersion {
        queue: "dispatch".to_owned(),
        version: "1.2".to_owned(),
        app: app("chat"),
        receivers: vec![(user("ann"), id())],
        text: "from-before".to_owned(),
    }));
    story
}

#[test]
fn a_record_of_another_version_ends_decided() {
    let mut story = planted();
    story.suppressed("ann", id(), Reason::UserOnline);
    holds(&story);

    let mut story = planted();
    story.pushed("from-before", "token-of-ann");
    holds(&story);
}

#[test]
fn a_record_of_another_version_that_ends_in_nothing_is_lost() {
    assert!(breaks(&planted(), 12).contains("version 1.2 on dispatch for ann"));
}

#[test]
fn a_record_of_another_version_is_never_dead_lettered() {
    let mut story = planted();
    story.suppressed("ann", id(), Reason::UserOnline);
    story.dead_letter("dispatch", Some("unknown field"), r#"{"text":"from-before"}"#);
    let violations = story.violations();
    assert!(violations.iter().any(|violation| violation.invariant == 12), "{violations:?}");
}
