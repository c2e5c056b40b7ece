use super::{
    Story, breaks, holds,
    story::{app, bind, chat, group, to_group, user},
};
use shared::domain::reason::Reason;

use crate::history::{Answer, Audience, FaultScope, Request, Sending, VendorAnswer, VendorGot, What};

/// Tells of two apps with a user `ann` each, and a message in each. Returns the ids.
fn two_apps() -> (Story, shared::domain::id::MessageId, shared::domain::id::MessageId) {
    let mut story = Story::with_ann();
    let here = story.reaches_ann("here");
    story.app = app("other");
    story.call(bind("ann", "phone", "token-of-other"));
    let there = story.send(&chat("there", &["ann"]));
    story.pushed("there", "token-of-other");
    story.decided_push("ann", there);
    (story, here, there)
}

#[test]
fn apps_with_users_of_the_same_name_stay_apart() {
    let (mut story, here, there) = two_apps();
    story.pull("ann", &[("there", there)]);
    story.app = app("chat");
    story.pull("ann", &[("here", here)]);
    holds(&story);
}

#[test]
fn a_message_of_another_app_in_a_pull_or_a_frame_is_a_leak() {
    let (mut story, here, there) = two_apps();
    story.pull("ann", &[("there", there), ("here", here)]);
    assert!(breaks(&story, 3).contains("ann of acme#other sees the message \"here\""));

    let (mut story, here, _) = two_apps();
    story.frame("ann", "c1", "here", here);
    breaks(&story, 3);
}

#[test]
fn a_message_to_another_user_is_a_leak() {
    let (mut story, _, there) = two_apps();
    story.pull("eve", &[("there", there)]);
    breaks(&story, 3);
}

#[test]
fn a_push_with_another_apps_credential_or_to_another_apps_token_is_a_leak() {
    let (mut story, ..) = two_apps();
    story.pushed("here", "token-of-other");
    assert!(breaks(&story, 3).contains("acme#other pushed the message \"here\" of acme#chat"));

    let (mut story, ..) = two_apps();
    let got = story.push("there", "token-of-ann", VendorAnswer::Accepted);
    story.add(What::VendorGot(VendorGot { replace_id: None, ..got }));
    breaks(&story, 3);
}

#[test]
fn a_decision_that_another_app_shows_is_a_leak() {
    let (mut story, here, _) = two_apps();
    story.decided_push("ann", here);
    breaks(&story, 3);
}

#[test]
fn a_callback_with_another_apps_message_or_token_is_a_leak() {
    let tell = |body: &str| {
        let (mut story, _, there) = two_apps();
        let (app, user) = (story.app.clone(), user("ann"));
        let webhook_id = "w1".to_owned();
        story.add(What::Callback { app, user, message: there, webhook_id, body: body.to_owned() });
        story
    };
    holds(&tell("token-of-other"));
    breaks(&tell("token-of-ann"), 3);
    breaks(&tell("here"), 3);
}

#[test]
fn the_next_holder_of_a_name_sees_nothing_from_before() {
    for ends in [Request::EraseUser { user: user("ann") }, Request::DeleteApp] {
        let mut story = Story::with_ann();
        let id = story.reaches_ann("hello");
        story.call(ends);
        story.call(bind("ann", "phone", "token-of-ann"));
        story.pull("ann", &[]);
        holds(&story);
        story.pull("ann", &[("hello", id)]);
        assert!(story.violations().iter().any(|violation| violation.invariant == 3));
    }
}

#[test]
fn a_frame_that_runs_while_its_user_is_erased_may_still_come() {
    let mut story = Story::with_ann();
    let id = story.reaches_ann("hello");
    story.call(Request::EraseUser { user: user("ann") });
    story.wait(5);
    story.frame("ann", "c1", "hello", id);
    holds(&story);
    story.wait(90);
    story.frame("ann", "c1", "hello", id);
    breaks(&story, 3);
}

#[test]
fn an_erasure_without_an_answer_may_not_have_happened() {
    let mut story = Story::with_ann();
    let id = story.reaches_ann("hello");
    story.call_with(Request::EraseUser { user: user("ann") }, Answer::Unknown);
    story.pull("ann", &[("hello", id)]);
    holds(&story);
}

#[test]
fn the_sender_may_see_that_the_group_is_large_and_nothing_else() {
    for (reason, is_leak) in [(Reason::LargeGroup, false), (Reason::UserOnline, true)] {
        let mut story = Story::with_ann();
        story.call(Request::CreateGroup { group: group("birds"), members: ["bob", "ann"].map(user).to_vec() });
        let id = story.send(&to_group("hello", "birds"));
        story.suppressed("bob", id, reason);
        assert_eq!(story.violations().iter().any(|wrong| wrong.invariant == 3), is_leak);
    }
}

#[test]
fn that_an_erased_member_of_a_group_is_unknown_says_nothing_of_a_person() {
    let mut story = Story::with_ann();
    story.call(Request::CreateGroup { group: group("birds"), members: ["bob", "eve"].map(user).to_vec() });
    story.call(Request::EraseUser { user: user("eve") });
    story.wait(300);
    let id = story.send(&to_group("hello", "birds"));
    story.suppressed("eve", id, Reason::NoUserExist);
    let wrong: Vec<_> =
        story.violations().into_iter().filter(|wrong| wrong.invariant == 3).map(|wrong| wrong.story).collect();
    assert_eq!(wrong, Vec::<String>::new());
}

/// Tells of a push that reaches the next user of an erased user's name so long after the erasure.
fn to_the_next_ann(seconds: u64, fault: Option<FaultScope>) -> Story {
    let mut story = Story::with_ann();
    fault.into_iter().for_each(|scope| story.add(What::FaultBegan { scope }));
    let id = story.send(&chat("hello", &["ann"]));
    story.call(Request::EraseUser { user: user("ann") });
    story.call(bind("ann", "phone", "token-of-ann"));
    story.wait(seconds);
    let got = story.push("hello", "token-of-ann", VendorAnswer::Accepted);
    story.add(What::VendorGot(VendorGot { message: Some(id), ..got }));
    story
}

#[test]
fn a_push_that_is_decided_after_an_erasure_may_not_reach_the_next_user_of_the_name() {
    let queue = |name: &str| Some(FaultScope::Queue(name.to_owned()));
    for fault in [None, queue("dispatch"), queue("push")] {
        assert!(breaks(&to_the_next_ann(120, fault), 3).contains("not theirs"));
    }
    holds(&to_the_next_ann(80, None));
}

#[test]
fn a_task_that_comes_to_the_next_user_of_a_name_is_theirs() {
    let mut story = Story::with_ann();
    let to_all = Sending { to: Audience::Everyone, ..chat("hello", &[]) };
    let id = story.send(&to_all);
    story.call(Request::EraseUser { user: user("ann") });
    story.call(bind("ann", "phone", "token-of-ann"));
    story.wait(120);
    let got = story.push("hello", "token-of-ann", VendorAnswer::Accepted);
    story.add(What::VendorGot(VendorGot { message: Some(id), ..got }));
    assert!(!story.violations().iter().any(|wrong| wrong.invariant == 3));
}
