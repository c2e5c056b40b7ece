//! Access tokens for an app's server and for its users.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use serde_json::json;
use shared::{
    crypto::encoding::sha256_hex,
    domain::{app::App, id::UserId, invalid::Invalid},
    lambda::{
        access::{Caller, PathApp},
        error::ApiError,
        fields::Fields,
        http::{Answer, RawBody, Reply},
        token::{DEFAULT_TTL, Identity, SigningKey},
    },
    ports::error::StoreError,
};

use crate::ManageApp;

/// The longest lifetime that a token may ask for: ten years. For longer there is 0, which means that it never expires.
pub const MAX_TTL_SECONDS: i64 = 10 * 366 * 86_400;

/// The request's head, for an authentication that only one of the grants needs.
pub struct Head(Parts);

impl<S: Send + Sync> FromRequestParts<S> for Head {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(parts.clone()))
    }
}

/// `POST /{org}/{app}/token`
pub async fn issue(
    State(parts): State<Arc<ManageApp>>,
    PathApp(key): PathApp,
    Head(mut head): Head,
    RawBody(body): RawBody,
) -> Answer {
    let fields = Fields::parse(&body)?;
    let ttl = read_ttl(&fields)?;
    let config = parts.configs.get(&key).await?;
    let config = config.ok_or_else(|| ApiError::app_not_found(key.org(), key.app()))?;
    let identity = match fields.text("grant_type")? {
        "client_credentials" => {
            check_client(&config.app, &fields)?;
            Identity::App
        }
        "inherit" => {
            let user = UserId::parse(fields.text("username")?)?;
            Caller::from_request_parts(&mut head, &parts).await?.must_be_app()?;
            Identity::User(user)
        }
        _ => return Err(Invalid::new("grant_type", "must be one of: client_credentials, inherit").into()),
    };
    let stack_secret = parts.signing_secret.secret().await?;
    let token = SigningKey::derive(&stack_secret, &key, &config.app.token_key_id)
        .and_then(|signing| signing.issue(&config.app, &identity, ttl, parts.clock.now()))
        .ok_or_else(|| StoreError::Corrupt("no token can be signed with the stack's secret".into()))?;
    Ok(Reply::fields([
        ("access_token", json!(token)),
        ("expires_in", json!(ttl.map_or(0, |ttl| ttl.as_secs()))),
        ("application", json!(key)),
    ]))
}

/// The lifetime: absent 60 days, 0 for ever.
fn read_ttl(fields: &Fields) -> Result<Option<Duration>, Invalid> {
    match fields.optional_integer("ttl")? {
        None => Ok(Some(DEFAULT_TTL)),
        Some(0) => Ok(None),
        Some(seconds) if (1..=MAX_TTL_SECONDS).contains(&seconds) => {
            Ok(Some(Duration::from_secs(seconds.unsigned_abs())))
        }
        Some(_) => Err(Invalid::new("ttl", format!("must be 0 to {MAX_TTL_SECONDS} seconds"))),
    }
}

fn check_client(app: &App, fields: &Fields) -> Result<(), ApiError> {
    let (id, secret) = (fields.text("client_id")?, fields.text("client_secret")?);
    // The secret's hashes are compared, so that the time it takes tells nothing about the secret.
    if app.client_id == id && app.client_secret_sha256 == sha256_hex(secret.as_bytes()) {
        Ok(())
    } else {
        Err(ApiError::bad_client())
    }
}
