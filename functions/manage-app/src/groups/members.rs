//! Routes that add and remove members of a group.

use std::{collections::BTreeSet, sync::Arc};

use axum::{extract::State, http::HeaderMap};
use serde_json::{Value, json};
use shared::{
    domain::{
        group::MAX_MEMBERS_AT_ONCE,
        id::{AppKey, GroupId, UserId},
        invalid::Invalid,
        time::Timestamp,
    },
    lambda::{
        access::Caller,
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
        idempotency::RequestAttempt,
    },
    ports::groups::MembersChange,
};

use super::{
    fields::users,
    path::{PathGroup, PathUsers},
    too_many_members, unknown,
};
use crate::ManageApp;

/// Adds members (`POST /{org}/{app}/chatgroups/{group}/users`). Refused only if all of them are members already.
pub async fn add_many(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathGroup(id): PathGroup,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let fields = Fields::parse(&body)?;
    if fields.value("usernames").and_then(Value::as_array).is_some_and(|listed| listed.len() > MAX_MEMBERS_AT_ONCE) {
        return Err(too_many_members());
    }
    let new = users("usernames", fields.list("usernames", 1, MAX_MEMBERS_AT_ONCE)?)?;
    let (state, app, group) = (&*state, caller.app(), &id);
    state
        .idempotent(&caller, &format!("chatgroups/{id}/users"), &headers, &body)
        .run(|attempt| async move {
            let added = state.add(app, group, &new, &attempt).await?;
            Ok(ApiReply::data(json!({"groupid": group, "action": "add_member", "newmembers": added})))
        })
        .await
}

/// Adds one member (`POST /{org}/{app}/chatgroups/{group}/users/{username}`).
pub async fn add_one(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathGroup(id): PathGroup,
    PathUsers(listed): PathUsers,
    headers: HeaderMap,
) -> ApiResult {
    caller.must_be_app()?;
    let [(_, user)] = &listed[..] else {
        return Err(Invalid::new("usernames", "must be one user").into());
    };
    let (state, app, group) = (&*state, caller.app(), &id);
    let new = std::slice::from_ref(user);
    state
        .idempotent(&caller, &format!("chatgroups/{id}/users/{user}"), &headers, b"")
        .run(|attempt| async move {
            state.add(app, group, new, &attempt).await?;
            Ok(ApiReply::data(json!({"groupid": group, "action": "add_member", "result": true, "user": user})))
        })
        .await
}

/// Removes members (`DELETE /{org}/{app}/chatgroups/{group}/users/{usernames}`). For one user it answers with a result,
/// for several with a list. Refused if none of them is a member, or one of them is the owner.
pub async fn remove(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathGroup(id): PathGroup,
    PathUsers(listed): PathUsers,
) -> ApiResult {
    caller.must_be_app()?;
    if listed.len() > MAX_MEMBERS_AT_ONCE {
        let text = format!("kickMember: kickMembers number more than maxSize : {MAX_MEMBERS_AT_ONCE}");
        return Err(ApiError::invalid_parameter(text));
    }
    let users: Vec<UserId> = listed.iter().map(|(_, user)| user.clone()).collect();
    let gone: BTreeSet<UserId> = match state.groups.remove_members(caller.app(), &id, &users).await? {
        MembersChange::Changed(gone) if gone.is_empty() => {
            let named = names(&users);
            return Err(ApiError::forbidden_op(format!("users [{named}] are not members of this group!")));
        }
        MembersChange::Changed(gone) => gone.into_iter().collect(),
        refused => return Err(refusal(&refused, &id)),
    };
    let mut results: Vec<Value> = listed.iter().map(|(sent, user)| removed(&id, sent, gone.contains(user))).collect();
    Ok(ApiReply::data(if results.len() == 1 { results.remove(0) } else { Value::Array(results) }))
}

impl ManageApp {
    /// Adds users and returns those who became members.
    async fn add(
        &self,
        app: &AppKey,
        id: &GroupId,
        users: &[UserId],
        attempt: &RequestAttempt,
    ) -> Result<Vec<UserId>, ApiError> {
        let mut added = self.join(app, id, users, attempt.since).await?;
        if added.len() < users.len() {
            let again = self.make_room(app, id, users, &added).await?;
            if !again.is_empty() {
                added.extend(self.join(app, id, &again, attempt.since).await?);
                added.sort();
            }
        }
        if attempt.abandoned {
            // All tries under one idempotency key use the same time of joining.
            for user in users {
                let member = self.roles.member(app, id, user).await?;
                if !added.contains(user) && member.is_some_and(|member| member.joined_at == attempt.since) {
                    added.push(user.clone());
                }
            }
        }
        if added.is_empty() {
            let text = format!("can not join this group, reason:user: {} already in group: {id}", names(users));
            return Err(ApiError::forbidden_op(text));
        }
        Ok(added)
    }

    async fn join(&self, app: &AppKey, id: &GroupId, users: &[UserId], at: Timestamp) -> Result<Vec<UserId>, ApiError> {
        match self.groups.add_members(app, id, users, at).await? {
            MembersChange::Changed(added) => Ok(added),
            refused => Err(refusal(&refused, id)),
        }
    }

    /// Ends memberships of erased users whose names block new users from joining. Returns these names. It skips the
    /// owner, because the group of an erased owner is deleted as a whole.
    async fn make_room(
        &self,
        app: &AppKey,
        id: &GroupId,
        users: &[UserId],
        added: &[UserId],
    ) -> Result<Vec<UserId>, ApiError> {
        let members: Vec<&UserId> = users.iter().filter(|user| !added.contains(*user)).collect();
        let owner = self.groups.group(app, id).await?.and_then(|group| group.owner);
        let mut left = Vec::new();
        for user in members.into_iter().filter(|user| Some(*user) != owner.as_ref()) {
            if let Some(membership) = self.left_behind(app, id, user).await? {
                self.group_rows.leave(app, user, &membership, self.clock.now()).await?;
                left.push(user.clone());
            }
        }
        Ok(left)
    }
}

fn refusal(change: &MembersChange, id: &GroupId) -> ApiError {
    match change {
        MembersChange::Full => too_many_members(),
        MembersChange::IsOwner => ApiError::forbidden_op("forbidden operation on group owner!"),
        MembersChange::NoGroup | MembersChange::Changed(_) => unknown(id),
    }
}

/// Returns the result for one user, under the name that was sent.
fn removed(id: &GroupId, sent: &str, gone: bool) -> Value {
    let mut result = json!({"groupid": id, "action": "remove_member", "user": sent, "result": gone});
    if !gone {
        result["reason"] = json!(format!("user: {sent} doesn't exist in group: {id}"));
    }
    result
}

fn names(users: &[UserId]) -> String {
    users.iter().map(UserId::as_str).collect::<Vec<_>>().join(",")
}
