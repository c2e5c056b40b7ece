//! What became of a push: per token, and for a whole vendor call.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    attempt::{Attempt, RetryReason},
    id::{DeviceId, NotifierName},
    reason::Reason,
    time::Timestamp,
};

/// What the vendor said of one token. Only [`Outcome::Unregistered`] may cost a token its binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// taken over by the vendor
    Accepted {
        /// the vendor's id of the message, if it gives one
        vendor_message_id: Option<String>,
    },
    /// the vendor calls the token unregistered
    Unregistered {
        /// the vendor's code
        code: String,
        /// whether the code can mean nothing but this token; else a bad configuration may cause it as well
        certain: bool,
    },
    /// this token only later
    Transient {
        /// why
        retry_reason: RetryReason,
        /// the vendor's code
        code: String,
        /// the vendor's hint
        after: Option<Duration>,
    },
    /// not taken, for another token of the request; no attempt
    Deferred,
    /// the quota of this class of pushes is used up
    QuotaUsedUp {
        /// the vendor's code
        code: String,
        /// until it resets
        resets_after: Duration,
    },
    /// the vendor refuses the credential or this token, asked for alone or by its name
    CredentialOrToken {
        /// the vendor's code
        code: String,
    },
    /// the vendor refuses this push; repeating it would not help
    Refused {
        /// the vendor's code
        code: String,
    },
}

/// Why a whole call failed, so that nothing is known of its tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// the credential is not accepted, even with a new access token
    #[error("the vendor refuses the credential: {code}")]
    Credential {
        /// the vendor's code
        code: String,
    },
    /// the credential is not accepted, or a device token of the call is to blame
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
        /// whether the vendor asks for it, of everything that comes from this notifier
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
    /// the vendor cannot serve now, and did not take the push
    #[error("the vendor is unavailable: {code}")]
    Unavailable {
        /// the vendor's code, or what failed
        code: String,
        /// the vendor's hint
        after: Option<Duration>,
    },
    /// no answer after the request was sent: the vendor may have taken the push
    #[error("the vendor did not answer: {code}")]
    Ambiguous {
        /// what failed
        code: String,
    },
    /// the vendor refuses the payload; repeating it would not help
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
    /// How long the vendor wants to be left alone by the notifier. Advice of documents is for the push that was limited only: it
    /// may have been one device that got too many.
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

    /// Whether it says something of the notifier: not of one message, and not of a quota, which is noted apart.
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

    /// The vendor's code, or a word for what failed.
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

/// What happens next with the targets of a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// again, not before the vendor's hint
    Retry {
        /// why it did not end
        retry_reason: RetryReason,
        /// the vendor's hint
        after: Option<Duration>,
    },
    /// over, for this reason
    End(Reason),
    /// over, and so is every push of the same class through this notifier for a while
    EndClass {
        /// for how long
        resets_after: Duration,
    },
    /// over, and the notifier is switched off
    DisableNotifier,
}

impl CallError {
    /// What to do about it. Exhaustive on purpose: a new kind of failure does not compile until it has an answer.
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
    /// those before the last, as far as they are kept
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Attempt>,
}

/// How a push ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PushStatus {
    /// taken over by the vendor
    Success,
    /// refused, or not possible
    Fail,
}
