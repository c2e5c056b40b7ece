//! Checks of notifiers' credentials, between pushes.
//!
//! A check never changes a notifier. What it finds belongs to one credential, named by its fingerprint. So the result
//! of a check says nothing of a credential that an operator put meanwhile.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    outcome::CallError,
    time::Timestamp,
    warning::{Warning, WarningKind},
};

/// Time between two checks of a credential.
pub const CHECKED_EVERY: Duration = Duration::from_secs(3600);
/// Failed checks in a row from which on an unclear failure is warned of. Fewer may be an outage of the vendor.
pub const UNCLEAR_CHECKS: u32 = 3;
/// A credential that ends within so many days is at risk. It is one of the levels of the warning.
const ENDS_SOON: u8 = 7;
/// Maximum bytes of a stored code.
const MAX_CODE: usize = 200;

/// The checks of a credential that failed in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedChecks {
    /// the fingerprint of the credential
    pub fingerprint: String,
    /// whether the vendor refused the credential at the last check; otherwise nobody knows
    pub refused: bool,
    /// the vendor's code, or what failed
    pub code: String,
    /// how many failed in a row
    pub count: u32,
    /// the first of them
    pub since: Timestamp,
    /// the last of them
    pub at: Timestamp,
}

impl FailedChecks {
    /// Returns the failures with one more, of the credential with this fingerprint. Those of another one do not count.
    pub fn next(before: Option<&Self>, fingerprint: &str, error: &CallError, at: Timestamp) -> Self {
        let before = before.filter(|before| before.fingerprint == fingerprint);
        let mut code = error.code().to_owned();
        code.truncate(code.floor_char_boundary(MAX_CODE));
        Self {
            fingerprint: fingerprint.to_owned(),
            refused: matches!(error, CallError::Credential { .. }),
            code,
            count: before.map_or(1, |before| before.count.saturating_add(1)),
            since: before.map_or(at, |before| before.since),
            at,
        }
    }

    /// Returns whether an operator should be warned. One failure that does not blame the credential is no reason.
    pub fn is_reason_to_warn(&self) -> bool {
        self.refused || self.count >= UNCLEAR_CHECKS
    }
}

/// Why a credential may not be able to push, or soon will not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// the vendor refused the credential at the last check
    Refused,
    /// the last push failed, or several checks did
    Failing,
    /// it ends within a week, or has ended
    Expires,
}

impl Risk {
    /// Returns the name in metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Failing => "failing",
            Self::Expires => "expires",
        }
    }

    /// Returns the risk that a warning speaks of, if it is about the credential.
    pub fn of(warning: &Warning) -> Option<Self> {
        match warning.kind {
            WarningKind::Refused => Some(Self::Refused),
            WarningKind::Failing => Some(Self::Failing),
            WarningKind::Expires => warning.level.is_some_and(|level| level <= ENDS_SOON).then_some(Self::Expires),
            WarningKind::Preflight | WarningKind::Disabled | WarningKind::Quota | WarningKind::Unchecked => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::push::SemanticClass;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    fn unavailable() -> CallError {
        CallError::Unavailable { code: "HTTP 503".into(), after: None }
    }

    #[test]
    fn one_unclear_failure_warns_of_nothing_and_a_refusal_does() {
        let first = FailedChecks::next(None, "f1", &unavailable(), at(1));
        let second = FailedChecks::next(Some(&first), "f1", &unavailable(), at(2));
        let third = FailedChecks::next(Some(&second), "f1", &unavailable(), at(3));
        assert_eq!([&first, &second, &third].map(FailedChecks::is_reason_to_warn), [false, false, true]);
        assert_eq!((third.count, third.since, third.at), (3, at(1), at(3)));
        let refused = FailedChecks::next(None, "f1", &CallError::Credential { code: "invalid_grant".into() }, at(1));
        assert!(refused.is_reason_to_warn());
    }

    #[test]
    fn another_credential_begins_anew() {
        let of_old = FailedChecks { count: 9, ..FailedChecks::next(None, "f1", &unavailable(), at(1)) };
        let of_new = FailedChecks::next(Some(&of_old), "f2", &unavailable(), at(2));
        assert_eq!((of_new.count, of_new.since, &*of_new.fingerprint), (1, at(2), "f2"));
    }

    #[test]
    fn a_stored_code_is_short_and_whole() {
        let code = "\u{4e0d}".repeat(MAX_CODE);
        let stored = FailedChecks::next(None, "f1", &CallError::Protocol { code }, at(1)).code;
        assert_eq!(stored, "\u{4e0d}".repeat(MAX_CODE / 3));
    }

    #[test]
    fn an_end_in_a_month_is_warned_of_and_is_no_risk_yet() {
        let expires = |level| {
            let warning = Warning::new(WarningKind::Expires, &SemanticClass::ALL, "expires_at", "x");
            Risk::of(&Warning { level: Some(level), ..warning })
        };
        assert_eq!(
            [30, 14, 7, 1, 0].map(expires),
            [None, None, Some(Risk::Expires), Some(Risk::Expires), Some(Risk::Expires)]
        );
    }
}
