//! What a vendor's result code means: the vocabulary of every vendor's table of codes.

use std::time::Duration;

use shared::domain::outcome::{CallError, Outcome};

/// How long a used-up quota lasts when nobody says when it resets.
const QUOTA_LASTS: Duration = Duration::from_secs(3600);

/// What a result code means. A code that no table lists is [`Verdict::Rejected`]: vendors add codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// the device token is good for nothing
    Unregistered {
        /// nothing but this token can cause the code
        certain: bool,
    },
    /// the access token has expired, or is taken for one that has; whatever the device token is
    Expired,
    /// the same, or the device token
    ExpiredOrToken,
    /// the credential, or how the vendor's console is set up; whatever the device token is
    Credential,
    /// the same, or the device token, which any user can choose: disables a notifier only with the evidence of
    /// [`ambiguous_refusal`](shared::domain::ambiguous_refusal)
    CredentialOrToken,
    /// too many requests
    RateLimited {
        /// how long to wait when the vendor does not say
        advice: Option<Duration>,
    },
    /// the day's quota is used up; whoever judges says as the hint when the next day begins
    QuotaUsedUp,
    /// the vendor cannot serve now
    Unavailable,
    /// the vendor does not say what it did
    Unclear,
    /// the vendor will not take this push
    Rejected,
}

/// The answer proves that the token is good for nothing.
pub const UNREGISTERED: Verdict = Verdict::Unregistered { certain: true };
/// The token is good for nothing, or something else is wrong, such as the app in the credential.
pub const SUSPECT: Verdict = Verdict::Unregistered { certain: false };

/// Returns the verdict "too many requests" for a vendor whose limits count by so many seconds.
pub const fn rate_limited(seconds: u64) -> Verdict {
    Verdict::RateLimited { advice: Some(Duration::from_secs(seconds)) }
}

/// Why one request was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// a new access token may help
    Expired {
        /// the vendor's code
        code: String,
        /// whether the device token may cause it as well
        or_token: bool,
    },
    /// nothing in this call will help
    Failed(CallError),
}

impl Refusal {
    /// The refusal of a request that already had a new access token.
    pub fn last(self) -> CallError {
        match self {
            Self::Expired { code, or_token: false } => CallError::Credential { code },
            Self::Expired { code, or_token: true } => CallError::CredentialOrToken { code },
            Self::Failed(error) => error,
        }
    }
}

impl<E: Into<CallError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Verdict {
    /// What the code says of the one token of a request.
    pub fn of_token(self, code: String, hint: Option<Duration>) -> Result<Outcome, Refusal> {
        match self {
            Self::Unregistered { certain } => Ok(Outcome::Unregistered { code, certain }),
            _ => Err(self.of_request(code, hint)),
        }
    }

    /// What the code says of a request whose tokens it does not tell apart. Never calls a token unregistered.
    pub fn of_request(self, code: String, hint: Option<Duration>) -> Refusal {
        Refusal::Failed(match self {
            Self::Expired => return Refusal::Expired { code, or_token: false },
            Self::ExpiredOrToken => return Refusal::Expired { code, or_token: true },
            Self::Unregistered { .. } | Self::Rejected => CallError::Rejected { code },
            Self::Credential => CallError::Credential { code },
            Self::CredentialOrToken => CallError::CredentialOrToken { code },
            Self::RateLimited { advice } => {
                CallError::RateLimited { code, after: hint.or(advice), asked: hint.is_some() }
            }
            Self::QuotaUsedUp => CallError::QuotaUsedUp { code, resets_after: hint.unwrap_or(QUOTA_LASTS) },
            Self::Unavailable => CallError::Unavailable { code, after: hint },
            Self::Unclear => CallError::Protocol { code },
        })
    }
}
