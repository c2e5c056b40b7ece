//! What a vendor gets, and what it reports.

use serde::{Deserialize, Serialize};
use shared::domain::{
    id::{AppKey, MessageId, NotifierName},
    time::Timestamp,
    vendor::Vendor,
};

/// A push, or a revocation, that reached a vendor for one device token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VendorGot {
    /// the vendor
    pub vendor: Vendor,
    /// the HTTP request that carried it; several tokens of one request have the same number
    pub request: u64,
    /// the app whose credential the request carries
    pub app: AppKey,
    /// the notifier whose credential it carries
    pub notifier: NotifierName,
    /// the device token
    pub token: String,
    /// the message's text, unless the notification only says that there is a message
    pub text: Option<String>,
    /// the message's id, from the data that comes with a tap
    pub message: Option<MessageId>,
    /// what makes a later notification replace this one on the phone
    pub replace_id: Option<String>,
    /// whether it takes a notification back instead of showing one
    pub revokes: bool,
    /// whether a certificate test sent it
    pub test: bool,
    /// whether the calling process knew that the vendor wants no request of this credential yet
    #[serde(default)]
    pub too_early: bool,
    /// whether it carries a secret that was replaced in the vendor's console before the answer
    #[serde(default)]
    pub outdated: bool,
    /// whether the phone got it, whatever the vendor answered
    pub shown: bool,
    /// what the vendor answered for this token
    pub answer: VendorAnswer,
}

/// A vendor's answer for one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum VendorAnswer {
    /// taken
    Accepted,
    /// no answer, one that was cut, or one that makes no sense: the caller cannot know whether it was taken
    Unclear,
    /// not taken now: a rate limit, or the vendor is unavailable
    Later,
    /// the quota is used up
    QuotaUsedUp,
    /// the token is unregistered
    Unregistered {
        /// whether that is true; a vendor that is wrong, or configured wrongly, may say so of a token that works
        really: bool,
    },
    /// the credential is refused
    Credential,
    /// this push is refused
    Refused,
}

/// A vendor's report of a push. Repeats are the same report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// whose notifier
    pub app: AppKey,
    /// the device token
    pub token: String,
    /// whether the token is unregistered; otherwise the push was delivered
    pub unregistered: bool,
    /// since when, as the report says
    pub happened: Timestamp,
    /// which push it was
    pub push: u64,
}
