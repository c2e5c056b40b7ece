//! Which unregistered tokens lose their binding, whether a push or a receipt says so. A wrong credential can make a vendor unregister every token there is, so one bad
//! configuration must not empty the table.

use std::time::Duration;

use super::{outcome::Outcome, time::Timestamp};

/// From this many tokens on, unregistering in masses is suspicious.
const GUARDED_FROM: usize = 20;
/// Suspicious from this share of unregistered tokens on, in percent.
const GUARDED_PERCENT: usize = 80;
/// For how long a success vouches for a notifier's configuration.
const VOUCHED: Duration = Duration::from_secs(24 * 3600);

/// Of the outcomes of one notifier, the places of those whose tokens go.
///
/// Nothing goes when most of many tokens are unregistered at once. A code that a wrong configuration may cause as well counts only
/// while a recent success, before or beside it, vouches for the configuration.
pub fn unregistered(outcomes: &[&Outcome], last_success: Option<Timestamp>, now: Timestamp) -> Vec<usize> {
    if !suspects(outcomes).is_empty() {
        return Vec::new();
    }
    let vouched = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Accepted { .. }))
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
    outcomes.iter().enumerate().filter(|(_, outcome)| goes(outcome)).map(|(place, _)| place).collect()
}

/// Of the outcomes of one notifier, the places of those whose tokens become suspects: all that are unregistered, when that is most
/// of many.
pub fn suspects(outcomes: &[&Outcome]) -> Vec<usize> {
    let dead: Vec<usize> =
        (0..outcomes.len()).filter(|at| matches!(outcomes[*at], Outcome::Unregistered { .. })).collect();
    if is_mass(dead.len(), outcomes.len()) { dead } else { Vec::new() }
}

/// Whether so many unregistered ones of all tokens, of one batch or one report of a notifier, are too many to be believed.
pub fn is_mass(unregistered: usize, all: usize) -> bool {
    all >= GUARDED_FROM && unregistered * 100 >= all * GUARDED_PERCENT
}

/// Whether a suspect goes that is unregistered again: a success since the last time shows that the configuration was right.
pub fn confirmed(suspected_at: Option<Timestamp>, last_success: Option<Timestamp>) -> bool {
    suspected_at.is_some_and(|suspected_at| last_success.is_some_and(|success| success >= suspected_at))
}

/// Whether the last success decides about any of the outcomes.
pub fn needs_last_success(outcomes: &[&Outcome]) -> bool {
    !suspects(outcomes).is_empty()
        || outcomes.iter().any(|outcome| matches!(outcome, Outcome::Unregistered { certain: false, .. }))
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

    fn places(outcomes: &[Outcome], last_success: Option<Timestamp>) -> Vec<usize> {
        unregistered(&outcomes.iter().collect::<Vec<_>>(), last_success, NOW)
    }

    #[test]
    fn an_unregistered_token_goes_at_once() {
        assert_eq!(places(&[accepted(), dead(true)], None), [1]);
        assert_eq!(places(&[dead(true)], None), [0]);
    }

    #[test]
    fn most_of_many_tokens_never_go_at_once() {
        let mut outcomes = vec![dead(true); 16];
        outcomes.extend(vec![accepted(); 4]);
        assert_eq!(places(&outcomes, Some(NOW)), Vec::<usize>::new());
        outcomes[0] = accepted();
        assert_eq!(places(&outcomes, Some(NOW)).len(), 15);
    }

    #[test]
    fn most_of_many_tokens_become_suspects() {
        let mut outcomes = vec![accepted(); 4];
        outcomes.extend(vec![dead(true); 15]);
        let suspected = |outcomes: &[Outcome]| suspects(&outcomes.iter().collect::<Vec<_>>());
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
        assert_eq!(places(&[dead(false)], None), Vec::<usize>::new());
        let long_ago = Timestamp::from_millis(NOW.as_millis() - 86_400_000);
        assert_eq!(places(&[dead(false)], Some(long_ago)), Vec::<usize>::new());
        assert_eq!(places(&[dead(false)], Some(Timestamp::from_millis(NOW.as_millis() - 1))), [0]);
        assert_eq!(places(&[dead(false), accepted()], None), [0]);
    }

    #[test]
    fn refused_and_throttled_tokens_stay() {
        let refused = Outcome::Refused { code: "x".into() };
        let throttled = Outcome::Transient { retry_reason: RetryReason::Throttled, code: "x".into(), after: None };
        assert_eq!(places(&[refused, throttled], Some(NOW)), Vec::<usize>::new());
    }
}
