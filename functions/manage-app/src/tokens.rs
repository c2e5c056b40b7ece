//! Route that issues access tokens for an app's server, its users and its support staff.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{FromRef, FromRequestParts, State},
    http::request::Parts,
};
use serde_json::{Map, Value, json};
use shared::{
    crypto::encoding::sha256_hex,
    domain::{app::App, id::UserId, invalid::Invalid},
    lambda::{
        access::{PathApp, bearer},
        error::ApiError,
        fields::Fields,
        gate::{Gate, HttpState},
        http::{ApiReply, ApiResult, RawBody},
        token::{DEFAULT_SUPPORT_TTL, DEFAULT_TTL, Identity, MAX_SUPPORT_TTL, Verified},
        user_entity::user_entity,
    },
    ports::error::StoreError,
};

use crate::ManageApp;

/// Maximum lifetime that a request may name: ten years. The app's `max_token_seconds` shortens it.
pub const MAX_TTL_SECONDS: i64 = 10 * 366 * 86_400;

/// Error text for a user token that is asked for with a password.
const NO_PASSWORDS: &str =
    "passwords are not kept: get a user token by grant_type inherit, with an app token as bearer and the username";

/// Value of `scope` that asks for a support token.
const SUPPORT: &str = "support";

/// Error text for a support token that is asked for with client credentials.
const NO_SCOPE: &str = "goes with grant_type inherit and an app token as bearer; client_credentials gives an app token";

/// The request's head and the gate. Only some grant types authenticate by bearer, so the handler calls the gate itself.
pub struct Head {
    parts: Parts,
    gate: Gate,
}

impl<P: Send + Sync> FromRequestParts<HttpState<P>> for Head {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState<P>) -> Result<Self, ApiError> {
        Ok(Self { parts: parts.clone(), gate: Gate::from_ref(state) })
    }
}

/// Whom a token is for.
struct Bearer {
    app: App,
    identity: Identity,
    /// the user as the response shows it
    user: Option<Map<String, Value>>,
}

/// Issues a token (`POST /{org}/{app}/token`).
pub async fn issue(
    State(state): State<Arc<ManageApp>>,
    PathApp(key): PathApp,
    head: Head,
    RawBody(body): RawBody,
) -> ApiResult {
    let fields = Fields::parse(&body)?;
    let support = asks_for_support(&fields)?;
    let ttl = if support { read_support_ttl(&fields)? } else { read_ttl(&fields)? };
    let cached = state.configs.get(&key).await?;
    let cached = cached.ok_or_else(|| ApiError::app_not_found(key.org(), key.app()))?;
    let bearer = match (fields.text("grant_type")?, support) {
        ("client_credentials", false) => state.app_bearer(&head, &cached.app, &fields).await?,
        ("client_credentials", true) => return Err(Invalid::new("scope", NO_SCOPE).into()),
        ("inherit", false) => state.user_bearer(head, &fields).await?,
        ("inherit", true) => state.support_bearer(head, &fields).await?,
        ("password", _) => return Err(ApiError::forbidden(NO_PASSWORDS)),
        _ => return Err(Invalid::new("grant_type", "must be one of: client_credentials, inherit").into()),
    };
    let mut reply = state.issued(bearer.app, &bearer.identity, ttl).await?;
    reply.extend(bearer.user.map(|user| ("user".to_owned(), Value::Object(user))));
    Ok(ApiReply::object(reply))
}

impl ManageApp {
    /// Authenticates the app by its client credentials.
    async fn app_bearer(&self, head: &Head, cached: &App, fields: &Fields) -> Result<Bearer, ApiError> {
        let (id, secret) = (fields.text("client_id")?, fields.text("client_secret")?);
        // Compares hashes, so the response time tells nothing about the secret.
        let sha256 = sha256_hex(secret.as_bytes());
        let opens = |app: &App| app.client_id == id && app.accepts_secret(&sha256, self.clock.now());
        let app = self.opened(cached, opens).await?.ok_or_else(ApiError::bad_client)?;
        head.gate.count(&head.parts, &app.key, &Identity::App, self.clock.now())?;
        Ok(Bearer { app, identity: Identity::App, user: None })
    }

