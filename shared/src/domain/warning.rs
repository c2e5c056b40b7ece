//! Warnings about a notifier, which an operator should see before its pushes fail.

use serde::{Deserialize, Serialize};

use super::{
    ambiguous_refusal::SUCCESS_NOTED_EVERY, credential_check::FailedChecks, notifier::NotifierState,
    push::SemanticClass, time::Timestamp,
};

const DAY_MILLIS: i64 = 86_400_000;
/// Days before a credential expires at which its warning begins, and then becomes more urgent.
pub const EXPIRY_LEVELS: [u8; 4] = [30, 14, 7, 1];

/// Subject of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WarningKind {
    /// the vendor will not show pushes as intended; older reports have only this kind
    #[default]
    Preflight,
    /// the credential expires within 30 days, or has expired
    Expires,
    /// the vendor refused the credential, and so the notifier was disabled
    Disabled,
    /// the vendor refused the credential at the last check, and no push was sent since that could disable the notifier
    Refused,
    /// the last call failed as a whole, or several checks of the credential did
    Failing,
    /// a quota is used up
    Quota,
    /// an earlier version stored the credential without the fields that the preflight needs
    Unchecked,
}

impl WarningKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Preflight, Self::Expires, Self::Disabled, Self::Refused, Self::Failing, Self::Quota, Self::Unchecked];
}

/// A reason why pushes of some classes are not sent, or not shown as intended, now or soon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// what it is about
    #[serde(default)]
    pub kind: WarningKind,
    /// the classes that it concerns
    pub classes: Vec<SemanticClass>,
    /// the field to correct
    pub field: String,
    /// what it means; the text begins with the field
    pub message: String,
    /// whole days until the credential expires; negative afterwards
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_left: Option<i64>,
    /// the smallest of [`EXPIRY_LEVELS`] that has begun; 0 after the credential expired
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
}

impl Warning {
    /// Creates a warning about these classes, with the text "`field` `rule`".
    pub fn new(kind: WarningKind, classes: &[SemanticClass], field: &str, rule: &str) -> Self {
        let (classes, message) = (classes.to_vec(), format!("{field} {rule}"));
        Self { kind, classes, field: field.to_owned(), message, days_left: None, level: None }
    }
}

/// The facts behind a notifier's warnings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarningFacts<'a> {
    /// whether it may be used
    pub state: NotifierState,
    /// why the product disabled it
    pub state_reason: Option<&'a str>,
    /// when the notifier was created
    pub created_at: Timestamp,
    /// when the credential expires
    pub expires_at: Option<Timestamp>,
    /// the last push that the vendor accepted
    pub last_success: Option<Timestamp>,
    /// the last call with the present credential that failed as a whole
    pub last_failure: Option<Timestamp>,
    /// the checks of the present credential that failed in a row
    pub failed_checks: Option<&'a FailedChecks>,
    /// the classes whose quota is used up now
    pub used_up: &'a [SemanticClass],
    /// the result of the preflight
    pub preflight: Vec<Warning>,
}

/// Returns the warnings of a notifier, the most urgent first. A notifier that an operator disabled has none.
pub fn warnings(standing: WarningFacts<'_>, now: Timestamp) -> Vec<Warning> {
    let is_disabled = standing.state == NotifierState::Disabled;
    if is_disabled && standing.state_reason.is_none() {
        return Vec::new();
    }
    let disabled = standing.state_reason.filter(|_| is_disabled).map(disabled);
    // push-vendor does not call a disabled notifier, and its state already has a reason.
    let failing = (!is_disabled && is_failing(&standing)).then(failing);
    let checks = standing.failed_checks.filter(|failed| !is_disabled && failed.is_reason_to_warn()).map(checks_fail);
    let expires = standing.expires_at.and_then(|at| expires(at, now));
    let quota = (!standing.used_up.is_empty()).then(|| quota(standing.used_up));
    [disabled, checks, failing, expires, quota].into_iter().flatten().chain(standing.preflight).collect()
}

/// Returns whether the last call failed. A noted failure may be of an earlier notifier with the same name.
///
/// For [`SUCCESS_NOTED_EVERY`] after a noted success, further successes are not noted. A failure within that time is
/// therefore ignored. If it lasts, a later failure is noted.
fn is_failing(standing: &WarningFacts<'_>) -> bool {
    standing.last_failure.is_some_and(|failure| {
        let unbroken = standing.last_success.is_none_or(|success| failure > success.plus(SUCCESS_NOTED_EVERY));
        failure >= standing.created_at && unbroken
    })
}

fn disabled(reason: &str) -> Warning {
    let rule = format!("is disabled by Curlew: {reason}; put another credential, or enable it by a test that succeeds");
    Warning::new(WarningKind::Disabled, &SemanticClass::ALL, "state", &rule)
}

fn failing() -> Warning {
    let rule = "is newer than health.last_success: the last call failed, and none worked since; test the notifier";
    Warning::new(WarningKind::Failing, &SemanticClass::ALL, "health.last_failure", rule)
}

fn checks_fail(failed: &FailedChecks) -> Warning {
    let FailedChecks { refused, code, count, .. } = failed;
    let (kind, rule) = match refused {
        true => (
            WarningKind::Refused,
            format!(
                "says that the vendor refuses the credential: {code}; put another before the next push disables the notifier"
            ),
        ),
        false => (
            WarningKind::Failing,
            format!("says that the last {count} checks of the credential failed: {code}; test the notifier"),
        ),
    };
    Warning::new(kind, &SemanticClass::ALL, "health.check", &rule)
}

fn quota(classes: &[SemanticClass]) -> Warning {
    let rule = "says which quotas are used up, and until when pushes of these classes end with `quota used up`";
    Warning::new(WarningKind::Quota, classes, "health.quota", rule)
}

/// Returns the warning of a credential that expires at this time, or `None` if that is more than 30 days away.
fn expires(at: Timestamp, now: Timestamp) -> Option<Warning> {
    let left = at.as_millis().saturating_sub(now.as_millis());
    let within = |level: &u8| left <= i64::from(*level) * DAY_MILLIS;
    let level = if left <= 0 { 0 } else { EXPIRY_LEVELS.into_iter().rev().find(within)? };
    let days_left = left.div_euclid(DAY_MILLIS);
    let rule = match (level, days_left) {
        (0, _) => "is over: the vendor may refuse the credential; put a new one".to_owned(),
        (_, 0) => "is less than a day away: put a new credential before".to_owned(),
        (_, 1) => "is 1 day away: put a new credential before".to_owned(),
        (_, days) => format!("is {days} days away: put a new credential before"),
    };
    let warning = Warning::new(WarningKind::Expires, &SemanticClass::ALL, "expires_at", &rule);
    Some(Warning { days_left: Some(days_left), level: Some(level), ..warning })
}

#[cfg(test)]
#[path = "warning_tests.rs"]
mod tests;
