//! A seeded plan of the vendors' faults for one run: which request of which vendor meets which fault.
//!
//! Faults are counted in requests, not in time, and no two faults of an endpoint overlap. So each fault of a plan can be
//! dropped, and the others stay where they are.

mod faults;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use self::faults::{Kind, kinds};
use super::control::Control;
use super::engine::{Endpoint, Fault, FaultRule, Random};
use super::{SIMULATORS, Spec};

/// How many requests of a vendor's endpoint may meet a fault.
const SENDS: u32 = 40;
const TOKEN_REQUESTS: u32 = 10;
const REVOCATIONS: u32 = 10;
/// Chances in a hundred that a request meets a fault. Each vendor of a run has one of them.
const CHANCES: [u64; 4] = [0, 5, 15, 40];
/// The chance in a hundred that an app is removed from a phone, and how many requests may name the phone before.
const REMOVED: u64 = 10;
const PUSHES_BEFORE_REMOVAL: u64 = 6;

/// The faults of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The faults. Any of them can be removed.
    pub faults: Vec<PlannedFault>,
}

/// A fault of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedFault {
    /// The fault in plain words, for the story of a run.
    pub label: String,
    /// The rule that plays it.
    pub rule: FaultRule,
}

/// A phone of a run.
#[derive(Clone, Copy, Debug)]
pub struct Phone<'a> {
    /// The vendor.
    pub vendor: &'a str,
    /// The device token.
    pub token: &'a str,
}

impl Plan {
    /// Returns the plan of a seed, for all vendors. The app may be removed from the phones.
    pub fn seeded(seed: u64, phones: &[Phone<'_>]) -> Self {
        let mut random = Random::seeded(seed);
        let mut faults = Vec::new();
        for spec in SIMULATORS {
            let chance = CHANCES[random.index(CHANCES.len())];
            for (endpoint, requests) in
                [(Endpoint::Send, SENDS), (Endpoint::Token, TOKEN_REQUESTS), (Endpoint::Revoke, REVOCATIONS)]
            {
                faults.extend(track(spec, endpoint, requests, chance, &mut random));
            }
        }
        faults.extend(phones.iter().filter_map(|phone| removal(phone, &mut random)));
        Self { faults }
    }

    /// Starts to count requests. Call this once, before the first request.
    pub fn begin(&self, control: &Control) {
        let rules = self.faults.iter().map(|fault| fault.rule.clone());
        control.add_faults(rules).expect("a plan names simulated vendors");
    }

    /// Returns the labels of the faults.
    pub fn story(&self) -> impl Iterator<Item = &str> {
        self.faults.iter().map(|fault| fault.label.as_str())
    }
}

/// Ends all faults, begun or not. An app that was removed stays removed.
pub fn end(control: &Control) {
    let removed = |rule: &FaultRule| rule.fault == Fault::Unregistered {} && rule.times.is_none() && rule.skip == 0;
    let stay: Vec<FaultRule> = control.faults().into_iter().filter(removed).collect();
    control.clear_faults(None);
    control.add_faults(stay).expect("the rules were accepted before");
}

/// Returns the faults of an endpoint, in the order of its requests.
fn track(spec: &Spec, endpoint: Endpoint, requests: u32, chance: u64, random: &mut Random) -> Vec<PlannedFault> {
    let kinds: Vec<Kind> = kinds(spec).into_iter().filter(|kind| kind.rule.endpoint == Some(endpoint)).collect();
    let (mut track, mut request) = (Vec::new(), 0);
    // A vendor without access tokens has no faults there.
    while request < requests && !kinds.is_empty() {
        if random.below(100) >= chance {
            request += 1;
            continue;
        }
        let kind = &kinds[random.index(kinds.len())];
        let times = 1 + u32::try_from(random.below(u64::from(kind.max_times))).unwrap_or_default();
        track.push(planned(spec, kind, request, times));
        request += times;
    }
    track
}

fn planned(spec: &Spec, kind: &Kind, request: u32, times: u32) -> PlannedFault {
    let name = match kind.rule.endpoint {
        Some(Endpoint::Token) => "request for an access token",
        Some(Endpoint::Revoke) => "revocation",
        _ => "send",
    };
    let (vendor, first) = (spec.name(), request + 1);
    let which = match times {
        1 => format!("{name} {first}"),
        _ => format!("{name} {first} to {}", request + times),
    };
    PlannedFault {
        label: format!("{vendor}, {which}: {}", kind.label),
        rule: kind.rule.clone().times(times).skipping(request),
    }
}

fn removal(phone: &Phone<'_>, random: &mut Random) -> Option<PlannedFault> {
    let (is_removed, before) = (random.below(100) < REMOVED, random.below(PUSHES_BEFORE_REMOVAL));
    let before = u32::try_from(before).unwrap_or_default();
    let Phone { vendor, token } = *phone;
    let rule = FaultRule::new(vendor, Fault::Unregistered {}).for_token(token).at(Endpoint::Send).always();
    let label = format!("{vendor}, phone {token}: the app is removed after {before} requests with this token");
    is_removed.then(|| PlannedFault { label, rule: rule.skipping(before) })
}
