//! Routes about the groups of a user.

use std::{cmp::Reverse, sync::Arc};

use axum::extract::State;
use serde_json::{Value, json};
use shared::{
    domain::{
        group::Membership,
        id::{AppKey, GroupId, UserId},
        time::Timestamp,
    },
    lambda::{
        access::{Caller, PathUser},
        http::{ApiReply, ApiResult},
        query::QueryParams,
    },
    ports::error::StoreError,
};

use super::path::{ListQuery, PathGroup};
use crate::ManageApp;

/// Maximum groups of a user in a list without pages. Source: Easemob, "get the groups of a user".
pub const MAX_JOINED: usize = 500;
/// Maximum groups of one page. Source: the same page.
pub const MAX_JOINED_PAGE: usize = 100;
/// Default groups of one page. Source: the same page.
const DEFAULT_PAGE: usize = 10;

/// Lists the groups of a user, newest joined first (`GET /{org}/{app}/users/{username}/joined_chatgroups`). Without
/// `pagenum` and `pagesize` it lists all of up to 500.
pub async fn list(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathUser(user): PathUser,
    QueryParams(query): QueryParams<ListQuery>,
) -> ApiResult {
    caller.must_be_app()?;
    let paged = query.pagenum.is_some() || query.pagesize.is_some();
    let (number, size) = if paged { query.page(DEFAULT_PAGE, MAX_JOINED_PAGE)? } else { (1, MAX_JOINED) };
    let joined = state.joined(caller.app(), &user).await?;
    let page = joined.into_iter().skip((number - 1).saturating_mul(size)).take(size);
    let ids: Vec<GroupId> = page.map(|membership| membership.group).collect();
    let found = state.group_profiles.find_groups(caller.app(), &ids).await?;
    let data: Vec<Value> =
        found.iter().flatten().map(|group| json!({"groupid": group.id, "groupname": group.name})).collect();
    let count = json!(data.len());
    Ok(match paged {
        false => ApiReply::fields([("count", count), ("data", json!(data))]),
        true => ApiReply::fields([
            ("count", count),
            ("data", json!(data)),
            ("params", json!({"pagenum": [number.to_string()], "pagesize": [size.to_string()]})),
        ]),
    })
}

/// Tells whether a user is a member (`GET /{org}/{app}/chatgroups/{group}/user/{username}/is_joined`). An unknown group
/// has no members.
pub async fn is_joined(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathGroup(id): PathGroup,
    PathUser(user): PathUser,
) -> ApiResult {
    caller.must_be_app()?;
    Ok(ApiReply::data(state.is_member(caller.app(), &id, &user).await?))
}

impl ManageApp {
    /// Returns whether the current user of this name is a member.
    pub(super) async fn is_member(&self, app: &AppKey, id: &GroupId, user: &UserId) -> Result<bool, StoreError> {
        let Some(member) = self.roles.member(app, id, user).await? else {
            return Ok(false);
        };
        Ok(is_of(member.joined_at, self.user_erasures.erased_at(app, user).await?))
    }

    /// Returns the membership of an erased user of this name that the sweep has not removed yet.
    pub(super) async fn left_behind(
        &self,
        app: &AppKey,
        id: &GroupId,
        user: &UserId,
    ) -> Result<Option<Membership>, StoreError> {
        let Some(member) = self.roles.member(app, id, user).await? else {
            return Ok(None);
        };
        let is_left = !is_of(member.joined_at, self.user_erasures.erased_at(app, user).await?);
        Ok(is_left.then(|| Membership { group: id.clone(), joined_at: member.joined_at }))
    }

    /// Returns the user's memberships, newest first.
    async fn joined(&self, app: &AppKey, user: &UserId) -> Result<Vec<Membership>, StoreError> {
        let erased_at = self.user_erasures.erased_at(app, user).await?;
        let mut joined = self.memberships.groups_of(app, user).await?;
        joined.retain(|membership| is_of(membership.joined_at, erased_at));
        joined.sort_by_key(|membership| (Reverse(membership.joined_at), membership.group.clone()));
        Ok(joined)
    }
}

/// Returns whether a membership belongs to the current user of the name. Memberships of an erased user may remain for
/// minutes.
fn is_of(joined_at: Timestamp, erased_at: Option<Timestamp>) -> bool {
    erased_at.is_none_or(|erased_at| joined_at > erased_at)
}
