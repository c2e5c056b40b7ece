//! The extractor of the routes that a support token opens.
//!
//! [`Caller`] refuses support tokens. A route opens to them only when its handler takes a [`Reader`].

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{access::Caller, error::ApiError, gate::HttpState, token::Identity};
use crate::{
    domain::{
        id::{AppKey, UserId},
        visibility::Visibility,
    },
    ports::{apps::AppConfig, erasure::ReadVisibleSince},
};

/// An authenticated caller that reads: the app, a user, or the app's support staff.
#[derive(Debug, Clone)]
pub struct Reader(Caller);

impl Reader {
    /// Returns the app.
    pub fn app(&self) -> &AppKey {
        self.0.app()
    }

    /// Returns the app's configuration.
    pub fn config(&self) -> &Arc<AppConfig> {
        &self.0.config
    }

    /// Refuses user tokens. Returns how much the reader may see.
    pub fn may_read(&self) -> Result<Visibility, ApiError> {
        match self.0.identity {
            Identity::Support => Ok(Visibility::Masked),
            Identity::App | Identity::User(_) => self.0.must_be_app().map(|()| Visibility::Full),
        }
    }

    /// Refuses the token of another user, and a token issued before the user began, as [`Caller::must_speak_for`] does.
    /// Returns how much the reader may see.
    pub async fn may_read_of(
        &self,
        user: &UserId,
        visible_since: &dyn ReadVisibleSince,
    ) -> Result<Visibility, ApiError> {
        match self.0.identity {
            Identity::Support => Ok(Visibility::Masked),
            Identity::App | Identity::User(_) => {
                self.0.must_speak_for(user, visible_since).await.map(|_| Visibility::Full)
            }
        }
    }
}

impl<P: Send + Sync> FromRequestParts<HttpState<P>> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState<P>) -> Result<Self, ApiError> {
        state.gate.reader(parts).await.map(Self)
    }
}
