//! Gateways with leases: a device that a gateway reported is online for as long as the gateway renews its lease.

use std::time::Duration;

use curlew_tests::history::{PresenceReport, Request};
use serde_json::{Value, json};
use shared::{domain::presence::PresenceStatus, ports::clock::Clock};

use super::{
    random::Random,
    sockets::{device_id, user},
    story::{Action, DEVICES, Story, USERS, Who},
    world::World,
};

/// Lets a gateway renew its lease, or report a device.
pub fn action(random: &Random, _: &Story) -> Action {
    let app = u8::from(random.percent(20));
    let gateway = random.below(2) as u8;
    if random.percent(45) {
        return Action::Renew { app, gateway, seconds: random.between(10, 300) };
    }
    let who = Who { app, user: random.below(usize::from(USERS)) as u8 };
    let device = random.below(DEVICES.len()) as u8;
    Action::ReportBy { who, device, gateway, online: random.percent(75) }
}

/// Returns the name of a gateway.
fn name(gateway: u8) -> String {
    format!("gw{gateway}")
}

/// Returns what a gateway asks that renews its lease: the request, the path and the body.
pub fn renewal(gateway: u8, seconds: u64) -> (Request, String, Value) {
    let request = Request::RenewGateway { gateway: name(gateway), lease: Duration::from_secs(seconds) };
    (request, format!("presence/gateways/{}", name(gateway)), json!({"ttl_seconds": seconds}))
}

impl World {
    /// Returns what a gateway asks that reports a device: the request and the body.
    pub fn report_by(&self, who: Who, device: u8, gateway: u8, online: bool) -> (Request, Value) {
        let status = if online { PresenceStatus::Online } else { PresenceStatus::Offline };
        let (at, session, device) = (self.services.clock.now(), format!("of-{}", name(gateway)), device_id(device));
        let event = json!({
            "user": user(who), "device_id": device, "session": session, "status": status, "ts": at,
            "gateway": name(gateway),
        });
        let gateway = Some(name(gateway));
        let report = PresenceReport { user: user(who), device, session, status, at, gateway };
        (Request::Presence(report), json!({"events": [event]}))
    }
}
