//! Counts of a story, taken from the records.

use std::collections::BTreeMap;

use super::{record::Line, result::DeliveryResult};

/// How many of each.
pub type Counts = BTreeMap<String, u32>;

/// Counts of a story.
#[derive(Debug, Default)]
pub struct Tally {
    /// messages that were sent
    pub messages: u32,
    /// pushes that a vendor took, by notifier
    pub pushes: Counts,
    /// silences, by reason
    pub suppressions: Counts,
    /// pushes that ended otherwise, by reason
    pub refusals: Counts,
    /// requests that vendors must have seen, by notifier
    pub attempts: Counts,
    /// bindings of unregistered tokens that went
    pub tokens_removed: u32,
}

impl Tally {
    /// Counts one line of a record.
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
