//! Routes that replace an app's client secret and revoke its tokens.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use serde_json::json;
use shared::{
    crypto::encoding::{base64url, sha256_hex},
    domain::{app::App, invalid::Invalid},
    lambda::{
        access::PathApp,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
    },
};

use crate::{ManageApp, operator::Operator, tokens::asks_for_support};

/// Maximum seconds that a replaced client secret still works.
pub const MAX_GRACE_SECONDS: i64 = 86_400;

/// Replaces the client secret (`POST /management/apps/{org}/{app}/credentials`). Without a grace time the previous
/// secret and every token end at once.
pub async fn replace(
    _: Operator,
    State(state): State<Arc<ManageApp>>,
    PathApp(key): PathApp,
    RawBody(body): RawBody,
) -> ApiResult {
    let grace = read_grace(if body.is_empty() { b"{}" } else { &body })?;
    let secret = state.new_client_secret();
    let (sha256, now) = (sha256_hex(secret.as_bytes()), state.clock.now());
    let token_key = if grace.is_zero() { Some(state.new_key(&key).await?) } else { None };
    let app = state.stored(&key).await?;
    let replace = |app: &mut App| {
        app.replace_secret(sha256.clone(), grace, now);
        if let Some(token_key) = &token_key {
            app.revoke_tokens(token_key.clone());
        }
        Ok(())
    };
    let app = state.change(app, replace).await?;
    let mut reply = json!({"client_id": app.client_id, "client_secret": secret});
    if let Some(previous) = app.previous_secrets.first() {
        reply["previous_valid_until"] = json!(previous.valid_until);
    }
    Ok(ApiReply::object(reply.as_object().cloned().unwrap_or_default()))
}

/// Revokes all tokens of an app (`POST /management/apps/{org}/{app}/tokens/revoke`). With scope `support` it revokes
/// only support tokens.
pub async fn revoke_tokens(
    _: Operator,
    State(state): State<Arc<ManageApp>>,
    PathApp(key): PathApp,
    RawBody(body): RawBody,
) -> ApiResult {
    let support = asks_for_support(&Fields::parse(if body.is_empty() { b"{}" } else { &body })?)?;
    let token_key = if support { None } else { Some(state.new_key(&key).await?) };
    let app = state.stored(&key).await?;
    let revoke = |app: &mut App| {
        match &token_key {
            Some(token_key) => app.revoke_tokens(token_key.clone()),
            None => app.revoke_support_tokens(),
        }
        Ok(())
    };
    state.change(app, revoke).await?;
    Ok(ApiReply::data(json!({"revoked_before": state.clock.now()})))
}

impl ManageApp {
    /// Returns a secret of 256 random bits.
    pub fn new_client_secret(&self) -> String {
        base64url(&[self.entropy.bits().to_be_bytes(), self.entropy.bits().to_be_bytes()].concat())
    }
}

fn read_grace(body: &[u8]) -> Result<Duration, Invalid> {
    match Fields::parse(body)?.optional_integer("grace_seconds")? {
        None => Ok(Duration::ZERO),
        Some(seconds) if (0..=MAX_GRACE_SECONDS).contains(&seconds) => Ok(Duration::from_secs(seconds.unsigned_abs())),
        Some(_) => Err(Invalid::new("grace_seconds", format!("must be 0 to {MAX_GRACE_SECONDS}"))),
    }
}
