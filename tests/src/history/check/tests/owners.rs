use super::{
    Story, breaks, holds,
    story::{bind, chat, device, notifier, user},
};
use crate::history::{Answer, Request, VendorAnswer, VendorGot, What};

/// Tells of a message to `ann` that is pushed to her token so long after the token changed hands.
fn moved(seconds: u64, tries: &[VendorAnswer]) -> Story {
    let mut story = Story::with_ann();
    story.send(&chat("hello", &["ann"]));
    tries.iter().for_each(|answer| story.answered("hello", "token-of-ann", *answer));
    story.call(bind("eve", "phone", "token-of-ann"));
    story.wait(seconds);
    story.pushed("hello", "token-of-ann");
    story
}

/// Returns the invariants that a history breaks, besides the first: these stories end before their decisions.
fn broken(story: &Story) -> Vec<u8> {
    let numbers = story.violations().into_iter().map(|violation| violation.invariant);
    let mut numbers: Vec<u8> = numbers.filter(|number| *number != 1).collect();
    numbers.dedup();
    numbers
}

#[test]
fn a_first_try_of_a_young_decision_may_meet_the_next_owner() {
    assert!(broken(&moved(50, &[])).is_empty());
}

#[test]
fn a_push_that_waited_may_not_meet_the_next_owner() {
    assert_eq!(broken(&moved(100, &[])), [4]);
    assert_eq!(broken(&moved(50, &[VendorAnswer::Later])), [4]);
}

#[test]
fn a_process_that_looked_at_the_owner_may_send_a_moment_later() {
    assert!(broken(&moved(20, &[VendorAnswer::Later])).is_empty());
}

#[test]
fn an_unbound_or_logged_out_device_gets_nothing_more() {
    for request in [
        Request::Unbind { user: user("ann"), device: device("phone"), notifier: notifier("fcm") },
        Request::LogOut { user: user("ann"), device: device("phone"), unbind: true },
        Request::EraseUser { user: user("ann") },
    ] {
        let mut story = Story::with_ann();
        story.call(request.clone());
        story.wait(120);
        story.send(&chat("hello", &["ann"]));
        story.pushed("hello", "token-of-ann");
        assert_eq!(broken(&story), [4], "{request:?}");
    }
}

#[test]
fn an_unbinding_without_an_answer_or_with_a_refusal_proves_nothing() {
    for answer in [Answer::Unknown, Answer::Refused { status: 403 }] {
        let mut story = Story::with_ann();
        let request = Request::Unbind { user: user("ann"), device: device("phone"), notifier: notifier("fcm") };
        story.call_with(request, answer);
        story.wait(120);
        story.reaches_ann("hello");
        holds(&story);
    }
}

#[test]
fn a_logout_without_unbinding_keeps_the_pushes() {
    let mut story = Story::with_ann();
    story.call(Request::LogOut { user: user("ann"), device: device("phone"), unbind: false });
    story.wait(120);
    story.reaches_ann("hello");
    holds(&story);
}

#[test]
fn a_message_may_not_reach_a_user_who_is_no_receiver() {
    let mut story = Story::with_ann();
    story.call(bind("eve", "phone", "token-of-eve"));
    let id = story.reaches_ann("hello");
    let got = story.push("hello", "token-of-eve", VendorAnswer::Accepted);
    story.add(What::VendorGot(VendorGot { message: Some(id), ..got }));
    assert!(breaks(&story, 4).contains("token-of-eve"));
}

#[test]
fn of_two_receivers_of_one_text_each_gets_only_the_own_copy() {
    let mut story = Story::with_ann();
    story.call(bind("eve", "phone", "token-of-eve"));
    let to_ann = story.send(&chat("hello", &["ann", "eve"]));
    let got = story.push("hello", "token-of-eve", VendorAnswer::Accepted);
    story.add(What::VendorGot(VendorGot { message: Some(to_ann), ..got }));
    assert_eq!(broken(&story), [4]);
}

#[test]
fn a_token_is_stored_for_its_last_holder_alone() {
    let tell = |rows: &[&str]| {
        let mut story = Story::with_ann();
        story.call(bind("eve", "phone", "token-of-ann"));
        rows.iter().for_each(|user| story.bound(user, "phone", "token-of-ann"));
        story
    };
    holds(&tell(&["eve"]));
    assert!(breaks(&tell(&["ann"]), 4).contains("still has"));
    assert!(story_of_two(&tell(&["ann", "eve"])));
}

fn story_of_two(story: &Story) -> bool {
    story.violations().iter().any(|violation| violation.story.contains("two devices"))
}

#[test]
fn two_bindings_at_the_same_time_may_end_with_either() {
    for last in ["ann", "eve"] {
        let mut story = Story::new();
        let [first, second] =
            [bind("ann", "phone", "token"), bind("eve", "phone", "token")].map(|bind| story.ask(bind));
        story.answer(second, Answer::Accepted);
        story.answer(first, Answer::Accepted);
        story.bound(last, "phone", "token");
        story.listed();
        holds(&story);
    }
}
