mod auth;
mod send;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};

use crate::simulators::engine::time::now_ms;
use crate::simulators::fcm::account::{KEY_ID, PROJECT};
use crate::simulators::test_key;
use crate::simulators::testing::Caller;

const SEND: &str = "/v1/projects/im-demo-1234/messages:send";

fn header() -> Value {
    json!({"alg": "RS256", "typ": "JWT", "kid": KEY_ID})
}

fn claims() -> Value {
    let now = now_ms() / 1000;
    json!({
        "iss": format!("push-sender@{PROJECT}.iam.gserviceaccount.com"),
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
        "aud": "https://oauth2.googleapis.com/token",
        "iat": now,
        "exp": now + 3600,
    })
}

fn signed(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", part(header), part(claims));
    let key = test_key::USUAL.key_pair();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn grant(assertion: &str) -> String {
    format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}")
}

fn caller_with_token() -> (Caller, String) {
    let caller = Caller::of(super::NAME);
    let (status, body) = caller.form("/token", &grant(&signed(&header(), &claims())));
    assert_eq!(status, 200, "{body}");
    (caller, body["access_token"].as_str().unwrap().to_owned())
}
