//! Refusals and failures as callers see them, in the reference API's error envelope.
//!
//! A failure's own text goes to the log; the caller gets a sentence that names no internals.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::{
    domain::{id::TemplateName, invalid::Invalid, time::Timestamp},
    ports::{error::StoreError, queue::NotQueued},
};

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    error: &'static str,
    exception: &'static str,
    description: String,
    code: Option<u32>,
    retry_after: Option<u32>,
}

/// After how many seconds a caller should try again what may work then.
const RETRY_AFTER_SECONDS: u32 = 1;

/// What a caller is told who uses a support token for something else.
const NOT_FOR_SUPPORT: &str = "a support token may only GET users, users/{username}, its push/binding, status, messages and \
    notification settings, notifiers, push/settings, push/stats and push/trace/{msg_id}, and POST push/explain; this needs an app token";

impl ApiError {
    pub(super) const fn new(
        status: StatusCode,
        error: &'static str,
        exception: &'static str,
        description: String,
    ) -> Self {
        Self { status, error, exception, description, code: None, retry_after: None }
    }

    /// 400: a value breaks a rule.
    pub fn invalid(invalid: &Invalid) -> Self {
        Self::bad_request(invalid.to_string())
    }

    /// 400 in words of our own.
    pub fn bad_request(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "illegal_argument", "IllegalArgumentException", description.into())
    }

    /// 401: no token, or not of a form that could be one.
    pub fn unauthorized() -> Self {
        let text = "Unable to authenticate (OAuth)".to_owned();
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "UnauthorizedException", text)
    }

    /// 401: a token that is wrong, expired, or of another app.
    pub fn bad_token() -> Self {
        let text = "Unable to authenticate due to corrupt or expired access token".to_owned();
        Self::new(StatusCode::UNAUTHORIZED, "auth_bad_access_token", "BadAccessTokenException", text)
    }

    /// 401: client credentials that do not fit.
    pub fn bad_client() -> Self {
        let text = "client_id or client_secret is wrong".to_owned();
        Self::new(StatusCode::UNAUTHORIZED, "invalid_grant", "BadClientException", text)
    }

    /// 403: a right token, for something else.
    pub fn forbidden(description: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "ForbiddenException", description.into())
    }

    /// 403: a support token, where it may not be used.
    pub fn not_for_support() -> Self {
        Self::forbidden(NOT_FOR_SUPPORT)
    }

    /// 403: the app's advanced push is off.
    pub fn advanced_push_off() -> Self {
        let text = "push service not open: advanced_push is off".to_owned();
        Self::new(StatusCode::FORBIDDEN, "service_not_open", "ServiceNotOpenException", text)
    }

    /// 400: the app has no such template.
    pub fn template_not_found(name: &TemplateName) -> Self {
        let text = format!("{name} template is not exist");
        Self::new(StatusCode::BAD_REQUEST, "entity_not_found", "EntityNotFoundException", text)
    }

    /// 404: no such app.
    pub fn app_not_found(org: &str, app: &str) -> Self {
        let text = format!("Could not find application for {org}/{app}");
        let error = "organization_application_not_found";
        Self::new(StatusCode::NOT_FOUND, error, "OrganizationApplicationNotFoundException", text)
    }

    /// 404: a named thing does not exist.
    pub fn not_found(description: impl Into<String>) -> Self {
        let error = "service_resource_not_found";
        Self::new(StatusCode::NOT_FOUND, error, "ServiceResourceNotFoundException", description.into())
    }

    /// 404: there is no such group or member, in the words of the reference API's groups.
    pub fn resource_not_found(description: impl Into<String>) -> Self {
        let error = "resource_not_found";
        Self::new(StatusCode::NOT_FOUND, error, "ResourceNotFoundException", description.into())
    }

    /// 400: a call to a group that breaks a rule of its own.
    pub fn invalid_parameter(description: impl Into<String>) -> Self {
        let error = "invalid_parameter";
        Self::new(StatusCode::BAD_REQUEST, error, "InvalidParameterException", description.into())
    }

    /// 403: a change that a group does not allow.
    pub fn forbidden_op(description: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden_op", "ForbiddenOpException", description.into())
    }

    /// 403: more members than a group, or a call, may have.
    pub fn exceed_limit(description: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "exceed_limit", "ExceedLimitException", description.into())
    }

    /// 405.
    pub fn method_not_allowed(method: &str, path: &str) -> Self {
        let text = format!("{method} is not allowed for {path}");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "MethodNotAllowedException", text)
    }

    /// 409: it exists, or changed in between, or is being done.
    pub fn conflict(description: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", "ConflictException", description.into())
    }

    /// 413.
    pub fn too_large(description: impl Into<String>) -> Self {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Self::new(status, "request_entity_too_large", "RequestEntityTooLargeException", description.into())
    }

    /// 422: the idempotency key was used for another body.
    pub fn other_body() -> Self {
        let text = "Idempotency-Key was used with another body".to_owned();
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", "IdempotencyException", text)
    }

    /// 429: more calls in a second than the app, or its user, may make.
    pub fn too_many_requests() -> Self {
        let text = "This request has reached api limit".to_owned();
        Self::new(StatusCode::TOO_MANY_REQUESTS, "reach_limit", "ReachLimitException", text).retryable()
    }

    /// The same, telling the caller to try again.
    fn retryable(self) -> Self {
        Self { retry_after: Some(RETRY_AFTER_SECONDS), ..self }
    }

    /// The same refusal as an error of the message API.
    #[must_use]
    pub fn of_message(self, code: Option<u32>) -> Self {
        Self { error: "message_send_error", exception: "MessageSendException", code, ..self }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// After how many seconds it is worth trying again; the header `Retry-After`.
    pub fn retry_after(&self) -> Option<u32> {
        self.retry_after
    }

    /// What is wrong, without the envelope's times: for one of several parts of an answer.
    pub fn summary(&self) -> Map<String, Value> {
        let mut summary = Map::new();
        summary.insert("error".into(), json!(self.error));
        summary.insert("exception".into(), json!(self.exception));
        if let Some(code) = self.code {
            summary.insert("error_code".into(), json!(code));
        }
        summary.insert("error_description".into(), json!(self.description));
        summary
    }

    /// The envelope.
    pub fn body(&self, timestamp: Timestamp, duration_millis: u64) -> Value {
        let mut body = self.summary();
        body.insert("timestamp".into(), json!(timestamp));
        body.insert("duration".into(), json!(duration_millis));
        Value::Object(body)
    }
}

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        Self::invalid(&invalid)
    }
}

/// A queue took not all that a call queues; the caller repeats the call.
impl From<NotQueued> for ApiError {
    fn from(failed: NotQueued) -> Self {
        StoreError::from(failed).into()
    }
}

/// Something behind the API failed. Logged here, where it is turned into an answer.
impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::conflict("it changed at the same time, try again"),
            StoreError::Throttled | StoreError::Unavailable(_) => {
                tracing::error!(error = error.chain(), "a store or queue failed");
                let text = "temporarily unavailable, try again".to_owned();
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "service_unavailable", "ServiceUnavailableException", text)
                    .retryable()
            }
            StoreError::Corrupt(_) => {
                tracing::error!(error = error.chain(), "a stored record cannot be used");
                let text = "internal error".to_owned();
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "InternalException", text)
            }
        }
    }
}
