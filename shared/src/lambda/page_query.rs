//! Which part of a list is asked for.

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use serde::Deserialize;

use super::error::ApiError;
use crate::domain::invalid::Invalid;

/// Which part of a list is asked for, by the query's `limit` and `cursor`: `DEFAULT` entries without a limit, at most `MAX`.
pub struct PageQuery<const DEFAULT: usize, const MAX: usize> {
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

impl<const DEFAULT: usize, const MAX: usize, S: Send + Sync> FromRequestParts<S> for PageQuery<DEFAULT, MAX> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(raw) = Query::<RawPage>::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::bad_request("the query must be percent-encoded, each name once"))?;
        let limit = match raw.limit {
            None => DEFAULT,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=MAX).contains(limit))
                .ok_or_else(|| Invalid::new("limit", format!("must be 1 to {MAX}")))?,
        };
        Ok(Self { limit, cursor: raw.cursor })
    }
}
