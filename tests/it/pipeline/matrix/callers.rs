//! Every kind of caller, as an app sees it.

use std::time::Duration;

use curlew_tests::access::{Rank, forged, forged_with};
use serde_json::json;
use shared::{
    crypto::{jwt::Ed25519, seal::derive},
    domain::app::App,
    lambda::token::{Identity, SigningKey},
    ports::{apps::ManageApps, clock::Clock},
};

use super::world::World;
use crate::pipeline::{
    harness::{OPERATOR_KEY, SIGNING_SECRET, Stack, TestApp},
    operators::operators_bearer,
    socket::user_token,
    support_tokens::support_token,
};

const HOUR: Duration = Duration::from_secs(3600);

/// Somebody who calls.
pub struct Caller {
    pub name: String,
    pub rank: Rank,
    /// the value of the header `Authorization`
    pub authorization: Option<String>,
}

impl Caller {
    fn new(name: &str, rank: Rank, token: &str) -> Self {
        Self { name: name.to_owned(), rank, authorization: Some(format!("Bearer {token}")) }
    }

    /// Returns whether the call has a bearer, valid or not.
    pub fn has_bearer(&self) -> bool {
        self.token().is_some_and(|token| !token.trim().is_empty())
    }

    /// Returns the bearer.
    pub fn token(&self) -> Option<&str> {
        self.authorization.as_deref()?.strip_prefix("Bearer ")
    }
}

