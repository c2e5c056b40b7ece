//! Which tokens of a request it was refused for, when the vendor does not say.
//!
//! One token that any user bound must not cost the other members of a group their push. A request that is refused for the credential
//! or for a token is asked for again in halves, down to single tokens.

use async_trait::async_trait;

use super::report::Part;
use crate::domain::{
    attempt::RetryReason,
    binding::DeviceToken,
    outcome::{CallError, Outcome},
};

/// The most requests of one call, so that it ends in time. Finding one token among 1000 takes 21.
const MAX_REQUESTS: usize = 24;

/// What a vendor does in its own way.
#[async_trait]
pub trait SendTogether: Sync {
    /// Sends one request to the tokens; an outcome for each, in their order.
    async fn together(&self, tokens: &[DeviceToken]) -> Result<Vec<Outcome>, CallError>;

    /// Whether a refusal with this code leaves open which of the tokens it is for.
    fn leaves_open(&self, code: &str) -> bool;
}

/// Sends to the tokens, and again to halves of those that were refused together. Parts in the order of the tokens; all of them are
/// [`CallError::CredentialOrToken`] when every request was refused.
///
/// Tokens that are left when the requests are used up come back as "later" if any other token was taken: the vendor has not taken
/// their push, and the next attempt finds more.
pub async fn isolate(vendor: &impl SendTogether, tokens: &[DeviceToken]) -> Vec<Part> {
    let mut waiting = vec![tokens];
    let mut parts: Vec<Told> = Vec::new();
    let mut requests = 0;
    let mut refusal = None;
    while let Some(tokens) = waiting.pop() {
        let (asked, result) = match &refusal {
            Some(error) if requests == MAX_REQUESTS => (false, Err(CallError::clone(error))),
            _ => {
                requests += 1;
                (true, vendor.together(tokens).await)
            }
        };
        if let Err(error @ CallError::CredentialOrToken { code }) = &result
            && vendor.leaves_open(code)
            && tokens.len() > 1
            && requests < MAX_REQUESTS
        {
            refusal = Some(error.clone());
            let (first, second) = tokens.split_at(tokens.len() / 2);
            waiting.extend([second, first]);
        } else {
            parts.push(Told { proven: asked && tokens.len() == 1, part: Part { tokens: tokens.len(), result } });
        }
    }
    put_off(&mut parts);
    parts.into_iter().map(|told| told.part).collect()
}

/// What is told of some tokens.
struct Told {
    part: Part,
    /// whether it is told of one token alone
    proven: bool,
}

/// Tokens that were refused with others, or not asked for at all, are not to blame beside any that was taken.
fn put_off(told: &mut [Told]) {
    let refused = |told: &Told| matches!(told.part.result, Err(CallError::CredentialOrToken { .. }));
    if told.iter().all(refused) {
        return;
    }
    for Told { part, .. } in told.iter_mut().filter(|told| !told.proven) {
        if let Err(CallError::CredentialOrToken { code }) = &part.result {
            let later = Outcome::Later { retry_reason: RetryReason::Unavailable, code: code.clone(), after: None };
            part.result = Ok(vec![later; part.tokens]);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use proptest::prelude::*;

    use super::*;
    use crate::vendors::report::merge;

    /// A vendor that refuses every request with one of these tokens.
    struct Refusing<'a> {
        bad: &'a BTreeSet<usize>,
        requests: AtomicUsize,
    }

    #[async_trait]
    impl SendTogether for Refusing<'_> {
        fn leaves_open(&self, code: &str) -> bool {
            code == "80300002"
        }

        async fn together(&self, tokens: &[DeviceToken]) -> Result<Vec<Outcome>, CallError> {
            self.requests.fetch_add(1, Ordering::Relaxed);
            if tokens.iter().any(|token| self.bad.contains(&token.expose().parse().unwrap())) {
                return Err(CallError::CredentialOrToken { code: "80300002".into() });
            }
            Ok(vec![Outcome::Accepted { vendor_message_id: None }; tokens.len()])
        }
    }

    /// What becomes of tokens, and in how many requests.
    fn sent(count: usize, bad: &BTreeSet<usize>) -> (Result<Vec<Outcome>, CallError>, usize) {
        let tokens: Vec<DeviceToken> = (0..count).map(|at| DeviceToken::parse(&at.to_string()).unwrap()).collect();
        let vendor = Refusing { bad, requests: AtomicUsize::new(0) };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let parts = runtime.block_on(isolate(&vendor, &tokens));
        (merge(parts), vendor.requests.into_inner())
    }

    proptest! {
        #[test]
        fn one_bad_token_costs_no_other_its_push(count in 2usize..=1000, bad: prop::sample::Index) {
            let bad = bad.index(count);
            let (outcomes, requests) = sent(count, &BTreeSet::from([bad]));
            for (at, outcome) in outcomes.unwrap().iter().enumerate() {
                let refused = matches!(outcome, Outcome::Refused { .. });
                prop_assert_eq!(refused, at == bad);
                let accepted = matches!(outcome, Outcome::Accepted { .. });
                prop_assert!(refused || accepted);
            }
            prop_assert!(requests <= MAX_REQUESTS);
        }

        #[test]
        fn a_good_token_is_taken_or_waits_and_a_bad_one_is_never_taken(
            count in 2usize..=300,
            bad in proptest::collection::btree_set(0usize..300, 0..20),
        ) {
            let (outcomes, requests) = sent(count, &bad);
            prop_assert!(requests <= MAX_REQUESTS);
            let Ok(outcomes) = outcomes else {
                return Ok(());
            };
            prop_assert_eq!(outcomes.len(), count);
            for (at, outcome) in outcomes.iter().enumerate() {
                match outcome {
                    Outcome::Accepted { .. } => prop_assert!(!bad.contains(&at)),
                    Outcome::Refused { .. } => prop_assert!(bad.contains(&at)),
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn a_call_that_is_refused_whatever_its_tokens_fails_as_a_whole() {
        let (outcomes, requests) = sent(1000, &(0..1000).collect());
        assert_eq!(outcomes, Err(CallError::CredentialOrToken { code: "80300002".into() }));
        assert!(requests <= MAX_REQUESTS);
    }
}
