//! A vendor's push service.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::access_tokens::TokenOwner;
use crate::domain::{
    binding::DeviceToken,
    outcome::{CallError, Outcome},
    push::Notification,
    vendor_answer::VendorAnswer,
};

/// One vendor call: one notification to some tokens through one notifier.
#[derive(Debug, Clone, Copy)]
pub struct VendorCall<'a> {
    /// the notifier that is called
    pub owner: &'a TokenOwner,
    /// the decrypted credential record
    pub credential: &'a Credential,
    /// the notifier's default options
    pub options: &'a Map<String, Value>,
    /// the notification to show
    pub notification: &'a Notification,
    /// time for which the vendor may try to deliver
    pub ttl: Duration,
    /// the URL for the vendor's reports, unless the credential has another; `None` if the request names none
    pub receipt_url: Option<&'a str>,
    /// 1 to [`VendorClient::max_tokens`] tokens, none twice
    pub tokens: &'a [DeviceToken],
}

/// A decrypted credential record. Its `Debug` output does not contain the record.
pub struct Credential {
    /// the record
    record: Value,
    /// the notifier's fingerprint, which distinguishes this record from others
    fingerprint: String,
}

impl Credential {
    /// Creates a credential from a decrypted record and its notifier's fingerprint.
    pub fn new(record: Value, fingerprint: String) -> Self {
        Self { record, fingerprint }
    }

    /// Returns the record. Only the vendor's own folder uses it.
    pub fn expose(&self) -> &Value {
        &self.record
    }

    /// Returns the notifier's fingerprint.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credential({})", self.fingerprint)
    }
}

/// Result of a call: the outcome of each token in the order of the call, and the vendor's answer for a test push.
#[derive(Debug, Clone, PartialEq)]
pub struct CallReport {
    /// one outcome for each token, or the error of the whole call
    pub outcomes: Result<Vec<Outcome>, CallError>,
    /// the vendor's last answer
    pub answer: VendorAnswer,
}

/// Calls one vendor's API.
#[async_trait]
pub trait VendorClient: Send + Sync {
    /// Returns the maximum tokens of one call.
    fn max_tokens(&self) -> usize;

    /// Returns how many parallel requests a call with so many tokens makes.
    fn requests_at_once(&self, _tokens: usize) -> usize {
        1
    }

    /// Sends to every token of the call, in as many requests as the vendor needs.
    async fn send(&self, call: VendorCall<'_>) -> CallReport;

    /// Returns the port that merges different notifications into one request, for vendors that allow it.
    fn merging(&self) -> Option<&dyn SendMerged> {
        None
    }

    /// Returns the port that renews access tokens, for vendors that have them.
    fn renewing(&self) -> Option<&dyn RenewAccessToken> {
        None
    }

    /// Returns the port that revokes notifications, for vendors that allow it.
    fn revoking(&self) -> Option<&dyn RevokeNotifications> {
        None
    }
}

/// A credential whose access token is renewed outside a push.
#[derive(Debug, Clone, Copy)]
pub struct RenewCall<'a> {
    /// the notifier
    pub owner: &'a TokenOwner,
    /// the decrypted credential record
    pub credential: &'a Credential,
    /// the notifier's options
    pub options: &'a Map<String, Value>,
    /// a token that pushes would replace within this time is replaced now
    pub ahead: Duration,
}

/// Result of a renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewed {
    /// the vendor issued a token
    Issued,
    /// the present token is good for long enough, or another process is fetching one; the vendor was not asked
    StillGood,
    /// credentials of this kind have no access token
    NotOffered,
}

/// Renews access tokens between pushes, in the cache that pushes use.
#[async_trait]
pub trait RenewAccessToken: Send + Sync {
    /// Replaces the notifier's access token if pushes would do so soon. The present token stays in use if that fails. Nothing
    /// is sent to a phone.
    async fn renew(&self, call: RenewCall<'_>) -> Result<Renewed, CallError>;
}

/// Sends different notifications in one request.
#[async_trait]
pub trait SendMerged: Send + Sync {
    /// Returns the maximum tokens of one merged call with this credential, or 1 if its requests cannot be merged.
    fn max_merged(&self, credential: &Credential) -> usize;

    /// Sends calls of one notifier in as few requests as the vendor allows. Together the calls have at most
    /// [`SendMerged::max_merged`] tokens, none twice. Returns one outcome for each token, in the order of the calls and
    /// their tokens. Returns an error if everything that could be sent failed in the same way. A notification that the
    /// vendor refuses does not affect the others.
    async fn send_merged(&self, calls: &[VendorCall<'_>]) -> Result<Vec<Outcome>, CallError>;
}

/// Result of a call that revokes a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// the vendor took the call; it does not say which phones still showed the notification
    Taken,
    /// nothing was sent: the notifier's options or its credential do not allow it
    NotOffered,
}

/// Removes shown notifications from phones.
#[async_trait]
pub trait RevokeNotifications: Send + Sync {
    /// Revokes the notification with this replace id on the call's phones: at most [`VendorClient::max_tokens`], none
    /// twice. Its texts are not used. A phone that does not show it changes nothing. A repeat is harmless.
    async fn revoke(&self, call: VendorCall<'_>) -> Result<Revoked, CallError>;
}
