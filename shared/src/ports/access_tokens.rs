//! Vendor access tokens, shared by all processes of a vendor's function.

use std::time::Duration;

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    id::{AppKey, NotifierName},
    time::Timestamp,
};

/// The notifier that an access token belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenOwner {
    /// the app
    pub app: AppKey,
    /// the notifier
    pub notifier: NotifierName,
}

/// A sealed access token. Only the credential that it was issued for can open it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedToken {
    /// the ciphertext
    pub sealed: Vec<u8>,
    /// when it expires at the vendor
    pub expires_at: Timestamp,
}

/// The result when a process needs a new token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// this process fetches it, and shares it by [`ShareAccessTokens::share`]
    Taken,
    /// another process fetches it, until this time at the latest
    Held(Timestamp),
}

/// Shares access tokens between processes.
#[async_trait]
pub trait ShareAccessTokens: Send + Sync {
    /// Returns the shared token, if there is one that has not expired.
    async fn shared(&self, owner: &TokenOwner, now: Timestamp) -> Result<Option<SealedToken>, StoreError>;

    /// Takes the right to fetch a token, for at most `hold`.
    async fn lease(&self, owner: &TokenOwner, now: Timestamp, hold: Duration) -> Result<Lease, StoreError>;

    /// Shares a fetched token and ends the lease.
    async fn share(&self, owner: &TokenOwner, token: &SealedToken) -> Result<(), StoreError>;

    /// Ends the lease without a token, after a failed fetch.
    async fn release(&self, owner: &TokenOwner) -> Result<(), StoreError>;
}