/// Tokens that were valid once.
pub struct Earlier(Vec<(&'static str, String)>);

impl Earlier {
    /// Issues tokens of an app that will be revoked, and tokens that will expire.
    pub async fn issue(stack: &Stack, app: &TestApp) -> Self {
        let brief = json!({"ttl": 60});
        let issued = stack.ok("POST", "/management/apps/acme/chat/token", OPERATOR_KEY, brief.clone()).await;
        let expired = issued["access_token"].as_str().unwrap().to_owned();
        Self(vec![
            ("a revoked app token", app.token.clone()),
            ("a revoked user token", user_token(stack, app, "ann", json!({})).await),
            ("a revoked support token", support_token(stack, app, json!({})).await),
            ("an expired app token of a key that ended", expired),
            ("an expired bearer of the operator", operators_bearer(stack).await),
        ])
    }
}

/// Returns every kind of caller.
pub async fn callers(world: &World, earlier: Earlier) -> Vec<Caller> {
    let World { stack, app, rival, .. } = world;
    let mut callers = without_bearer();
    callers.extend(earlier.0.iter().map(|(name, token)| Caller::new(name, Rank::Nobody, token)));
    callers.extend(other_secrets(world).await);
    callers.extend(of_rival(stack, rival).await);
    callers.extend(valid(stack, app).await);
    let (chat, other) = (stored(stack, app).await, stored(stack, rival).await);
    let ann = user_token(stack, app, "ann", json!({})).await;
    for (whose, genuine) in [("an app token", &app.token), ("a user token", &ann)] {
        let made = forged(genuine).into_iter().chain(forged_with(&chat.token_key.public_key, genuine));
        callers.extend(
            made.map(|forged| Caller::new(&format!("{whose}, forged: {}", forged.how), Rank::Nobody, &forged.token)),
        );
    }
    callers.extend(signed(stack, &chat, &other));
    callers
}

fn without_bearer() -> Vec<Caller> {
    let headers = [
        ("no header", None),
        ("an empty bearer", Some("Bearer ")),
        ("basic authentication", Some("Basic YWNtZSNjaGF0OnNlY3JldA==")),
        ("the operator key without a scheme", Some(OPERATOR_KEY)),
    ];
    let caller = |(name, authorization): (&str, Option<&str>)| Caller {
        name: name.to_owned(),
        rank: Rank::Nobody,
        authorization: authorization.map(str::to_owned),
    };
    headers.map(caller).into()
}

/// Returns what is secret, and no bearer.
async fn other_secrets(world: &World) -> Vec<Caller> {
    let chat = stored(&world.stack, &world.app).await;
    let mut secrets = vec![
        ("garbage", "garbage"),
        ("three parts of garbage", "a.b.c"),
        ("the address of receipts", &world.names.receipt_secret),
        ("the hash of the client secret", &chat.client_secret_sha256),
        ("the public key", &chat.token_key.public_key),
    ];
    // Two secrets are bearers.
    let bearers = [OPERATOR_KEY, &world.app.token];
    let others = world.secrets.iter().filter(|(_, secret)| !bearers.contains(&secret.as_str()));
    secrets.extend(others.map(|(name, secret)| (*name, secret.as_str())));
    secrets.into_iter().map(|(name, secret)| Caller::new(name, Rank::Nobody, secret)).collect()
}

/// Returns who is somebody in another app, and nobody here.
async fn of_rival(stack: &Stack, rival: &TestApp) -> Vec<Caller> {
    let (user, support) =
        (user_token(stack, rival, "ann", json!({})).await, support_token(stack, rival, json!({})).await);
    vec![
        Caller::new("another app", Rank::Nobody, &rival.token),
        Caller::new("another app's user of the same name", Rank::Nobody, &user),
        Caller::new("another app's support staff", Rank::Nobody, &support),
    ]
}

/// Returns who has a valid bearer.
async fn valid(stack: &Stack, app: &TestApp) -> Vec<Caller> {
    let mut of_operator = Vec::new();
    for body in [json!({}), json!({"scope": "support"})] {
        let issued = stack.ok("POST", "/management/apps/acme/chat/token", OPERATOR_KEY, body).await;
        of_operator.push(issued["access_token"].as_str().unwrap().to_owned());
    }
    vec![
        Caller::new("the app", Rank::App, &app.token),
        Caller::new("the app, by a token that the operator got", Rank::App, &of_operator[0]),
        Caller::new("the user", Rank::User, &user_token(stack, app, "ann", json!({})).await),
        Caller::new("another user", Rank::OtherUser, &user_token(stack, app, "bob", json!({})).await),
        Caller::new("support staff", Rank::Support, &support_token(stack, app, json!({})).await),
        Caller::new("support staff, by a token that the operator got", Rank::Support, &of_operator[1]),
        Caller::new("the operator by the key", Rank::OperatorKey, OPERATOR_KEY),
        Caller::new("the operator by a bearer", Rank::OperatorToken, &operators_bearer(stack).await),
    ]
}

/// Returns tokens with a right signature of a wrong key, or with wrong claims and a right signature.
fn signed(stack: &Stack, chat: &App, rival: &App) -> Vec<Caller> {
    let now = stack.clock.now();
    let rivals = SigningKey::of(SIGNING_SECRET, rival).unwrap();
    let own = SigningKey::of(SIGNING_SECRET, chat).unwrap();
    let key_of = |app: &App| {
        let seed = derive(SIGNING_SECRET.as_bytes(), &format!("access-token {} {}", app.key, app.token_key.id));
        Ed25519::from_seed(&seed.unwrap()).unwrap()
    };
    let operators = json!({"alg": "EdDSA", "typ": "JWT", "kid": "operator"});
    let of_chat = json!({"alg": "EdDSA", "typ": "JWT", "kid": chat.token_key.id});
    let (iat, exp) = (now.as_seconds(), now.plus(HOUR).as_seconds());
    let claims = json!({"app": "acme#chat", "iat": iat, "exp": exp});
    let role = json!({"role": "operator", "iat": iat, "exp": exp});
    [
        ("this app's claims, signed by another app", rivals.issue(chat, &Identity::App, HOUR, now)),
        ("this app's claims and key id, signed by another app", key_of(rival).sign(&of_chat, &claims)),
        ("another app's claims, signed by this app", own.issue(rival, &Identity::App, HOUR, now)),
        ("the operator's claims, signed by this app", key_of(chat).sign(&of_chat, &role)),
        ("the operator's claims and key id, signed by this app", key_of(chat).sign(&operators, &role)),
        ("an expired app token", own.issue(chat, &Identity::App, Duration::ZERO, now)),
        ("an expired support token", own.issue(chat, &Identity::Support, Duration::ZERO, now)),
        ("claims of nobody", key_of(chat).sign(&of_chat, &json!({"iat": iat, "exp": exp}))),
        (
            "an expired user token",
            key_of(chat).sign(&of_chat, &json!({"app": "acme#chat", "sub": "ann", "iat": iat, "exp": iat})),
        ),
    ]
    .map(|(name, token)| Caller::new(name, Rank::Nobody, &token.unwrap()))
    .into()
}

async fn stored(stack: &Stack, app: &TestApp) -> App {
    stack.apps.app_alone(&app.key).await.unwrap().unwrap()
}
