use shared::domain::{decision::Verdict, id::MessageId, outcome::PushStatus, reason::Reason};

use super::{
    Story, breaks, holds,
    story::{bind, chat, group, to_group, user},
};
use crate::history::{Answer, FaultScope, Notification, Request, Sending, VendorAnswer, What};

#[test]
fn a_message_that_is_pushed_and_recorded_is_decided() {
    let mut story = Story::with_ann();
    story.reaches_ann("hello");
    holds(&story);
}

#[test]
fn an_accepted_message_without_a_decision_is_lost() {
    let mut story = Story::with_ann();
    story.send(&chat("hello", &["ann"]));
    assert!(breaks(&story, 1).contains("never decided for ann"));
}

#[test]
fn one_of_several_receivers_may_not_be_forgotten() {
    let mut story = Story::with_ann();
    let id = story.send(&chat("hello", &["ann", "eve"]));
    story.pushed("hello", "token-of-ann");
    story.decided_push("ann", id);
    assert!(breaks(&story, 1).contains("eve"));
}

#[test]
fn a_message_whose_call_has_no_answer_may_be_decided_or_not() {
    for decided in [true, false] {
        let mut story = Story::with_ann();
        story.call_with(Request::Send(chat("hello", &["ann"])), Answer::Unknown);
        if decided {
            story.pushed("hello", "token-of-ann");
        }
        holds(&story);
    }
}

#[test]
fn a_message_that_only_the_repeat_of_its_call_accepts_must_be_decided() {
    let mut story = Story::with_ann();
    let sending = Sending { key: Some("k".to_owned()), ..chat("hello", &["ann"]) };
    story.ask(Request::Send(sending.clone()));
    story.wait(40);
    let id = story.send(&sending);
    breaks(&story, 1);
    story.pushed("hello", "token-of-ann");
    story.decided_push("ann", id);
    holds(&story);
}

#[test]
fn a_refused_message_must_not_be_pushed() {
    let mut story = Story::with_ann();
    story.call_with(Request::Send(chat("hello", &["ann"])), Answer::Refused { status: 413 });
    holds(&story);
    story.pushed("hello", "token-of-ann");
    assert!(breaks(&story, 1).contains("refused"));
}

#[test]
fn every_member_who_was_there_all_the_time_must_be_decided() {
    let members = ["bob", "ann", "eve"].map(user).to_vec();
    let mut story = Story::with_ann();
    story.call(Request::CreateGroup { group: group("birds"), members });
    story.call(Request::Leave { group: group("birds"), users: vec![user("eve")] });
    let id = story.send(&to_group("hello", "birds"));
    story.call(Request::Join { group: group("birds"), users: vec![user("tom")] });
    story.pushed("hello", "token-of-ann");
    assert!(breaks(&story, 1).contains("ann"));
    story.decided_push("ann", id);
    holds(&story);
}

#[test]
fn erased_users_and_deleted_apps_need_no_decision() {
    for request in [Request::EraseUser { user: user("ann") }, Request::DeleteApp] {
        let mut story = Story::with_ann();
        story.send(&chat("hello", &["ann"]));
        story.call(request);
        holds(&story);
    }
}

#[test]
fn a_deleted_app_may_be_used_for_a_minute() {
    for (seconds, is_lost) in [(50, false), (70, true)] {
        let mut story = Story::with_ann();
        story.call(Request::DeleteApp);
        story.wait(seconds);
        story.send(&chat("hello", &["ann"]));
        assert_eq!(story.violations().len(), usize::from(is_lost));
    }
}

#[test]
fn a_message_for_connected_devices_only_is_not_stored() {
    let mut story = Story::with_ann();
    story.send(&Sending { notification: Notification::OnlineOnly, ..chat("hello", &["ann"]) });
    holds(&story);
}

#[test]
fn a_push_that_reached_no_vendor_and_has_no_end_is_lost() {
    let mut story = Story::with_ann();
    let id = story.send(&chat("hello", &["ann"]));
    story.decided_to("ann", id, None);
    assert!(breaks(&story, 1).contains("reached no vendor"));
}

#[test]
fn a_success_that_no_vendor_knows_of_is_a_lie() {
    let mut story = Story::with_ann();
    let id = story.send(&chat("hello", &["ann"]));
    story.answered("hello", "token-of-ann", VendorAnswer::Refused);
    story.decided_push("ann", id);
    assert!(breaks(&story, 1).contains("no vendor accepted it"));
}

#[test]
fn a_push_to_a_token_that_moved_ends_and_one_that_stayed_does_not() {
    for moves in [true, false] {
        let mut story = Story::with_ann();
        let id = story.send(&chat("hello", &["ann"]));
        story.answered("hello", "token-of-ann", VendorAnswer::Later);
        if moves {
            story.call(bind("tom", "phone", "token-of-ann"));
        }
        let end = story.end(PushStatus::Fail, Some(Reason::TokenMoved));
        story.decided_to("ann", id, end);
        if moves { holds(&story) } else { assert!(breaks(&story, 1).contains("token moved")) }
    }
}

#[test]
fn only_a_vendor_can_make_a_binding_illegal() {
    for (answer, is_so) in [(VendorAnswer::Unregistered { really: true }, true), (VendorAnswer::Later, false)] {
        let mut story = Story::with_ann();
        let id = story.send(&chat("hello", &["ann"]));
        story.answered("hello", "token-of-ann", answer);
        let end = story.end(PushStatus::Fail, Some(Reason::IllegalBinding));
        story.decided_to("ann", id, end);
        if is_so { holds(&story) } else { assert!(breaks(&story, 1).contains("illegal binding")) }
    }
}

#[test]
fn a_decision_may_not_forget_a_second_phone() {
    let mut story = Story::with_ann();
    story.call(bind("ann", "tablet", "token-of-tablet"));
    story.reaches_ann("hello");
    assert!(breaks(&story, 1).contains("forgets the binding of tablet"));
}

#[test]
fn a_lost_record_is_excused_by_a_fault_of_the_store_alone() {
    for faulty in [true, false] {
        let mut story = Story::with_ann();
        if faulty {
            story.add(What::FaultBegan { scope: FaultScope::Everything });
        }
        story.send(&chat("hello", &["ann"]));
        story.pushed("hello", "token-of-ann");
        if faulty { holds(&story) } else { assert!(breaks(&story, 1).contains("never decided")) }
    }
}

#[test]
fn a_synchronous_answer_may_not_claim_what_no_vendor_did() {
    for accepted in [true, false] {
        let mut story = Story::with_ann();
        let id = MessageId::new(story.now(), 1);
        let call = story.ask(Request::Send(chat("hello", &["ann"])));
        story.answered("hello", "token-of-ann", if accepted { VendorAnswer::Accepted } else { VendorAnswer::Refused });
        story.answer(call, Answer::Sent { ids: vec![(Some(user("ann")), id)], pushed: vec![user("ann")] });
        let end = match accepted {
            true => story.end(PushStatus::Success, None),
            false => story.end(PushStatus::Fail, Some(Reason::PushYetButFail)),
        };
        story.decided_to("ann", id, end);
        if accepted { holds(&story) } else { assert!(breaks(&story, 1).contains("none did")) }
    }
}

#[test]
fn the_last_decision_counts() {
    let mut story = Story::with_ann();
    let id = story.send(&chat("hello", &["ann"]));
    story.decided("ann", id, Verdict::Skip { reason: Reason::UserBanned }, Vec::new());
    story.pushed("hello", "token-of-ann");
    breaks(&story, 1);
    story.decided_push("ann", id);
    holds(&story);
}
