//! Which part of a list is asked for.

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use serde::Deserialize;
use shared::{domain::invalid::Invalid, lambda::error::ApiError};

/// The most entries of one list.
pub const MAX_LISTED: usize = 100;

/// Which part of a list is asked for.
pub struct Page {
    /// at most so many entries
    pub limit: usize,
    /// after this one
    pub cursor: Option<String>,
}

#[derive(Deserialize)]
struct RawPage {
    limit: Option<String>,
    cursor: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(raw) = Query::<RawPage>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::bad_request("the query must be percent-encoded, each name once"))?;
        let limit = match raw.limit {
            None => MAX_LISTED,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=MAX_LISTED).contains(limit))
                .ok_or_else(|| Invalid::new("limit", format!("must be 1 to {MAX_LISTED}")))?,
        };
        Ok(Self { limit, cursor: raw.cursor })
    }
}
