//! Access tokens of the API. They are signed, and a function verifies them with the app's public key alone.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::signatures::Signatures;
use crate::{
    crypto::{
        jwt::{Ed25519, key_id, verify_ed25519},
        seal::derive,
    },
    domain::{
        app::{App, TokenKey},
        id::{AppKey, UserId},
        time::Timestamp,
    },
};

/// Default lifetime of a token. The app's `max_token_seconds` may shorten it.
pub const DEFAULT_TTL: Duration = Duration::from_secs(60 * 86_400);

/// Maximum lifetime of a support token.
pub const MAX_SUPPORT_TTL: Duration = Duration::from_secs(30 * 86_400);

/// Default lifetime of a support token: one day, so that access ends after a working day.
pub const DEFAULT_SUPPORT_TTL: Duration = Duration::from_secs(86_400);

/// Whom a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// the app's own server, which may do anything in its app
    App,
    /// one user, who may use that user's own data
    User(UserId),
    /// the app's support staff, who may read and explain, but change nothing and see no text and no device token
    Support,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

/// Claims of a token. Exactly one of `app` and `support_of` is present.
///
/// A support token has no `app`. Earlier versions know no support tokens: they take a token with `app` and without
/// `sub` for the app's server. They require `app`, so they refuse a support token.
#[derive(Default, Serialize, Deserialize)]
struct Claims {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    app: Option<AppKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    support_of: Option<AppKey>,
    /// the app's `support_era` when a support token was issued; zero is omitted
    #[serde(default, skip_serializing_if = "is_zero")]
    support_era: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sub: Option<UserId>,
    iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Claims {
    fn of(app: &App, identity: &Identity, iat: i64, exp: Option<i64>) -> Self {
        let (key, times) = (app.key.clone(), Self { iat, exp, ..Self::default() });
        match identity {
            Identity::App => Self { app: Some(key), ..times },
            Identity::User(user) => Self { app: Some(key), sub: Some(user.clone()), ..times },
            Identity::Support => Self { support_of: Some(key), support_era: app.support_era, ..times },
        }
    }

    /// Returns whom the claims speak for in this app. A support token must have an expiry. Tokens of the app and of
    /// users may lack one: they were issued before `max_token_seconds` existed.
    fn identity(self, of: &AppKey) -> Option<Identity> {
        match self {
            Self { app: Some(app), support_of: None, sub: None, .. } if app == *of => Some(Identity::App),
            Self { app: Some(app), support_of: None, sub: Some(user), .. } if app == *of => Some(Identity::User(user)),
            Self { app: None, support_of: Some(app), sub: None, exp: Some(_), .. } if app == *of => {
                Some(Identity::Support)
            }
            Self { .. } => None,
        }
    }
}

/// Result of verifying a token for an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// valid for this caller; with the time of issue, in whole seconds
    Valid(Identity, Timestamp),
    /// forged, expired, or of another app
    Refused,
    /// the app has no such key or era of support tokens: it is gone, or newer than the cached configuration
    UnknownKey,
}

/// The signing key of one app. It is derived from the stack's secret, so no table stores it.
#[derive(Debug)]
pub struct SigningKey {
    id: String,
    key: Ed25519,
}

impl SigningKey {
    /// Derives the key of this app with this key id from the stack's secret.
    pub fn derive(stack_secret: &str, app: &AppKey, id: &str) -> Option<Self> {
        let seed = derive(stack_secret.as_bytes(), &format!("access-token {app} {id}"))?;
        Ed25519::from_seed(&seed).ok().map(|key| Self { id: id.to_owned(), key })
    }

    /// Returns the app's newest key that is derived from the stack's secret. Returns `None` if the secret was rotated
    /// since.
    pub fn of(stack_secret: &str, app: &App) -> Option<Self> {
        let mut fitting = app.token_keys().filter_map(|known| {
            Self::derive(stack_secret, &app.key, &known.id).filter(|derived| derived.public() == *known)
        });
        fitting.next()
    }

