//! From the results of single requests to the report of a call.

use std::mem::discriminant;

use serde_json::Value;
use shared::{
    domain::{
        attempt::RetryReason,
        outcome::{CallError, Outcome},
        vendor_answer::VendorAnswer,
    },
    ports::vendor::CallReport,
};

/// Why something failed, with the vendor's answer for whoever tests a notifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// what it means
    pub error: CallError,
    /// the vendor's answer
    pub answer: VendorAnswer,
}

impl<E: Into<CallError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { error: error.into(), answer: VendorAnswer::default() }
    }
}

impl From<Failure> for CallReport {
    fn from(failure: Failure) -> Self {
        Self { outcomes: Err(failure.error), answer: failure.answer }
    }
}

/// The result of one request of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// how many tokens it carried
    pub tokens: usize,
    /// an outcome for each of them, or why none is known
    pub result: Result<Vec<Outcome>, CallError>,
}

/// Puts the requests of a call together, in their order. A call fails as a whole when all its requests failed in the same
/// way; else each token has an outcome, and those of a failed request get what the failure means for one token.
pub fn merge(mut parts: Vec<Part>) -> Result<Vec<Outcome>, CallError> {
    if parts.len() == 1 {
        return parts.remove(0).result;
    }
    if let Some(error) = common_failure(&parts) {
        return Err(error);
    }
    let mut outcomes = Vec::with_capacity(parts.iter().map(|part| part.tokens).sum());
    for part in parts {
        match part.result {
            Ok(known) => outcomes.extend(known),
            Err(error) => outcomes.extend(of_tokens(error, part.tokens)),
        }
    }
    Ok(outcomes)
}

/// The failure that all requests share, with the longest wait that one of them asks for.
fn common_failure(parts: &[Part]) -> Option<CallError> {
    let mut errors = parts.iter().map(|part| part.result.as_ref().err());
    let first = errors.next()??;
    errors.try_fold(first.clone(), |longest, error| {
        let error = error.filter(|error| discriminant(*error) == discriminant(first))?;
        Some(if wait(error) > wait(&longest) { error.clone() } else { longest })
    })
}

fn wait(error: &CallError) -> Option<std::time::Duration> {
    match error {
        CallError::RateLimited { after, .. } | CallError::Unavailable { after, .. } => *after,
        CallError::QuotaUsedUp { resets_after, .. } => Some(*resets_after),
        CallError::Credential { .. }
        | CallError::CredentialOrToken { .. }
        | CallError::Ambiguous { .. }
        | CallError::Rejected { .. }
        | CallError::Protocol { .. } => None,
    }
}

/// The outcome of a token whose push was taken, under this id if the vendor names one.
pub fn accepted(id: Value) -> Outcome {
    let vendor_message_id = match id {
        Value::String(id) if !id.is_empty() => Some(id),
        _ => None,
    };
    Outcome::Accepted { vendor_message_id }
}

/// What the failure of a request means for each of its tokens. What may be the fault of one of several blames none of them.
pub fn of_tokens(error: CallError, tokens: usize) -> Vec<Outcome> {
    let outcome = match error {
        CallError::CredentialOrToken { code } if tokens > 1 => {
            Outcome::Transient { retry_reason: RetryReason::Unavailable, code, after: None }
        }
        error => of_token(error),
    };
    vec![outcome; tokens]
}

/// What the failure of a request means for its only token.
pub fn of_token(error: CallError) -> Outcome {
    match error {
        CallError::RateLimited { code, after, .. } => {
            Outcome::Transient { retry_reason: RetryReason::Throttled, code, after }
        }
        CallError::Unavailable { code, after } => {
            Outcome::Transient { retry_reason: RetryReason::Unavailable, code, after }
        }
        CallError::QuotaUsedUp { code, resets_after } => Outcome::QuotaUsedUp { code, resets_after },
        CallError::Ambiguous { code } | CallError::Protocol { code } => {
            Outcome::Transient { retry_reason: RetryReason::Unclear, code, after: None }
        }
        CallError::CredentialOrToken { code } => Outcome::CredentialOrToken { code },
        CallError::Credential { code } | CallError::Rejected { code } => Outcome::Refused { code },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn failed(error: CallError) -> Part {
        Part { tokens: 1, result: Err(error) }
    }

    fn limited(seconds: u64) -> CallError {
        CallError::RateLimited { code: "429".into(), after: Some(Duration::from_secs(seconds)), asked: true }
    }

    fn accepted() -> Outcome {
        Outcome::Accepted { vendor_message_id: None }
    }

    #[test]
    fn a_failure_of_all_requests_is_the_failure_of_the_call() {
        let parts = vec![failed(limited(1)), failed(limited(9)), failed(limited(3))];
        assert_eq!(merge(parts), Err(limited(9)));
    }

    #[test]
    fn the_result_of_the_only_request_is_that_of_the_call() {
        let outcomes = vec![accepted(), Outcome::Refused { code: "400".into() }];
        assert_eq!(merge(vec![Part { tokens: 2, result: Ok(outcomes.clone()) }]), Ok(outcomes));
        assert_eq!(merge(vec![failed(limited(1))]), Err(limited(1)));
        assert_eq!(merge(Vec::new()), Ok(Vec::new()));
    }

    #[test]
    fn a_failure_of_some_requests_concerns_their_tokens_only() {
        let rejected = CallError::Rejected { code: "400".into() };
        let taken = Part { tokens: 2, result: Ok(vec![accepted(), accepted()]) };
        let outcomes = merge(vec![failed(limited(1)), taken, failed(rejected)]).unwrap();
        assert_eq!(
            outcomes,
            [
                Outcome::Transient {
                    retry_reason: RetryReason::Throttled,
                    code: "429".into(),
                    after: Some(Duration::from_secs(1))
                },
                accepted(),
                accepted(),
                Outcome::Refused { code: "400".into() }
            ]
        );
    }

    #[test]
    fn what_may_be_the_fault_of_one_token_blames_none_of_several() {
        let refused = |tokens| Part { tokens, result: Err(CallError::CredentialOrToken { code: "80300002".into() }) };
        let taken = Part { tokens: 1, result: Ok(vec![accepted()]) };
        let outcomes = merge(vec![refused(2), refused(1), taken]).unwrap();
        let later = Outcome::Transient { retry_reason: RetryReason::Unavailable, code: "80300002".into(), after: None };
        let blamed = Outcome::CredentialOrToken { code: "80300002".into() };
        assert_eq!(outcomes, [later.clone(), later, blamed, accepted()]);
    }

    proptest! {
        #[test]
        fn every_token_has_one_outcome_unless_the_call_failed(kinds in prop::collection::vec((0u8..6, 1usize..5), 1..20)) {
            let parts: Vec<Part> = kinds.iter().map(|(kind, tokens)| {
                let code = String::new();
                let result = match kind {
                    0 => Ok(vec![accepted(); *tokens]),
                    1 => Err(limited(1)),
                    2 => Err(CallError::Ambiguous { code }),
                    3 => Err(CallError::Credential { code }),
                    4 => Err(CallError::Protocol { code }),
                    _ => Err(CallError::Unavailable { code, after: None }),
                };
                Part { tokens: *tokens, result }
            }).collect();
            let total: usize = kinds.iter().map(|(_, tokens)| tokens).sum();
            let same = kinds.iter().all(|(kind, _)| *kind == kinds[0].0 && *kind > 0);
            match merge(parts) {
                Ok(outcomes) => prop_assert!(!same && outcomes.len() == total),
                Err(_) => prop_assert!(same),
            }
        }
    }
}
