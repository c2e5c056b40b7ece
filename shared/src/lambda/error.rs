//! Errors of the API, in the reference API's error envelope.
//!
//! The text of an internal failure goes to the log only. The caller gets a sentence that names no internals.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::{
    domain::{id::TemplateName, invalid::Invalid, time::Timestamp},
    ports::{error::StoreError, queue::NotQueued},
};

/// An error response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    error: &'static str,
    exception: &'static str,
    description: String,
    code: Option<u32>,
    retry_after: Option<u32>,
}

/// Seconds after which a caller may repeat a call that failed for a transient reason.
const RETRY_AFTER_SECONDS: u32 = 1;

/// Error text for a support token on a route that is closed to it.
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

    /// Returns 400: a value breaks a rule.
    pub fn invalid(invalid: &Invalid) -> Self {
        Self::bad_request(invalid.to_string())
    }

    /// Returns 400 with a text of Curlew's own.
    pub fn bad_request(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "illegal_argument", "IllegalArgumentException", description.into())
    }

    /// Returns 401: the token is missing or malformed.
    pub fn unauthorized() -> Self {
        let text = "Unable to authenticate (OAuth)".to_owned();
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "UnauthorizedException", text)
    }

    /// Returns 401: the token is wrong, has expired, or belongs to another app.
    pub fn bad_token() -> Self {
        let text = "Unable to authenticate due to corrupt or expired access token".to_owned();
        Self::new(StatusCode::UNAUTHORIZED, "auth_bad_access_token", "BadAccessTokenException", text)
    }

    /// Returns 401: the client credentials are wrong.
    pub fn bad_client() -> Self {
        let text = "client_id or client_secret is wrong".to_owned();
        Self::new(StatusCode::UNAUTHORIZED, "invalid_grant", "BadClientException", text)
    }

    /// Returns 403: the token is valid, but does not permit this.
    pub fn forbidden(description: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "ForbiddenException", description.into())
    }

    /// Returns 403: a support token does not open this route.
    pub fn not_for_support() -> Self {
        Self::forbidden(NOT_FOR_SUPPORT)
    }

    /// Returns 403: the app's advanced push is off.
    pub fn advanced_push_off() -> Self {
        let text = "push service not open: advanced_push is off".to_owned();
        Self::new(StatusCode::FORBIDDEN, "service_not_open", "ServiceNotOpenException", text)
    }

    /// Returns 400: the app has no such template.
    pub fn template_not_found(name: &TemplateName) -> Self {
        let text = format!("{name} template is not exist");
        Self::new(StatusCode::BAD_REQUEST, "entity_not_found", "EntityNotFoundException", text)
    }

    /// Returns 404: there is no such app.
    pub fn app_not_found(org: &str, app: &str) -> Self {
        let text = format!("Could not find application for {org}/{app}");
        let error = "organization_application_not_found";
        Self::new(StatusCode::NOT_FOUND, error, "OrganizationApplicationNotFoundException", text)
    }

    /// Returns 404: the named thing does not exist.
    pub fn not_found(description: impl Into<String>) -> Self {
        let error = "service_resource_not_found";
        Self::new(StatusCode::NOT_FOUND, error, "ServiceResourceNotFoundException", description.into())
    }

    /// Returns 404: there is no such group or member. It uses the error of the reference API's group routes.
    pub fn resource_not_found(description: impl Into<String>) -> Self {
        let error = "resource_not_found";
        Self::new(StatusCode::NOT_FOUND, error, "ResourceNotFoundException", description.into())
    }

    /// Returns 400: a call breaks a rule of the group routes.
    pub fn invalid_parameter(description: impl Into<String>) -> Self {
        let error = "invalid_parameter";
        Self::new(StatusCode::BAD_REQUEST, error, "InvalidParameterException", description.into())
    }

    /// Returns 403: the group does not allow this change.
    pub fn forbidden_op(description: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden_op", "ForbiddenOpException", description.into())
    }

    /// Returns 403: the app makes too many calls a second. It uses the error of the reference API's instant push.
    pub fn limit_request() -> Self {
        let text = "limit request".to_owned();
        Self::new(StatusCode::FORBIDDEN, "limit_request", "LimitException", text).retryable()
    }

    /// Returns the same error for a number of things that were created within this time.
    pub(super) fn limit_request_for(time: Duration) -> Self {
        Self { retry_after: u32::try_from(time.as_secs()).ok(), ..Self::limit_request() }
    }

    /// Returns 400: `pushMessage` breaks a rule. It uses the error of the reference API's instant push.
    pub fn bad_push_message(invalid: &Invalid) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", "MessageException", invalid.to_string())
    }

    /// Returns 403: a group, or a call, would have too many members.
    pub fn exceed_limit(description: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "exceed_limit", "ExceedLimitException", description.into())
    }

    /// Returns 405: the route has no such method.
    pub fn method_not_allowed(method: &str, path: &str) -> Self {
        let text = format!("{method} is not allowed for {path}");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "MethodNotAllowedException", text)
    }

    /// Returns 409: the thing exists, was changed meanwhile, or is in progress.
    pub fn conflict(description: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", "ConflictException", description.into())
    }

    /// Returns 413: the body is too large.
    pub fn too_large(description: impl Into<String>) -> Self {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Self::new(status, "request_entity_too_large", "RequestEntityTooLargeException", description.into())
    }

    /// Returns 422: the idempotency key was used with another body.
    pub fn other_body() -> Self {
        let text = "Idempotency-Key was used with another body".to_owned();
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", "IdempotencyException", text)
    }

    /// Returns 429: the app or its user exceeds its calls per second.
    pub fn too_many_requests() -> Self {
        let text = "This request has reached api limit".to_owned();
        Self::new(StatusCode::TOO_MANY_REQUESTS, "reach_limit", "ReachLimitException", text).retryable()
    }

    /// Returns the same error with a `Retry-After`.
    fn retryable(self) -> Self {
        Self { retry_after: Some(RETRY_AFTER_SECONDS), ..self }
    }

    /// Returns the same error as an error of the message API.
    #[must_use]
    pub fn of_message(self, code: Option<u32>) -> Self {
        Self { error: "message_send_error", exception: "MessageSendException", code, ..self }
    }

    /// Returns the same error as an error of recalls.
    #[must_use]
    pub fn of_recall(self) -> Self {
        Self { error: "message_recall_error", exception: "MessageRecallException", ..self }
    }

    /// Returns the HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the seconds of the header `Retry-After`, if the caller may repeat the call.
    pub fn retry_after(&self) -> Option<u32> {
        self.retry_after
    }

    /// Returns the error without the envelope's times, for one of several parts of a response.
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

    /// Returns the body in the error envelope.
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

/// The queue did not take every record of a call. The caller repeats the call.
impl From<NotQueued> for ApiError {
    fn from(failed: NotQueued) -> Self {
        StoreError::from(failed).into()
    }
}

/// Converts a failed store or queue into a response, and logs it here.
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
