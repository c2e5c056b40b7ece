//! Routes that ban users. A banned user gets no new token, and goes offline at once.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};
use shared::{
    domain::{id::UserId, profile::Profile},
    lambda::{
        access::{Caller, KnownUser},
        error::ApiError,
        http::{ApiReply, ApiResult},
        user_entity::user_entity,
    },
};

use crate::ReportPresence;

/// Bans a user and kicks the user's devices (`POST /{org}/{app}/users/{username}/deactivate`). It bans first, so that
/// no kicked device returns with a new token.
pub async fn deactivate(
    State(state): State<Arc<ReportPresence>>,
    caller: Caller,
    KnownUser(user): KnownUser,
) -> ApiResult {
    let profile = state.set_banned(&caller, &user, true).await?;
    let devices = state.devices(caller.app(), &user).await?;
    state.kick(&caller, &user, devices).await?;
    Ok(shown("Deactivate user", &user, &profile))
}

/// Removes a ban (`POST /{org}/{app}/users/{username}/activate`).
pub async fn activate(
    State(state): State<Arc<ReportPresence>>,
    caller: Caller,
    KnownUser(user): KnownUser,
) -> ApiResult {
    let profile = state.set_banned(&caller, &user, false).await?;
    Ok(shown("activate user", &user, &profile))
}

impl ReportPresence {
    /// Bans a known user, or removes the ban.
    async fn set_banned(&self, caller: &Caller, user: &UserId, banned: bool) -> Result<Profile, ApiError> {
        caller.must_be_app()?;
        let profile = self.bans.set_banned(caller.app(), user, banned).await?;
        profile.ok_or_else(|| ApiError::user_not_found(user))
    }
}

fn shown(action: &str, user: &UserId, profile: &Profile) -> ApiReply {
    let entity = Value::Object(user_entity(user, profile));
    ApiReply::fields([("action", json!(action)), ("entities", json!([entity]))])
}
