//! A binding: where one user's device can be reached through one notifier.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, Serialize};

use super::{
    hash::fnv_1a,
    id::{DeviceId, NotifierName, UserId},
    invalid::Invalid,
    time::Timestamp,
};

/// How long a token stays suspect after the vendor reported it as unregistered.
pub const SUSPECT_RETENTION: Duration = Duration::from_secs(24 * 3600);

/// A vendor's device token: 1 to 4096 visible ASCII characters. `Debug` shows only its length.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct DeviceToken(String);

impl DeviceToken {
    /// Parses a caller's text. No vendor documents a maximum length; 4 KB is the largest storage size that any of them
    /// recommends.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() || text.len() > 4096 {
            return Err(Invalid::new("device_token", "must be 1 to 4096 bytes long"));
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Invalid::new("device_token", "must be visible ASCII characters without blanks"));
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the token itself. Only vendor requests and the store may use it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceToken({} bytes)", self.0.len())
    }
}

impl<'de> Deserialize<'de> for DeviceToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Distinguishes the tokens of one user in queue records, where whole tokens would take too much room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenMark(u64);

impl TokenMark {
    /// Returns the mark of a notifier's token.
    pub fn of(notifier: &NotifierName, token: &DeviceToken) -> Self {
        let bytes = notifier.as_str().bytes().chain([0]).chain(token.expose().bytes());
        Self(fnv_1a(bytes))
    }
}

/// The device that holds a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHolder {
    /// whose device it is
    pub user: UserId,
    /// the device
    pub device: DeviceId,
    /// since when it holds the token without a break; rows of earlier versions lack it
    pub since: Option<Timestamp>,
}

/// One device of a user, reachable through one notifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The device.
    pub device_id: DeviceId,
    /// The certificate that the client registered with.
    pub notifier: NotifierName,
    /// The token by which the vendor addresses the device.
    pub token: DeviceToken,
    /// When the client last registered it. The most recent binding of a device wins.
    pub bound_at: Timestamp,
}
