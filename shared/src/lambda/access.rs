//! Extractors that authenticate the caller and find the app and the user of a request.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{header::AUTHORIZATION, request::Parts},
};

use super::{
    error::ApiError,
    gate::HttpState,
    signatures::Signatures,
    token::{Identity, Verified, verify},
};
use crate::{
    app_configs::AppConfigs,
    domain::{
        id::{AppKey, UserId},
        time::Timestamp,
    },
    ports::{
        apps::AppConfig,
        erasure::{ReadVisibleSince, VisibleSince},
    },
};

/// An authenticated caller of the app in the path. This extractor refuses support tokens. A route that support staff
/// may read takes a [`Reader`](super::reader::Reader).
#[derive(Debug, Clone)]
pub struct Caller {
    /// the app's configuration
    pub config: Arc<AppConfig>,
    /// whom the token speaks for
    pub identity: Identity,
    /// when the token was issued, in whole seconds
    issued_at: Timestamp,
}

impl Caller {
    /// Returns the app.
    pub fn app(&self) -> &AppKey {
        &self.config.app.key
    }

    /// Refuses user tokens and support tokens.
    pub fn must_be_app(&self) -> Result<(), ApiError> {
        match self.identity {
            Identity::App => Ok(()),
            Identity::User(_) => Err(ApiError::forbidden("this needs an app token")),
            Identity::Support => Err(ApiError::not_for_support()),
        }
    }

    /// Refuses the token of another user, and a token issued before the user began. An erased user therefore cannot
    /// return, and cannot see a later user of the same name. Reads and returns the user's beginning, for a user token
    /// only.
    pub async fn must_speak_for(
        &self,
        user: &UserId,
        visible_since: &dyn ReadVisibleSince,
    ) -> Result<Option<VisibleSince>, ApiError> {
        match &self.identity {
            Identity::App => Ok(None),
            Identity::User(own) if own == user => {
                let beginning = visible_since.visible_since(self.app(), user).await?;
                let is_older = |begun: Timestamp| self.issued_at.as_seconds() < begun.as_seconds();
                if beginning.at.is_some_and(is_older) { Err(ApiError::bad_token()) } else { Ok(Some(beginning)) }
            }
            Identity::User(_) => Err(ApiError::forbidden("a user token opens only that user's own data")),
            Identity::Support => Err(ApiError::not_for_support()),
        }
    }

    /// Refuses support tokens.
    pub(super) fn must_not_be_support(&self) -> Result<(), ApiError> {
        match self.identity {
            Identity::App | Identity::User(_) => Ok(()),
            Identity::Support => Err(ApiError::not_for_support()),
        }
    }
}

impl<P: Send + Sync> FromRequestParts<HttpState<P>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState<P>) -> Result<Self, ApiError> {
        state.gate.caller(parts).await
    }
}

/// Authenticates the caller of an app by this token. Refuses support tokens.
pub async fn authenticate(configs: &AppConfigs, key: &AppKey, token: &str, now: Timestamp) -> Result<Caller, ApiError> {
    let caller = identify(&Signatures::default(), configs, key, token, now).await?;
    caller.must_not_be_support()?;
    Ok(caller)
}

/// Authenticates the caller of an app by this token, support staff included.
pub(super) async fn identify(
    signatures: &Signatures,
    configs: &AppConfigs,
    key: &AppKey,
    token: &str,
    now: Timestamp,
) -> Result<Caller, ApiError> {
    let unknown = || ApiError::app_not_found(key.org(), key.app());
    let config = configs.get(key).await?.ok_or_else(unknown)?;
    match verify(signatures, token, &config.app, now) {
        Verified::Valid(identity, issued_at) => Ok(Caller { config, identity, issued_at }),
        Verified::Refused => Err(ApiError::bad_token()),
        // The key may be newer than the cached configuration.
        Verified::UnknownKey => {
            let config = configs.get_recent(key).await?.ok_or_else(unknown)?;
            match verify(signatures, token, &config.app, now) {
                Verified::Valid(identity, issued_at) => Ok(Caller { config, identity, issued_at }),
                Verified::Refused | Verified::UnknownKey => Err(ApiError::bad_token()),
            }
        }
    }
}

/// The app in the path, which may not exist.
#[derive(Debug, Clone)]
pub struct PathApp(pub AppKey);

impl<S: Send + Sync> FromRequestParts<S> for PathApp {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let (org, app) = (path_param(parts, state, "org").await?, path_param(parts, state, "app").await?);
        // An invalid name belongs to no app, so the app is not found.
        AppKey::new(&org, &app).map(Self).map_err(|_| ApiError::app_not_found(&org, &app))
    }
}

/// The user in the path.
#[derive(Debug, Clone)]
pub struct PathUser(pub UserId);

impl<S: Send + Sync> FromRequestParts<S> for PathUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let username = path_param(parts, state, "username").await?;
        UserId::parse(&username).map(Self).map_err(ApiError::from)
    }
}

/// The user in the path, for a route that needs a known user. An invalid name belongs to nobody, so the user is not
/// found.
#[derive(Debug, Clone)]
pub struct KnownUser(pub UserId);

impl<S: Send + Sync> FromRequestParts<S> for KnownUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let username = path_param(parts, state, "username").await?;
        UserId::parse(&username).map(Self).map_err(|_| ApiError::not_found(format!("the app has no user {username}")))
    }
}

/// Returns one decoded segment of the path.
pub async fn path_param<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> Result<String, ApiError> {
    let params = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| ApiError::bad_request("the path must be percent-encoded UTF-8"))?;
    let found = params.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
    found.ok_or_else(|| ApiError::not_found("the route lacks a segment"))
}

/// Returns the token of `Authorization: Bearer <token>`.
pub fn bearer(parts: &Parts) -> Option<&str> {
    bearer_of(parts.headers.get(AUTHORIZATION)?.to_str().ok()?)
}

/// Returns the token of a header value `Bearer <token>`.
pub fn bearer_of(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then(|| token.trim())
}
