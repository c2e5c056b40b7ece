//! Invariant 15: a process that a vendor asked to wait makes no call of that credential before the time is over.
//!
//! Other processes do not know of it, and neither does another credential of the notifier.

use crate::history::{
    VendorGot, What,
    check::{Violation, run::Run},
};

const NUMBER: u8 = 15;

pub(super) fn check(run: &Run<'_>) -> Vec<Violation> {
    let early = run.find(|what| match what {
        What::VendorGot(got) if got.too_early => Some(got),
        _ => None,
    });
    let violation = |(position, got): (_, &VendorGot)| {
        let story = format!("{} was called for {} before the time that it asked to wait for", got.vendor, got.notifier);
        run.violation(NUMBER, story, &[position])
    };
    early.map(violation).collect()
}
