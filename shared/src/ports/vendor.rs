//! A vendor's push service.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::access_tokens::TokenOwner;
use crate::domain::{
    binding::DeviceToken,
    outcome::{CallError, Outcome},
    push::Notification,
};

/// One call: one notification to some tokens through one notifier.
#[derive(Debug, Clone, Copy)]
pub struct VendorCall<'a> {
    /// whose notifier
    pub owner: &'a TokenOwner,
    /// the decrypted credential record, as the operator gave it
    pub credential: &'a Credential,
    /// the notifier's defaults
    pub options: &'a Map<String, Value>,
    /// what to show
    pub notification: &'a Notification,
    /// how long the vendor may still try
    pub ttl: Duration,
    /// the URL for the vendor's reports, unless the credential has another; `None` if the request names none
    pub receipt_url: Option<&'a str>,
    /// 1 to [`VendorClient::max_tokens`] tokens, none twice
    pub tokens: &'a [DeviceToken],
}

/// A decrypted credential record. `Debug` shows nothing of it.
pub struct Credential {
    /// the record
    record: Value,
    /// tells it from others; the notifier's fingerprint
    fingerprint: String,
}

impl Credential {
    /// Returns a decrypted record with its notifier's fingerprint.
    pub fn new(record: Value, fingerprint: String) -> Self {
        Self { record, fingerprint }
    }

    /// Returns the record itself, for the vendor's own folder only.
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

/// What a call brought: the outcome of each token in the order of the call, and the raw answer for a test push.
#[derive(Debug, Clone, PartialEq)]
pub struct CallReport {
    /// one outcome a token, or why the call failed as a whole
    pub outcomes: Result<Vec<Outcome>, CallError>,
    /// the vendor's last answer, parsed where it is JSON; `Null` if there was none
    pub answer: Value,
}

/// Speaks one vendor's protocol.
#[async_trait]
pub trait VendorClient: Send + Sync {
    /// Maximum tokens that one call may carry.
    fn max_tokens(&self) -> usize;

    /// Returns how many requests a call with so many tokens has under way at once.
    fn requests_at_once(&self, _tokens: usize) -> usize {
        1
    }

    /// Sends to every token of the call, with as many requests as the vendor needs.
    async fn send(&self, call: VendorCall<'_>) -> CallReport;

    /// How different notifications share a request, for vendors that can.
    fn merging(&self) -> Option<&dyn SendMerged> {
        None
    }
}

/// Sends different notifications in one request.
#[async_trait]
pub trait SendMerged: Send + Sync {
    /// Maximum tokens of one merged call with this credential; 1 if its requests cannot be merged.
    fn max_merged(&self, credential: &Credential) -> usize;

    /// Sends calls of one notifier that together have at most [`SendMerged::max_merged`] tokens, none twice, with as few
    /// requests as the vendor allows. Brings one outcome a token, in the order of the calls and their tokens, or why
    /// everything that could be sent failed alike. A notification that the vendor does not take costs no other one its push.
    async fn send_merged(&self, calls: &[VendorCall<'_>]) -> Result<Vec<Outcome>, CallError>;
}
