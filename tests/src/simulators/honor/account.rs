//! Accounts at Honor.

use serde_json::{Value, json};

use super::HonorCredential;
use crate::simulators::PACKAGE;
use crate::simulators::spec::{Account, Identity};

pub const NOTIFIER: &str = APP;
pub const APP: &str = "104400001";
pub const CLIENT: &str = "6c5e1d0b7a1f4c0f9d3e2b1a00000001";
pub const SECRET: &str = "Ab+9/xYz==";

/// Returns the account that the simulator starts with.
pub fn account() -> Account {
    Account::new(record(), &known(), SECRET)
}

/// Returns another account.
pub fn new(identity: &Identity) -> Account {
    let (client, secret) = (&identity.name, &identity.secret);
    let values = json!({"app_id": identity.digits(), "client_id": client, "client_secret": secret});
    Account { secret: secret.clone(), ..account() }.with(&values)
}

/// Returns the credential that an operator enters.
pub fn record() -> Value {
    json!({
        "app_id": APP,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "package_name": PACKAGE,
        "badge_class": format!("{PACKAGE}.MainActivity"),
        "service_right_granted": true,
    })
}

/// Returns what Honor knows about the account. A test may change it.
pub fn known() -> HonorCredential {
    HonorCredential {
        app_id: APP.to_owned(),
        client_id: CLIENT.to_owned(),
        client_secret: SECRET.to_owned(),
        may_send: true,
        service_right: true,
        max_tokens: super::MAX_TOKENS,
        max_skew_seconds: 300,
    }
}
