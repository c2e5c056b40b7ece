//! The path and query of a trace.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::Deserialize;
use shared::{
    domain::{
        id::{GroupId, MessageId, UserId},
        invalid::Invalid,
    },
    lambda::{access::path_param, error::ApiError, query::QueryParams},
};

/// The message of a trace, and the details to return.
pub(crate) struct TraceQuery {
    pub(crate) msg_id: MessageId,
    pub(crate) user: UserId,
    /// the group of the message, if the caller names it
    pub(crate) group: Option<GroupId>,
    /// whether the response includes the vendors' requests
    pub(crate) request: bool,
}

#[derive(Deserialize)]
struct RawAsked {
    user: Option<String>,
    group: Option<String>,
    request: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for TraceQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let msg_id = MessageId::parse(&path_param(parts, state, "msg_id").await?)?;
        let QueryParams(raw) = QueryParams::<RawAsked>::from_request_parts(parts, state).await?;
        let user = raw.user.ok_or_else(|| Invalid::new("user", "is required: whose message it is"))?;
        let group = raw.group.map(|group| GroupId::parse_as("group", &group)).transpose()?;
        let request = match raw.request.as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(Invalid::new("request", "must be true or false").into()),
        };
        Ok(Self { msg_id, user: UserId::parse_as("user", &user)?, group, request })
    }
}
