use super::{
    Story, breaks, holds,
    story::{app, bind, chat, notifier, presence, user},
};
use crate::history::{FaultScope, VendorAnswer, What};
use shared::domain::{presence::PresenceStatus, vendor::Vendor};

/// Tells of a message that reaches `ann` after this time, while something else fails.
fn late(seconds: u64, scope: FaultScope, before: impl Fn(&mut Story)) -> Story {
    let mut story = Story::with_ann();
    before(&mut story);
    story.add(What::FaultBegan { scope });
    let id = story.send(&chat("hello", &["ann"]));
    story.wait(seconds);
    story.pushed("hello", "token-of-ann");
    story.decided_push("ann", id);
    story
}

#[test]
fn a_neighbour_that_fails_delays_nobody() {
    for scope in [
        FaultScope::Vendor(Vendor::Huawei),
        FaultScope::Notifier(app("chat"), notifier("huawei")),
        FaultScope::App(app("other")),
        FaultScope::User(app("chat"), user("eve")),
        FaultScope::Text("another".to_owned()),
        FaultScope::CallbackServer(app("chat")),
    ] {
        holds(&late(30, scope.clone(), |_| ()));
        assert!(breaks(&late(90, scope, |_| ()), 6).contains("nothing of theirs failed"));
    }
}

#[test]
fn what_fails_for_the_message_itself_may_delay_it() {
    for scope in [
        FaultScope::Everything,
        FaultScope::Vendor(Vendor::Fcm),
        FaultScope::Notifier(app("chat"), notifier("fcm")),
        FaultScope::App(app("chat")),
        FaultScope::User(app("chat"), user("ann")),
        FaultScope::Text("hello".to_owned()),
    ] {
        holds(&late(90, scope, |_| ()));
    }
}

#[test]
fn a_process_that_died_before_and_a_user_who_seemed_online_excuse_a_late_push() {
    let scope = FaultScope::App(app("other"));
    holds(&late(90, scope.clone(), Story::killed));
    holds(&late(130, scope, |story| {
        let at = story.now();
        story.call(presence("ann", "phone", PresenceStatus::Online, at));
    }));
}

#[test]
fn a_vendor_that_asks_the_notifier_to_wait_excuses_its_pushes() {
    let mut story = Story::with_ann();
    story.call(bind("eve", "phone", "token-of-eve"));
    let first = story.send(&chat("first", &["eve"]));
    story.answered("first", "token-of-eve", VendorAnswer::Later);
    let id = story.send(&chat("hello", &["ann"]));
    story.answered("first", "token-of-eve", VendorAnswer::Later);
    story.wait(90);
    story.pushed("hello", "token-of-ann");
    story.pushed("first", "token-of-eve");
    story.decided_push("ann", id);
    story.decided_push("eve", first);
    holds(&story);
}
