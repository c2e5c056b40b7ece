use super::{Story, breaks, holds};
use crate::history::{Planted, What};

fn left(records: u64) -> Story {
    let mut story = Story::with_ann();
    story.reaches_ann("hello");
    story.add(What::Left { queue: "push-fcm".to_owned(), records });
    story
}

#[test]
fn an_empty_queue_is_done_and_a_full_one_is_not() {
    holds(&left(0));
    assert!(breaks(&left(1), 10).contains("push-fcm still holds 1 records"));
}

#[test]
fn no_record_of_the_product_is_dead_lettered() {
    for reason in [None, Some("a table was throttled")] {
        let mut story = left(0);
        story.dead_letter("dispatch", reason, "{}");
        assert!(breaks(&story, 10).contains("was dead-lettered"));
    }
}

#[test]
fn a_malformed_record_belongs_on_a_dead_letter_queue() {
    let mut story = left(0);
    story.add(What::Planted(Planted::Malformed { queue: "dispatch".to_owned(), body: "{no json".to_owned() }));
    story.dead_letter("dispatch", Some("no JSON"), "{no json");
    holds(&story);
}

#[test]
fn processes_that_die_again_and_again_may_leave_a_record_to_sqs() {
    for (kills, is_so) in [(4, false), (5, true)] {
        let mut story = left(0);
        (0..kills).for_each(|_| story.killed());
        story.dead_letter("dispatch", None, "{}");
        if is_so { holds(&story) } else { assert!(breaks(&story, 10).contains("dead-lettered")) }
    }
}
