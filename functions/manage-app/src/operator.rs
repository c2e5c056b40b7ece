//! The operator: whoever holds the stack's operator key.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use shared::{
    crypto::encoding::sha256_hex,
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
        // Hashes are compared, so that the time it takes tells nothing about the key.
        if sha256_hex(given.as_bytes()) == sha256_hex(key.as_bytes()) { Ok(Self) } else { Err(ApiError::bad_token()) }
    }
}
