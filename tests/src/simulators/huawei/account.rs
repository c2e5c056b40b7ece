//! Accounts for Android devices.

use serde_json::{Value, json};

use super::HuaweiCredential;
use crate::simulators::PACKAGE;
use crate::simulators::spec::{Account, Identity};

pub const NOTIFIER: &str = "104410638";
pub const APP: &str = "101234567";
pub const PROJECT: &str = "736430079244623456";
pub const SECRET: &str = "a+b/c=0123456789abcdef";

/// Returns the account that the simulator starts with.
pub fn account() -> Account {
    Account::new(record(), &known(), SECRET)
}

/// Returns another account.
pub fn new(identity: &Identity) -> Account {
    let (id, secret) = (identity.digits(), &identity.secret);
    let values = json!({"app_id": id, "client_id": id, "project_id": id, "client_secret": secret});
    Account { secret: secret.clone(), ..account() }.with(&values)
}

/// Returns the credential that an operator enters.
pub fn record() -> Value {
    json!({
        "app_id": APP,
        "project_id": PROJECT,
        "api": "v2",
        "client_id": APP,
        "client_secret": SECRET,
        "package_name": PACKAGE,
        "badge_class": format!("{PACKAGE}.MainActivity"),
        "im_category_granted": true,
    })
}

/// Returns what Huawei knows about the account. A test may change it.
pub fn known() -> HuaweiCredential {
    HuaweiCredential {
        app_id: APP.to_owned(),
        project_id: Some(PROJECT.to_owned()),
        client_id: APP.to_owned(),
        client_secret: SECRET.to_owned(),
        may_send: true,
        high_priority: false,
        granted_categories: ["IM", "VOIP", "SUBSCRIPTION", "WORK", "ACCOUNT"].map(str::to_owned).to_vec(),
        tokens_per_five_minutes: 1000,
    }
}
