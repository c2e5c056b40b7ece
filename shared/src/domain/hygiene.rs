//! Which unregistered tokens lose their binding, after a push or a receipt.
//!
//! A wrong credential can make a vendor call every token unregistered. These rules keep one wrong configuration from
//! removing every binding.

use std::time::Duration;

use super::{outcome::Outcome, time::Timestamp};

/// Minimum tokens of a batch for the check by share.
const GUARDED_FROM: usize = 20;
/// Share of unregistered tokens, in percent, from which the vendor's answers are ignored.
const GUARDED_PERCENT: usize = 80;
/// Time for which a success proves that a notifier's configuration is right.
const VOUCHED: Duration = Duration::from_secs(24 * 3600);

/// Returns the tokens that are removed. The outcomes are those of one notifier.
///
/// No token is removed when most of many tokens are unregistered at once. A code that a wrong configuration can also
/// cause counts only with a recent success, earlier or in the same batch.
pub fn unregistered<T>(outcomes: &[(T, Outcome)], last_success: Option<Timestamp>, now: Timestamp) -> Vec<&T> {
    if !suspects(outcomes).is_empty() {
        return Vec::new();
    }
    let vouched = outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Accepted { .. }))
        || last_success.is_some_and(|at| now.since(at) < VOUCHED);
    let goes = |outcome: &Outcome| match outcome {
        Outcome::Unregistered { certain, .. } => *certain || vouched,
        Outcome::Accepted { .. }
        | Outcome::Transient { .. }
        | Outcome::Deferred
        | Outcome::QuotaUsedUp { .. }
        | Outcome::CredentialOrToken { .. }
        | Outcome::Refused { .. } => false,
    };
    outcomes.iter().filter(|(_, outcome)| goes(outcome)).map(|(token, _)| token).collect()
}

/// Returns the tokens that become suspects: all unregistered ones, if they are most of many.
pub fn suspects<T>(outcomes: &[(T, Outcome)]) -> Vec<&T> {
    let is_unregistered = |outcome: &Outcome| matches!(outcome, Outcome::Unregistered { .. });
    let unregistered: Vec<&T> =
        outcomes.iter().filter(|(_, outcome)| is_unregistered(outcome)).map(|(token, _)| token).collect();
    if is_mass(unregistered.len(), outcomes.len()) { unregistered } else { Vec::new() }
}

/// Returns whether a batch or a report has too many unregistered tokens to be trusted.
pub fn is_mass(unregistered: usize, all: usize) -> bool {
    all >= GUARDED_FROM && unregistered * 100 >= all * GUARDED_PERCENT
}

/// Returns whether a suspect that is unregistered again is removed. A success since the first report proves that the
/// configuration is right.
pub fn confirmed(suspected_at: Option<Timestamp>, last_success: Option<Timestamp>) -> bool {
    suspected_at.is_some_and(|suspected_at| last_success.is_some_and(|success| success >= suspected_at))
}

/// Returns whether the last success matters for any of the outcomes.
pub fn needs_last_success<T>(outcomes: &[(T, Outcome)]) -> bool {
    !suspects(outcomes).is_empty()
        || outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Unregistered { certain: false, .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::attempt::RetryReason;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000_000);

    fn dead(certain: bool) -> Outcome {
        Outcome::Unregistered { code: "gone".into(), certain }
    }

    fn accepted() -> Outcome {
        Outcome::Accepted { vendor_message_id: None }
    }

    /// Outcomes of tokens that are called by their number.
    fn numbered(outcomes: &[Outcome]) -> Vec<(usize, Outcome)> {
        outcomes.iter().cloned().enumerate().collect()
    }

    fn removed(outcomes: &[Outcome], last_success: Option<Timestamp>) -> Vec<usize> {
        unregistered(&numbered(outcomes), last_success, NOW).into_iter().copied().collect()
    }

    #[test]
    fn an_unregistered_token_goes_at_once() {
        assert_eq!(removed(&[accepted(), dead(true)], None), [1]);
        assert_eq!(removed(&[dead(true)], None), [0]);
    }

    #[test]
    fn most_of_many_tokens_never_go_at_once() {
        let mut outcomes = vec![dead(true); 16];
        outcomes.extend(vec![accepted(); 4]);
        assert_eq!(removed(&outcomes, Some(NOW)), Vec::<usize>::new());
        outcomes[0] = accepted();
        assert_eq!(removed(&outcomes, Some(NOW)).len(), 15);
    }

    #[test]
    fn most_of_many_tokens_become_suspects() {
        let mut outcomes = vec![accepted(); 4];
        outcomes.extend(vec![dead(true); 15]);
        let suspected = |outcomes: &[Outcome]| suspects(&numbered(outcomes)).into_iter().copied().collect::<Vec<_>>();
        assert_eq!(suspected(&outcomes), Vec::<usize>::new());
        outcomes.push(dead(false));
        assert_eq!(suspected(&outcomes), (4..20).collect::<Vec<_>>());
        outcomes.push(accepted());
        assert_eq!(suspected(&outcomes), Vec::<usize>::new());
    }

    #[test]
    fn a_suspect_goes_when_it_is_unregistered_again_after_a_success() {
        let at = |second: u64| Some(NOW.plus(Duration::from_secs(second)));
        assert!(confirmed(at(1), at(2)) && confirmed(at(1), at(1)));
        assert!(!confirmed(at(2), at(1)), "no success since");
        assert!(!confirmed(None, at(1)), "for the first time");
        assert!(!confirmed(at(1), None), "never a success");
    }

    #[test]
    fn a_code_that_a_wrong_configuration_may_cause_needs_a_recent_success() {
        assert_eq!(removed(&[dead(false)], None), Vec::<usize>::new());
        let long_ago = Timestamp::from_millis(NOW.as_millis() - 86_400_000);
        assert_eq!(removed(&[dead(false)], Some(long_ago)), Vec::<usize>::new());
        assert_eq!(removed(&[dead(false)], Some(Timestamp::from_millis(NOW.as_millis() - 1))), [0]);
        assert_eq!(removed(&[dead(false), accepted()], None), [0]);
    }

    #[test]
    fn refused_and_throttled_tokens_stay() {
        let refused = Outcome::Refused { code: "x".into() };
        let throttled = Outcome::Transient { retry_reason: RetryReason::Throttled, code: "x".into(), after: None };
        assert_eq!(removed(&[refused, throttled], Some(NOW)), Vec::<usize>::new());
    }
}
