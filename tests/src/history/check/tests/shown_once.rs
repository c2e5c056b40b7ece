use shared::domain::id::MessageId;

use super::{
    Story, breaks, holds,
    story::{bind, chat, group, to_group, user},
};
use crate::history::{FaultScope, Request, Sending, VendorAnswer, VendorGot, What};

/// Tells of a message to `ann` that reaches her phone twice.
fn twice(
    first: impl Fn(VendorGot) -> VendorGot,
    between: impl Fn(&mut Story),
    second: impl Fn(VendorGot) -> VendorGot,
) -> Story {
    let mut story = Story::with_ann();
    let id = story.send(&chat("hello", &["ann"]));
    let got = story.push("hello", "token-of-ann", VendorAnswer::Accepted);
    story.add(What::VendorGot(first(got)));
    between(&mut story);
    let got = story.push("hello", "token-of-ann", VendorAnswer::Accepted);
    story.add(What::VendorGot(second(got)));
    story.decided_push("ann", id);
    story
}

fn same(got: VendorGot) -> VendorGot {
    got
}

fn unclear(got: VendorGot) -> VendorGot {
    VendorGot { answer: VendorAnswer::Unclear, ..got }
}

fn without_id(got: VendorGot) -> VendorGot {
    VendorGot { replace_id: None, ..got }
}

#[test]
fn two_messages_show_twice_and_one_message_on_two_phones_too() {
    let mut story = Story::with_ann();
    story.reaches_ann("first");
    story.reaches_ann("second");
    holds(&story);
}

#[test]
fn one_message_under_two_replace_ids_shows_twice() {
    let story = twice(same, |_| (), |got| VendorGot { replace_id: Some("other".to_owned()), ..got });
    assert!(breaks(&story, 2).contains("shows the message \"hello\" twice"));
}

#[test]
fn an_unclear_answer_excuses_a_repeat_under_the_same_replace_id_and_not_under_another() {
    holds(&twice(unclear, |story| story.wait(300), same));
    breaks(&twice(unclear, |_| (), |got| VendorGot { replace_id: Some("other".to_owned()), ..got }), 2);
}

#[test]
fn without_a_replace_id_only_an_unclear_answer_excuses_a_repeat() {
    holds(&twice(|got| without_id(unclear(got)), |_| (), without_id));
    breaks(&twice(without_id, |_| (), without_id), 2);
}

#[test]
fn an_accepted_push_that_rings_again_a_minute_later_needs_a_process_that_died() {
    holds(&twice(same, |story| story.wait(50), same));
    breaks(&twice(same, |story| story.wait(90), same), 2);
    holds(&twice(
        same,
        |story| {
            story.killed();
            story.wait(90);
        },
        same,
    ));
}

#[test]
fn a_push_that_the_phone_never_got_is_no_notification() {
    let hidden = |got: VendorGot| VendorGot { shown: false, ..unclear(got) };
    holds(&twice(hidden, |_| (), |got| VendorGot { replace_id: Some("other".to_owned()), ..got }));
}

#[test]
fn a_phone_that_changes_hands_within_a_group_may_get_the_message_for_both() {
    let mut story = Story::with_ann();
    story.call(Request::CreateGroup { group: group("birds"), members: ["bob", "ann", "eve"].map(user).to_vec() });
    let id = story.send(&to_group("hello", "birds"));
    story.pushed("hello", "token-of-ann");
    story.call(bind("eve", "phone", "token-of-ann"));
    story.wait(90);
    story.pushed("hello", "token-of-ann");
    story.decided_push("ann", id);
    story.decided_push("eve", id);
    holds(&story);
}

#[test]
fn a_phone_that_changes_hands_may_get_the_messages_of_one_call_for_both_receivers() {
    // The phone changes hands after ann's push, while that is on its way, or not at all.
    for changes_hands in [Some("eve"), Some("ann"), None] {
        let mut story = Story::with_ann();
        let at = story.now();
        let first = story.send_as(&chat("hello", &["ann", "eve"]), 7);
        let second = MessageId::new(at, 8);
        for (name, id) in [("ann", first), ("eve", second)] {
            if changes_hands == Some(name) {
                story.call(bind("eve", "phone", "token-of-ann"));
            }
            let got = story.push("hello", "token-of-ann", VendorAnswer::Accepted);
            story.add(What::VendorGot(VendorGot { message: Some(id), replace_id: Some(id.to_string()), ..got }));
            story.wait(90);
            story.decided_push(name, id);
        }
        let twice = story.violations().iter().any(|wrong| wrong.invariant == 2);
        assert_eq!(twice, changes_hands.is_none());
    }
}

#[test]
fn a_repeat_under_one_key_may_not_make_a_second_message() {
    let sending = Sending { key: Some("k".to_owned()), ..chat("hello", &["ann"]) };
    for (second, is_same) in [(1, true), (2, false)] {
        let mut story = Story::with_ann();
        let at = story.now();
        let answer = |number: u128| crate::history::Answer::Sent {
            ids: vec![(Some(user("ann")), MessageId::new(at, number))],
            pushed: Vec::new(),
        };
        story.call_with(Request::Send(sending.clone()), answer(1));
        story.call_with(Request::Send(sending.clone()), answer(second));
        story.pushed("hello", "token-of-ann");
        story.decided_push("ann", MessageId::new(at, 1));
        if is_same { holds(&story) } else { assert!(breaks(&story, 2).contains("second message")) }
    }
}

#[test]
fn a_record_that_is_delivered_again_excuses_no_repeat_and_a_store_that_fails_does() {
    let begins = |scope: FaultScope| {
        move |story: &mut Story| {
            story.add(What::FaultBegan { scope: scope.clone() });
            story.wait(90);
        }
    };
    breaks(&twice(same, begins(FaultScope::Queue("push".to_owned())), same), 2);
    holds(&twice(same, begins(FaultScope::Everything), same));
}
