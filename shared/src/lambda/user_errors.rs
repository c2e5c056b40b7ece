//! Errors that concern users, with the reference API's statuses and texts.

use axum::http::StatusCode;

use super::error::ApiError;
use crate::domain::id::{AppKey, UserId};

impl ApiError {
    /// Returns 400: the name of a new user is taken.
    pub fn user_exists(app: &AppKey, user: &UserId) -> Self {
        let rule = "Entity user requires that property named username be unique";
        let text = format!("Application {app} {rule}, value of {user} exists");
        let exception = "DuplicateUniquePropertyExistsException";
        Self::new(StatusCode::BAD_REQUEST, "duplicate_unique_property_exists", exception, text)
    }

    /// Returns 404: there is no such user.
    pub fn user_not_found(user: &UserId) -> Self {
        Self::not_found(format!("the app has no user {user}"))
    }

    /// Returns 404: there is no user whose password could be changed.
    pub fn no_user_with_password(user: &UserId) -> Self {
        let text = format!("User {user} not found");
        Self::new(StatusCode::NOT_FOUND, "entity_not_found", "EntityNotFoundException", text)
    }

    /// Returns 404: a token was requested for an unknown user, who is not to be created.
    pub fn no_user_for_token() -> Self {
        let text = "user not found".to_owned();
        Self::new(StatusCode::NOT_FOUND, "invalid_grant", "InvalidGrantException", text)
    }

    /// Returns 400: a token was requested for a banned user.
    pub fn user_banned() -> Self {
        let text = "user not activated".to_owned();
        Self::new(StatusCode::BAD_REQUEST, "invalid_grant", "InvalidGrantException", text)
    }
}
