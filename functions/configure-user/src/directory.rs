//! The list of an app's users.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Map, Value, json};
use shared::{
    domain::{
        directory::Shard,
        id::{AppKey, UserId},
    },
    lambda::{
        access::Caller,
        http::{Answer, Reply},
        page::Page,
    },
    ports::error::StoreError,
};

use crate::ConfigureUser;

/// How many users a page has unless the caller says otherwise. Source: Easemob, "obtain the details of multiple users".
pub const DEFAULT_LISTED_USERS: usize = 10;
/// The most users of one page.
pub const MAX_LISTED_USERS: usize = 100;

/// `GET /{org}/{app}/users?limit&cursor`: shard by shard, by name; the cursor is the last name of the page before.
pub async fn list(
    State(parts): State<Arc<ConfigureUser>>,
    caller: Caller,
    page: Page<DEFAULT_LISTED_USERS, MAX_LISTED_USERS>,
) -> Answer {
    caller.must_be_app()?;
    let after = page.cursor.as_deref().map(|cursor| UserId::parse_as("cursor", cursor)).transpose()?;
    let mut users = parts.listed(caller.app(), after, page.limit + 1).await?;
    let more = users.len() > page.limit;
    users.truncate(page.limit);
    let entities: Vec<Value> = users.iter().map(|user| json!({"username": user, "type": "user"})).collect();
    let mut reply =
        Map::from_iter([("count".to_owned(), json!(entities.len())), ("entities".to_owned(), json!(entities))]);
    if let Some(last) = users.last().filter(|_| more) {
        reply.insert("cursor".into(), json!(last));
    }
    Ok(Reply::object(reply))
}

impl ConfigureUser {
    /// Up to `most` users behind this one, in the order of the list.
    async fn listed(&self, app: &AppKey, mut after: Option<UserId>, most: usize) -> Result<Vec<UserId>, StoreError> {
        let mut users = Vec::new();
        let first = after.as_ref().map(Shard::of);
        for shard in Shard::all().skip_while(|shard| first.is_some_and(|first| *shard < first)) {
            users.extend(self.directory.users(app, shard, after.take().as_ref(), most - users.len()).await?);
            if users.len() == most {
                break;
            }
        }
        Ok(users)
    }
}
