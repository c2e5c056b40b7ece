//! Users who were erased.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    id::{AppKey, UserId},
    time::Timestamp,
};

/// Tells when a user was erased. What is older than that is nobody's any more, though a row may still be there.
#[async_trait]
pub trait ReadErasure: Send + Sync {
    /// When the user was erased, or `None` if that was not within the last 8 days; strongly consistent.
    async fn erased_at(&self, app: &AppKey, user: &UserId) -> Result<Option<Timestamp>, StoreError>;
}
