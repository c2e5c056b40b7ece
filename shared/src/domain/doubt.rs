//! Whether refusals that a device token may have caused say enough against a notifier's credential.
//!
//! Any user can bind any text as a device token, so one token, or the tokens of one user, prove nothing. A notifier is disabled when
//! [`PROOF`] tokens of at least two users are refused with no success of the notifier in between.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// How many refused tokens disable a notifier.
pub const PROOF: usize = 3;
/// How many tokens of one user count. One less than [`PROOF`], so that as many always are of two users.
const MAX_OF_USER: usize = PROOF - 1;
/// How long a doubt counts.
pub const DOUBT_RETENTION: Duration = Duration::from_secs(24 * 3600);
/// How often a process notes a notifier's success at most. A doubt counts only when it is newer than the last noted success by more:
/// a success in between would have been noted within that time.
pub const SUCCESS_NOTED_EVERY: Duration = Duration::from_secs(60);

/// A device token whose push was refused by a code that may be the token's, or the credential's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// the token, hashed
    pub token: String,
    /// its user, hashed
    pub user: String,
    /// when it was refused
    pub at: Timestamp,
    /// the fingerprint of the credential that was used
    pub fingerprint: String,
}

/// What follows from doubts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighed {
    /// those that count from now on, at most [`PROOF`]
    pub doubts: Vec<Doubt>,
    /// whether they differ from those that were kept
    pub changed: bool,
}

impl Weighed {
    /// Whether the notifier is to be disabled.
    pub fn is_proof(&self) -> bool {
        self.doubts.len() >= PROOF
    }
}

/// Weighs new doubts with those that were kept. `last_success` is the notifier's last noted one.
pub fn weigh(kept: &[Doubt], new: &[Doubt], last_success: Option<Timestamp>, now: Timestamp) -> Weighed {
    let fingerprint = new.first().map(|doubt| doubt.fingerprint.as_str());
    let counts = |doubt: &&Doubt| {
        let unbroken = last_success.is_none_or(|success| doubt.at > success.plus(SUCCESS_NOTED_EVERY));
        unbroken && now.since(doubt.at) < DOUBT_RETENTION && Some(doubt.fingerprint.as_str()) == fingerprint
    };
    let mut doubts: Vec<Doubt> = Vec::with_capacity(PROOF);
    for doubt in kept.iter().chain(new).filter(counts) {
        let known = doubts.iter().any(|other| other.token == doubt.token);
        let of_user = doubts.iter().filter(|other| other.user == doubt.user).count();
        if !known && of_user < MAX_OF_USER && doubts.len() < PROOF {
            doubts.push(doubt.clone());
        }
    }
    Weighed { changed: doubts != kept, doubts }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000_000);

    fn doubt(user: u8, token: u8, second: u64) -> Doubt {
        let at = NOW.plus(Duration::from_secs(second));
        Doubt { token: format!("{user}-{token}"), user: user.to_string(), at, fingerprint: "f".into() }
    }

    /// Weighs doubts one after the other, as processes do that share what is kept.
    fn weighed(doubts: &[Doubt], last_success: Option<Timestamp>) -> Weighed {
        let mut kept = Vec::new();
        let mut result = weigh(&[], &[], None, NOW);
        for doubt in doubts {
            result = weigh(&kept, std::slice::from_ref(doubt), last_success, doubt.at);
            kept.clone_from(&result.doubts);
        }
        result
    }

    proptest! {
        #[test]
        fn three_tokens_of_two_users_are_proof_and_nothing_else_is(
            refused in proptest::collection::vec((0u8..4, 0u8..16), 0..40),
        ) {
            let doubts: Vec<Doubt> = refused.iter().map(|(user, token)| doubt(*user, *token, 0)).collect();
            let tokens: BTreeSet<_> = refused.iter().collect();
            let users: BTreeSet<_> = refused.iter().map(|(user, _)| user).collect();
            let proof = tokens.len() >= 3 && users.len() >= 2;
            let weighed = weighed(&doubts, None);
            prop_assert_eq!(weighed.is_proof(), proof);
            prop_assert!(weighed.doubts.len() <= PROOF, "the row stays small");
            prop_assert_eq!(weigh(&[], &doubts, None, NOW).is_proof(), proof, "also of one batch");
        }

        #[test]
        fn all_tokens_of_one_user_prove_nothing(tokens in 1u8..=16) {
            let doubts: Vec<Doubt> = (0..tokens).map(|token| doubt(1, token, u64::from(token))).collect();
            prop_assert!(!weighed(&doubts, None).is_proof());
        }
    }

    #[test]
    fn a_success_in_between_takes_back_what_was_doubted_before() {
        let success = Some(NOW.plus(Duration::from_secs(100)));
        let before = [doubt(1, 1, 90), doubt(2, 1, 95)];
        let after = |second| [before.as_slice(), &[doubt(3, 1, second)]].concat();
        assert_eq!(weighed(&after(161), success).doubts, [doubt(3, 1, 161)]);
        assert_eq!(weighed(&after(160), success).doubts, [], "a success may have been noted for a minute");
        assert!(weighed(&after(161), None).is_proof());
    }

    #[test]
    fn a_doubt_ends_after_a_day_and_with_its_credential() {
        let day = DOUBT_RETENTION.as_secs();
        assert!(weighed(&[doubt(1, 1, 0), doubt(2, 1, 1), doubt(3, 1, day - 1)], None).is_proof());
        assert_eq!(weighed(&[doubt(1, 1, 0), doubt(2, 1, 1), doubt(3, 1, day)], None).doubts.len(), 2);
        let other = Doubt { fingerprint: "g".into(), ..doubt(3, 1, 2) };
        assert_eq!(weighed(&[doubt(1, 1, 0), doubt(2, 1, 1), other.clone()], None).doubts, [other]);
    }

    #[test]
    fn the_same_token_again_changes_nothing() {
        let kept = [doubt(1, 1, 0)];
        assert!(!weigh(&kept, &[doubt(1, 1, 9)], None, NOW).changed);
        assert!(weigh(&kept, &[doubt(1, 2, 9)], None, NOW).changed);
    }
}
