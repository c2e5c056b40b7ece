//! Routes of a group's administrators. The API stores and shows them; the IM server decides what they may do.

use std::sync::Arc;

use axum::extract::State;
use serde_json::json;
use shared::{
    domain::{group::MAX_ADMINS, id::UserId},
    lambda::{
        access::{Caller, PathUser},
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
    },
};

use super::{path::PathGroup, unknown};
use crate::ManageApp;

/// Lists the administrators (`GET /{org}/{app}/chatgroups/{group}/admin`).
pub async fn list(State(state): State<Arc<ManageApp>>, caller: Caller, PathGroup(id): PathGroup) -> ApiResult {
    caller.must_be_app()?;
    state.groups.group(caller.app(), &id).await?.ok_or_else(|| unknown(&id))?;
    let admins = state.roles.admins(caller.app(), &id, state.clock.now()).await?;
    Ok(ApiReply::fields([("count", json!(admins.len())), ("data", json!(admins))]))
}

/// Makes a member an administrator (`POST /{org}/{app}/chatgroups/{group}/admin`). Has no effect on an administrator.
pub async fn add(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathGroup(id): PathGroup,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let user = UserId::parse_as("newadmin", Fields::parse(&body)?.text("newadmin")?)?;
    let group = state.groups.group(caller.app(), &id).await?.ok_or_else(|| unknown(&id))?;
    if group.owner.as_ref() == Some(&user) {
        return Err(ApiError::forbidden_op("forbidden operation on group owner!"));
    }
    let admins = state.roles.admins(caller.app(), &id, state.clock.now()).await?;
    if admins.len() >= MAX_ADMINS && !admins.contains(&user) {
        return Err(ApiError::exceed_limit(format!(
            "newadmin must not be new: a group has at most {MAX_ADMINS} admins"
        )));
    }
    let is_member = state.is_member(caller.app(), &id, &user).await?;
    if !is_member || !state.roles.add_admin(caller.app(), &id, &user).await? {
        return Err(ApiError::forbidden_op(format!("user: {user} doesn't exist in group: {id}")));
    }
    Ok(ApiReply::data(json!({"result": "success", "newadmin": user})))
}

/// Makes an administrator a plain member (`DELETE /{org}/{app}/chatgroups/{group}/admin/{username}`).
pub async fn remove(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathGroup(id): PathGroup,
    PathUser(user): PathUser,
) -> ApiResult {
    caller.must_be_app()?;
    state.groups.group(caller.app(), &id).await?.ok_or_else(|| unknown(&id))?;
    if !state.roles.remove_admin(caller.app(), &id, &user).await? {
        return Err(ApiError::forbidden_op(format!("user: {user} is no admin of group: {id}")));
    }
    Ok(ApiReply::data(json!({"result": "success", "oldadmin": user})))
}
