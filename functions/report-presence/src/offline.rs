//! The routes of a user's offline messages.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Query, State},
    http::request::Parts,
};
use serde::Deserialize;
use serde_json::{Map, json};
use shared::{
    domain::{
        id::{AppKey, MessageId, UserId},
        invalid::Invalid,
        time::Timestamp,
    },
    lambda::{
        access::{Caller, PathUser, path_param},
        acks,
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
    },
    offline::{Cursor, MAX_PAGE, OfflineStore, PageRequest},
};

use crate::{handler::ReportPresence, paths::NamedUser};

/// The query of a page, not yet parsed.
#[derive(Deserialize)]
pub struct RawPage {
    limit: Option<String>,
    cursor: Option<String>,
    since: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for RawPage {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(raw) = Query::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::bad_request("the query must be percent-encoded, each name once"))?;
        Ok(raw)
    }
}

impl RawPage {
    fn read(self, app: &AppKey, user: &UserId, now: Timestamp) -> Result<PageRequest, Invalid> {
        let limit = self.limit.map_or(Some(MAX_PAGE), |text| text.parse().ok());
        let limit = limit
            .filter(|limit| (1..=MAX_PAGE).contains(limit))
            .ok_or_else(|| Invalid::new("limit", format!("must be 1 to {MAX_PAGE}")))?;
        let cursor = self.cursor.map(|text| Cursor::parse(&text, app, user)).transpose()?;
        let since = self.since.map(|text| acks::message_id("since", &text, now)).transpose()?;
        Ok(PageRequest { limit, cursor, since })
    }
}

impl ReportPresence {
    /// Returns the offline store for a caller who may read this user's messages.
    async fn store_for(&self, caller: &Caller, user: &UserId) -> Result<OfflineStore, ApiError> {
        let beginning = caller.must_speak_for(user, &*self.offline.visible_since).await?;
        Ok(self.offline.with_visible_since(beginning))
    }
}

pub async fn pull(
    State(parts): State<Arc<ReportPresence>>,
    caller: Caller,
    PathUser(user): PathUser,
    raw: RawPage,
) -> ApiResult {
    let store = parts.store_for(&caller, &user).await?;
    let request = raw.read(caller.app(), &user, parts.clock.now())?;
    let page = store.page(caller.app(), &user, &request).await?;
    let mut reply = Map::from_iter([("data".to_owned(), json!(page.messages))]);
    if let Some(cursor) = page.cursor {
        reply.insert("cursor".into(), json!(cursor.to_string()));
    }
    Ok(ApiReply::object(reply))
}

pub async fn acknowledge(
    State(parts): State<Arc<ReportPresence>>,
    caller: Caller,
    PathUser(user): PathUser,
    RawBody(body): RawBody,
) -> ApiResult {
    let store = parts.store_for(&caller, &user).await?;
    let ack = acks::parse(&Fields::parse(&body)?, parts.clock.now())?;
    let acked = store.acknowledge(caller.app(), &user, &ack).await?;
    let mut reply =
        Map::from_iter([("acked".into(), json!(acked.acked)), ("remaining".into(), json!(acked.remaining))]);
    if acked.more {
        reply.insert("more".into(), json!(true));
    }
    Ok(ApiReply::data(reply))
}

/// Returns the number of waiting messages, under the user's name as the caller sent it.
pub async fn count(
    State(parts): State<Arc<ReportPresence>>,
    caller: Caller,
    PathUser(user): PathUser,
    NamedUser(name): NamedUser,
) -> ApiResult {
    let store = parts.store_for(&caller, &user).await?;
    let waiting = store.count(caller.app(), &user).await?;
    Ok(ApiReply::data(Map::from_iter([(name, json!(waiting))])))
}

/// The message id in the path, not yet parsed.
pub struct PathId(String);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        path_param(parts, state, "msg_id").await.map(Self)
    }
}

/// Returns whether a message waits. An unknown id counts as delivered, as in the reference API.
pub async fn status(
    State(parts): State<Arc<ReportPresence>>,
    caller: Caller,
    PathUser(user): PathUser,
    PathId(id): PathId,
) -> ApiResult {
    let store = parts.store_for(&caller, &user).await?;
    let waits = match MessageId::parse(&id) {
        Ok(msg_id) => store.waits(caller.app(), &user, msg_id).await?,
        Err(_) => false,
    };
    let status = if waits { "undelivered" } else { "delivered" };
    Ok(ApiReply::data(Map::from_iter([(id, json!(status))])))
}
