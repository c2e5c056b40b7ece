//! Finds that are not settled yet: each is a defect of the product, or too strict a judgement.
//!
//! `make test` leaves their seeds out, so that it finds what a change breaks. Whoever settles one removes its line, and
//! keeps its short story if the product was wrong.

use super::{seeds::verdict, story::Story};

/// Seeds with the invariant that they break.
pub const OPEN: [(u64, &str); 10] = [
    // a synchronous push whose decision could not be recorded
    (437, "invariant 1"),
    (605, "invariant 1"),
    (780, "invariant 1"),
    (1535, "invariant 1"),
    // a decided push without a vendor request and without an end
    (521, "invariant 1"),
    (608, "invariant 1"),
    (665, "invariant 1"),
    (912, "invariant 1"),
    // a message that its app or user should not see
    (1136, "invariant 3"),
    (1421, "invariant 3"),
];

/// Returns whether a seed's find is open.
pub fn is_open(seed: u64) -> bool {
    OPEN.iter().any(|(open, _)| *open == seed)
}

#[test]
fn an_open_find_is_still_found() {
    for (seed, invariant) in OPEN {
        let wrong = verdict(&Story::of(seed));
        assert!(wrong.iter().any(|one| one.starts_with(invariant)), "seed {seed} is settled: {wrong:?}");
    }
}
