//! What becomes of one delivery: it ends, it is retried, or it is deferred.

use std::time::Duration;

use shared::domain::{
    attempt::RetryReason,
    outcome::{CallError, Disposition, Outcome, PushStatus},
    reason::Reason,
    time::Timestamp,
};

use crate::{batch::Delivery, budget::NOT_BEGUN_DELAY};

/// What became of one delivery.
#[derive(Debug, Clone)]
pub(crate) enum DeliveryResult {
    /// the push ended
    Ended(PushEnd),
    /// the push is retried, not before the vendor's hint, and no more often than the retry reason allows
    Retry { retry_reason: RetryReason, after: Option<Duration>, detail: String },
    /// the vendor was not asked, or took nothing for another token of the request: no attempt
    Deferred { until: Timestamp },
}

/// How a push ended, as it is recorded.
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
}

impl PushEnd {
    /// The vendor took the push.
    fn accepted(vendor_message_id: Option<String>) -> Self {
        Self { status: PushStatus::Success, reason: None, detail: None, vendor_message_id }
    }

    /// The push failed for a reason; `detail` is the vendor's code, or a word for what failed.
    pub(crate) fn failed(reason: Reason, detail: Option<&str>) -> Self {
        let detail = detail.map(str::to_owned);
        Self { status: PushStatus::Fail, reason: Some(reason), detail, vendor_message_id: None }
    }
}

impl DeliveryResult {
    /// The push ended without a call, for a reason of ours.
    pub(crate) fn ended(reason: Reason) -> Self {
        Self::Ended(PushEnd::failed(reason, None))
    }

    /// The push ended with a code of the vendor.
    pub(crate) fn failed(reason: Reason, code: &str) -> Self {
        Self::Ended(PushEnd::failed(reason, Some(code)))
    }

    /// Returns what follows from the vendor's word on the token. What the vendor deferred is due again after a moment.
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

    /// Returns what follows from a failed call for each of its deliveries.
    pub(crate) fn of_call_error(error: &CallError) -> Self {
        let code = error.code();
        match error.disposition() {
            Disposition::Retry { retry_reason, after } => Self::Retry { retry_reason, after, detail: code.to_owned() },
            Disposition::End(reason) => Self::failed(reason, code),
            Disposition::EndClass { .. } => Self::failed(Reason::QuotaUsedUp, code),
            Disposition::DisableNotifier => Self::failed(Reason::NotifierDisabled, code),
        }
    }

    /// Returns the vendor's code, if the vendor answered anything but success.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Ended(end) => end.detail.as_deref(),
            Self::Retry { detail, .. } => Some(detail),
            Self::Deferred { .. } => None,
        }
    }
}
