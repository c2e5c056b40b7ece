//! Accounts at Meizu.

use serde_json::{Value, json};

use super::MeizuCredential;
use crate::simulators::PACKAGE;
use crate::simulators::spec::{Account, Identity};

pub const NOTIFIER: &str = APP;
pub const APP: &str = "100999";
pub const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Returns the account that the simulator starts with.
pub fn account() -> Account {
    Account::new(record(), &known(), SECRET)
}

/// Returns another account.
pub fn new(identity: &Identity) -> Account {
    let secret = &identity.secret;
    let values = json!({"app_id": identity.digits(), "app_secret": secret});
    Account { secret: secret.clone(), ..account() }.with(&values)
}

/// Returns the credential that an operator enters.
pub fn record() -> Value {
    json!({"app_id": APP, "app_secret": SECRET, "package_name": PACKAGE, "notice_msg_type": 1})
}

/// Returns what Meizu knows about the account. A test may change it.
pub fn known() -> MeizuCredential {
    MeizuCredential {
        app_id: APP.to_owned(),
        app_secret: SECRET.to_owned(),
        package_names: vec![PACKAGE.to_owned()],
        blacklisted: false,
        vip: false,
        receipt_urls: vec!["https://push.example.com/cb/meizu/3f9c".to_owned()],
        requests_per_second: 200,
        messages_per_minute: 5,
        public_per_day: 3,
    }
}

/// Enters an address for reports in the console, and the access token that proves them.
pub fn register(account: &mut Account, address: &str, access_token: &str) {
    account.known["receipt_urls"] = json!([address]);
    account.record["receipt_url"] = json!(address);
    account.record["receipt_access_token"] = json!(access_token);
}
