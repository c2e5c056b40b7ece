//! Routes of a group's announcement. The API stores and shows it; the IM server's client shows it to members.

use std::sync::Arc;

use axum::extract::State;
use serde_json::json;
use shared::{
    domain::group_profile::{GroupChange, MAX_ANNOUNCEMENT_CHARS},
    lambda::{
        access::Caller,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
    },
};

use super::{fields::required_text, found, path::PathGroup, unknown};
use crate::ManageApp;

/// Shows the announcement, empty if there is none (`GET /{org}/{app}/chatgroups/{group}/announcement`).
pub async fn show(State(state): State<Arc<ManageApp>>, caller: Caller, PathGroup(id): PathGroup) -> ApiResult {
    caller.must_be_app()?;
    let group = state.groups.group(caller.app(), &id).await?.ok_or_else(|| unknown(&id))?;
    let infos = state.group_profiles.infos(caller.app(), &[group]).await?;
    let said = infos.into_iter().next().unwrap_or_default().announcement;
    Ok(ApiReply::data(json!({"announcement": said})))
}

/// Changes the announcement; an empty one removes it (`POST /{org}/{app}/chatgroups/{group}/announcement`).
pub async fn change(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathGroup(id): PathGroup,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let said = required_text(&Fields::parse(&body)?, "announcement", MAX_ANNOUNCEMENT_CHARS)?;
    let change = GroupChange { announcement: Some(said), ..GroupChange::default() };
    found(state.group_profiles.change_group(caller.app(), &id, &change).await?, &id)?;
    Ok(ApiReply::data(json!({"id": id, "result": true})))
}
