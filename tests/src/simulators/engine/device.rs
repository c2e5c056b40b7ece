//! Device tokens that a vendor knows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A device token with its state, as a test registers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// The vendor.
    pub vendor: String,
    /// The device token.
    pub token: String,
    /// The state of the token.
    #[serde(default)]
    pub state: DeviceState,
    /// The project or app that the token was made for. If absent, any sender may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

impl Device {
    /// Returns a live token.
    pub fn live(vendor: &str, token: impl Into<String>) -> Self {
        Self { vendor: vendor.to_owned(), token: token.into(), state: DeviceState::Live, owner: None }
    }

    /// Returns an unregistered token.
    pub fn unregistered(vendor: &str, token: impl Into<String>) -> Self {
        Self { state: DeviceState::Unregistered, ..Self::live(vendor, token) }
    }

    /// Sets the project or app that the token was made for.
    #[must_use]
    pub fn owned_by(self, owner: impl Into<String>) -> Self {
        Self { owner: Some(owner.into()), ..self }
    }
}

/// The state of a registered token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// The app is installed.
    #[default]
    Live,
    /// The app was removed, or the token replaced.
    Unregistered,
}

/// The state of tokens that no test registered. They must still have the vendor's form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownTokens {
    /// They are live.
    #[default]
    Live,
    /// They are unregistered.
    Unregistered,
}

/// The result for one target of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// Registered and live.
    Live,
    /// Never registered: live if it has the form of this vendor's tokens.
    Unknown,
    /// The app was removed, or the token replaced.
    Unregistered,
    /// Made for another project or app.
    Foreign,
    /// A fault rule gives this token its own result.
    Scripted(String),
}

/// Registered device tokens.
#[derive(Debug, Default)]
pub struct Devices {
    known: BTreeMap<(String, String), Device>,
    unknown: BTreeMap<String, UnknownTokens>,
}

impl Devices {
    /// Registers a token. It replaces one with the same text.
    pub fn put(&mut self, device: Device) {
        self.known.insert((device.vendor.clone(), device.token.clone()), device);
    }

    /// Sets the state of tokens that nobody registered.
    pub fn set_unknown(&mut self, vendor: &str, unknown: UnknownTokens) {
        self.unknown.insert(vendor.to_owned(), unknown);
    }

    /// Returns a registered token.
    pub fn get(&self, vendor: &str, token: &str) -> Option<&Device> {
        self.known.get(&(vendor.to_owned(), token.to_owned()))
    }

    /// Returns all registered tokens, in a stable order.
    pub fn all(&self) -> impl Iterator<Item = &Device> {
        self.known.values()
    }

    /// Returns the state of a token. `senders` are the names of the caller's app and project.
    pub fn token_state(&self, vendor: &str, token: &str, senders: &[&str]) -> TokenState {
        match self.get(vendor, token) {
            Some(device) if device.state == DeviceState::Unregistered => TokenState::Unregistered,
            Some(device) if device.owner.as_deref().is_some_and(|owner| !senders.contains(&owner)) => {
                TokenState::Foreign
            }
            Some(_) => TokenState::Live,
            None => match self.unknown.get(vendor).copied().unwrap_or_default() {
                UnknownTokens::Live => TokenState::Unknown,
                UnknownTokens::Unregistered => TokenState::Unregistered,
            },
        }
    }

    /// Removes all tokens.
    pub fn clear(&mut self) {
        self.known.clear();
        self.unknown.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_another_project_is_foreign_and_an_unregistered_one_is_unregistered_for_everybody() {
        let mut devices = Devices::default();
        devices.put(Device::live("v", "a").owned_by("p1"));
        devices.put(Device::unregistered("v", "b").owned_by("p1"));
        assert_eq!(devices.token_state("v", "a", &["p1"]), TokenState::Live);
        assert_eq!(devices.token_state("v", "a", &["p2"]), TokenState::Foreign);
        assert_eq!(devices.token_state("v", "b", &["p2"]), TokenState::Unregistered);
        assert_eq!(devices.token_state("v", "c", &["p1"]), TokenState::Unknown);
        devices.set_unknown("v", UnknownTokens::Unregistered);
        assert_eq!(devices.token_state("v", "c", &["p1"]), TokenState::Unregistered);
    }
}
