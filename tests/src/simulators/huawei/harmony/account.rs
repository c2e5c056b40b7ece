//! Service accounts, and the key file that Huawei's console offers.

use serde_json::{Value, json};

use super::HarmonyCredential;
use crate::simulators::huawei::account::PROJECT;
use crate::simulators::spec::{Account, Identity};
use crate::simulators::test_key::{self, TestKey};

pub const NOTIFIER: &str = PROJECT;
pub const KEY_ID: &str = "f0a1b2c3d4e5f60718293a4b5c6d7e8f";
pub const SUB_ACCOUNT: &str = "100000001";
pub const CLIENT_ID: &str = "104410639";

/// Returns the account that the simulator starts with.
pub fn account() -> Account {
    Account::new(record(), &known(), test_key::USUAL.telling_line())
}

/// Returns another account. All accounts begin with one test key.
pub fn new(identity: &Identity) -> Account {
    let (id, key) = (identity.digits(), &identity.name);
    account().with(&json!({"project_id": id, "client_id": id, "sub_account": id, "key_id": format!("{key}{key}")}))
}

/// Returns an account with another key, of this id.
pub fn with_secret(account: &Account, key_id: &str) -> Account {
    let key = TestKey::after(&account.secret);
    let mut new = Account { secret: key.telling_line().to_owned(), ..account.clone() };
    new.record["private_key"] = key.private_key_pem().into();
    new.known["public_key"] = key.public_key().into();
    new.with(&json!({"key_id": key_id}))
}

/// Returns the key file with its `api`.
pub fn record() -> Value {
    json!({
        "api": "v3",
        "project_id": PROJECT,
        "client_id": CLIENT_ID,
        "key_id": KEY_ID,
        "private_key": test_key::USUAL.private_key_pem(),
        "sub_account": SUB_ACCOUNT,
        "auth_uri": "https://oauth-login.cloud.huawei.com/oauth2/v3/authorize",
        "token_uri": "https://oauth-login.cloud.huawei.com/oauth2/v3/token",
        "im_category_granted": true,
    })
}

/// Returns what Huawei knows about the account. A test may change it.
pub fn known() -> HarmonyCredential {
    HarmonyCredential {
        project_id: PROJECT.to_owned(),
        key_id: KEY_ID.to_owned(),
        sub_account: SUB_ACCOUNT.to_owned(),
        client_id: Some(CLIENT_ID.to_owned()),
        public_key: test_key::USUAL.public_key(),
        may_send: true,
        punished: false,
        granted_categories: ["IM", "VOIP", "SUBSCRIPTION", "WORK", "ACCOUNT"].map(str::to_owned).to_vec(),
    }
}
