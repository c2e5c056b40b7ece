//! Accounts at the vendors, each under a name and with secrets that no other has.

use curlew_tests::simulators::{NewCredential, Recorded, test_credentials};
use serde_json::{Value, json};

use super::{World, canary};

/// An account at a vendor.
pub struct Account {
    /// what the product is given
    pub record: Value,
    /// what the vendor knows
    pub known: NewCredential,
    /// the vendor's name for it
    pub id: String,
}

impl Account {
    /// A new account.
    pub async fn open(world: &World, vendor: &str) -> Self {
        let (record, known) = match vendor {
            "fcm" => fcm(),
            "huawei" => huawei(),
            "honor" => honor(),
            "xiaomi" => xiaomi(),
            "oppo" => oppo(),
            "vivo" => vivo(),
            "meizu" => meizu(),
            other => panic!("there is no vendor {other}"),
        };
        let known = NewCredential::new(vendor, known);
        let id = world.stack.vendors.add_credential(&known).await.expect("an account at the vendor");
        Self { record, known, id }
    }

    /// Whether FCM or Huawei were asked for an access token for this account.
    pub fn asks(&self, request: &Recorded) -> bool {
        match request.body.split_once("assertion=") {
            Some((_, jwt)) => claims(jwt)["iss"] == self.record["client_email"],
            None => request.body.contains(&format!("client_id={}&", self.id)) || request.body.ends_with(&self.id),
        }
    }
}

fn claims(jwt: &str) -> Value {
    let claims = jwt.split('.').nth(1).unwrap_or_default();
    let decoded = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, claims).unwrap_or_default();
    serde_json::from_slice(&decoded).unwrap_or_default()
}

// ---- what the product is given, and what the vendor knows ----

fn fcm() -> (Value, Value) {
    let project = format!("e2e-{}", canary::fresh());
    let record = test_credentials::fcm_service_account_of(&project);
    // The second line of the key; the first is the same for every key.
    canary::note(record["private_key"].as_str().and_then(|key| key.lines().nth(2)).expect("a key of some lines"));
    (record, json!(test_credentials::fcm_credential(&project)))
}

fn huawei() -> (Value, Value) {
    let (id, secret) = (digits(), canary::secret());
    let given = json!({"app_id": id, "client_id": id, "project_id": id, "client_secret": secret});
    both(test_credentials::huawei_record(), json!(test_credentials::huawei_credential()), &given)
}

fn honor() -> (Value, Value) {
    let given = json!({"app_id": digits(), "client_id": canary::fresh(), "client_secret": canary::secret()});
    both(test_credentials::honor_record(), json!(test_credentials::honor_credential()), &given)
}

fn xiaomi() -> (Value, Value) {
    let given = json!({"app_id": digits(), "app_secret": canary::secret()});
    both(test_credentials::xiaomi_record(), json!(test_credentials::xiaomi_credential()), &given)
}

fn oppo() -> (Value, Value) {
    let given = json!({"app_id": digits(), "app_key": canary::fresh(), "master_secret": canary::secret()});
    both(test_credentials::oppo_record(), json!(test_credentials::oppo_credential()), &given)
}

fn vivo() -> (Value, Value) {
    let given = json!({"app_id": number(), "app_key": canary::fresh(), "app_secret": canary::secret()});
    both(test_credentials::vivo_record(), json!(test_credentials::vivo_credential()), &given)
}

fn meizu() -> (Value, Value) {
    let given = json!({"app_id": digits(), "app_secret": canary::secret()});
    both(test_credentials::meizu_record(), json!(test_credentials::meizu_credential()), &given)
}

/// The two sides of an account with the same values in both.
fn both(mut record: Value, mut known: Value, given: &Value) -> (Value, Value) {
    for (name, value) in given.as_object().expect("an object") {
        record[name] = value.clone();
        known[name] = value.clone();
    }
    (record, known)
}

/// A number of up to 15 digits that no other account has.
fn number() -> u64 {
    u64::from_str_radix(&canary::fresh(), 16).expect("hexadecimal") % 1_000_000_000_000_000
}

fn digits() -> String {
    format!("{:015}", number())
}
