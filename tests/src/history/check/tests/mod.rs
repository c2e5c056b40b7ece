//! Small histories that hold, that break an invariant, and that are close to breaking it.

mod counts;
mod decided;
mod expiry;
mod handed_over;
mod malformed;
mod neighbours;
mod owners;
mod queues;
mod replaced_secrets;
mod secrets;
mod shown_once;
mod story;
mod suppression;
mod tenants;
mod told;
mod too_early;
mod valid_tokens;
mod versions;

use story::Story;

/// Checks that a history breaks no invariant.
#[track_caller]
fn holds(story: &Story) {
    let violations = story.violations();
    assert!(violations.is_empty(), "{}", violations[0]);
}

/// Checks that a history breaks this invariant and no other, and returns what the checker says.
#[track_caller]
fn breaks(story: &Story, invariant: u8) -> String {
    let violations = story.violations();
    assert!(!violations.is_empty(), "nothing was found");
    let other = violations.iter().find(|violation| violation.invariant != invariant);
    assert!(other.is_none(), "{}", other.unwrap());
    assert!(violations.iter().all(|violation| !violation.events.is_empty()), "a violation has no proof");
    violations[0].story.clone()
}
