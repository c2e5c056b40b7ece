//! Which tokens of a request it was refused for, when the vendor does not say.
//!
//! Tokens that any user bound must not cost the other members of a group their push. A request that is refused for the credential or
//! for a token is asked for again in halves, down to single tokens. Only a token that was asked for alone is refused. The others
//! are held: the vendor has not taken their push, and the next call finds more.

use std::time::Duration;

use async_trait::async_trait;
use shared::domain::{
    attempt::RetryReason,
    binding::DeviceToken,
    outcome::{CallError, Disposition, Outcome},
};
use tokio::time::Instant;

use super::Part;

/// Maximum requests of one call beside the first of each part of it. Finding one token among 1000 takes 21.
const MAX_REQUESTS: usize = 24;
/// No request is begun later. With the longest that one takes, the call still ends before its caller gives it up.
pub const MAX_TIME: Duration = Duration::from_secs(4);
/// Each request of so many asks for the most tokens at once: most often it holds none of those that are to blame, so that many get
/// their push early, and the notifier its success.
const LARGEST_EVERY: usize = 4;

/// What a vendor does in its own way. A refusal of several tokens names none of them.
#[async_trait]
pub trait SendTogether: Sync {
    /// Sends one request to the tokens; an outcome for each, in their order.
    async fn together(&self, tokens: &[DeviceToken]) -> Result<Vec<Outcome>, CallError>;
}

/// Sends the tokens of one call, with what it may still ask for.
#[derive(Debug)]
pub struct Isolation {
    requests: usize,
    until: Instant,
}

/// Tokens that stand together in a call.
struct Piece<'a> {
    place: usize,
    tokens: &'a [DeviceToken],
}

impl<'a> Piece<'a> {
    fn halves(&self) -> [Self; 2] {
        let (first, second) = self.tokens.split_at(self.tokens.len() / 2);
        [Piece { place: self.place, tokens: first }, Piece { place: self.place + first.len(), tokens: second }]
    }
}

impl Isolation {
    /// Begins a call.
    pub fn begin() -> Self {
        Self { requests: 0, until: Instant::now() + MAX_TIME }
    }

    /// Sends to the tokens, and again to halves of those that were refused together.
    pub async fn send(&mut self, vendor: &impl SendTogether, tokens: &[DeviceToken]) -> Vec<Part> {
        let result = vendor.together(tokens).await;
        self.narrow(vendor, tokens, result).await
    }

    /// The same when the first request has this result. Parts in the order of the tokens.
    ///
    /// What is left when the call may ask for no more is held if the call found anything out, so that calls come to an end; else it
    /// comes back as "later", which is an attempt.
    pub async fn narrow(
        &mut self,
        vendor: &impl SendTogether,
        tokens: &[DeviceToken],
        result: Result<Vec<Outcome>, CallError>,
    ) -> Vec<Part> {
        let mut told: Vec<(usize, Part)> = Vec::new();
        let mut waiting: Vec<Piece<'_>> = Vec::new();
        let mut open = None;
        let mut next = Some((Piece { place: 0, tokens }, result));
        while let Some((piece, result)) = next.take() {
            let goes_on = result.as_ref().err().is_none_or(|error| matches!(error.disposition(), Disposition::End(_)));
            match result {
                Err(CallError::CredentialOrToken { code }) if piece.tokens.len() > 1 => {
                    open = Some(code);
                    waiting.extend(piece.halves());
                }
                result => told.push((piece.place, Part { tokens: piece.tokens.len(), result })),
            }
            if goes_on
                && self.may_ask()
                && let Some(piece) = self.choose(&mut waiting)
            {
                self.requests += 1;
                let result = vendor.together(piece.tokens).await;
                next = Some((piece, result));
            }
        }
        if let Some(code) = open {
            let found = told.iter().any(|(_, part)| match &part.result {
                Ok(_) => true,
                Err(error) => matches!(error.disposition(), Disposition::End(_)),
            });
            let later = Outcome::Transient { retry_reason: RetryReason::Unavailable, code, after: None };
            let left = if found { Outcome::Deferred } else { later };
            told.extend(waiting.into_iter().map(|Piece { place, tokens }| {
                (place, Part { tokens: tokens.len(), result: Ok(vec![left.clone(); tokens.len()]) })
            }));
        }
        told.sort_by_key(|(place, _)| *place);
        told.into_iter().map(|(_, part)| part).collect()
    }

    fn may_ask(&self) -> bool {
        self.requests < MAX_REQUESTS && Instant::now() < self.until
    }

