//! Route that lists members: names with a cursor, or numbered pages that include the owner.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};
use shared::{
    domain::{
        group::{Group, Member},
        id::{AppKey, UserId},
        invalid::Invalid,
        time::Timestamp,
    },
    lambda::{
        access::Caller,
        http::{ApiReply, ApiResult},
        list_page::{ListPage, read_cursor},
        query::QueryParams,
    },
};

use super::{
    path::{ListQuery, PathGroup},
    unknown,
};
use crate::ManageApp;

/// Maximum members of one page. Source: Easemob, "get the members of a group".
pub const MAX_MEMBER_PAGE: usize = 1_000;
/// Default names of one page.
const DEFAULT_NAMES: usize = 100;

/// Lists members (`GET /{org}/{app}/chatgroups/{group}/users`). With `version=v3` it lists names without the owner, by
/// `limit`, `cursor` and `sort`. Else it lists entries with the owner, by `pagenum`, `pagesize` and `sort`.
pub async fn list(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    PathGroup(id): PathGroup,
    QueryParams(query): QueryParams<ListQuery>,
) -> ApiResult {
    caller.must_be_app()?;
    let names = match query.version.as_deref() {
        None => false,
        Some("v3") => true,
        Some(_) => return Err(Invalid::new("version", "must be v3").into()),
    };
    if let (false, Some(_)) = (names, query.cursor.as_ref().or(query.limit.as_ref())) {
        return Err(Invalid::new("version", "must be v3 where limit or cursor is given").into());
    }
    let group = state.groups.group(caller.app(), &id).await?.ok_or_else(|| unknown(&id))?;
    match (names, query.descending()?) {
        (true, None) => state.names_by_id(caller.app(), &group, &query).await,
        (true, Some(descending)) => state.names_by_joining(caller.app(), &group, &query, descending).await,
        (false, descending) => state.page(caller.app(), &group, &query, descending.unwrap_or(false)).await,
    }
}

impl ManageApp {
    /// Lists names in the order of ids, which is the order of the rows. A page reads only the rows that it shows. The
    /// cursor is the last name.
    async fn names_by_id(&self, app: &AppKey, group: &Group, query: &ListQuery) -> ApiResult {
        let limit = query.limit(DEFAULT_NAMES, MAX_MEMBER_PAGE)?;
        let after = query.cursor.as_deref().map(|cursor| UserId::parse_as("cursor", cursor)).transpose()?;
        // One more for the owner, and one that shows whether more follow.
        let mut users = self.groups.members(app, &group.id, after.as_ref(), limit + 2).await?;
        users.retain(|user| Some(user) != group.owner.as_ref());
        let page = ListPage::cut(users, limit);
        Ok(names(page.entries.iter()).with_cursor(page.cursor(ToString::to_string)))
    }

    /// Lists names in the order of joining. The cursor is the last member's time of joining and name.
    async fn names_by_joining(&self, app: &AppKey, group: &Group, query: &ListQuery, descending: bool) -> ApiResult {
        let limit = query.limit(DEFAULT_NAMES, MAX_MEMBER_PAGE)?;
        let after = query.cursor.as_deref().map(joining_and_name).transpose()?;
        let members = self.by_joining(app, group).await?;
        let follows = |member: &&Member| match (&after, descending) {
            (None, _) => true,
            (Some((at, user)), false) => (member.joined_at, &member.user) > (*at, user),
            (Some((at, user)), true) => (member.joined_at, &member.user) < (*at, user),
        };
        let others = members.iter().filter(|member| Some(&member.user) != group.owner.as_ref()).filter(follows);
        let read: Vec<&Member> =
            if descending { others.rev().take(limit + 1).collect() } else { others.take(limit + 1).collect() };
        let page = ListPage::cut(read, limit);
        let cursor = page.cursor(|last| format!("{}.{}", last.joined_at.as_millis(), last.user));
        Ok(names(page.entries.iter().map(|member| &member.user)).with_cursor(cursor))
    }

    /// Returns a numbered page of entries: first the owner, then the others in the order of joining.
    async fn page(&self, app: &AppKey, group: &Group, query: &ListQuery, descending: bool) -> ApiResult {
        let (number, size) = query.page(MAX_MEMBER_PAGE, MAX_MEMBER_PAGE)?;
        let members = self.by_joining(app, group).await?;
        let others = members.iter().filter(|member| Some(&member.user) != group.owner.as_ref());
        let mut others: Vec<&Member> = others.collect();
        if descending {
            others.reverse();
        }
        let owner = group.owner.iter().map(|owner| json!({"owner": owner}));
        let all = owner.chain(others.into_iter().map(|member| json!({"member": member.user})));
        let page: Vec<Value> = all.skip((number - 1).saturating_mul(size)).take(size).collect();
        Ok(ApiReply::fields([
            ("count", json!(page.len())),
            ("data", json!(page)),
            ("params", json!({"pagenum": [number.to_string()], "pagesize": [size.to_string()]})),
        ]))
    }
}

fn names<'a>(users: impl Iterator<Item = &'a UserId>) -> ApiReply {
    ApiReply::counted("data", users.map(|user| json!(user)).collect())
}

fn joining_and_name(cursor: &str) -> Result<(Timestamp, UserId), Invalid> {
    read_cursor(cursor, |cursor| {
        let (at, user) = cursor.split_once('.')?;
        Some((Timestamp::from_millis(at.parse().ok()?), UserId::parse(user).ok()?))
    })
}
