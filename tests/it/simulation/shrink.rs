//! Makes a failing story shorter, for as long as it still fails.

use std::time::Instant;

use super::story::Story;

/// The longest time to shrink a story, in seconds.
const LONGEST: u64 = 60;

/// Returns the shortest story found that `fails`.
pub fn shrink(story: &Story, fails: impl Fn(&Story) -> bool) -> Story {
    let begun = Instant::now();
    let mut best = story.clone();
    loop {
        let before = (best.steps.len(), best.troubles.len());
        // Large pieces first, then single ones.
        let mut piece = (best.steps.len() / 2).max(1);
        loop {
            best = without_pieces(best, piece, &|story| begun.elapsed().as_secs() < LONGEST && fails(story));
            if piece == 1 {
                break;
            }
            piece = piece.div_ceil(2);
        }
        if before == (best.steps.len(), best.troubles.len()) {
            return best;
        }
    }
}

/// Leaves out steps and troubles, so many at a time.
fn without_pieces(mut best: Story, piece: usize, fails: &impl Fn(&Story) -> bool) -> Story {
    let mut from = 0;
    while from < best.troubles.len() {
        let mut shorter = best.clone();
        shorter.troubles.drain(from..(from + piece).min(best.troubles.len()));
        if fails(&shorter) { best = shorter } else { from += piece }
    }
    let mut from = 0;
    while from < best.steps.len() {
        let mut shorter = best.clone();
        remove_steps(&mut shorter, from, piece);
        if fails(&shorter) { best = shorter } else { from += piece }
    }
    best
}

/// Removes steps. Their time passes all the same, and later steps keep their texts.
fn remove_steps(story: &mut Story, from: usize, piece: usize) {
    let to = (from + piece).min(story.steps.len());
    let waited: u64 = story.steps.drain(from..to).map(|step| step.after).sum();
    if let Some(next) = story.steps.get_mut(from) {
        next.after += waited;
    }
}
