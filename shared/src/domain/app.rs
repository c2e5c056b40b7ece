//! An app of a tenant and its settings.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{id::AppKey, invalid::Invalid, time::Timestamp};

/// When several devices of a receiver are known: which must be offline for a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MultiDevicePolicy {
    /// push only while every device is offline
    #[default]
    AllOffline,
    /// push to each device that is offline
    AnyOffline,
}

/// What an operator can set per app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// which devices must be offline
    pub multi_device_policy: MultiDevicePolicy,
    /// bindings a user may hold, 1 to 100; the oldest goes first
    pub max_bindings: u16,
    /// how long a device stays online without a sign of life, in seconds, 5 to 3600
    pub presence_lease_seconds: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { multi_device_policy: MultiDevicePolicy::AllOffline, max_bindings: 16, presence_lease_seconds: 300 }
    }
}

impl Settings {
    /// Refuses values outside their ranges.
    pub fn check(self) -> Result<Self, Invalid> {
        if !(1..=100).contains(&self.max_bindings) {
            return Err(Invalid::new("max_bindings", "must be 1 to 100"));
        }
        if !(5..=3600).contains(&self.presence_lease_seconds) {
            return Err(Invalid::new("presence_lease_seconds", "must be 5 to 3600"));
        }
        Ok(self)
    }

    /// The presence lease as a duration.
    pub fn presence_lease(&self) -> Duration {
        Duration::from_secs(self.presence_lease_seconds.into())
    }
}

/// An app as stored. It holds no secret: clients are known by a hash, tokens are verified with a public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// `org#app`
    pub key: AppKey,
    /// public half of the client credentials
    pub client_id: String,
    /// SHA-256 of the client secret, in hexadecimal
    pub client_secret_sha256: String,
    /// names this app's signing key; a recreated app gets another
    pub token_key_id: String,
    /// Ed25519 public key that verifies this app's tokens, base64url
    pub token_public_key: String,
    /// what the operator set
    pub settings: Settings,
    /// when it was created
    pub created_at: Timestamp,
}
