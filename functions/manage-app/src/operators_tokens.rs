//! Routes by which the operator gets tokens: a bearer that replaces the operator key, and a token of an app without its
//! client secret.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use serde_json::json;
use shared::{
    domain::{app::App, id::AppKey, invalid::Invalid},
    lambda::{
        access::PathApp,
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
        token::Identity,
    },
    ports::{apps::HeldName, error::StoreError},
};

use crate::{
    ManageApp,
    operator::{Operator, OperatorByKey},
    operator_token::LIFETIME,
    tokens::{asks_for_support, lifetime, read_support_ttl},
};

/// Maximum and default lifetime of an app token that the operator gets.
pub const MAX_APP_TTL: Duration = Duration::from_secs(3600);

/// Exchanges the operator key for a bearer (`POST /management/token`). A bearer does not open this route, so a leaked
/// one cannot be renewed.
pub async fn exchange(OperatorByKey(signer): OperatorByKey, State(state): State<Arc<ManageApp>>) -> ApiResult {
    let token = signer.issue(state.clock.now());
    let token = token.ok_or_else(|| StoreError::Corrupt("a token cannot be written".into()))?;
    Ok(ApiReply::fields([("access_token", json!(token)), ("expires_in", json!(LIFETIME.as_secs()))]))
}

/// Issues an app token or a support token to the operator (`POST /management/apps/{org}/{app}/token`).
pub async fn issue(
    _: Operator,
    State(state): State<Arc<ManageApp>>,
    PathApp(key): PathApp,
    RawBody(body): RawBody,
) -> ApiResult {
    let fields = Fields::parse(if body.is_empty() { b"{}" } else { &body })?;
    let (identity, ttl) = asked(&fields)?;
    let app = state.undeleted(&key).await?;
    tracing::info!(app = %key, support = identity == Identity::Support, "the operator got a token of the app");
    Ok(ApiReply::object(state.issued(app, &identity, ttl).await?))
}

/// Returns whom the token is for, and its lifetime.
fn asked(fields: &Fields) -> Result<(Identity, Duration), Invalid> {
    if asks_for_support(fields)? {
        return Ok((Identity::Support, read_support_ttl(fields)?));
    }
    Ok((Identity::App, lifetime(fields, MAX_APP_TTL)?.unwrap_or(MAX_APP_TTL)))
}

impl ManageApp {
    /// Returns the stored app, without the cache. Fails with 409 while the app is being deleted.
    async fn undeleted(&self, key: &AppKey) -> Result<App, ApiError> {
        if let Some(app) = self.apps.app_alone(key).await? {
            return Ok(app);
        }
        Err(match self.apps.held_name(key).await? {
            Some(HeldName::Deleting(_)) => ApiError::conflict(format!("the app {key} is being deleted")),
            Some(HeldName::Buried) | None => ApiError::app_not_found(key.org(), key.app()),
        })
    }
}