    /// Returns the public key that verifies its tokens.
    pub fn public(&self) -> TokenKey {
        TokenKey { id: self.id.clone(), public_key: self.key.public_key() }
    }

    /// Issues a token of the app for `identity`.
    pub fn issue(&self, app: &App, identity: &Identity, ttl: Duration, now: Timestamp) -> Option<String> {
        let header = Header { alg: "EdDSA", typ: "JWT", kid: &self.id };
        let exp = Some(now.plus(ttl).as_seconds());
        self.key.sign(&header, &Claims::of(app, identity, now.as_seconds(), exp))
    }
}

/// Verifies a token for this app: its key, its signature, its app and its expiry. Remembers only the signature.
pub fn verify(signatures: &Signatures, token: &str, app: &App, now: Timestamp) -> Verified {
    let Some(id) = key_id(token) else {
        return Verified::Refused;
    };
    let Some(key) = app.token_key(&id) else {
        return Verified::UnknownKey;
    };
    let claims = signatures.claims(token, &key.public_key);
    let Some(claims) = claims.and_then(|claims| serde_json::from_slice::<Claims>(&claims).ok()) else {
        return Verified::Refused;
    };
    let (issued_at, era) = (seconds(claims.iat), claims.support_era);
    let current = claims.exp.is_none_or(|exp| now.as_seconds() < exp);
    match claims.identity(&app.key) {
        Some(Identity::Support) if current && era > app.support_era => Verified::UnknownKey,
        Some(Identity::Support) if era < app.support_era => Verified::Refused,
        Some(identity) if current => Verified::Valid(identity, issued_at),
        Some(_) | None => Verified::Refused,
    }
}

/// Facts about the issue of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// the key that signed it
    pub key: String,
    /// time of issue, in whole seconds
    pub at: Timestamp,
    /// expiry; tokens of early versions have none
    pub until: Option<Timestamp>,
}

/// Returns how a token of this app was issued.
pub fn issued(token: &str, app: &App) -> Option<Issued> {
    let key = app.token_key(&key_id(token)?)?;
    let claims: Claims = serde_json::from_slice(&verify_ed25519(token, &key.public_key)?).ok()?;
    Some(Issued { key: key.id.clone(), at: seconds(claims.iat), until: claims.exp.map(seconds) })
}

