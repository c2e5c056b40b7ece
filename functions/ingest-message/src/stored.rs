//! Pushes that are stored for broadcasts.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderMap, request::Parts},
};
use serde_json::{Map, json};
use shared::{
    domain::{
        app::App,
        id::StoredPushId,
        instant::{MAX_STORED_PUSHES, StoredPush},
        message::{Content, MAX_CONTENT_BYTES},
    },
    lambda::{
        access::{Caller, path_param},
        error::ApiError,
        fields::Fields,
        http::{ApiReply, ApiResult, RawBody},
        instant_call::InstantCall,
    },
};

use crate::{handler::IngestMessage, ids::random_of, tasks::CLASS};

/// The stored push in the path. An invalid id belongs to no push, so the push is not found.
pub(crate) struct PathPush(StoredPushId);

impl<S: Send + Sync> FromRequestParts<S> for PathPush {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let id = path_param(parts, state, "id").await?;
        StoredPushId::parse(&id).map(Self).map_err(|_| not_found(&id))
    }
}

fn not_found(id: &str) -> ApiError {
    ApiError::not_found(format!("stored push {id} does not exist"))
}

/// Stores a push (`POST /{org}/{app}/push/message`).
pub(crate) async fn store_push(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> ApiResult {
    caller.must_be_app()?;
    let fields = Fields::parse(&body)?;
    InstantCall::of(&fields, CLASS)?;
    let message = fields.object(InstantCall::FIELD)?.clone();
    // Fields that the check does not read are stored, too.
    if Content::content_bytes(&message, &Map::new()) > MAX_CONTENT_BYTES {
        return Err(ApiError::too_large(format!("pushMessage exceeds {MAX_CONTENT_BYTES} bytes")));
    }
    let (state, app) = (&*state, caller.app());
    let work = |attempt| async move {
        let random = random_of(app, &attempt, attempt.since, "stored push", &*state.entropy);
        let push = StoredPush { id: StoredPushId::new(attempt.since, random), message };
        if !state.tasks.pushes.store_push(app, &push).await? {
            return Err(ApiError::limit_reached(&format!("an app stores at most {MAX_STORED_PUSHES} pushes a day")));
        }
        Ok(ApiReply::data(json!(push.id)))
    };
    state.idempotent(&caller, "push/message", &headers, &body).run(work).await
}

/// Shows a stored push (`GET /{org}/{app}/push/message/{id}`).
pub(crate) async fn show_push(
    State(state): State<Arc<IngestMessage>>,
    caller: Caller,
    PathPush(id): PathPush,
) -> ApiResult {
    caller.must_be_app()?;
    let push = state.shown_push(&caller.config.app, id).await?;
    let created_at = push.id.created_at();
    Ok(ApiReply::data(json!({"pushMsgId": push.id, "pushMessage": push.message, "createdAt": created_at})))
}

impl IngestMessage {
    /// Returns a stored push of this app, or the error that there is none.
    pub(crate) async fn shown_push(&self, app: &App, id: StoredPushId) -> Result<StoredPush, ApiError> {
        let found = self.tasks.pushes.stored_push(&app.key, id).await?;
        let push = found.filter(|push| push.is_of(app.created_at, self.clock.now()));
        push.ok_or_else(|| not_found(&id.to_string()))
    }
}
