//! Tokens that nobody issued. An attacker can make each of them from a token that he has and from public facts.

use serde_json::{Value, json};
use shared::crypto::{
    encoding::{base64url, from_base64url},
    jwt::Ed25519,
};

/// A token that nobody issued.
#[derive(Debug, Clone)]
pub struct Forged {
    /// what was done
    pub how: &'static str,
    /// the token
    pub token: String,
}

/// Returns tokens with the key id and the claims of a genuine one.
pub fn forged(genuine: &str) -> Vec<Forged> {
    let [header, claims, signature] = parts(genuine);
    let kid = read(header)["kid"].clone();
    let of = |header: Value| base64url(header.to_string().as_bytes());
    let none = of(json!({"alg": "none", "kid": kid}));
    let mut longer = read(claims);
    longer["exp"] = json!(253_402_300_799_i64);
    [
        ("alg none, without a signature", format!("{none}.{claims}.")),
        ("alg none, with the signature", format!("{none}.{claims}.{signature}")),
        ("without a signature", format!("{header}.{claims}.")),
        ("without the last part", format!("{header}.{claims}")),
        ("a later expiry", format!("{header}.{}.{signature}", of(longer))),
        ("without a key id", format!("{}.{claims}.{signature}", of(json!({"alg": "EdDSA"})))),
        ("the forger's own key in the header", with_own_key(&kid, claims)),
        ("cut", genuine[..genuine.len() - 1].to_owned()),
    ]
    .map(|(how, token)| Forged { how, token })
    .into()
}

/// Returns tokens with the claims of a genuine one, whose signature takes the public key for a shared secret.
pub fn forged_with(public_key: &str, genuine: &str) -> Vec<Forged> {
    let [header, claims, _] = parts(genuine);
    let header = json!({"alg": "HS256", "typ": "JWT", "kid": read(header)["kid"]});
    let input = format!("{}.{claims}", base64url(header.to_string().as_bytes()));
    let bytes = from_base64url(public_key).expect("a public key in base64url");
    [
        ("alg HS256, keyed with the text of the public key", public_key.as_bytes()),
        ("alg HS256, keyed with the public key", &bytes),
    ]
    .map(|(how, key)| Forged { how, token: format!("{input}.{}", hmac(key, &input)) })
    .into()
}

/// Returns a token signed by a key of the forger's own, which its header holds.
fn with_own_key(kid: &Value, claims: &str) -> String {
    let own = Ed25519::from_seed(&[7; 32]).expect("a seed");
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": own.public_key()});
    let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": kid, "jwk": jwk});
    own.sign(&header, &read(claims)).expect("a token")
}

fn hmac(key: &[u8], input: &str) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
    base64url(ring::hmac::sign(&key, input.as_bytes()).as_ref())
}

fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<&str> = token.split('.').collect();
    parts.try_into().expect("a token of three parts")
}

fn read(part: &str) -> Value {
    serde_json::from_slice(&from_base64url(part).expect("base64url")).expect("JSON")
}