fn seconds(claimed: i64) -> Timestamp {
    Timestamp::from_millis(claimed.saturating_mul(1000))
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests {
    use super::*;

    /// Verifies a token twice: the second time its signature is remembered.
    fn verify(token: &str, app: &App, now: Timestamp) -> Verified {
        let signatures = Signatures::default();
        let first = super::verify(&signatures, token, app, now);
        assert_eq!(super::verify(&signatures, token, app, now), first);
        first
    }

    const NOW: Timestamp = Timestamp::from_millis(1_000);
    const MINUTE: Duration = Duration::from_secs(60);

    fn app(name: &str, key: &SigningKey) -> App {
        let key_of_app = AppKey::parse(name).unwrap();
        App { token_key: key.public(), ..crate::testing::sample::app(&key_of_app, NOW) }
    }

    fn key(name: &str, id: &str) -> SigningKey {
        SigningKey::derive("stack secret", &AppKey::parse(name).unwrap(), id).unwrap()
    }

    fn issued(key: &SigningKey, app: &App) -> String {
        key.issue(app, &Identity::App, MINUTE, NOW).unwrap()
    }

    #[test]
    fn a_token_speaks_for_its_app_until_it_expires() {
        let key = key("acme#chat", "k1");
        let app = app("acme#chat", &key);
        let token = issued(&key, &app);
        assert_eq!(verify(&token, &app, Timestamp::from_millis(60_999)), Verified::Valid(Identity::App, NOW));
        assert_eq!(verify(&token, &app, Timestamp::from_millis(61_000)), Verified::Refused);
        let (at, until) = (NOW, Some(Timestamp::from_millis(61_000)));
        assert_eq!(super::issued(&token, &app), Some(Issued { key: "k1".to_owned(), at, until }));
    }

    #[test]
    fn a_token_that_was_issued_without_an_end_is_still_accepted() {
        let key = key("acme#chat", "k1");
        let app = app("acme#chat", &key);
        let header = Header { alg: "EdDSA", typ: "JWT", kid: "k1" };
        let user = UserId::parse("u1").unwrap();
        let claims = Claims::of(&app, &Identity::User(user.clone()), 1, None);
        let token = key.key.sign(&header, &claims).unwrap();
        assert_eq!(verify(&token, &app, Timestamp::from_millis(i64::MAX)), Verified::Valid(Identity::User(user), NOW));
    }

    /// The claims as earlier versions read them, without support tokens. A token without `sub` is the app's own.
    #[derive(Deserialize)]
    struct ClaimsBefore {
        app: AppKey,
        #[serde(default)]
        sub: Option<UserId>,
        #[allow(dead_code, reason = "only whether it can be read counts")]
        iat: i64,
        #[serde(default)]
        exp: Option<i64>,
    }

    #[test]
    fn versions_before_refuse_a_support_token_and_take_the_others_for_what_they_are() {
        let key = key("acme#chat", "k1");
        let read_before = |identity: &Identity| {
            let app = App { support_era: 7, ..app("acme#chat", &key) };
            let token = key.issue(&app, identity, MINUTE, NOW).unwrap();
            let claims = verify_ed25519(&token, &key.public().public_key).unwrap();
            serde_json::from_slice::<ClaimsBefore>(&claims)
        };
        assert!(read_before(&Identity::Support).is_err_and(|error| error.to_string().contains("missing field `app`")));
        let app = read_before(&Identity::App).unwrap();
        assert_eq!((app.app.as_str(), app.sub, app.exp), ("acme#chat", None, Some(61)));
        let ann = UserId::parse("ann").unwrap();
        assert_eq!(read_before(&Identity::User(ann.clone())).unwrap().sub, Some(ann));
    }

    #[test]
    fn a_support_token_speaks_for_the_support_of_its_app_until_it_expires() {
        let (chat, shop) = (key("acme#chat", "k1"), key("acme#shop", "k1"));
        let app = app("acme#chat", &chat);
        let token = chat.issue(&app, &Identity::Support, MINUTE, NOW).unwrap();
        assert_eq!(verify(&token, &app, NOW), Verified::Valid(Identity::Support, NOW));
        assert_eq!(verify(&token, &app, Timestamp::from_millis(61_000)), Verified::Refused);
        // A key of another app, and this app's key with the name of another app.
        let foreign = shop.issue(&app, &Identity::Support, MINUTE, NOW).unwrap();
        assert_eq!(verify(&foreign, &app, NOW), Verified::Refused);
        let of_shop = App { key: AppKey::parse("acme#shop").unwrap(), ..app.clone() };
        let foreign = chat.issue(&of_shop, &Identity::Support, MINUTE, NOW).unwrap();
        assert_eq!(verify(&foreign, &app, NOW), Verified::Refused);
    }

    #[test]
    fn a_new_era_of_support_tokens_ends_those_before_and_no_other_token() {
        let key = key("acme#chat", "k1");
        let before = app("acme#chat", &key);
        let mut after = before.clone();
        after.revoke_support_tokens();
        let user = Identity::User(UserId::parse("ann").unwrap());
        for identity in [&Identity::App, &user] {
            let token = key.issue(&before, identity, MINUTE, NOW).unwrap();
            assert_eq!(verify(&token, &after, NOW), Verified::Valid(identity.clone(), NOW));
        }
        let support = |app: &App| key.issue(app, &Identity::Support, MINUTE, NOW).unwrap();
        let valid = Verified::Valid(Identity::Support, NOW);
        assert_eq!(verify(&support(&before), &after, NOW), Verified::Refused);
        assert_eq!(verify(&support(&after), &after, NOW), valid);
        assert_eq!(verify(&support(&after), &before, NOW), Verified::UnknownKey, "what is cached may be older");
        // A token issued before eras existed.
        let claims = serde_json::json!({"support_of": "acme#chat", "iat": 1, "exp": 61});
        let token = key.key.sign(&Header { alg: "EdDSA", typ: "JWT", kid: "k1" }, &claims).unwrap();
        assert_eq!((verify(&token, &before, NOW), verify(&token, &after, NOW)), (valid, Verified::Refused));
    }

    #[test]
    fn claims_that_are_neither_one_role_nor_the_other_are_refused() {
        let key = key("acme#chat", "k1");
        let app = app("acme#chat", &key);
        let header = Header { alg: "EdDSA", typ: "JWT", kid: "k1" };
        for claims in [
            r#"{"iat":1,"exp":61}"#,
            r#"{"app":"acme#chat","support_of":"acme#chat","iat":1,"exp":61}"#,
            r#"{"support_of":"acme#chat","sub":"ann","iat":1,"exp":61}"#,
            r#"{"support_of":"acme#chat","iat":1}"#,
            r#"{"support_of":["acme#chat"],"iat":1,"exp":61}"#,
        ] {
            let claims: serde_json::Value = serde_json::from_str(claims).unwrap();
            let token = key.key.sign(&header, &claims).unwrap();
            assert_eq!(verify(&token, &app, NOW), Verified::Refused, "{claims}");
        }
    }

    #[test]
    fn tokens_of_the_last_two_keys_are_accepted_until_all_are_revoked() {
        let keys = ["k1", "k2", "k3"].map(|id| key("acme#chat", id));
        let mut app = app("acme#chat", &keys[0]);
        let tokens = keys.each_ref().map(|key| issued(key, &app));
        let found = |app: &App| tokens.each_ref().map(|token| verify(token, app, NOW));
        let valid = || Verified::Valid(Identity::App, NOW);
        assert_eq!(found(&app), [valid(), Verified::UnknownKey, Verified::UnknownKey]);
        app.add_token_key(keys[1].public());
        assert_eq!(found(&app), [valid(), valid(), Verified::UnknownKey]);
        app.add_token_key(keys[2].public());
        assert_eq!(found(&app), [Verified::UnknownKey, valid(), valid()]);
        app.revoke_tokens(key("acme#chat", "k4").public());
        assert_eq!(found(&app), [Verified::UnknownKey, Verified::UnknownKey, Verified::UnknownKey]);
    }

    #[test]
    fn the_key_that_the_secret_fits_signs() {
        let of = |secret: &str, id| SigningKey::derive(secret, &AppKey::parse("acme#chat").unwrap(), id).unwrap();
        let mut app = app("acme#chat", &of("old secret", "k1"));
        let fits = |secret, app: &App| SigningKey::of(secret, app).map(|key| key.id);
        assert_eq!(fits("old secret", &app).as_deref(), Some("k1"));
        assert_eq!(fits("new secret", &app), None);
        app.add_token_key(of("new secret", "k2").public());
        // A process that still caches the old secret does not use the new key.
        assert_eq!(fits("old secret", &app).as_deref(), Some("k1"));
        assert_eq!(fits("new secret", &app).as_deref(), Some("k2"));
    }

    #[test]
    fn a_token_of_another_app_is_refused() {
        let (chat, shop) = (key("acme#chat", "k1"), key("acme#shop", "k1"));
        let token = issued(&chat, &app("acme#chat", &chat));
        assert_eq!(verify(&token, &app("acme#shop", &shop), NOW), Verified::Refused);
    }

    #[test]
    fn a_changed_token_is_refused() {
        let key = key("acme#chat", "k1");
        let app = app("acme#chat", &key);
        let token = issued(&key, &app);
        let mut parts: Vec<&str> = token.split('.').collect();
        let forged = crate::crypto::encoding::base64url(br#"{"app":"acme#chat","sub":"admin","iat":0}"#);
        parts[1] = &forged;
        assert_eq!(verify(&parts.join("."), &app, NOW), Verified::Refused);
        for broken in ["", ".", "a.b", "a.b.c", &token[1..]] {
            assert_eq!(verify(broken, &app, NOW), Verified::Refused);
        }
    }
}
