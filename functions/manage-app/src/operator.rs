//! Authentication of the operator, by the stack's operator key or by a bearer issued for it.

use axum::{extract::FromRequestParts, http::request::Parts};
use shared::{
    crypto::encoding::same_secret,
    lambda::{access::bearer, error::ApiError, gate::HttpState},
    ports::error::StoreError,
};

use crate::{
    ManageApp,
    operator_token::{OperatorSigner, may_be_one},
};

/// Proof that the request carries the operator key or an operator's bearer.
#[derive(Debug, Clone, Copy)]
pub struct Operator;

/// Proof that the request carries the operator key itself. Contains the signer of bearers.
#[derive(Debug)]
pub struct OperatorByKey(pub OperatorSigner);

impl FromRequestParts<HttpState<ManageApp>> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState<ManageApp>) -> Result<Self, ApiError> {
        let manage = state.ports();
        let given = bearer(parts).ok_or_else(ApiError::unauthorized)?;
        let key = manage.operator_key.secret().await?;
        if same_secret(given, &key) {
            return Ok(Self);
        }
        let accepted = may_be_one(given) && manage.operator_signer(&key).await?.accepts(given, manage.clock.now());
        if accepted { Ok(Self) } else { Err(ApiError::bad_token()) }
    }
}

impl FromRequestParts<HttpState<ManageApp>> for OperatorByKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState<ManageApp>) -> Result<Self, ApiError> {
        let manage = state.ports();
        let given = bearer(parts).ok_or_else(ApiError::unauthorized)?;
        let key = manage.operator_key.secret().await?;
        if same_secret(given, &key) { manage.operator_signer(&key).await.map(Self) } else { Err(ApiError::bad_token()) }
    }
}

impl ManageApp {
    async fn operator_signer(&self, operator_key: &str) -> Result<OperatorSigner, ApiError> {
        let signing_secret = self.signing_secret.secret().await?;
        let signer = OperatorSigner::derive(&signing_secret, operator_key);
        Ok(signer.ok_or_else(|| StoreError::Corrupt("no key follows from the stack's secrets".into()))?)
    }
}
