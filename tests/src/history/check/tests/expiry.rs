use super::{
    Story, breaks, holds,
    story::{bind, chat, seconds},
};
use crate::history::{Answer, FaultScope, Request, Sending, VendorAnswer, What};

fn short() -> Sending {
    Sending { time_to_live: seconds(60), ..chat("hello", &["ann"]) }
}

/// Tells of a push so long after the acceptance of a message that lives for 60 s. Its vendor is down meanwhile.
fn pushed_after(waited: u64) -> Story {
    let mut story = Story::with_ann();
    story.add(What::FaultBegan { scope: FaultScope::Vendor(shared::domain::vendor::Vendor::Fcm) });
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
