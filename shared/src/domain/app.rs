//! An app of a tenant and its settings.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    callback::{Callback, CallbackOff},
    id::AppKey,
    invalid::Invalid,
    presence::MAX_DEVICES,
    time::Timestamp,
    zone::TimeZone,
};

/// The longest lifetime of an access token that an app may allow, in seconds.
pub const MAX_TOKEN_SECONDS: u32 = 31_536_000;

/// Which devices of a receiver must be offline for a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MultiDevicePolicy {
    /// push only while every device is offline
    #[default]
    AllOffline,
    /// push to each device that is offline
    AnyOffline,
}

/// How much of a message a vendor sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privacy {
    /// the content, as the message, its sender and its receiver ask for it
    #[default]
    Content,
    /// only that there is a message
    Notice,
}

/// Effect of a notification on the number on the app's icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Badge {
    /// adds one, where the vendor can be asked to
    #[default]
    Increment,
    /// nothing
    Off,
}

/// Rechecks of receivers with stale presence: whether check-presence makes them, and when.
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

/// Settings of an app that an operator can change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// whether modes, do-not-disturb and templates of users apply; switching it off deletes them
    pub advanced_push: bool,
    /// which devices must be offline
    pub multi_device_policy: MultiDevicePolicy,
    /// the time zone of users who set none
    pub time_zone: TimeZone,
    /// a group with more members does not push, 1 to 100000
    pub large_group_limit: u32,
    /// maximum bindings of a user, 1 to 100; a new one replaces the oldest
    pub max_bindings: u16,
    /// maximum devices of a user with stored presence, 1 to 32; a new one replaces the device that reported longest ago
    pub max_devices: u16,
    /// rechecks of receivers with stale presence
    pub online_recheck: OnlineRecheck,
    /// how long a device stays online without a heartbeat, in seconds, 5 to 3600
    pub presence_lease_seconds: u32,
    /// how often a gateway sends a heartbeat for a live connection, in seconds, 1 to 3600
    pub presence_heartbeat_seconds: u32,
    /// how much of a message a vendor may see
    pub privacy: Privacy,
    /// what a notification does to the number on the app's icon
    pub badge: Badge,
    /// the longest lifetime of an access token, in seconds, 60 to 31536000; a longer request is shortened
    pub max_token_seconds: u32,
    /// where the app's own server is told about pushes
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback: Option<Callback>,
    /// whether a message that a user read on one device loses its notification on the others
    pub clear_when_read: bool,
    /// maximum users whom the app's tasks push to in a second, all together, 1 to 1000
    pub task_pushes_per_second: u32,
    /// fields that a newer version stored; an older version keeps them when it changes the settings
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
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
            badge: Badge::Increment,
            max_token_seconds: 90 * 86_400,
            callback: None,
            clear_when_read: false,
            task_pushes_per_second: 100,
            unknown: Map::new(),
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
        within("max_token_seconds", self.max_token_seconds, 60, MAX_TOKEN_SECONDS)?;
        within("task_pushes_per_second", self.task_pushes_per_second, 1, 1000)?;
        Ok(self)
    }

    /// Returns the presence lease as a duration.
    pub fn presence_lease(&self) -> Duration {
        Duration::from_secs(self.presence_lease_seconds.into())
    }

    /// Returns the time between two heartbeats as a duration.
    pub fn presence_heartbeat(&self) -> Duration {
        Duration::from_secs(self.presence_heartbeat_seconds.into())
    }

    /// Returns the longest lifetime of an access token as a duration.
    pub fn max_token_lifetime(&self) -> Duration {
        Duration::from_secs(self.max_token_seconds.into())
    }
}

/// A key that signs an app's access tokens: its public half, which verifies them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenKey {
    /// the `kid` of the tokens that it signed; never used twice
    pub id: String,
    /// Ed25519 public key, base64url
    pub public_key: String,
}

/// A client secret that was replaced and still works for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousSecret {
    /// its SHA-256, in hexadecimal
    pub sha256: String,
    /// when it stops working
    pub valid_until: Timestamp,
}

/// Maximum replaced client secrets that work at the same time. Several do, so that a caller who missed the answer can
/// repeat the call.
pub const MAX_PREVIOUS_SECRETS: usize = 3;

