//! What became of the pushes of a task.

use std::collections::BTreeMap;

use crate::domain::{reason::Reason, statistics::Counted};

/// Numbers of pushes. Accepted, delivered and clicked ones are counted by device. Refused ones are receivers without a
/// push, and devices whose push failed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskCounts {
    /// a vendor or a connection took them
    pub accepted: u64,
    /// nobody took them, by reason
    pub refused: BTreeMap<Reason, u64>,
    /// they reached the phone, as the vendor reports
    pub delivered: u64,
    /// a user opened them
    pub clicked: u64,
}

impl TaskCounts {
    /// Adds an event. A receiver without a push who was online got it over a connection.
    pub fn count(&mut self, counted: Counted, times: u64) {
        let count = match counted {
            Counted::Suppressed { reason: Reason::UserOnline | Reason::MessageDelivered, .. } => &mut self.accepted,
            Counted::Suppressed { reason, .. } | Counted::Refused { reason, .. } => {
                self.refused.entry(reason).or_default()
            }
            Counted::Accepted { .. } => &mut self.accepted,
            Counted::Delivered { .. } => &mut self.delivered,
            Counted::Clicked { .. } => &mut self.clicked,
        };
        *count = count.saturating_add(times);
    }

    /// Adds a receiver whose push was recalled before anybody took it.
    pub fn count_recalled(&mut self) {
        let count = self.refused.entry(Reason::MessageDelivered).or_default();
        *count = count.saturating_add(1);
    }
}
