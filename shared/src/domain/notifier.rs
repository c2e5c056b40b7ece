//! A notifier: a configured certificate of one vendor.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{id::NotifierName, invalid::Invalid, time::Timestamp, vendor::Vendor};

/// Maximum notifiers of an app. The limit keeps the read of its configuration small.
pub const MAX_NOTIFIERS: usize = 100;

/// State of a notifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NotifierState {
    /// in use
    Enabled,
    /// disabled by an operator, or because the vendor refused its credential
    Disabled,
}

impl NotifierState {
    /// Parses the API's name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "enabled" => Ok(Self::Enabled),
            "disabled" => Ok(Self::Disabled),
            _ => Err(Invalid::new("state", "must be one of: enabled, disabled")),
        }
    }
}

/// A notifier as stored. Its credential is encrypted, everything else is readable.
#[derive(Debug, Clone, PartialEq)]
pub struct Notifier {
    /// the name that clients register with
    pub name: NotifierName,
    /// the vendor it belongs to
    pub vendor: Vendor,
    /// whether it may be used
    pub state: NotifierState,
    /// why it was disabled, if a vendor's answer did it
    pub state_reason: Option<String>,
    /// when the state last changed
    pub state_since: Timestamp,
    /// defaults for its pushes, such as channel or category
    pub options: Map<String, Value>,
    /// the vendor's credential record, encrypted under the app key and this name
    pub credential: Vec<u8>,
    /// when the credential expires, if the operator gave a date
    pub credential_expires_at: Option<Timestamp>,
    /// fields of the credential that the preflight needs, none of them secret; `None` if it needs none, or an earlier
    /// version stored the credential
    pub credential_facts: Option<Map<String, Value>>,
    /// the vendor's API that the credential is for, if the vendor has several
    pub api: Option<String>,
    /// identifies the credential without showing it: the first 16 hexadecimal digits of the record's SHA-256
    pub fingerprint: String,
    /// unguessable part of the address that the vendor reports to; 128 random bits in hexadecimal
    pub receipt_secret: String,
    /// the key that signs the vendor's reports, encrypted like the credential but for another purpose
    pub receipt_credential: Option<Vec<u8>>,
    /// when it was created
    pub created_at: Timestamp,
    /// when its credential, options or state were last changed
    pub updated_at: Timestamp,
}

impl Notifier {
    /// Returns whether its notifications replace each other by conversation, and not only by message.
    pub fn replaces_by_conversation(&self) -> bool {
        self.options.get("collapse").and_then(Value::as_str) == Some("conversation")
    }
}

/// A notifier without its credential and its secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct NotifierSummary {
    /// its name
    pub name: NotifierName,
    /// the vendor it belongs to
    pub vendor: Vendor,
    /// whether it may be used
    pub state: NotifierState,
    /// why it was disabled, if a vendor's answer did it
    pub state_reason: Option<String>,
    /// defaults for its pushes
    pub options: Map<String, Value>,
    /// when the credential expires, if the operator gave a date
    pub credential_expires_at: Option<Timestamp>,
    /// fields of the credential that the preflight needs
    pub credential_facts: Option<Map<String, Value>>,
    /// identifies the credential
    pub fingerprint: String,
    /// when it was created
    pub created_at: Timestamp,
}

impl From<&Notifier> for NotifierSummary {
    fn from(notifier: &Notifier) -> Self {
        Self {
            name: notifier.name.clone(),
            vendor: notifier.vendor,
            state: notifier.state,
            state_reason: notifier.state_reason.clone(),
            options: notifier.options.clone(),
            credential_expires_at: notifier.credential_expires_at,
            credential_facts: notifier.credential_facts.clone(),
            fingerprint: notifier.fingerprint.clone(),
            created_at: notifier.created_at,
        }
    }
}