/// An app as stored. It holds no secret: a hash verifies the client secret, and a public key verifies tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// `org#app`
    pub key: AppKey,
    /// public half of the client credentials
    pub client_id: String,
    /// SHA-256 of the client secret, in hexadecimal
    pub client_secret_sha256: String,
    /// replaced client secrets within their grace time, the latest first; at most [`MAX_PREVIOUS_SECRETS`]
    pub previous_secrets: Vec<PreviousSecret>,
    /// signs this app's tokens
    pub token_key: TokenKey,
    /// the signing key before; its tokens are still accepted
    pub previous_token_key: Option<TokenKey>,
    /// what the operator set
    pub settings: Settings,
    /// how often advanced push was switched off; settings that a user made under another number no longer apply
    pub advanced_era: u32,
    /// how often all support tokens were revoked; a token with a lower number is refused
    pub support_era: u32,
    /// when it was created
    pub created_at: Timestamp,
    /// whether the rows of earlier versions are complete: memberships, heads of groups and the directory
    pub backfilled: bool,
    /// whether a device ever opened a connection to Curlew; if not, no receivers are read for a message whose push is
    /// suppressed for all
    pub has_connections: bool,
    /// the note that a callback was switched off; it may belong to an earlier setting
    pub callback_off: Option<CallbackOff>,
    /// how often the app was changed when it was read; a change fails if the stored number differs
    pub version: u32,
}

impl App {
    /// Returns the callback, unless there is none or its server wants no more.
    pub fn callback(&self) -> Option<&Callback> {
        self.settings.callback.as_ref().filter(|_| self.callback_switched_off().is_none())
    }

    /// Returns since when the present callback is off, if it is.
    pub fn callback_switched_off(&self) -> Option<CallbackOff> {
        let callback = self.settings.callback.as_ref()?;
        self.callback_off.filter(|off| off.set_at == callback.set_at)
    }

    /// Returns whether the app accepts a client secret with this hash now.
    pub fn accepts_secret(&self, sha256: &str, now: Timestamp) -> bool {
        let mut previous = self.previous_secrets.iter().filter(|previous| now < previous.valid_until);
        self.client_secret_sha256 == sha256 || previous.any(|previous| previous.sha256 == sha256)
    }

    /// Replaces the client secret. The previous secret works for `grace` longer. Secrets that were replaced earlier
    /// work no longer than that, and never beyond their own ends. Without a grace time all of them end now.
    ///
    /// So one call with a short grace time ends every leaked secret. A repeated call with the same grace time shortens
    /// no secret that is in use, because its own end comes first.
    pub fn replace_secret(&mut self, sha256: String, grace: Duration, now: Timestamp) {
        let replaced = std::mem::replace(&mut self.client_secret_sha256, sha256);
        if grace.is_zero() {
            self.previous_secrets.clear();
            return;
        }
        let end = now.plus(grace);
        self.previous_secrets.retain(|previous| now < previous.valid_until);
        self.previous_secrets.iter_mut().for_each(|previous| previous.valid_until = previous.valid_until.min(end));
        self.previous_secrets.insert(0, PreviousSecret { sha256: replaced, valid_until: end });
        self.previous_secrets.truncate(MAX_PREVIOUS_SECRETS);
    }

    /// Signs with `key` from now on. Tokens of the previous key stay valid. Tokens of older keys do not.
    pub fn add_token_key(&mut self, key: TokenKey) {
        self.previous_token_key = Some(std::mem::replace(&mut self.token_key, key));
    }

    /// Signs with `key` from now on, and refuses every token of another key.
    pub fn revoke_tokens(&mut self, key: TokenKey) {
        self.token_key = key;
        self.previous_token_key = None;
    }

    /// Refuses every support token issued before. Other tokens stay valid.
    pub fn revoke_support_tokens(&mut self) {
        self.support_era = self.support_era.saturating_add(1);
    }

    /// Returns the key with this id, if tokens that it signed are accepted.
    pub fn token_key(&self, id: &str) -> Option<&TokenKey> {
        self.token_keys().find(|key| key.id == id)
    }

    /// Returns the keys whose tokens are accepted, the signing key first.
    pub fn token_keys(&self) -> impl Iterator<Item = &TokenKey> {
        std::iter::once(&self.token_key).chain(&self.previous_token_key)
    }
}
