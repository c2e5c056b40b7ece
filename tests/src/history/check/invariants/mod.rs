//! The invariants, a file for each, in the order of their numbers.

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
mod tenants;
mod told;
mod too_early;
mod valid_tokens;
mod versions;

use super::{Violation, run::Run};

/// Every invariant, from the first to the sixteenth.
pub(super) const ALL: [fn(&Run<'_>) -> Vec<Violation>; 16] = [
    decided::check,
    shown_once::check,
    tenants::check,
    owners::check,
    valid_tokens::check,
    neighbours::check,
    malformed::check,
    secrets::check,
    expiry::check,
    queues::check,
    handed_over::check,
    versions::check,
    counts::check,
    told::check,
    too_early::check,
    replaced_secrets::check,
];
