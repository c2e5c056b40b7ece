//! Results in words, and what they say of tokens.

use std::{collections::HashMap, time::Duration};

use shared::domain::{
    binding::DeviceToken,
    outcome::{CallError, Outcome},
};

use crate::reporting::Refusal;

/// A result in a word or two.
pub fn meaning(judged: &Result<Outcome, Refusal>) -> String {
    match judged {
        Ok(Outcome::Accepted { .. }) => "accepted".into(),
        Ok(Outcome::Unregistered { certain: true, .. }) => "dead".into(),
        Ok(Outcome::Unregistered { certain: false, .. }) => "suspect".into(),
        Ok(outcome) => format!("{outcome:?}"),
        Err(Refusal::Expired { .. }) => "expired".into(),
        Err(Refusal::Failed(error)) => failure(error),
    }
}

/// A call's failure in a word or two.
pub fn failure(error: &CallError) -> String {
    let wait = |after: &Option<Duration>| after.map(|after| format!(" {}", after.as_secs())).unwrap_or_default();
    match error {
        CallError::Credential { .. } => "credential".into(),
        CallError::CredentialOrToken { .. } => "credential or token".into(),
        CallError::RateLimited { after, .. } => format!("limited{}", wait(after)),
        CallError::QuotaUsedUp { resets_after, .. } => format!("quota {}", resets_after.as_secs()),
        CallError::Unavailable { after, .. } => format!("unavailable{}", wait(after)),
        CallError::Ambiguous { .. } => "ambiguous".into(),
        CallError::Rejected { .. } => "rejected".into(),
        CallError::Protocol { .. } => "protocol".into(),
    }
}

/// The tokens that their outcomes unregister, certainly or not.
pub fn unregistered(tokens: &[DeviceToken], outcomes: &[Outcome]) -> Vec<String> {
    assert_eq!(tokens.len(), outcomes.len());
    let pairs = tokens.iter().zip(outcomes);
    let named = pairs.filter(|(_, outcome)| matches!(outcome, Outcome::Unregistered { .. }));
    named.map(|(token, _)| token.expose().to_owned()).collect()
}

/// How many of these requests carry each token.
pub fn times(requests: &[Vec<String>]) -> HashMap<String, usize> {
    let mut times = HashMap::new();
    for token in requests.iter().flatten() {
        *times.entry(token.clone()).or_default() += 1;
    }
    times
}
