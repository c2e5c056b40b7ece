//! The operator's bearer, which opens for an hour what the operator key opens.
//!
//! Its signing key is derived from the signing secret and the operator key together. A new operator key or a rotated
//! signing secret therefore invalidates every bearer. An app's key alone cannot sign one. Nothing is stored.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::{
    crypto::{
        encoding::sha256_hex,
        jwt::{Ed25519, key_id, verify_ed25519},
        seal::derive,
    },
    domain::time::Timestamp,
};

/// Lifetime of a bearer.
pub const LIFETIME: Duration = Duration::from_secs(3600);

/// The `kid` of every bearer. No app has this key id: theirs are hexadecimal.
const KEY_ID: &str = "operator";

#[derive(Serialize)]
struct Header {
    alg: &'static str,
    typ: &'static str,
    kid: &'static str,
}

/// Claims of a bearer. They name no app, so no app accepts a bearer as its own token.
#[derive(Serialize, Deserialize)]
struct Claims {
    role: Role,
    iat: i64,
    exp: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    Operator,
}

/// Signs and verifies the operator's bearers.
#[derive(Debug)]
pub struct OperatorSigner(Ed25519);

impl OperatorSigner {
    /// Returns the signer derived from the stack's two secrets.
    pub fn derive(signing_secret: &str, operator_key: &str) -> Option<Self> {
        let purpose = format!("operator-token {}", sha256_hex(operator_key.as_bytes()));
        let seed = derive(signing_secret.as_bytes(), &purpose)?;
        Ed25519::from_seed(&seed).ok().map(Self)
    }

    /// Returns a bearer that expires after [`LIFETIME`].
    pub fn issue(&self, now: Timestamp) -> Option<String> {
        let header = Header { alg: "EdDSA", typ: "JWT", kid: KEY_ID };
        let (iat, exp) = (now.as_seconds(), now.plus(LIFETIME).as_seconds());
        self.0.sign(&header, &Claims { role: Role::Operator, iat, exp })
    }

    /// Returns whether this signer signed the bearer, and it has not expired.
    pub fn accepts(&self, token: &str, now: Timestamp) -> bool {
        let claims = verify_ed25519(token, &self.0.public_key());
        let claims = claims.and_then(|claims| serde_json::from_slice::<Claims>(&claims).ok());
        claims.is_some_and(|Claims { role: Role::Operator, exp, .. }| now.as_seconds() < exp)
    }
}

/// Returns whether the text has the key id of a bearer. Verifies nothing.
pub fn may_be_one(token: &str) -> bool {
    key_id(token).is_some_and(|id| id == KEY_ID)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use shared::crypto::encoding::base64url;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn signer(signing_secret: &str, operator_key: &str) -> OperatorSigner {
        OperatorSigner::derive(signing_secret, operator_key).unwrap()
    }

    #[test]
    fn a_bearer_opens_for_an_hour() {
        let signer = signer("signing", "operator");
        let token = signer.issue(NOW).unwrap();
        assert!(may_be_one(&token));
        assert!(signer.accepts(&token, Timestamp::from_millis(3_600_999)));
        assert!(!signer.accepts(&token, Timestamp::from_millis(3_601_000)));
    }

    #[test]
    fn another_operator_key_and_another_signing_secret_end_it() {
        let token = signer("signing", "operator").issue(NOW).unwrap();
        assert!(signer("signing", "operator").accepts(&token, NOW));
        assert!(!signer("signing", "changed").accepts(&token, NOW));
        assert!(!signer("rotated", "operator").accepts(&token, NOW));
    }

    #[test]
    fn what_only_looks_like_one_is_refused() {
        let signer = signer("signing", "operator");
        let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": KEY_ID});
        let signed = |claims: Value| signer.0.sign(&header, &claims).unwrap();
        let good = json!({"role": "operator", "iat": 1, "exp": 61});
        assert!(signer.accepts(&signed(good.clone()), NOW));
        for claims in [
            json!({"role": "support", "iat": 1, "exp": 61}),
            json!({"app": "acme#chat", "iat": 1, "exp": 61}),
            json!({"role": "operator", "iat": 1}),
        ] {
            assert!(!signer.accepts(&signed(claims.clone()), NOW), "{claims}");
        }
        let part = |value: &Value| base64url(value.to_string().as_bytes());
        let unsigned = format!("{}.{}.", part(&json!({"alg": "none", "kid": KEY_ID})), part(&good));
        let signature = signed(good.clone()).rsplit_once('.').unwrap().1.to_owned();
        let other_algorithm = format!("{}.{}.{signature}", part(&json!({"alg": "HS256", "kid": KEY_ID})), part(&good));
        for token in [unsigned.as_str(), other_algorithm.as_str(), "", "a.b.c", "operator"] {
            assert!(!signer.accepts(token, NOW), "{token}");
        }
    }
}
