//! The checker: which invariants of the product a history breaks.
//!
//! It judges by what an observer knows for certain. A call is an interval, and takes effect at some moment in it. A call
//! without a clear answer may have taken effect at any time from its begin on, or never. A history breaks an invariant
//! only if no such moments explain it.

mod bindings;
mod call;
mod deliveries;
mod fact;
mod groups;
mod invariants;
mod messages;
mod presence;
mod run;
mod suppression;
#[cfg(test)]
mod tests;
mod users;
mod waiting;

use std::fmt;

use super::{Event, History};
use run::Run;

/// A broken invariant.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// the number of the invariant
    pub invariant: u8,
    /// what a person suffered, in plain words
    pub story: String,
    /// the events that prove it, in the order of time
    pub events: Vec<Event>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "invariant {}: {}", self.invariant, self.story)?;
        self.events.iter().try_for_each(|event| writeln!(f, "  {} {:?}", event.at.as_millis(), event.what))
    }
}

/// Returns every violation that a history proves, in the order of the invariants.
pub fn check(history: &History) -> Vec<Violation> {
    let run = Run::of(history);
    invariants::ALL.iter().flat_map(|invariant| invariant(&run)).collect()
}
