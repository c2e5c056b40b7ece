//! Warnings about a notifier, from its plaintext attributes, its health and the time.

use shared::{
    domain::{
        notifier::NotifierSummary,
        push::SemanticClass,
        time::Timestamp,
        warning::{self, Warning},
    },
    ports::apps::NotifierHealth,
};
use vendors::notifier::preflight::preflight_of_stored;

/// Returns the current warnings about a notifier.
pub(crate) fn warnings(notifier: &NotifierSummary, health: &NotifierHealth, now: Timestamp) -> Vec<Warning> {
    let holding = health.quotas.iter().filter(|(_, quota)| quota.holds(&notifier.fingerprint, now));
    let used_up: Vec<SemanticClass> = holding.map(|(class, _)| *class).collect();
    let preflight = preflight_of_stored(notifier.vendor, notifier.credential_facts.as_ref(), &notifier.options);
    warning::warnings(health.warning_facts(notifier, &used_up, preflight), now)
}
