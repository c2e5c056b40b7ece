//! In place of a store, for tokens that no vendor issues: every process signs its own, so there is nothing to share.

use std::time::Duration;

use async_trait::async_trait;
use shared::{
    domain::time::Timestamp,
    ports::{
        access_tokens::{Lease, SealedToken, ShareAccessTokens, TokenOwner},
        error::StoreError,
    },
};

/// Never holds a token, and lets everybody make one at any time.
#[derive(Debug, Clone, Copy)]
pub struct Unshared;

#[async_trait]
impl ShareAccessTokens for Unshared {
    async fn shared(&self, _: &TokenOwner, _: Timestamp) -> Result<Option<SealedToken>, StoreError> {
        Ok(None)
    }

    async fn lease(&self, _: &TokenOwner, _: Timestamp, _: Duration) -> Result<Lease, StoreError> {
        Ok(Lease::Taken)
    }

    async fn share(&self, _: &TokenOwner, _: &SealedToken) -> Result<(), StoreError> {
        Ok(())
    }

    async fn release(&self, _: &TokenOwner) -> Result<(), StoreError> {
        Ok(())
    }
}
