//! Accounts at vivo.

use serde_json::{Value, json};

use super::VivoCredential;
use crate::simulators::PACKAGE;
use crate::simulators::spec::{Account, Identity};

pub const NOTIFIER: &str = "105999001#key";
pub const APP: u64 = 105_999_001;
pub const KEY: &str = "b1f2c3d4-e5f6-4711-8899-aabbccddeeff";
pub const SECRET: &str = "3c6e0b8a-9c15-4a24-a3f1-5d7b8e9f0a1b";

/// Returns the account that the simulator starts with.
pub fn account() -> Account {
    Account::new(record(), &known(), SECRET)
}

/// Returns another account.
pub fn new(identity: &Identity) -> Account {
    let (key, secret) = (&identity.name, &identity.secret);
    let values = json!({"app_id": identity.number, "app_key": key, "app_secret": secret});
    Account { secret: secret.clone(), ..account() }.with(&values)
}

/// Returns the credential that an operator enters.
pub fn record() -> Value {
    json!({"app_id": APP, "app_key": KEY, "app_secret": SECRET, "package_name": PACKAGE})
}

/// Returns what vivo knows about the account. A test may change it.
pub fn known() -> VivoCredential {
    VivoCredential {
        app_id: APP,
        app_key: KEY.to_owned(),
        app_secret: SECRET.to_owned(),
        approved: true,
        chinese_counts_twice: false,
        test_devices: Vec::new(),
        tokens_per_second: 10,
    }
}
