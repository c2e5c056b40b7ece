//! Routes that change a group, assign a new owner, and delete it.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Map, json};
use shared::{
    domain::{
        group_profile::GroupChange,
        id::{AppKey, GroupId, UserId},
        invalid::Invalid,
    },
    lambda::{
        access::Caller,
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
    },
};

use super::{fields::Described, found, path::PathGroup, unknown};
use crate::ManageApp;

/// Fields that a change may name, besides the new owner.
const CHANGEABLE: [&str; 13] = [
    "groupname",
    "name",
    "description",
    "desc",
    "custom",
    "avatar",
    "public",
    "membersonly",
    "members_only",
    "allowinvites",
    "maxusers",
    "invite_need_confirm",
    "need_verify",
];

/// Changes fields of the group, or assigns `newowner` alone (`PUT /{org}/{app}/chatgroups/{group}`). The response has
/// `true` for each field that was sent.
pub async fn change(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathGroup(id): PathGroup,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let fields = Fields::parse(&body)?;
    if let Some(owner) = fields.optional_text("newowner")? {
        let owner = UserId::parse_as("newowner", owner)?;
        if fields.names().any(|name| name != "newowner") {
            return Err(Invalid::new("newowner", "must be the only field").into());
        }
        return state.assign(caller.app(), &id, &owner).await;
    }
    let others: Vec<&str> = fields.names().filter(|name| !CHANGEABLE.contains(name)).collect();
    if !others.is_empty() {
        return Err(ApiError::invalid_parameter(format!("some of {others:?} are not valid fields")));
    }
    let (change, sent) = read(&fields)?;
    found(state.group_profiles.change_group(caller.app(), &id, &change).await?, &id)?;
    Ok(ApiReply::data(sent.into_iter().map(|name| (name.to_owned(), json!(true))).collect::<Map<_, _>>()))
}

/// Deletes a group (`DELETE /{org}/{app}/chatgroups/{group}`).
pub async fn delete(State(state): State<Arc<ManageApp>>, caller: Caller, PathGroup(id): PathGroup) -> ApiResult {
    caller.must_be_app()?;
    found(state.groups.delete_group(caller.app(), &id).await?, &id)?;
    Ok(ApiReply::data(json!({"groupid": id, "success": true})))
}

/// Disables a group (`POST /{org}/{app}/chatgroups/{group}/disable`).
pub async fn disable(State(state): State<Arc<ManageApp>>, caller: Caller, PathGroup(id): PathGroup) -> ApiResult {
    state.switch(&caller, &id, true).await
}

/// Enables a group (`POST /{org}/{app}/chatgroups/{group}/enable`).
pub async fn enable(State(state): State<Arc<ManageApp>>, caller: Caller, PathGroup(id): PathGroup) -> ApiResult {
    state.switch(&caller, &id, false).await
}

impl ManageApp {
    async fn switch(&self, caller: &Caller, id: &GroupId, disabled: bool) -> ApiResult {
        caller.must_be_app()?;
        let change = GroupChange { disabled: Some(disabled), ..GroupChange::default() };
        found(self.group_profiles.change_group(caller.app(), id, &change).await?, id)?;
        Ok(ApiReply::data(json!({"disabled": disabled})))
    }

    async fn assign(&self, app: &AppKey, id: &GroupId, owner: &UserId) -> ApiResult {
        let group = self.groups.group(app, id).await?.ok_or_else(|| unknown(id))?;
        if group.owner.as_ref() == Some(owner) {
            return Err(ApiError::forbidden_op("new owner and old owner are the same"));
        }
        if !self.is_member(app, id, owner).await? || !self.roles.assign_group(app, id, owner).await? {
            return Err(ApiError::forbidden_op(format!("user: {owner} doesn't exist in group: {id}")));
        }
        Ok(ApiReply::data(json!({"newowner": true})))
    }
}

/// Reads the change, and the names of the fields that were sent.
fn read(fields: &Fields) -> Result<(GroupChange, Vec<&'static str>), Invalid> {
    let mut sent = Vec::new();
    let said = Described::read(fields, &["groupname", "name"])?;
    sent.extend(said.unread.iter().map(|(name, _)| *name));
    let change = GroupChange {
        name: noted(said.name, &mut sent),
        description: noted(said.description, &mut sent),
        custom: noted(said.custom, &mut sent),
        avatar: noted(said.avatar, &mut sent),
        public: noted(said.public, &mut sent),
        members_only: noted(said.members_only, &mut sent),
        allow_invites: noted(said.allow_invites, &mut sent),
        max_users: noted(said.max_users, &mut sent),
        ..GroupChange::default()
    };
    Ok((change, sent))
}

/// Returns the value and records the name under which it was sent.
fn noted<T>(said: Option<(&'static str, T)>, sent: &mut Vec<&'static str>) -> Option<T> {
    let (name, value) = said?;
    sent.push(name);
    Some(value)
}