    /// Authenticates by an app token, for a token of a user.
    async fn user_bearer(&self, head: Head, fields: &Fields) -> Result<Bearer, ApiError> {
        let user = UserId::parse(fields.text("username")?)?;
        let create = fields.optional_flag("autoCreateUser")?.unwrap_or(false);
        let app = self.app_of_token(head).await?;
        let shown = user_entity(&user, &self.token_user(&app.key, &user, create).await?);
        Ok(Bearer { app, identity: Identity::User(user), user: Some(shown) })
    }

    /// Authenticates by an app token, for a token of support staff.
    async fn support_bearer(&self, head: Head, fields: &Fields) -> Result<Bearer, ApiError> {
        if fields.value("username").is_some() {
            return Err(
                Invalid::new("username", "must not be given with scope: a token is for a user or for support").into()
            );
        }
        let app = self.app_of_token(head).await?;
        tracing::info!(app = %app.key, "the app got a support token");
        Ok(Bearer { app, identity: Identity::Support, user: None })
    }

    /// Returns the stored app whose app token the request carries.
    async fn app_of_token(&self, Head { mut parts, gate }: Head) -> Result<App, ApiError> {
        let caller = gate.caller(&mut parts).await?;
        caller.must_be_app()?;
        let token = bearer(&parts).ok_or_else(ApiError::unauthorized)?;
        let opens = |app: &App| matches!(gate.verify(token, app), Verified::Valid(Identity::App, _));
        self.opened(&caller.config.app, opens).await?.ok_or_else(ApiError::bad_token)
    }

    /// Issues a token and returns it as the API shows it. The app's `max_token_seconds` shortens `ttl`.
    pub async fn issued(&self, app: App, identity: &Identity, ttl: Duration) -> Result<Map<String, Value>, ApiError> {
        let key = app.key.clone();
        let ttl = ttl.min(app.settings.max_token_lifetime());
        let token = self.signing_key(app.clone()).await?.issue(&app, identity, ttl, self.clock.now());
        let token = token.ok_or_else(|| StoreError::Corrupt("a token cannot be written".into()))?;
        Ok(Map::from_iter([
            ("access_token".to_owned(), json!(token)),
            ("expires_in".to_owned(), json!(ttl.as_secs())),
            ("application".to_owned(), json!(key)),
        ]))
    }

    /// Returns the stored app if the caller's credential opens it. It does not trust the cache. A credential revoked a
    /// moment ago must get no new tokens. A token signed by a replaced key would soon be refused.
    ///
    /// A credential that does not open the cached app causes at most one read in two seconds.
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

/// Returns whether `scope` asks for a support token. No other scope exists.
pub fn asks_for_support(fields: &Fields) -> Result<bool, Invalid> {
    match fields.optional_text("scope")? {
        None => Ok(false),
        Some(SUPPORT) => Ok(true),
        Some(_) => Err(Invalid::new("scope", "must be: support")),
    }
}

/// Returns the lifetime of a support token, which always expires.
pub fn read_support_ttl(fields: &Fields) -> Result<Duration, Invalid> {
    Ok(lifetime(fields, MAX_SUPPORT_TTL)?.unwrap_or(DEFAULT_SUPPORT_TTL))
}

/// Returns the requested lifetime, if there is one: 1 second to `max`.
pub fn lifetime(fields: &Fields, max: Duration) -> Result<Option<Duration>, Invalid> {
    let read = |seconds: i64| {
        let ttl = u64::try_from(seconds).ok().map(Duration::from_secs);
        let fits = ttl.filter(|ttl| !ttl.is_zero() && *ttl <= max);
        fits.ok_or_else(|| Invalid::new("ttl", format!("must be 1 to {} seconds", max.as_secs())))
    };
    fields.optional_integer("ttl")?.map(read).transpose()
}

/// Returns the requested lifetime: 60 days if absent; 0 means the app's `max_token_seconds`.
fn read_ttl(fields: &Fields) -> Result<Duration, Invalid> {
    match fields.optional_integer("ttl")? {
        None => Ok(DEFAULT_TTL),
        Some(0) => Ok(Duration::MAX),
        Some(seconds) if (1..=MAX_TTL_SECONDS).contains(&seconds) => Ok(Duration::from_secs(seconds.unsigned_abs())),
        Some(_) => Err(Invalid::new("ttl", format!("must be 0 to {MAX_TTL_SECONDS} seconds"))),
    }
}
