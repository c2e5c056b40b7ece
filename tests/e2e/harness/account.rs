//! Vendor accounts of tests. Each has its own name and secrets.

use curlew_tests::simulators::{self, Identity, NewCredential, Recorded, simulator};
use serde_json::Value;

use super::{World, canary};

/// An account at a vendor.
pub struct Account {
    pub vendor: &'static str,
    /// the operator's and the vendor's side
    pub sides: simulators::Account,
    /// the vendor's id of the account
    pub id: String,
}

impl Account {
    /// Registers a new account.
    pub async fn open(world: &World, vendor: &str) -> Self {
        let simulator = simulator(vendor).unwrap_or_else(|| panic!("there is no vendor {vendor}"));
        let sides = (simulator.interface().new_account)(&identity());
        canary::note(&sides.secret);
        let id = world.stack.vendors.add_credential(&sides.credential(vendor)).await.expect("an account at the vendor");
        Self { vendor: simulator.name(), sides, id }
    }

    /// Returns the credential that an operator enters.
    pub fn record(&self) -> &Value {
        &self.sides.record
    }

    /// Returns the registration at the vendor.
    pub fn known(&self) -> NewCredential {
        self.sides.credential(self.vendor)
    }

    /// Returns whether a request asks FCM or Huawei for an access token of this account.
    pub fn asks(&self, request: &Recorded) -> bool {
        match request.body.split_once("assertion=") {
            Some((_, jwt)) => claims(jwt)["iss"] == self.record()["client_email"],
            None => request.body.contains(&format!("client_id={}&", self.id)) || request.body.ends_with(&self.id),
        }
    }
}

fn claims(jwt: &str) -> Value {
    let claims = jwt.split('.').nth(1).unwrap_or_default();
    let decoded = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, claims).unwrap_or_default();
    serde_json::from_slice(&decoded).unwrap_or_default()
}

/// Returns values that no other account has.
fn identity() -> Identity {
    let number = u64::from_str_radix(&canary::fresh(), 16).expect("hexadecimal") % 1_000_000_000_000_000;
    Identity { number, name: canary::fresh(), secret: canary::credential() }
}
