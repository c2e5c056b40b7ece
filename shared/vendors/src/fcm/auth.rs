//! From a service account's key to an access token: a signed assertion, exchanged at Google's token endpoint
//! (<https://developers.google.com/identity/protocols/oauth2/service-account>).

use shared::crypto::jwt::RsaKey;

use super::{
    judge,
    rules::Account,
    wire::{AssertionClaims, AssertionHeader},
};
use crate::prelude::*;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
/// The longest life that Google lets an assertion have.
const ASSERTION_SECONDS: i64 = 3600;

#[async_trait]
impl Issuer for Issuing<'_, Account> {
    fn secret(&self) -> &[u8] {
        self.account.private_key_pem.as_bytes()
    }

    async fn issue(&self) -> Result<Issued, Failure> {
        let assertion = assertion(self.account, self.client.now())
            .ok_or_else(|| CallError::Credential { code: format!("{}private key", oauth::CODE) })?;
        let secrets = [&*self.account.private_key_pem, &assertion];
        oauth::exchange(&self.client.http, &self.account.token_uri, body(&assertion), &secrets, judge::of_token_request)
            .await
    }
}

/// The signed assertion. Its audience is Google's own address even where requests go elsewhere.
pub(super) fn assertion(account: &Account, now: Timestamp) -> Option<String> {
    let header = AssertionHeader { alg: "RS256", typ: "JWT", kid: &account.private_key_id };
    let issued_at = now.as_seconds();
    let claims = AssertionClaims {
        iss: &account.client_email,
        scope: SCOPE,
        aud: &account.token_uri,
        iat: issued_at,
        exp: issued_at + ASSERTION_SECONDS,
    };
    let key = RsaKey::from_pem(&account.private_key_pem).ok()?;
    key.rs256(&header, &claims)
}

pub(super) fn body(assertion: &str) -> String {
    form(&[("grant_type", GRANT_TYPE), ("assertion", assertion)])
}
