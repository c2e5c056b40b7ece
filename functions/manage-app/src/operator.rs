//! The operator: whoever holds the stack's operator key.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use shared::{
    crypto::encoding::same_secret,
    lambda::{access::bearer, error::ApiError},
};

use crate::ManageApp;

/// Proof that the request carries the operator key.
#[derive(Debug, Clone, Copy)]
pub struct Operator;

impl FromRequestParts<Arc<ManageApp>> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<ManageApp>) -> Result<Self, ApiError> {
        let given = bearer(parts).ok_or_else(ApiError::unauthorized)?;
        let key = state.operator_key.secret().await?;
        if same_secret(given, &key) { Ok(Self) } else { Err(ApiError::bad_token()) }
    }
}
