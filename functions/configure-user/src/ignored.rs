//! Routes that are accepted for compatibility and change nothing: passwords, and attributes of users.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::State;
use serde_json::json;
use shared::{
    domain::profile::Conversation,
    lambda::{
        access::{Caller, KnownUser, PathUser},
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
    },
};

use crate::ConfigureUser;

/// Accepts a new password and stores nothing, because no user logs in with a password (`PUT
/// /{org}/{app}/users/{username}/password`).
pub async fn change_password(
    State(state): State<Arc<ConfigureUser>>,
    caller: Caller,
    KnownUser(user): KnownUser,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    Fields::parse(&body)?.text("newpassword")?;
    let facts = state.facts.facts(caller.app(), &user, &Conversation::User(user.clone())).await?;
    if !facts.known && !state.directory.is_listed(caller.app(), &user).await? {
        return Err(ApiError::no_user_with_password(&user));
    }
    Ok(ApiReply::fields([("action", json!("set user password"))]))
}

/// Returns the attributes of the form and stores none (`PUT /{org}/{app}/metadata/user/{username}`).
pub async fn change_attributes(
    State(state): State<Arc<ConfigureUser>>,
    caller: Caller,
    PathUser(user): PathUser,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_speak_for(&user, &*state.visible_since).await?;
    let attributes: BTreeMap<_, _> = form_urlencoded::parse(&body).into_owned().collect();
    Ok(ApiReply::data(json!(attributes)))
}

/// Accepts the deletion of a user's attributes (`DELETE /{org}/{app}/metadata/user/{username}`).
pub async fn delete_attributes(
    State(state): State<Arc<ConfigureUser>>,
    caller: Caller,
    PathUser(user): PathUser,
) -> ApiResult {
    caller.must_speak_for(&user, &*state.visible_since).await?;
    Ok(ApiReply::data(true))
}
