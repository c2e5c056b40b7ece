//! Results of a push: for each token, and for a whole vendor call.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    attempt::{Attempt, RetryReason},
    id::{DeviceId, NotifierName},
    reason::Reason,
    time::Timestamp,
};

/// Delivery result of one token. Only [`Outcome::Unregistered`] may remove a binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// the vendor accepted the push
    Accepted {
        /// the vendor's id of the message, if it gives one
        vendor_message_id: Option<String>,
    },
    /// the vendor calls the token unregistered
    Unregistered {
        /// the vendor's code
        code: String,
        /// whether only this token can cause the code; otherwise a wrong configuration can, too
        certain: bool,
    },
    /// a transient failure of this token
    Transient {
        /// why
        retry_reason: RetryReason,
        /// the vendor's code
        code: String,
        /// the vendor's hint
        after: Option<Duration>,
    },
    /// not sent, because of another token of the request; it does not count as an attempt
    Deferred,
    /// the quota of this class of pushes is used up
    QuotaUsedUp {
        /// the vendor's code
        code: String,
        /// until it resets
        resets_after: Duration,
    },
    /// the vendor refuses the credential or this token, which was sent alone or named in the answer
    CredentialOrToken {
        /// the vendor's code
        code: String,
    },
    /// the vendor refuses this push permanently
    Refused {
        /// the vendor's code
        code: String,
    },
}

/// Reason why a whole call failed. The results of its tokens are unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// the credential is not accepted, even with a new access token
    #[error("the vendor refuses the credential: {code}")]
    Credential {
        /// the vendor's code
        code: String,
    },
    /// the credential is not accepted, or a device token of the call caused the code
    #[error("the vendor refuses the credential or the device token: {code}")]
    CredentialOrToken {
        /// the vendor's code
        code: String,
    },
    /// too many requests
    #[error("the vendor limits the rate: {code}")]
    RateLimited {
        /// the vendor's code
        code: String,
        /// the vendor's hint, or the vendor sheet's advice
        after: Option<Duration>,
        /// whether the vendor asks all requests of this notifier to wait
        asked: bool,
    },
    /// the quota of this class of pushes is used up
    #[error("the vendor's quota is used up: {code}")]
    QuotaUsedUp {
        /// the vendor's code
        code: String,
        /// until it resets
        resets_after: Duration,
    },
    /// the vendor cannot serve now and did not accept the push
    #[error("the vendor is unavailable: {code}")]
    Unavailable {
        /// the vendor's code, or what failed
        code: String,
        /// the vendor's hint
        after: Option<Duration>,
    },
    /// no answer after the request was sent: the vendor may have accepted the push
    #[error("the vendor did not answer: {code}")]
    Ambiguous {
        /// what failed
        code: String,
    },
    /// the vendor refuses the payload permanently
    #[error("the vendor refuses the push: {code}")]
    Rejected {
        /// the vendor's code
        code: String,
    },
    /// an answer that is not of the vendor's protocol
    #[error("the vendor's answer makes no sense: {code}")]
    Protocol {
        /// what was wrong with it
        code: String,
    },
}

impl CallError {
    /// Returns how long the notifier must send nothing. A wait that only the vendor's documents name applies to the
    /// throttled push alone, because one device may have got too many.
    pub fn asks_for_rest(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { after, asked: true, .. } | Self::Unavailable { after, .. } => *after,
            Self::RateLimited { asked: false, .. }
            | Self::Credential { .. }
            | Self::CredentialOrToken { .. }
            | Self::QuotaUsedUp { .. }
            | Self::Ambiguous { .. }
            | Self::Rejected { .. }
            | Self::Protocol { .. } => None,
        }
    }

    /// Returns whether the error concerns the notifier, and not one message or a quota. Quotas are noted separately.
    pub fn concerns_notifier(&self) -> bool {
        match self {
            Self::Credential { .. }
            | Self::CredentialOrToken { .. }
            | Self::RateLimited { .. }
            | Self::Unavailable { .. }
            | Self::Ambiguous { .. }
            | Self::Protocol { .. } => true,
            Self::QuotaUsedUp { .. } | Self::Rejected { .. } => false,
        }
    }

    /// Returns the vendor's code, or a word for what failed.
    pub fn code(&self) -> &str {
        match self {
            Self::Credential { code }
            | Self::CredentialOrToken { code }
            | Self::RateLimited { code, .. }
            | Self::QuotaUsedUp { code, .. }
            | Self::Unavailable { code, .. }
            | Self::Ambiguous { code }
            | Self::Rejected { code }
            | Self::Protocol { code } => code,
        }
    }
}

/// Next step for the targets of a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// retry, not before the vendor's hint
    Retry {
        /// the retry reason
        retry_reason: RetryReason,
        /// the vendor's hint
        after: Option<Duration>,
    },
    /// a permanent failure with this reason
    End(Reason),
    /// a permanent failure of every push of this class through this notifier, until the quota resets
    EndClass {
        /// how long until the quota resets
        resets_after: Duration,
    },
    /// a permanent failure, and the notifier is disabled
    DisableNotifier,
}

impl CallError {
    /// Returns what to do. The match is exhaustive: a new kind of error does not compile without a disposition.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Credential { .. } => Disposition::DisableNotifier,
            Self::RateLimited { after, .. } => {
                Disposition::Retry { retry_reason: RetryReason::Throttled, after: *after }
            }
            Self::Unavailable { after, .. } => {
                Disposition::Retry { retry_reason: RetryReason::Unavailable, after: *after }
            }
            Self::QuotaUsedUp { resets_after, .. } => Disposition::EndClass { resets_after: *resets_after },
            Self::Ambiguous { .. } | Self::Protocol { .. } => {
                Disposition::Retry { retry_reason: RetryReason::Unclear, after: None }
            }
            Self::CredentialOrToken { .. } | Self::Rejected { .. } => Disposition::End(Reason::PushYetButFail),
        }
    }
}

/// The recorded end of a push to one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceOutcome {
    /// the device
    pub device_id: DeviceId,
    /// the notifier that served it
    #[serde(rename = "notifier_name")]
    pub notifier: NotifierName,
    /// when it ended
    pub at: Timestamp,
    /// how it ended
    pub status: PushStatus,
    /// why it failed
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// the vendor's code
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// the vendor's id of the message
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_message_id: Option<String>,
    /// how many attempts it took
    pub attempts: u32,
    /// earlier attempts, at most [`KEPT_ATTEMPTS`](super::attempt::KEPT_ATTEMPTS)
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Attempt>,
}

/// How a push ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PushStatus {
    /// accepted by the vendor
    Success,
    /// refused, or not possible
    Fail,
}
