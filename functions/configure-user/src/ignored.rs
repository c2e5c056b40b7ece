//! Calls that are taken for the sake of those who make them, and that change nothing: passwords, and attributes of users.

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

/// `PUT /{org}/{app}/users/{username}/password`: nobody signs in by a password, so none is kept.
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

/// `PUT /{org}/{app}/metadata/user/{username}`: answers the attributes of the form, of which none is kept.
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

/// `DELETE /{org}/{app}/metadata/user/{username}`
pub async fn delete_attributes(
    State(state): State<Arc<ConfigureUser>>,
    caller: Caller,
    PathUser(user): PathUser,
) -> ApiResult {
    caller.must_speak_for(&user, &*state.visible_since).await?;
    Ok(ApiReply::data(true))
}
