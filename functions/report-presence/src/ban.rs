//! Bans: a banned user gets no token any more, and goes offline at once.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};
use shared::{
    domain::{
        id::UserId,
        profile::{Conversation, Profile},
    },
    lambda::{
        access::{Caller, PathUser},
        error::ApiError,
        http::{Answer, Reply},
        user_entity::user_entity,
    },
    profile_changes::change_profile,
};

use crate::ReportPresence;

/// `POST /{org}/{app}/users/{username}/deactivate`: first the ban, so that nobody who is forced off comes back by a new token.
pub async fn deactivate(State(parts): State<Arc<ReportPresence>>, caller: Caller, PathUser(user): PathUser) -> Answer {
    let profile = parts.set_banned(&caller, &user, true).await?;
    let devices = parts.devices(caller.app(), &user).await?;
    parts.kick(&caller, &user, devices).await?;
    Ok(shown("Deactivate user", &user, &profile))
}

/// `POST /{org}/{app}/users/{username}/activate`
pub async fn activate(State(parts): State<Arc<ReportPresence>>, caller: Caller, PathUser(user): PathUser) -> Answer {
    let profile = parts.set_banned(&caller, &user, false).await?;
    Ok(shown("activate user", &user, &profile))
}

impl ReportPresence {
    /// Bans a known user, or takes the ban back.
    async fn set_banned(&self, caller: &Caller, user: &UserId, banned: bool) -> Result<Profile, ApiError> {
        caller.must_be_app()?;
        let app = caller.app();
        if !self.facts.facts(app, user, &Conversation::User(user.clone())).await?.known {
            return Err(ApiError::user_not_found(user));
        }
        let change = |profile: &mut Profile| {
            profile.banned = banned;
            Ok(())
        };
        change_profile(&*self.profiles, app, user, change).await
    }
}

fn shown(action: &str, user: &UserId, profile: &Profile) -> Reply {
    let entity = Value::Object(user_entity(user, profile));
    Reply::fields([("action", json!(action)), ("entities", json!([entity]))])
}
