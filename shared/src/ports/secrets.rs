//! The stack's own secrets.

use async_trait::async_trait;

use super::error::StoreError;

/// Reads one secret of the stack.
#[async_trait]
pub trait ReadSecret: Send + Sync {
    /// Returns its value. May return a value that was replaced within the last minutes.
    async fn secret(&self) -> Result<String, StoreError>;

    /// Returns its present value.
    async fn current_secret(&self) -> Result<String, StoreError>;
}
