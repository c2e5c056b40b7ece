//! An app of a tenant and its settings.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{id::AppKey, invalid::Invalid, presence::MAX_DEVICES, time::Timestamp, zone::TimeZone};

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

/// How much of a message a vendor may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privacy {
    /// what the message, its sender and its receiver ask for
    #[default]
    Content,
    /// only that there is a message
    Notice,
}

/// Whether and when a receiver who seems connected is looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OnlineRecheck {
    /// whether at all
    pub enabled: bool,
    /// after how many seconds, 1 to 3600
    pub seconds: u32,
}

impl Default for OnlineRecheck {
    fn default() -> Self {
        Self { enabled: true, seconds: 120 }
    }
}

/// What an operator can set per app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// whether users' modes, do-not-disturb and templates count; switching it off deletes them
    pub advanced_push: bool,
    /// which devices must be offline
    pub multi_device_policy: MultiDevicePolicy,
    /// where the clock of a user is who says nothing
    pub time_zone: TimeZone,
    /// a group with more members does not push, 1 to 100000
    pub large_group_limit: u32,
    /// bindings a user may hold, 1 to 100; the oldest goes first
    pub max_bindings: u16,
    /// devices of a user whose presence is known, 1 to 32; the one silent longest makes room
    pub max_devices: u16,
    /// looks again at receivers who only seem connected
    pub online_recheck: OnlineRecheck,
    /// how long a device stays online without a sign of life, in seconds, 5 to 3600
    pub presence_lease_seconds: u32,
    /// how often a live connection gives a sign of life, in seconds, 1 to 3600
    pub presence_heartbeat_seconds: u32,
    /// how much of a message a vendor may see
    pub privacy: Privacy,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            advanced_push: false,
            multi_device_policy: MultiDevicePolicy::AllOffline,
            time_zone: TimeZone::default(),
            large_group_limit: 3000,
            max_bindings: 16,
            max_devices: MAX_DEVICES,
            online_recheck: OnlineRecheck::default(),
            presence_lease_seconds: 300,
            presence_heartbeat_seconds: 100,
            privacy: Privacy::Content,
        }
    }
}

impl Settings {
    /// Refuses values outside their ranges.
    pub fn check(self) -> Result<Self, Invalid> {
        let within = |field: &str, value: u32, least: u32, most: u32| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(Invalid::new(field, format!("must be {least} to {most}")))
            }
        };
        within("large_group_limit", self.large_group_limit, 1, 100_000)?;
        within("max_bindings", self.max_bindings.into(), 1, 100)?;
        within("max_devices", self.max_devices.into(), 1, MAX_DEVICES.into())?;
        within("online_recheck.seconds", self.online_recheck.seconds, 1, 3600)?;
        within("presence_lease_seconds", self.presence_lease_seconds, 5, 3600)?;
        within("presence_heartbeat_seconds", self.presence_heartbeat_seconds, 1, 3600)?;
        Ok(self)
    }

    /// The presence lease as a duration.
    pub fn presence_lease(&self) -> Duration {
        Duration::from_secs(self.presence_lease_seconds.into())
    }

    /// The time between two signs of life as a duration.
    pub fn presence_heartbeat(&self) -> Duration {
        Duration::from_secs(self.presence_heartbeat_seconds.into())
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
    /// how often advanced push was switched off: what a user set under another number is gone
    pub advanced_era: u32,
    /// when it was created
    pub created_at: Timestamp,
}
