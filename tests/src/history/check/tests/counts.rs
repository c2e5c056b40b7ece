use super::{Story, breaks, holds, story::bind};
use crate::history::What;

/// Tells that `ann`'s phone got two pushes, of which one is reported twice, and what the app counts.
fn counting(delivered: u64) -> Story {
    let mut story = Story::with_ann();
    for push in [1, 2, 1] {
        story.reported(false, story.now(), push);
    }
    story.reported(true, story.now(), 3);
    let app = story.app.clone();
    story.add(What::Counted { app, delivered });
    story
}

#[test]
fn a_receipt_does_not_count_again_for_the_next_holder_of_its_token() {
    let mut story = Story::with_ann();
    story.call(bind("eve", "phone", "token-of-ann"));
    (0..2).for_each(|_| story.reported(false, story.now(), 1));
    let app = story.app.clone();
    story.add(What::Counted { app, delivered: 2 });
    assert!(breaks(&story, 13).contains("counts 2 delivered pushes, and vendors reported 1"));
}

#[test]
fn a_receipt_counts_once_or_is_lost_but_never_counts_twice() {
    for counted in [0, 1, 2] {
        holds(&counting(counted));
    }
    assert!(breaks(&counting(3), 13).contains("counts 3 delivered pushes, and vendors reported 2"));
}
