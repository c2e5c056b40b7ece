//! Requests in, port calls, answers out.

use std::sync::Arc;

use axum::{
    Router,
    extract::{FromRequestParts, Query, State},
    http::request::Parts,
    routing::{get, post},
};
use serde::Deserialize;
use shared::{
    app_configs::AppConfigs,
    decider::Decider,
    domain::{
        id::{MessageId, UserId},
        invalid::Invalid,
    },
    lambda::{
        access::{Caller, Gate, path_param},
        error::ApiError,
        http::{Answer, RawBody, Reply, finish},
        message::Message,
    },
    ports::{
        clock::{Clock, Entropy},
        messages::ReadMessage,
    },
};

use crate::{explain, trace};

/// What the function works with.
pub struct ExplainPush {
    /// what `check-presence` decides with
    pub decider: Decider,
    /// what was recorded
    pub messages: Arc<dyn ReadMessage>,
    /// ids of messages that are not sent
    pub entropy: Arc<dyn Entropy>,
}

impl Gate for ExplainPush {
    fn app_configs(&self) -> &AppConfigs {
        &self.decider.configs
    }

    fn clock(&self) -> &dyn Clock {
        &*self.decider.clock
    }
}

/// The routes of this function.
pub fn router(parts: ExplainPush) -> Router {
    let clock = parts.decider.clock.clone();
    let routes = Router::new()
        .route("/{org}/{app}/push/explain", post(explain_push))
        .route("/{org}/{app}/push/trace/{msg_id}", get(stored_trace))
        .with_state(Arc::new(parts));
    finish(routes, clock)
}

async fn explain_push(State(parts): State<Arc<ExplainPush>>, caller: Caller, RawBody(body): RawBody) -> Answer {
    caller.must_be_app()?;
    let mut message = Message::parse(&body)?;
    let (Some(receiver), true) = (message.to.pop(), message.to.is_empty()) else {
        return Err(ApiError::invalid(&Invalid::new("to", "must name one user")).of_message(None));
    };
    let explained = explain::explain(&parts, caller.app(), message, receiver).await?;
    explained.map(Reply::data).ok_or_else(|| ApiError::app_not_found(caller.app().org(), caller.app().app()))
}

async fn stored_trace(State(parts): State<Arc<ExplainPush>>, caller: Caller, asked: Asked) -> Answer {
    caller.must_be_app()?;
    let message = parts.messages.message(caller.app(), &asked.user, asked.msg_id).await?;
    let message = message.ok_or_else(|| {
        let Asked { msg_id, user } = &asked;
        ApiError::not_found(format!("{user} has no message {msg_id}; messages are kept for 7 days"))
    })?;
    Ok(Reply::data(trace::trace(&caller.config, &asked.user, asked.msg_id, message)))
}

/// Whose message, and which.
struct Asked {
    msg_id: MessageId,
    user: UserId,
}

#[derive(Deserialize)]
struct RawAsked {
    user: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let msg_id = MessageId::parse(&path_param(parts, state, "msg_id").await?)?;
        let Query(raw) = Query::<RawAsked>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::bad_request("the query must be percent-encoded, each name once"))?;
        let user = raw.user.ok_or_else(|| Invalid::new("user", "is required: whose message it is"))?;
        Ok(Self { msg_id, user: UserId::parse_as("user", &user)? })
    }
}
