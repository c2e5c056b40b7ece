//! Ambiguous refusals: vendor codes that blame the credential or the device token, and do not say which.
//!
//! Any user can bind any text as a device token. So the tokens of one user prove nothing against the credential. The
//! notifier is disabled when the vendor refuses [`PROOF`] tokens of at least two users, and accepts none in between.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// Refused tokens that disable a notifier.
pub const PROOF: usize = 3;
/// Maximum refused tokens of one user that count. It is one less than [`PROOF`], so that a proof always involves two
/// users.
const MAX_OF_USER: usize = PROOF - 1;
/// How long a refusal counts.
pub const AMBIGUOUS_REFUSAL_RETENTION: Duration = Duration::from_secs(24 * 3600);
/// Shortest time between two notes of a notifier's success by one process.
///
/// A refusal counts only if it is newer than the last noted success by more than this time: a process would have noted
/// a success in between.
pub const SUCCESS_NOTED_EVERY: Duration = Duration::from_secs(60);

/// One refusal whose code blames the device token or the credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmbiguousRefusal {
    /// the token, hashed
    pub token: String,
    /// its user, hashed
    pub user: String,
    /// when it was refused
    pub at: Timestamp,
    /// the fingerprint of the credential that was used
    pub fingerprint: String,
}

/// The refusals of a notifier that count, and whether they changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalEvidence {
    /// the refusals that count from now on, at most [`PROOF`]
    pub ambiguous_refusals: Vec<AmbiguousRefusal>,
    /// whether they differ from the stored ones
    pub changed: bool,
}

impl RefusalEvidence {
    /// Returns whether the notifier must be disabled.
    pub fn is_proof(&self) -> bool {
        self.ambiguous_refusals.len() >= PROOF
    }
}

/// Adds new refusals to the stored ones. `last_success` is the notifier's last noted success.
pub fn weigh_refusals(
    kept: &[AmbiguousRefusal],
    new: &[AmbiguousRefusal],
    last_success: Option<Timestamp>,
    now: Timestamp,
) -> RefusalEvidence {
    let fingerprint = new.first().map(|ambiguous_refusal| ambiguous_refusal.fingerprint.as_str());
    let counts = |ambiguous_refusal: &&AmbiguousRefusal| {
        let unbroken = last_success.is_none_or(|success| ambiguous_refusal.at > success.plus(SUCCESS_NOTED_EVERY));
        unbroken
            && now.since(ambiguous_refusal.at) < AMBIGUOUS_REFUSAL_RETENTION
            && Some(ambiguous_refusal.fingerprint.as_str()) == fingerprint
    };
    let mut ambiguous_refusals: Vec<AmbiguousRefusal> = Vec::with_capacity(PROOF);
    for ambiguous_refusal in kept.iter().chain(new).filter(counts) {
        let known = ambiguous_refusals.iter().any(|other| other.token == ambiguous_refusal.token);
        let of_user = ambiguous_refusals.iter().filter(|other| other.user == ambiguous_refusal.user).count();
        if !known && of_user < MAX_OF_USER && ambiguous_refusals.len() < PROOF {
            ambiguous_refusals.push(ambiguous_refusal.clone());
        }
    }
    RefusalEvidence { changed: ambiguous_refusals != kept, ambiguous_refusals }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000_000);

    fn ambiguous_refusal(user: u8, token: u8, second: u64) -> AmbiguousRefusal {
        let at = NOW.plus(Duration::from_secs(second));
        AmbiguousRefusal { token: format!("{user}-{token}"), user: user.to_string(), at, fingerprint: "f".into() }
    }

    /// Adds refusals one after the other, as processes do that share the stored ones.
    fn weighed(ambiguous_refusals: &[AmbiguousRefusal], last_success: Option<Timestamp>) -> RefusalEvidence {
        let mut kept = Vec::new();
        let mut result = weigh_refusals(&[], &[], None, NOW);
        for ambiguous_refusal in ambiguous_refusals {
            result = weigh_refusals(&kept, std::slice::from_ref(ambiguous_refusal), last_success, ambiguous_refusal.at);
            kept.clone_from(&result.ambiguous_refusals);
        }
        result
    }

    proptest! {
        #[test]
        fn three_tokens_of_two_users_are_proof_and_nothing_else_is(
            refused in proptest::collection::vec((0u8..4, 0u8..16), 0..40),
        ) {
            let ambiguous_refusals: Vec<AmbiguousRefusal> = refused.iter().map(|(user, token)| ambiguous_refusal(*user, *token, 0)).collect();
            let tokens: BTreeSet<_> = refused.iter().collect();
            let users: BTreeSet<_> = refused.iter().map(|(user, _)| user).collect();
            let proof = tokens.len() >= 3 && users.len() >= 2;
            let weighed = weighed(&ambiguous_refusals, None);
            prop_assert_eq!(weighed.is_proof(), proof);
            prop_assert!(weighed.ambiguous_refusals.len() <= PROOF, "the row stays small");
            prop_assert_eq!(weigh_refusals(&[], &ambiguous_refusals, None, NOW).is_proof(), proof, "also of one batch");
        }

        #[test]
        fn all_tokens_of_one_user_prove_nothing(tokens in 1u8..=16) {
            let ambiguous_refusals: Vec<AmbiguousRefusal> = (0..tokens).map(|token| ambiguous_refusal(1, token, u64::from(token))).collect();
            prop_assert!(!weighed(&ambiguous_refusals, None).is_proof());
        }
    }

    #[test]
    fn a_success_in_between_takes_back_the_suspicion_before() {
        let success = Some(NOW.plus(Duration::from_secs(100)));
        let before = [ambiguous_refusal(1, 1, 90), ambiguous_refusal(2, 1, 95)];
        let after = |second| [before.as_slice(), &[ambiguous_refusal(3, 1, second)]].concat();
        assert_eq!(weighed(&after(161), success).ambiguous_refusals, [ambiguous_refusal(3, 1, 161)]);
        assert_eq!(weighed(&after(160), success).ambiguous_refusals, [], "a success may have been noted for a minute");
        assert!(weighed(&after(161), None).is_proof());
    }

    #[test]
    fn a_doubt_ends_after_a_day_and_with_its_credential() {
        let day = AMBIGUOUS_REFUSAL_RETENTION.as_secs();
        assert!(
            weighed(&[ambiguous_refusal(1, 1, 0), ambiguous_refusal(2, 1, 1), ambiguous_refusal(3, 1, day - 1)], None)
                .is_proof()
        );
        assert_eq!(
            weighed(&[ambiguous_refusal(1, 1, 0), ambiguous_refusal(2, 1, 1), ambiguous_refusal(3, 1, day)], None)
                .ambiguous_refusals
                .len(),
            2
        );
        let other = AmbiguousRefusal { fingerprint: "g".into(), ..ambiguous_refusal(3, 1, 2) };
        assert_eq!(
            weighed(&[ambiguous_refusal(1, 1, 0), ambiguous_refusal(2, 1, 1), other.clone()], None).ambiguous_refusals,
            [other]
        );
    }

    #[test]
    fn the_same_token_again_changes_nothing() {
        let kept = [ambiguous_refusal(1, 1, 0)];
        assert!(!weigh_refusals(&kept, &[ambiguous_refusal(1, 1, 9)], None, NOW).changed);
        assert!(weigh_refusals(&kept, &[ambiguous_refusal(1, 2, 9)], None, NOW).changed);
    }
}
