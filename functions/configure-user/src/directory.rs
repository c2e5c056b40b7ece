//! Route that lists the users of an app.

use std::sync::Arc;

use axum::extract::State;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use shared::{
    domain::{
        directory::Shard,
        id::{AppKey, UserId},
    },
    lambda::{
        http::{ApiReply, ApiResult},
        list_page::ListPage,
        page_query::PageQuery,
        reader::Reader,
    },
    ports::error::StoreError,
};

use crate::ConfigureUser;

/// Users of a page if the caller gives no limit. Source: Easemob, "obtain the details of multiple users".
pub const DEFAULT_LISTED_USERS: usize = 10;
/// Maximum users of one page.
pub const MAX_LISTED_USERS: usize = 100;

/// Shards after the first that are read at the same time. For an app with few users one page needs all of them.
const PARALLEL_SHARDS: usize = 8;

/// Lists users by shard and name (`GET /{org}/{app}/users?limit&cursor`). The cursor is the last name of the previous
/// page.
pub async fn list(
    State(state): State<Arc<ConfigureUser>>,
    reader: Reader,
    page: PageQuery<DEFAULT_LISTED_USERS, MAX_LISTED_USERS>,
) -> ApiResult {
    reader.may_read()?;
    let after = page.cursor.as_deref().map(|cursor| UserId::parse_as("cursor", cursor)).transpose()?;
    let users = ListPage::cut(state.listed(reader.app(), after, page.limit + 1).await?, page.limit);
    let entities = users.entries.iter().map(|user| json!({"username": user, "type": "user"})).collect();
    Ok(ApiReply::counted("entities", entities).with_cursor(users.cursor(ToString::to_string)))
}

impl ConfigureUser {
    /// Returns up to `most` users after this one, in the order of the list.
    async fn listed(&self, app: &AppKey, after: Option<UserId>, most: usize) -> Result<Vec<UserId>, StoreError> {
        let first = after.as_ref().map(Shard::of);
        let mut users = match (first, &after) {
            (Some(shard), Some(_)) => self.directory.readable_users(app, shard, after.as_ref(), most).await?,
            _ => Vec::new(),
        };
        let missing = most - users.len();
        let rest = Shard::all().filter(|shard| first.is_none_or(|first| *shard > first));
        let mut rest = stream::iter(rest)
            .map(|shard| self.directory.readable_users(app, shard, None, missing))
            .buffered(PARALLEL_SHARDS);
        while users.len() < most {
            let Some(more) = rest.try_next().await? else {
                break;
            };
            users.extend(more);
        }
        users.truncate(most);
        Ok(users)
    }
}
