//! Accounts at OPPO.

use serde_json::{Value, json};

use super::OppoCredential;
use crate::simulators::PACKAGE;
use crate::simulators::spec::{Account, Identity};

pub const NOTIFIER: &str = KEY;
pub const APP: &str = "30012345";
pub const KEY: &str = "k1a2b3c4d5e6f708";
pub const SECRET: &str = "m9s8e7c6r5e4t3xx";

/// Returns the account that the simulator starts with.
pub fn account() -> Account {
    Account::new(record(), &known(), SECRET)
}

/// Returns another account.
pub fn new(identity: &Identity) -> Account {
    let (key, secret) = (&identity.name, &identity.secret);
    let values = json!({"app_id": identity.digits(), "app_key": key, "master_secret": secret});
    Account { secret: secret.clone(), ..account() }.with(&values)
}

/// Returns the credential that an operator enters.
pub fn record() -> Value {
    json!({
        "app_id": APP,
        "app_key": KEY,
        "master_secret": SECRET,
        "package_name": PACKAGE,
        "channels": {"im": "im_chat"},
    })
}

/// Returns what OPPO knows about the account. A test may change it.
pub fn known() -> OppoCredential {
    OppoCredential::new(APP, KEY, SECRET)
}