    /// The piece to ask for next: the smallest, so that every call finds something out, and now and then the largest.
    fn choose<'a>(&self, waiting: &mut Vec<Piece<'a>>) -> Option<Piece<'a>> {
        let size = |at: &usize| waiting[*at].tokens.len();
        let at = if self.requests % LARGEST_EVERY == LARGEST_EVERY - 1 {
            (0..waiting.len()).max_by_key(size)
        } else {
            (0..waiting.len()).min_by_key(size)
        };
        at.map(|at| waiting.swap_remove(at))
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
    use crate::reporting::merge;

    const REFUSAL: &str = "80300002";

    /// A vendor that refuses every request with one of these tokens.
    struct Refusing<'a> {
        bad: &'a BTreeSet<usize>,
        takes: Duration,
        requests: AtomicUsize,
    }

    #[async_trait]
    impl SendTogether for Refusing<'_> {
        async fn together(&self, tokens: &[DeviceToken]) -> Result<Vec<Outcome>, CallError> {
            self.requests.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(self.takes).await;
            if tokens.iter().any(|token| self.bad.contains(&number(token))) {
                return Err(refused());
            }
            Ok(vec![Outcome::Accepted { vendor_message_id: None }; tokens.len()])
        }
    }

    fn refused() -> CallError {
        CallError::CredentialOrToken { code: REFUSAL.into() }
    }

    fn number(token: &DeviceToken) -> usize {
        token.expose().parse().unwrap()
    }

    fn tokens(numbers: impl IntoIterator<Item = usize>) -> Vec<DeviceToken> {
        numbers.into_iter().map(|number| DeviceToken::parse(&number.to_string()).unwrap()).collect()
    }

    /// What becomes of the tokens in one call, and in how many requests.
    fn sent(tokens: &[DeviceToken], bad: &BTreeSet<usize>, takes: Duration) -> (Vec<Outcome>, usize) {
        let vendor = Refusing { bad, takes, requests: AtomicUsize::new(0) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let outcomes = runtime.block_on(async { merge(Isolation::begin().send(&vendor, tokens).await) });
        let outcomes = outcomes.unwrap_or_else(|error| {
            assert_eq!(error, refused());
            vec![Outcome::CredentialOrToken { code: REFUSAL.into() }; tokens.len()]
        });
        assert_eq!(outcomes.len(), tokens.len());
        (outcomes, vendor.requests.into_inner())
    }

    /// Sends what is held until nothing is; how many calls that takes.
    fn sent_until_told(count: usize, bad: &BTreeSet<usize>) -> Result<usize, TestCaseError> {
        let mut left = tokens(0..count);
        let mut calls = 0;
        while !left.is_empty() {
            calls += 1;
            let (outcomes, requests) = sent(&left, bad, Duration::ZERO);
            prop_assert!(requests <= 1 + MAX_REQUESTS);
            let mut held = Vec::new();
            for (token, outcome) in left.iter().zip(&outcomes) {
                match outcome {
                    Outcome::Accepted { .. } => prop_assert!(!bad.contains(&number(token))),
                    Outcome::CredentialOrToken { .. } => prop_assert!(bad.contains(&number(token))),
                    Outcome::Deferred => held.push(token.clone()),
                    other => prop_assert!(false, "{other:?}"),
                }
            }
            prop_assert!(held.len() < left.len(), "a call that found nothing out");
            left = held;
        }
        Ok(calls)
    }

    proptest! {
        #[test]
        fn one_bad_token_costs_no_other_its_push(count in 2usize..=1000, bad: prop::sample::Index) {
            prop_assert_eq!(sent_until_told(count, &BTreeSet::from([bad.index(count)]))?, 1);
        }

        #[test]
        fn every_good_token_gets_its_push_however_many_others_are_bad(
            count in 2usize..=300,
            bad in proptest::collection::btree_set(0usize..300, 0..60),
        ) {
            let bad_tokens = bad.range(..count).count();
            prop_assert!(sent_until_told(count, &bad)? <= 1 + bad_tokens);
        }

        #[test]
        fn the_tokens_of_one_user_keep_the_others_waiting_for_two_calls_at_most(
            count in 17usize..=1000,
            first: prop::sample::Index,
        ) {
            let first = first.index(count - 16);
            prop_assert!(sent_until_told(count, &(first..first + 16).collect())? <= 3);
        }
    }

    #[test]
    fn of_a_credential_that_is_refused_a_call_proves_more_than_three_tokens_and_blames_no_other() {
        let (outcomes, requests) = sent(&tokens(0..1000), &(0..1000).collect(), Duration::ZERO);
        let proven = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::CredentialOrToken { .. })).count();
        let held = outcomes.iter().filter(|outcome| **outcome == Outcome::Deferred).count();
        assert_eq!((proven > 3, proven + held, requests), (true, 1000, 1 + MAX_REQUESTS), "{proven}");
    }

    #[test]
    fn a_slow_vendor_is_asked_no_longer_than_the_call_may_take() {
        let bad = BTreeSet::from([999]);
        let (outcomes, requests) = sent(&tokens(0..1000), &bad, Duration::from_secs(1));
        assert_eq!(requests, 4);
        assert!(
            outcomes.contains(&Outcome::Accepted { vendor_message_id: None }) && outcomes.contains(&Outcome::Deferred)
        );
        // One request says nothing of any token: that is an attempt, or it would never end.
        let (outcomes, requests) = sent(&tokens(0..1000), &bad, MAX_TIME);
        assert_eq!(requests, 1);
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Transient { .. })));
    }
}
