use super::{Story, breaks, holds, story::chat};
use crate::history::{VendorAnswer, VendorGot, What};

#[test]
fn a_vendor_that_asked_to_wait_is_not_called_before() {
    let retried = |too_early: bool| {
        let mut story = Story::with_ann();
        let id = story.send(&chat("hello", &["ann"]));
        story.answered("hello", "token-of-ann", VendorAnswer::Later);
        let got = story.push("hello", "token-of-ann", VendorAnswer::Accepted);
        story.add(What::VendorGot(VendorGot { too_early, ..got }));
        story.decided_push("ann", id);
        story
    };
    holds(&retried(false));
    assert!(breaks(&retried(true), 15).contains("before the time that it asked to wait for"));
}
