//! Access tokens for an app's server and for its users.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use serde_json::{Map, Value, json};
use shared::{
    crypto::encoding::sha256_hex,
    domain::{app::App, id::UserId, invalid::Invalid},
    lambda::{
        access::{Caller, PathApp, bearer, count_call},
        error::ApiError,
        fields::Fields,
        http::{Answer, RawBody, Reply},
        token::{DEFAULT_TTL, Identity, Verified, verify},
        user_entity::user_entity,
    },
    ports::error::StoreError,
};

use crate::ManageApp;

/// The longest lifetime that a request may name: ten years. What an app's `max_token_seconds` does not allow is shortened.
pub const MAX_TTL_SECONDS: i64 = 10 * 366 * 86_400;

/// What a caller is told who asks for a user token by a password.
const NO_PASSWORDS: &str =
    "passwords are not kept: get a user token by grant_type inherit, with an app token as bearer and the username";

/// The request's head, for an authentication that only one of the grants needs.
pub struct Head(Parts);

impl<S: Send + Sync> FromRequestParts<S> for Head {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(parts.clone()))
    }
}

/// Whom a token is for.
struct Bearer {
    app: App,
    identity: Identity,
    /// the user, as the answer shows one
    user: Option<Map<String, Value>>,
}

/// `POST /{org}/{app}/token`
pub async fn issue(
    State(parts): State<Arc<ManageApp>>,
    PathApp(key): PathApp,
    Head(head): Head,
    RawBody(body): RawBody,
) -> Answer {
    let fields = Fields::parse(&body)?;
    let ttl = read_ttl(&fields)?;
    let cached = parts.configs.get(&key).await?;
    let cached = cached.ok_or_else(|| ApiError::app_not_found(key.org(), key.app()))?;
    let bearer = match fields.text("grant_type")? {
        "client_credentials" => parts.app_bearer(&head, &cached.app, &fields).await?,
        "inherit" => parts.user_bearer(head, &fields).await?,
        "password" => return Err(ApiError::forbidden(NO_PASSWORDS)),
        _ => return Err(Invalid::new("grant_type", "must be one of: client_credentials, inherit").into()),
    };
    let ttl = ttl.min(bearer.app.settings.max_token_lifetime());
    let signing = parts.signing_key(bearer.app).await?;
    let token = signing.issue(&key, &bearer.identity, ttl, parts.clock.now());
    let token = token.ok_or_else(|| StoreError::Corrupt("a token cannot be written".into()))?;
    let mut reply = Map::from_iter([
        ("access_token".to_owned(), json!(token)),
        ("expires_in".to_owned(), json!(ttl.as_secs())),
        ("application".to_owned(), json!(key)),
    ]);
    reply.extend(bearer.user.map(|user| ("user".to_owned(), Value::Object(user))));
    Ok(Reply::object(reply))
}

impl ManageApp {
    /// The app itself, by its client credentials.
    async fn app_bearer(&self, head: &Parts, cached: &App, fields: &Fields) -> Result<Bearer, ApiError> {
        let (id, secret) = (fields.text("client_id")?, fields.text("client_secret")?);
        // Hashes are compared, so that the time it takes tells nothing about the secret.
        let sha256 = sha256_hex(secret.as_bytes());
        let opens = |app: &App| app.client_id == id && app.accepts_secret(&sha256, self.clock.now());
        let app = self.opened(cached, opens).await?.ok_or_else(ApiError::bad_client)?;
        count_call(head, &app.key, &Identity::App, self.clock.now())?;
        Ok(Bearer { app, identity: Identity::App, user: None })
    }

    /// A user, by an app token.
    async fn user_bearer(self: &Arc<Self>, mut head: Parts, fields: &Fields) -> Result<Bearer, ApiError> {
        let user = UserId::parse(fields.text("username")?)?;
        let create = fields.optional_flag("autoCreateUser")?.unwrap_or(false);
        let caller = Caller::from_request_parts(&mut head, self).await?;
        caller.must_be_app()?;
        let token = bearer(&head).ok_or_else(ApiError::unauthorized)?;
        let opens = |app: &App| matches!(verify(token, app, self.clock.now()), Verified::Valid(Identity::App, _));
        let app = self.opened(&caller.config.app, opens).await?.ok_or_else(ApiError::bad_token)?;
        let shown = user_entity(&user, &self.token_user(&app.key, &user, create).await?);
        Ok(Bearer { app, identity: Identity::User(user), user: Some(shown) })
    }

    /// The app as it is stored now, if the caller opens it. What was revoked a moment ago must not get new tokens; and a token that
    /// is signed by a key that was replaced a moment ago would soon be refused.
    ///
    /// Whoever does not even open what is cached causes at most a read in two seconds.
    async fn opened(&self, cached: &App, opens: impl Fn(&App) -> bool) -> Result<Option<App>, ApiError> {
        let key = &cached.key;
        let app = if opens(cached) {
            self.apps.app_alone(key).await?
        } else {
            self.configs.get_recent(key).await?.map(|config| config.app.clone())
        };
        Ok(app.filter(|app| opens(app)))
    }
}

/// The lifetime that is asked for: absent 60 days, 0 as long as the app's settings allow.
fn read_ttl(fields: &Fields) -> Result<Duration, Invalid> {
    match fields.optional_integer("ttl")? {
        None => Ok(DEFAULT_TTL),
        Some(0) => Ok(Duration::MAX),
        Some(seconds) if (1..=MAX_TTL_SECONDS).contains(&seconds) => Ok(Duration::from_secs(seconds.unsigned_abs())),
        Some(_) => Err(Invalid::new("ttl", format!("must be 0 to {MAX_TTL_SECONDS} seconds"))),
    }
}
