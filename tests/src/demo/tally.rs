//! Counts of the demo, from the stored traces.

use std::collections::BTreeMap;

use super::{record::Line, result::DeliveryResult};

/// Counts by name.
pub type Counts = BTreeMap<String, u32>;

/// The demo's counts.
#[derive(Debug, Default)]
pub struct Tally {
    /// messages that were sent
    pub messages: u32,
    /// accepted pushes, by notifier
    pub pushes: Counts,
    /// suppressed pushes, by reason
    pub suppressions: Counts,
    /// refused pushes, by reason
    pub refusals: Counts,
    /// requests that vendors must have got, by notifier
    pub attempts: Counts,
    /// removed bindings of unregistered tokens
    pub tokens_removed: u32,
}

impl Tally {
    /// Counts one line of a trace.
    pub fn count(&mut self, line: &Line) {
        let notifier = line.notifier.clone().unwrap_or_default();
        match line.ended.result {
            DeliveryResult::Suppressed(reason) => add(&mut self.suppressions, reason.code(), 1),
            DeliveryResult::Pushed { attempts } => {
                add(&mut self.pushes, &notifier, 1);
                add(&mut self.attempts, &notifier, attempts);
            }
            DeliveryResult::Refused { reason, attempts } => {
                add(&mut self.refusals, reason.code(), 1);
                add(&mut self.attempts, &notifier, attempts);
            }
        }
    }
}

/// Adds to one of the counts.
pub fn add(counts: &mut Counts, name: &str, count: u32) {
    *counts.entry(name.to_owned()).or_default() += count;
}
