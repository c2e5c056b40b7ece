//! Query parameters of lists.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::Deserialize;

use super::{error::ApiError, query::QueryParams};
use crate::domain::invalid::Invalid;

/// The query parameters `limit` and `cursor` of a list: `DEFAULT` entries without a limit, at most `MAX`.
pub struct PageQuery<const DEFAULT: usize, const MAX: usize> {
    /// maximum entries of the page
    pub limit: usize,
    /// the entry after which the page begins
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
        let QueryParams(raw) = QueryParams::<RawPage>::from_request_parts(parts, state).await?;
        Ok(Self { limit: read_limit(raw.limit.as_deref(), DEFAULT, MAX)?, cursor: raw.cursor })
    }
}

/// Parses the limit. Refuses more than `max`.
pub fn read_limit(text: Option<&str>, default: usize, max: usize) -> Result<usize, Invalid> {
    let limit = text.map_or(Some(default), |text| text.parse().ok());
    limit.filter(|limit| (1..=max).contains(limit)).ok_or_else(|| Invalid::new("limit", format!("must be 1 to {max}")))
}
