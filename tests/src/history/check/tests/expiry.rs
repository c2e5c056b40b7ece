use shared::domain::{id::MessageId, vendor::Vendor};

use super::{
    Story, breaks, holds,
    story::{bind, chat, seconds},
};
use crate::history::{Answer, FaultScope, Request, Sending, VendorAnswer, VendorGot, What};

fn short() -> Sending {
    Sending { time_to_live: seconds(60), ..chat("hello", &["ann"]) }
}

/// Tells of a push so long after the acceptance of a message that lives for 60 s. Its vendor is down meanwhile.
fn pushed_after(waited: u64) -> Story {
    let mut story = Story::with_ann();
    story.add(What::FaultBegan { scope: FaultScope::Vendor(Vendor::Fcm) });
    let id = story.send(&short());
    story.answered("hello", "token-of-ann", VendorAnswer::Later);
    story.wait(waited);
    story.pushed("hello", "token-of-ann");
    story.decided_push("ann", id);
    story
}

#[test]
fn a_push_before_its_expiry_or_on_its_way_is_in_time() {
    holds(&pushed_after(59));
    holds(&pushed_after(80));
}

#[test]
fn a_push_after_its_expiry_is_found() {
    assert!(breaks(&pushed_after(120), 9).contains("after its expiry"));
}

#[test]
fn a_repeat_of_the_call_may_renew_a_message_that_nobody_accepted_yet() {
    let mut story = Story::with_ann();
    let sending = Sending { key: Some("k".to_owned()), ..short() };
    story.call_with(Request::Send(sending.clone()), Answer::Unknown);
    story.wait(70);
    let id = story.send(&sending);
    story.wait(50);
    story.pushed("hello", "token-of-ann");
    story.decided_push("ann", id);
    holds(&story);
}

/// Tells of so many answers that say nothing, to a message that is pushed again and again.
fn unclear(times: usize) -> Story {
    let mut story = Story::with_ann();
    story.send(&chat("hello", &["ann"]));
    for _ in 0..times {
        story.answered("hello", "token-of-ann", VendorAnswer::Unclear);
    }
    story.call(bind("eve", "phone", "token-of-eve"));
    story
}

fn breaks_expiry(story: &Story) -> bool {
    story.violations().iter().any(|violation| violation.invariant == 9)
}

#[test]
fn answers_that_say_nothing_end_after_the_fifth() {
    assert!(!breaks_expiry(&unclear(5)));
    assert!(breaks_expiry(&unclear(6)));
}

#[test]
fn a_process_that_died_forgets_its_attempts() {
    let mut story = unclear(6);
    story.killed();
    assert!(!breaks_expiry(&story));
}

#[test]
fn retries_without_an_end_are_found() {
    let mut story = Story::with_ann();
    story.send(&chat("hello", &["ann"]));
    for _ in 0..251 {
        story.answered("hello", "token-of-ann", VendorAnswer::Later);
    }
    assert!(breaks_expiry(&story));
}

/// Tells of a push that waits for its vendor, and is sent so long after its message ended.
fn sent_after_its_end(end: impl Fn(&mut Story, MessageId), seconds: u64, troubled: bool) -> Story {
    let mut story = Story::with_ann();
    story.add(What::FaultBegan { scope: FaultScope::Vendor(Vendor::Fcm) });
    if troubled {
        story.add(What::FaultBegan { scope: FaultScope::Everything });
    }
    let id = story.send(&chat("hello", &["ann"]));
    for (answer, wait) in [(VendorAnswer::Later, seconds), (VendorAnswer::Accepted, 0)] {
        let got = story.push("hello", "token-of-ann", answer);
        story.add(What::VendorGot(VendorGot { message: Some(id), ..got }));
        if wait > 0 {
            end(&mut story, id);
            story.wait(wait);
        }
    }
    story.decided_push("ann", id);
    story
}

#[test]
fn a_push_that_waited_ends_with_its_message() {
    let recalled = |story: &mut Story, id| story.call(Request::Recall { messages: vec![id] });
    let acknowledged = |story: &mut Story, id| story.ack("ann", id);
    for end in [recalled, acknowledged] {
        holds(&sent_after_its_end(end, 110, false));
        holds(&sent_after_its_end(end, 150, true));
        assert!(breaks(&sent_after_its_end(end, 150, false), 9).contains("after it had ended"));
    }
}

#[test]
fn a_recall_without_an_answer_or_of_another_message_ends_no_push() {
    let unanswered = |story: &mut Story, id| {
        story.call_with(Request::Recall { messages: vec![id] }, Answer::Unknown);
    };
    let of_another = |story: &mut Story, _| story.call(Request::Recall { messages: Vec::new() });
    holds(&sent_after_its_end(unanswered, 150, false));
    holds(&sent_after_its_end(of_another, 150, false));
}
