//! Access tokens of the API: signed statements that a function can verify with the app's public key alone.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    crypto::{
        jwt::{Ed25519, verify_ed25519},
        seal::derive,
    },
    domain::{
        app::App,
        id::{AppKey, UserId},
        time::Timestamp,
    },
};

/// How long a token lasts unless its request says otherwise.
pub const DEFAULT_TTL: Duration = Duration::from_secs(60 * 86_400);

/// Who a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// the app's own server: anything in its app
    App,
    /// one user: that user's own things
    User(UserId),
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    app: AppKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sub: Option<UserId>,
    iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
}

/// The signing key of one app. It follows from the stack's secret, so no table holds it.
#[derive(Debug)]
pub struct SigningKey(Ed25519);

impl SigningKey {
    /// The key that follows from the stack's secret for this app and key id.
    pub fn derive(stack_secret: &str, app: &AppKey, key_id: &str) -> Option<Self> {
        let seed = derive(stack_secret.as_bytes(), &format!("access-token {app} {key_id}"))?;
        Ed25519::from_seed(&seed).ok().map(Self)
    }

    /// The public key that verifies this app's tokens, base64url.
    pub fn public_key(&self) -> String {
        self.0.public_key()
    }

    /// A token for `identity`; without `ttl` it never expires.
    pub fn issue(&self, app: &App, identity: &Identity, ttl: Option<Duration>, now: Timestamp) -> Option<String> {
        let header = Header { alg: "EdDSA", typ: "JWT", kid: &app.token_key_id };
        let sub = match identity {
            Identity::App => None,
            Identity::User(user) => Some(user.clone()),
        };
        let exp = ttl.map(|ttl| now.plus(ttl).as_seconds());
        self.0.sign(&header, &Claims { app: app.key.clone(), sub, iat: now.as_seconds(), exp })
    }
}

/// Who the token speaks for, if it is this app's and has not expired.
pub fn verify(token: &str, app: &App, now: Timestamp) -> Option<Identity> {
    let claims = verify_ed25519(token, &app.token_public_key)?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    let current = claims.exp.is_none_or(|exp| now.as_seconds() < exp);
    (claims.app == app.key && current).then_some(match claims.sub {
        Some(user) => Identity::User(user),
        None => Identity::App,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(name: &str, key: &SigningKey) -> App {
        App {
            key: AppKey::parse(name).unwrap(),
            client_id: "id".into(),
            client_secret_sha256: String::new(),
            token_key_id: "k1".into(),
            token_public_key: key.public_key(),
            settings: crate::domain::app::Settings::default(),
            advanced_era: 0,
            created_at: Timestamp::from_millis(0),
        }
    }

    fn key(name: &str, id: &str) -> SigningKey {
        SigningKey::derive("stack secret", &AppKey::parse(name).unwrap(), id).unwrap()
    }

    #[test]
    fn a_token_speaks_for_its_app_until_it_expires() {
        let key = key("acme#chat", "k1");
        let app = app("acme#chat", &key);
        let ttl = Some(Duration::from_secs(60));
        let token = key.issue(&app, &Identity::App, ttl, Timestamp::from_millis(1_000)).unwrap();
        assert_eq!(verify(&token, &app, Timestamp::from_millis(60_999)), Some(Identity::App));
        assert_eq!(verify(&token, &app, Timestamp::from_millis(61_000)), None);
    }

    #[test]
    fn a_token_without_a_lifetime_never_expires() {
        let key = key("acme#chat", "k1");
        let app = app("acme#chat", &key);
        let user = Identity::User(UserId::parse("u1").unwrap());
        let token = key.issue(&app, &user, None, Timestamp::from_millis(0)).unwrap();
        assert_eq!(verify(&token, &app, Timestamp::from_millis(i64::MAX)), Some(user));
    }

    #[test]
    fn a_token_of_another_app_or_of_a_former_key_is_refused() {
        let chat = key("acme#chat", "k1");
        let now = Timestamp::from_millis(0);
        let token = chat.issue(&app("acme#chat", &chat), &Identity::App, None, now).unwrap();
        assert_eq!(verify(&token, &app("acme#shop", &key("acme#shop", "k1")), now), None);
        assert_eq!(verify(&token, &app("acme#chat", &key("acme#chat", "k2")), now), None);
    }

    #[test]
    fn a_changed_token_is_refused() {
        let key = key("acme#chat", "k1");
        let app = app("acme#chat", &key);
        let token = key.issue(&app, &Identity::App, None, Timestamp::from_millis(0)).unwrap();
        let mut parts: Vec<&str> = token.split('.').collect();
        let forged = crate::crypto::encoding::base64url(br#"{"app":"acme#chat","sub":"admin","iat":0}"#);
        parts[1] = &forged;
        assert_eq!(verify(&parts.join("."), &app, Timestamp::from_millis(0)), None);
        for broken in ["", ".", "a.b", "a.b.c", &token[1..]] {
            assert_eq!(verify(broken, &app, Timestamp::from_millis(0)), None);
        }
    }
}
