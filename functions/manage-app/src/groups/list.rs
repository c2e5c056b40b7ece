//! Route that lists the groups of an app, newest first.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};
use shared::{
    domain::{
        directory::Month,
        group::Group,
        id::{AppKey, GroupId},
        invalid::Invalid,
        time::Timestamp,
    },
    lambda::{
        access::Caller,
        http::{ApiReply, ApiResult},
        list_page::{ListPage, read_cursor},
        query::QueryParams,
    },
    ports::error::StoreError,
};

use super::path::ListQuery;
use crate::ManageApp;

/// Maximum groups of one page. Source: Easemob, "get the groups of an app".
pub const MAX_GROUP_PAGE: usize = 1_000;
/// Default groups of one page. Source: the same page.
const DEFAULT_PAGE: usize = 10;

/// Lists the groups of an app (`GET /{org}/{app}/chatgroups?limit&cursor`). The list omits a group that is deleted
/// meanwhile. A page may therefore be shorter than its limit though more follow. The cursor is the time of creation and
/// the id of the last group.
pub async fn list(
    State(state): State<Arc<ManageApp>>,
    caller: Caller,
    QueryParams(query): QueryParams<ListQuery>,
) -> ApiResult {
    caller.must_be_app()?;
    let limit = query.limit(DEFAULT_PAGE, MAX_GROUP_PAGE)?;
    let after = query.cursor.as_deref().map(creation_and_id).transpose()?;
    let first = caller.config.app.created_at;
    let page = ListPage::cut(state.listed(caller.app(), first, after, limit + 1).await?, limit);
    let ids: Vec<GroupId> = page.entries.iter().map(|(_, id)| id.clone()).collect();
    let found = state.group_profiles.find_groups(caller.app(), &ids).await?;
    let data: Vec<Value> = found.iter().flatten().map(shown).collect();
    let cursor = page.cursor(|(at, id)| format!("{}.{id}", at.as_millis()));
    Ok(ApiReply::counted("data", data).with_cursor(cursor))
}

impl ManageApp {
    /// Returns up to `most` groups that follow `after`. Reads month by month, down to the app's creation.
    async fn listed(
        &self,
        app: &AppKey,
        first: Timestamp,
        mut after: Option<(Timestamp, GroupId)>,
        most: usize,
    ) -> Result<Vec<(Timestamp, GroupId)>, StoreError> {
        let (first, now) = (Month::of(first), Month::of(self.clock.now()));
        let mut month = after.as_ref().map_or(now, |(at, _)| Month::of(*at).min(now));
        let mut listed = Vec::new();
        while month >= first && listed.len() < most {
            let left = most - listed.len();
            listed.extend(self.group_directory.groups(app, month, after.as_ref(), left).await?);
            after = None;
            month = month.previous();
        }
        Ok(listed)
    }
}

fn shown(group: &Group) -> Value {
    let mut shown = json!({
        "groupid": group.id,
        "groupname": group.name,
        "affiliations": group.members,
        "type": "group",
    });
    if let Some(owner) = &group.owner {
        shown["owner"] = json!(owner);
    }
    shown
}

fn creation_and_id(cursor: &str) -> Result<(Timestamp, GroupId), Invalid> {
    read_cursor(cursor, |cursor| {
        let (at, id) = cursor.split_once('.')?;
        Some((Timestamp::parse_millis(at.parse().ok()?)?, GroupId::parse(id).ok()?))
    })
}
