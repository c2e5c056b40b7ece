use shared::domain::{id::MessageId, outcome::PushStatus, reason::Reason, vendor::Vendor};

use super::{
    Story, breaks, holds,
    story::{chat, notifier},
};
use crate::history::{FaultScope, Request, VendorAnswer, VendorGot, What};

/// Begins a story in which the secret of ann's notifier was entered, and replaced.
fn replaced() -> Story {
    let mut story = Story::with_ann();
    enter(&mut story);
    story.add(What::SecretReplaced { app: story.app.clone(), notifier: notifier("fcm") });
    story
}

fn enter(story: &mut Story) {
    story.call(Request::PutNotifier {
        notifier: notifier("fcm"),
        vendor: Vendor::Fcm,
        enabled: true,
        credential: true,
    });
}

/// Sends a message whose push is refused.
fn refused(story: &mut Story, outdated: bool) -> MessageId {
    let id = story.send(&chat("hello", &["ann"]));
    let got = story.push("hello", "token-of-ann", VendorAnswer::Credential);
    story.add(What::VendorGot(VendorGot { outdated, ..got }));
    id
}

fn ends(mut story: Story, id: MessageId, reason: Reason) -> Story {
    let end = story.end(PushStatus::Fail, Some(reason));
    story.decided_to("ann", id, end);
    story
}

#[test]
fn a_push_ends_for_an_old_secret_only_while_the_new_one_is_missing() {
    for reason in [Reason::NotifierDisabled, Reason::PushYetButFail] {
        let mut early = replaced();
        let id = refused(&mut early, true);
        enter(&mut early);
        holds(&ends(early, id, reason));
        let mut late = replaced();
        enter(&mut late);
        let id = refused(&mut late, true);
        assert!(breaks(&ends(late, id, reason), 1).contains("nothing explains it"));
    }
}

#[test]
fn an_old_secret_that_is_refused_disables_no_notifier_that_has_the_new_one() {
    let mut story = replaced();
    enter(&mut story);
    let first = refused(&mut story, true);
    story.pushed("hello", "token-of-ann");
    story.decided_push("ann", first);
    story.wait(20);
    let id = story.send(&chat("second", &["ann"]));
    story.suppressed("ann", id, Reason::NotifierDisabled);
    assert!(breaks(&story, 1).contains("notifier disabled"));
}

#[test]
fn what_an_old_secret_switched_off_is_on_once_the_new_one_is_entered() {
    for is_entered in [false, true] {
        let mut story = replaced();
        let first = refused(&mut story, true);
        let mut story = ends(story, first, Reason::NotifierDisabled);
        if is_entered {
            enter(&mut story);
        }
        story.wait(20);
        let id = story.send(&chat("second", &["ann"]));
        story.suppressed("ann", id, Reason::NotifierDisabled);
        if is_entered { assert!(breaks(&story, 1).contains("notifier disabled")) } else { holds(&story) }
    }
}

#[test]
fn a_call_that_began_before_the_replacement_may_enter_the_old_secret() {
    let mut story = Story::with_ann();
    enter(&mut story);
    let put = Request::PutNotifier { notifier: notifier("fcm"), vendor: Vendor::Fcm, enabled: true, credential: true };
    story.ask(put);
    story.add(What::SecretReplaced { app: story.app.clone(), notifier: notifier("fcm") });
    enter(&mut story);
    let id = refused(&mut story, true);
    holds(&ends(story, id, Reason::NotifierDisabled));
}

#[test]
fn a_process_uses_an_old_secret_for_as_long_as_it_may_cache_it() {
    for (waits, is_so) in [(60, true), (90, false)] {
        let mut story = replaced();
        enter(&mut story);
        story.wait(waits);
        let id = refused(&mut story, true);
        story.pushed("hello", "token-of-ann");
        story.decided_push("ann", id);
        if is_so { holds(&story) } else { assert!(breaks(&story, 16).contains("the old secret")) }
    }
}

#[test]
fn a_vendor_accepts_the_new_secret_unless_something_is_wrong_with_it() {
    for fault in [true, false] {
        let mut story = replaced();
        enter(&mut story);
        if fault {
            story.add(What::FaultBegan { scope: FaultScope::Vendor(Vendor::Fcm) });
        }
        let id = refused(&mut story, false);
        let story = ends(story, id, Reason::NotifierDisabled);
        if fault { holds(&story) } else { assert!(breaks(&story, 16).contains("refused the new secret")) }
    }
}
