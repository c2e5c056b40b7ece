//! Failures that nobody planned one by one.

use async_trait::async_trait;

use crate::ports::error::StoreError;

/// Decides about every call of every fake: how long it takes, whether it fails, and whether its caller lives on.
#[async_trait]
pub trait Chaos: std::fmt::Debug + Send + Sync {
    /// Waits as long as a call of this method takes. Fails it if it has no effect.
    async fn before(&self, method: &str) -> Result<(), StoreError>;

    /// Fails a call of this method if its answer is lost after its effect.
    fn after(&self, method: &str) -> Result<(), StoreError>;

    /// Fails a call of this method that is cut off before its next row.
    fn before_row(&self, method: &str) -> Result<(), StoreError>;
}
