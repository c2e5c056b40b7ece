//! Path parameters of this function's routes.

use axum::{extract::FromRequestParts, http::request::Parts};
use shared::{
    domain::id::GatewayId,
    lambda::{access::path_param, error::ApiError},
};

/// The user's name in the path, as the caller wrote it.
pub struct NamedUser(pub String);

impl<S: Send + Sync> FromRequestParts<S> for NamedUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        path_param(parts, state, "username").await.map(Self)
    }
}

/// The gateway in the path.
pub struct PathGateway(pub GatewayId);

impl<S: Send + Sync> FromRequestParts<S> for PathGateway {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(Self(GatewayId::parse(&path_param(parts, state, "gateway").await?)?))
    }
}

/// A device in the path, by its name in the reference API.
pub struct PathResource(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathResource {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        path_param(parts, state, "resource").await.map(Self)
    }
}
