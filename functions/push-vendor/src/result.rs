//! The result of one delivery: it ends, is retried, or is deferred.

use std::time::Duration;

use serde_json::Value;
use shared::domain::{
    attempt::RetryReason,
    outcome::{CallError, Disposition, Outcome, PushStatus},
    reason::Reason,
    time::Timestamp,
};

use crate::{batch::Delivery, budget::NOT_BEGUN_DELAY};

/// Stored detail of a push that ended while it was deferred.
pub(crate) const DEFERRED: &str = "held back";

/// Stored detail of a push whose caller waited and got no answer.
pub(crate) const NO_ANSWER: &str = "no answer";

/// The result of one delivery.
#[derive(Debug, Clone)]
pub(crate) enum DeliveryResult {
    /// the push ended
    Ended(PushEnd),
    /// the push is retried, not before the vendor's hint, and at most as often as the retry reason allows
    Retry { retry_reason: RetryReason, after: Option<Duration>, detail: String },
    /// the vendor was not called, or it accepted nothing because of another token of the request; this is no attempt
    Deferred { until: Timestamp },
}

/// The end of a push, as it is recorded.
#[derive(Debug, Clone)]
pub(crate) struct PushEnd {
    pub(crate) status: PushStatus,
    pub(crate) reason: Option<Reason>,
    pub(crate) detail: Option<String>,
    pub(crate) vendor_message_id: Option<String>,
}

/// A delivery with its result.
#[derive(Debug)]
pub(crate) struct Resolved<'a> {
    pub(crate) delivery: Delivery<'a>,
    pub(crate) result: DeliveryResult,
    /// the vendor's raw answer, if its request was for this delivery alone
    pub(crate) answer: Option<Value>,
}

impl PushEnd {
    /// Returns the end of a push that the vendor accepted.
    fn accepted(vendor_message_id: Option<String>) -> Self {
        Self { status: PushStatus::Success, reason: None, detail: None, vendor_message_id }
    }

    /// Returns the end of a failed push. `detail` is the vendor's code, or a word for what failed.
    pub(crate) fn failed(reason: Reason, detail: Option<&str>) -> Self {
        let detail = detail.map(str::to_owned);
        Self { status: PushStatus::Fail, reason: Some(reason), detail, vendor_message_id: None }
    }
}

impl DeliveryResult {
    /// Returns the end of a push without a vendor call.
    pub(crate) fn ended(reason: Reason) -> Self {
        Self::Ended(PushEnd::failed(reason, None))
    }

    /// Returns the end of a push with a vendor's code.
    pub(crate) fn failed(reason: Reason, code: &str) -> Self {
        Self::Ended(PushEnd::failed(reason, Some(code)))
    }

    /// Returns the result for a token's outcome. A push that the vendor deferred is due again after a moment.
    pub(crate) fn of_outcome(outcome: &Outcome, now: Timestamp) -> Self {
        match outcome {
            Outcome::Accepted { vendor_message_id } => Self::Ended(PushEnd::accepted(vendor_message_id.clone())),
            Outcome::Unregistered { code, .. } => Self::failed(Reason::IllegalBinding, code),
            Outcome::QuotaUsedUp { code, .. } => Self::failed(Reason::QuotaUsedUp, code),
            Outcome::CredentialOrToken { code } | Outcome::Refused { code } => {
                Self::failed(Reason::PushYetButFail, code)
            }
            Outcome::Deferred => Self::Deferred { until: now.plus(NOT_BEGUN_DELAY) },
            Outcome::Transient { retry_reason, code, after } => {
                Self::Retry { retry_reason: *retry_reason, after: *after, detail: code.clone() }
            }
        }
    }

    /// Returns the result of a failed call for each of its deliveries.
    pub(crate) fn of_call_error(error: &CallError) -> Self {
        let code = error.code();
        match error.disposition() {
            Disposition::Retry { retry_reason, after } => Self::Retry { retry_reason, after, detail: code.to_owned() },
            Disposition::End(reason) => Self::failed(reason, code),
            Disposition::EndClass { .. } => Self::failed(Reason::QuotaUsedUp, code),
            Disposition::DisableNotifier => Self::failed(Reason::NotifierDisabled, code),
        }
    }

    /// Returns the result for a push that is not tried again.
    pub(crate) fn ended_now(self) -> Self {
        match self {
            Self::Ended(end) => Self::Ended(end),
            Self::Retry { detail, .. } => Self::failed(Reason::PushYetButFail, &detail),
            Self::Deferred { .. } => Self::failed(Reason::PushYetButFail, DEFERRED),
        }
    }

    /// Returns the vendor's code, unless the vendor answered with success.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Ended(end) => end.detail.as_deref(),
            Self::Retry { detail, .. } => Some(detail),
            Self::Deferred { .. } => None,
        }
    }
}
