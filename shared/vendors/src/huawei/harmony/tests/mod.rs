mod batches;
mod bearers;
mod client;
mod rules;
mod table;
mod vectors;

use ring::signature::{KeyPair, RSA_PSS_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use shared::{
    crypto::{
        encoding::{from_base64, from_base64url},
        jwt::without_armour,
    },
    domain::{outcome::Outcome, vendor::Vendor},
};

use crate::testing::{Say, Seen, TestedVendor, test_key::pem};

const KEY_ID: &str = "f0a1b2c3d4e5f60718293a4b5c6d7e8f";
const PROJECT: &str = "736430079244623456";

static HARMONY: TestedVendor = TestedVendor {
    vendor: Vendor::Huawei,
    record: key_file,
    token_endpoint: None,
    token: |number| format!("t{number}"),
    targets,
    taken: |_| success(),
    accepted: |_| accepted(),
};

/// The key file of a project, as Huawei's console hands it out, and the word that says what it is.
fn key_file() -> Value {
    json!({
        "api": "v3",
        "project_id": PROJECT,
        "key_id": KEY_ID,
        "private_key": pem(),
        "sub_account": "100000001",
        "auth_uri": "https://oauth-login.cloud.huawei.com/oauth2/v3/authorize",
        "token_uri": "https://oauth-login.cloud.huawei.com/oauth2/v3/token",
        "auth_provider_cert_uri": "https://oauth-login.cloud.huawei.com/oauth2/v3/certs",
        "client_cert_uri": "https://oauth-login.cloud.huawei.com/oauth2/v3/x509?client_id=",
    })
}

/// Header and claims of a bearer, if the key of [`key_file`] signed it by PS256.
fn verified(bearer: &str) -> Option<(Value, Value)> {
    let (signed, signature) = bearer.rsplit_once('.')?;
    let pair = RsaKeyPair::from_pkcs8(&from_base64(&without_armour(&pem()))?).ok()?;
    let key = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, pair.public_key().as_ref().to_vec());
    key.verify(signed.as_bytes(), &from_base64url(signature)?).ok()?;
    let (header, claims) = signed.split_once('.')?;
    let read = |part: &str| serde_json::from_slice(&from_base64url(part)?).ok();
    Some((read(header)?, read(claims)?))
}

fn answer(code: &str, msg: &str) -> Say {
    Say::json(200, json!({"code": code, "msg": msg, "requestId": "r1"}))
}

fn success() -> Say {
    answer("80000000", "Success")
}

fn accepted() -> Outcome {
    Outcome::Accepted { vendor_message_id: Some("r1".into()) }
}

fn targets(seen: &Seen) -> Vec<String> {
    serde_json::from_value(seen.json()["target"]["token"].clone()).unwrap()
}

fn bearer(seen: &Seen) -> String {
    seen.header("authorization").unwrap().strip_prefix("Bearer ").unwrap().to_owned()
}
