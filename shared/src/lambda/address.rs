//! The public address of the API.

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, header::HOST, request::Parts},
};

use super::{error::ApiError, gate::HttpState, serve::REACHED_AT};

/// A function that may know the API's public address.
pub trait PublicAddress: Send + Sync {
    /// Returns the address that the operator configured, without a trailing slash.
    fn public_base_url(&self) -> Option<&str>;
}

/// The API's public address, without a trailing slash: the configured one, or else the one that this request was sent
/// to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(pub String);

impl<P: PublicAddress> FromRequestParts<HttpState<P>> for Address {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState<P>) -> Result<Self, ApiError> {
        if let Some(url) = state.ports().public_base_url() {
            return Ok(Self(url.to_owned()));
        }
        let text = |value: Option<&HeaderValue>| value.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let host = text(parts.headers.get(REACHED_AT).or_else(|| parts.headers.get(HOST)));
        let host = host.or_else(|| parts.uri.authority().map(ToString::to_string));
        let scheme = text(parts.headers.get("x-forwarded-proto")).unwrap_or_else(|| "https".to_owned());
        Ok(Self(format!("{scheme}://{}", host.unwrap_or_default())))
    }
}
