//! A notifier: a configured certificate of one vendor.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{id::NotifierName, invalid::Invalid, time::Timestamp, vendor::Vendor};

/// Maximum notifiers of an app, so that its configuration stays a small read.
pub const MAX_NOTIFIERS: usize = 100;

/// Whether a notifier may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NotifierState {
    /// in use
    Enabled,
    /// switched off by an operator, or by the vendor's refusal of its credential
    Disabled,
}

impl NotifierState {
    /// From the API's name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "enabled" => Ok(Self::Enabled),
            "disabled" => Ok(Self::Disabled),
            _ => Err(Invalid::new("state", "must be one of: enabled, disabled")),
        }
    }
}

/// A notifier as stored: everything but the credential is readable, the credential is a ciphertext.
#[derive(Debug, Clone, PartialEq)]
pub struct Notifier {
    /// the name that clients register with
    pub name: NotifierName,
    /// the vendor it belongs to
    pub vendor: Vendor,
    /// whether it may be used
    pub state: NotifierState,
    /// why it was disabled, when the vendor's answer did it
    pub state_reason: Option<String>,
    /// when the state last changed
    pub state_since: Timestamp,
    /// defaults for its pushes, such as channel or category
    pub options: Map<String, Value>,
    /// the vendor's credential record, encrypted under the app key and this name
    pub credential: Vec<u8>,
    /// when the credential ends, as the operator knows it
    pub credential_expires_at: Option<Timestamp>,
    /// what the preflight needs of the credential, none of it secret; `None` if it needs nothing, or a version before stored the credential
    pub credential_facts: Option<Map<String, Value>>,
    /// which of its vendor's interfaces the credential is for, where the vendor has several
    pub api: Option<String>,
    /// tells credentials apart without showing them: the first 16 hexadecimal digits of the record's SHA-256
    pub fingerprint: String,
    /// unguessable part of the address that the vendor reports to; 128 random bits in hexadecimal
    pub receipt_secret: String,
    /// what the vendor's reports are signed with, encrypted as the credential is but for another purpose
    pub receipt_credential: Option<Vec<u8>>,
    /// when it was created
    pub created_at: Timestamp,
    /// when its credential, options or state were last set
    pub updated_at: Timestamp,
}

/// What is known of a notifier without its credential and its secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct NotifierSummary {
    /// its name
    pub name: NotifierName,
    /// the vendor it belongs to
    pub vendor: Vendor,
    /// whether it may be used
    pub state: NotifierState,
    /// why it was disabled, when the vendor's answer did it
    pub state_reason: Option<String>,
    /// defaults for its pushes
    pub options: Map<String, Value>,
    /// when the credential ends, as the operator knows it
    pub credential_expires_at: Option<Timestamp>,
    /// what the preflight needs of the credential
    pub credential_facts: Option<Map<String, Value>>,
    /// tells credentials apart
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
