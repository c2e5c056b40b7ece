use super::{Story, breaks, holds};
use crate::history::{Planted, What};

/// Tells of a malformed record, and of the dead letter that becomes of it.
fn planted(letter: Option<Option<&str>>) -> Story {
    let mut story = Story::with_ann();
    story.add(What::Planted(Planted::Malformed { queue: "dispatch".to_owned(), body: "{no json".to_owned() }));
    story.reaches_ann("hello");
    story.add(What::FaultsEnded);
    if let Some(reason) = letter {
        story.dead_letter("dispatch", reason, "{no json at all");
    }
    story
}

#[test]
fn a_malformed_record_ends_where_a_person_sees_it() {
    holds(&planted(Some(Some("no JSON"))));
}

#[test]
fn a_malformed_record_that_vanishes_is_lost() {
    assert!(breaks(&planted(None), 7).contains("vanished"));
}

#[test]
fn a_malformed_record_that_sqs_gave_up_took_its_neighbours_along() {
    assert!(breaks(&planted(Some(None)), 7).contains("SQS gave up"));
}

#[test]
fn a_run_that_still_goes_on_says_nothing_of_a_malformed_record() {
    let mut story = planted(None);
    story.history.events.retain(|event| event.what != What::FaultsEnded);
    holds(&story);
}

#[test]
fn a_process_that_died_excuses_a_dead_letter_without_a_reason() {
    let mut story = planted(Some(None));
    story.killed();
    holds(&story);
}
