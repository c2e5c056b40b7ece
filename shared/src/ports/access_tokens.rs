//! Vendor access tokens, shared by all processes of a vendor's function.

use std::time::Duration;

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    id::{AppKey, NotifierName},
    time::Timestamp,
};

/// Whose access token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenOwner {
    /// the app
    pub app: AppKey,
    /// the notifier
    pub notifier: NotifierName,
}

/// A sealed access token: readable only with the credential it was issued for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedToken {
    /// the ciphertext
    pub sealed: Vec<u8>,
    /// when the vendor stops taking it
    pub expires_at: Timestamp,
}

/// What a process finds when it needs a new token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// nobody is fetching: this process does, and tells the others by [`ShareAccessTokens::share`]
    Taken,
    /// another process is fetching, until this instant at the latest
    Held(Timestamp),
}

/// Shares access tokens between processes.
#[async_trait]
pub trait ShareAccessTokens: Send + Sync {
    /// The shared token, if there is one that has not expired.
    async fn shared(&self, owner: &TokenOwner, now: Timestamp) -> Result<Option<SealedToken>, StoreError>;

    /// Takes the right to fetch, for `hold` at the most.
    async fn lease(&self, owner: &TokenOwner, now: Timestamp, hold: Duration) -> Result<Lease, StoreError>;

    /// Shares a fetched token and ends the lease.
    async fn share(&self, owner: &TokenOwner, token: &SealedToken) -> Result<(), StoreError>;

    /// Ends the lease without a token, after a failed fetch.
    async fn release(&self, owner: &TokenOwner) -> Result<(), StoreError>;
}
