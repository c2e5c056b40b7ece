//! The state of all simulators, and the view of it that one vendor judges by.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::access::{Access, AccessTokens};
use super::credential::{Credential, Credentials};
use super::device::{Devices, TokenState};
use super::fault::{Faults, ScriptedResult};
use super::recorder::{Recorded, Recorder};
use super::shade::{Delivery, DeviceView, Phones, Shown};
use super::vendor::Endpoint;

/// The state of all simulators.
#[derive(Debug, Default)]
pub struct World {
    /// Registered credentials.
    pub credentials: Credentials,
    /// Issued access tokens.
    pub access: AccessTokens,
    /// Registered device tokens.
    pub devices: Devices,
    /// Fault rules that are not used up.
    pub faults: Faults,
    /// Recorded requests.
    pub recorder: Recorder,
    /// Deliveries and shades.
    pub phones: Phones,
    /// Values that requests saved, by vendor and id.
    pub saved: BTreeMap<(String, String), Value>,
    /// How far the vendors' clocks are ahead of the engine's, in milliseconds.
    pub ahead_ms: u64,
}

/// What a reset clears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Registered credentials.
    Credentials,
    /// Issued access tokens.
    AccessTokens,
    /// Registered device tokens.
    Devices,
    /// Fault rules.
    Faults,
    /// Requests, and the values that vendors saved from them.
    Requests,
    /// Deliveries and notification shades.
    Shades,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 6] =
        [Self::Credentials, Self::AccessTokens, Self::Devices, Self::Faults, Self::Requests, Self::Shades];
}

impl World {
    /// Clears a part.
    pub fn clear(&mut self, part: Part) {
        match part {
            Part::Credentials => self.credentials.clear(),
            Part::AccessTokens => self.access.clear(),
            Part::Devices => self.devices.clear(),
            Part::Faults => self.faults.clear(None),
            Part::Requests => {
                self.recorder.clear();
                self.saved.clear();
            }
            Part::Shades => self.phones.clear(),
        }
    }
}

/// The state at the moment of one request, for one vendor.
pub struct Scene<'a> {
    pub(super) world: &'a World,
    pub(super) vendor: &'static str,
    pub(super) now_ms: u64,
    pub(super) results: &'a BTreeMap<String, ScriptedResult>,
}

impl Scene<'_> {
    /// Returns the time of the request, in Unix milliseconds.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Returns the first credential of this vendor whose record `accept` accepts.
    pub fn credential<T: DeserializeOwned>(&self, accept: impl Fn(&T) -> bool) -> Option<(&Credential, T)> {
        self.world.credentials.find(self.vendor, accept)
    }

    /// Returns the validity of an access token.
    pub fn access(&self, value: &str) -> Access<'_> {
        self.world.access.look_up(self.vendor, value, self.now_ms)
    }

    /// Returns how many access tokens a credential was given in the last milliseconds.
    pub fn issued_within(&self, credential: &str, window_ms: u64) -> usize {
        self.world.access.issued_since(self.vendor, credential, self.now_ms.saturating_sub(window_ms))
    }

    /// Returns the vendor's requests of the last milliseconds, latest first.
    pub fn requests_within(&self, window_ms: u64) -> impl Iterator<Item = &Recorded> {
        let since = self.now_ms.saturating_sub(window_ms);
        let recent = self.world.recorder.kept().rev().take_while(move |request| request.at_ms >= since);
        recent.filter(|request| request.vendor == self.vendor)
    }

    /// Returns the deliveries to the vendor's phones in the last milliseconds, latest first.
    pub fn deliveries_within(&self, window_ms: u64) -> impl Iterator<Item = &Delivery> {
        let since = self.now_ms.saturating_sub(window_ms);
        let recent = self.world.phones.log().rev().take_while(move |delivery| delivery.at_ms >= since);
        recent.filter(|delivery| delivery.vendor == self.vendor)
    }

    /// Returns how many device tokens this vendor's sends named in the last milliseconds, for vendors that limit it.
    pub fn targets_within(&self, window_ms: u64) -> usize {
        let since = self.now_ms.saturating_sub(window_ms);
        let recent = self.world.recorder.kept().rev().take_while(|sent| sent.at_ms > since);
        let sends = recent.filter(|sent| sent.vendor == self.vendor && sent.endpoint == Endpoint::Send);
        sends.map(|sent| sent.targets.len()).sum()
    }

    /// Returns the deliveries to this vendor's phones since then, newest first.
    pub fn deliveries_since(&self, since_ms: u64) -> impl Iterator<Item = &Delivery> {
        let recent = self.world.phones.log().rev().take_while(move |delivery| delivery.at_ms >= since_ms);
        recent.filter(|delivery| delivery.vendor == self.vendor)
    }

    /// Returns what a phone shows.
    pub fn shade(&self, token: &str) -> &[Shown] {
        self.world.phones.get(self.vendor, token).map_or(&[], |phone| &phone.shade)
    }

    /// Returns what an earlier request saved under an id.
    pub fn saved(&self, id: &str) -> Option<&Value> {
        self.world.saved.get(&(self.vendor.to_owned(), id.to_owned()))
    }

    /// Returns the state of a device token for a sender with these names.
    pub fn token_state(&self, token: &str, senders: &[&str]) -> TokenState {
        match self.results.get(token) {
            Some(scripted) => scripted.state.clone(),
            None => self.world.devices.token_state(self.vendor, token, senders),
        }
    }
}

impl World {
    /// Returns what a phone shows.
    pub fn view(&self, vendor: &str, token: &str) -> DeviceView {
        let device = self.devices.get(vendor, token);
        let phone = self.phones.get(vendor, token);
        DeviceView {
            vendor: vendor.to_owned(),
            token: token.to_owned(),
            state: device.map(|device| device.state),
            owner: device.and_then(|device| device.owner.clone()),
            shade: phone.map(|phone| phone.shade.clone()).unwrap_or_default(),
            data: phone.map(|phone| phone.data.clone()).unwrap_or_default(),
            delivered: phone.map_or(0, |phone| phone.delivered),
        }
    }

    /// Returns all phones that are registered or were reached, in a stable order.
    pub fn views(&self, vendor: Option<&str>) -> Vec<DeviceView> {
        let registered = self.devices.all().map(|device| (&device.vendor, &device.token));
        let reached = self.phones.keys().map(|(vendor, token)| (vendor, token));
        let all: BTreeSet<(&String, &String)> =
            registered.chain(reached).filter(|(name, _)| vendor.is_none_or(|wanted| *name == wanted)).collect();
        all.into_iter().map(|(vendor, token)| self.view(vendor, token)).collect()
    }
}
