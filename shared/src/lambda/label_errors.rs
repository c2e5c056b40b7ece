//! Errors of the routes of push labels, with the reference API's statuses and texts. Source: Easemob, "push label
//! management", error codes.

use axum::http::StatusCode;

use super::error::ApiError;

impl ApiError {
    /// Returns 400: the app has no push label of this name.
    pub fn label_not_found(name: &str) -> Self {
        let text = format!("push label not exists of {name}");
        Self::new(StatusCode::BAD_REQUEST, "resource_not_found", "ResourceNotFoundException", text)
    }

    /// Returns 403: a number of things is used up, or a call names too many.
    pub fn limit_reached(why: &str) -> Self {
        let text = format!("limit request: {why}");
        Self::new(StatusCode::FORBIDDEN, "limit_request", "LimitException", text)
    }
}
