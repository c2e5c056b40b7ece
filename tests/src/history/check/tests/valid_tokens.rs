use shared::domain::{outcome::PushStatus, reason::Reason};

use super::{
    Story, breaks, holds,
    story::{HOUR, bind, chat, device, notifier, user},
};
use crate::history::{Answer, AppChange, Request, VendorAnswer, VendorGot, What};

#[test]
fn a_stored_token_is_there_and_a_missing_one_was_deleted() {
    let mut story = Story::with_ann();
    story.bound("ann", "phone", "token-of-ann");
    story.listed();
    holds(&story);

    let mut story = Story::with_ann();
    story.listed();
    assert!(breaks(&story, 5).contains("token-of-ann of ann on phone works"));
}

#[test]
fn a_token_may_go_when_its_user_or_its_vendor_ends_it() {
    let unbind = Request::Unbind { user: user("ann"), device: device("phone"), notifier: notifier("fcm") };
    for request in [unbind, bind("ann", "phone", "newer"), bind("eve", "phone", "token-of-ann")] {
        let mut story = Story::with_ann();
        story.call_with(request, Answer::Unknown);
        story.listed();
        holds(&story);
    }
    let mut reported = Story::with_ann();
    reported.reported(true, reported.now(), 1);
    reported.listed();
    holds(&reported);
}

#[test]
fn a_token_that_was_bound_after_it_was_unregistered_stays() {
    for name in ["ann", "eve"] {
        let mut story = Story::with_ann();
        let uninstalled = story.now();
        story.call(bind(name, "phone", "token-of-ann"));
        story.reported(true, uninstalled, 1);
        story.listed();
        breaks(&story, 5);

        // A call without an answer may have bound it before.
        let mut story = Story::with_ann();
        story.call_with(bind(name, "phone", "token-of-ann"), Answer::Unknown);
        story.reported(true, story.now(), 1);
        story.listed();
        holds(&story);
    }
}

/// Tells what a vendor answers to a push to `ann`, and that her token is gone.
fn answered(answer: VendorAnswer) -> Story {
    let mut story = Story::with_ann();
    let id = story.send(&chat("hello", &["ann"]));
    story.answered("hello", "token-of-ann", answer);
    let reason = if answer == VendorAnswer::Refused { Reason::PushYetButFail } else { Reason::IllegalBinding };
    let end = story.end(PushStatus::Fail, Some(reason));
    story.decided_to("ann", id, end);
    story.listed();
    story
}

#[test]
fn only_the_answer_unregistered_deletes_a_token() {
    holds(&answered(VendorAnswer::Unregistered { really: true }));
    breaks(&answered(VendorAnswer::Refused), 5);
}

#[test]
fn a_token_that_was_bound_again_after_the_vendors_answer_stays() {
    let mut story = answered(VendorAnswer::Unregistered { really: true });
    story.wait(HOUR);
    story.call(bind("ann", "phone", "token-of-ann"));
    story.listed();
    breaks(&story, 5);
}

#[test]
fn a_vendor_that_calls_most_of_many_tokens_unregistered_deletes_none() {
    for (tokens, is_mass) in [(20, true), (19, false)] {
        let mut story = Story::new();
        let names: Vec<String> = (0..tokens).map(|number| format!("u{number}")).collect();
        names.iter().for_each(|name| story.call(bind(name, "phone", &format!("token-of-{name}"))));
        let receivers: Vec<&str> = names.iter().map(String::as_str).collect();
        story.send(&chat("hello", &receivers));
        for name in &names {
            let answer = VendorAnswer::Unregistered { really: false };
            let got = story.push("hello", &format!("token-of-{name}"), answer);
            story.add(What::VendorGot(VendorGot { request: 1, ..got }));
        }
        story.listed();
        let deleted = story.violations().into_iter().filter(|violation| violation.invariant == 5).count();
        assert_eq!(deleted, if is_mass { tokens } else { 0 });
    }
}

#[test]
fn the_oldest_binding_of_a_user_with_too_many_may_go() {
    let mut story = Story::with_ann();
    story.call(Request::ChangeApp(AppChange::MaxBindings(1)));
    story.call(bind("ann", "tablet", "token-of-tablet"));
    story.bound("ann", "tablet", "token-of-tablet");
    story.listed();
    holds(&story);
}
