//! Warnings about a notifier, from its plaintext attributes, its health and the time.

use shared::{
    domain::{
        notifier::NotifierSummary,
        push::SemanticClass,
        time::Timestamp,
        warning::{self, Warning, WarningFacts},
    },
    ports::apps::NotifierHealth,
};
use vendors::notifier::preflight::preflight_of_stored;

/// Returns the current warnings about a notifier.
pub(crate) fn warnings(notifier: &NotifierSummary, health: &NotifierHealth, now: Timestamp) -> Vec<Warning> {
    let holding = health.quotas.iter().filter(|(_, quota)| quota.holds(&notifier.fingerprint, now));
    let used_up: Vec<SemanticClass> = holding.map(|(class, _)| *class).collect();
    let standing = WarningFacts {
        state: notifier.state,
        state_reason: notifier.state_reason.as_deref(),
        created_at: notifier.created_at,
        expires_at: notifier.credential_expires_at,
        last_success: health.last_success,
        last_failure: health.failure_of(&notifier.fingerprint),
        used_up: &used_up,
        preflight: preflight_of_stored(notifier.vendor, notifier.credential_facts.as_ref(), &notifier.options),
    };
    warning::warnings(standing, now)
}
