//! The stack's own secrets.

use async_trait::async_trait;

use super::error::StoreError;

/// Reads one secret of the stack.
#[async_trait]
pub trait ReadSecret: Send + Sync {
    /// Its current value.
    async fn secret(&self) -> Result<String, StoreError>;
}
