//! The routes of a user's offline messages.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use serde::Deserialize;
use serde_json::{Map, json};
use shared::{
    domain::{
        id::{AppKey, DeviceId, MessageId, UserId},
        invalid::Invalid,
        time::Timestamp,
    },
    lambda::{
        access::{Caller, PathUser, path_param},
        acks,
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
        page_query::read_limit,
        query::QueryParams,
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

impl RawPage {
    fn read(self, app: &AppKey, user: &UserId, now: Timestamp) -> Result<PageRequest, Invalid> {
        let limit = read_limit(self.limit.as_deref(), MAX_PAGE, MAX_PAGE)?;
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
    State(state): State<Arc<ReportPresence>>,
    caller: Caller,
    PathUser(user): PathUser,
    QueryParams(raw): QueryParams<RawPage>,
) -> ApiResult {
    let store = state.store_for(&caller, &user).await?;
    let request = raw.read(caller.app(), &user, state.clock.now())?;
    let page = store.page(caller.app(), &user, &request).await?;
    Ok(ApiReply::data(json!(page.messages)).with_cursor(page.cursor.map(|cursor| cursor.to_string())))
}

pub async fn acknowledge(
    State(state): State<Arc<ReportPresence>>,
    caller: Caller,
    PathUser(user): PathUser,
    RawBody(body): RawBody,
) -> ApiResult {
    let store = state.store_for(&caller, &user).await?;
    let fields = Fields::parse(&body)?;
    let ack = acks::parse(&fields, state.clock.now())?;
    let read_on = fields.optional_text("device_id")?.map(DeviceId::parse).transpose()?;
    let acked = store.acknowledge(caller.app(), &user, &ack).await?;
    state.read_elsewhere.after_ack(caller.app(), &user, &acked.ids, read_on.as_ref()).await;
    let mut reply =
        Map::from_iter([("acked".into(), json!(acked.acked)), ("remaining".into(), json!(acked.remaining))]);
    if acked.more {
        reply.insert("more".into(), json!(true));
    }
    Ok(ApiReply::data(reply))
}

/// Returns the number of waiting messages, under the user's name as the caller sent it.
pub async fn count(
    State(state): State<Arc<ReportPresence>>,
    caller: Caller,
    PathUser(user): PathUser,
    NamedUser(name): NamedUser,
) -> ApiResult {
    let store = state.store_for(&caller, &user).await?;
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
    State(state): State<Arc<ReportPresence>>,
    caller: Caller,
    PathUser(user): PathUser,
    PathId(id): PathId,
) -> ApiResult {
    let store = state.store_for(&caller, &user).await?;
    let waits = match MessageId::parse(&id) {
        Ok(msg_id) => store.waits(caller.app(), &user, msg_id).await?,
        Err(_) => false,
    };
    let status = if waits { "undelivered" } else { "delivered" };
    Ok(ApiReply::data(Map::from_iter([(id, json!(status))])))
}
