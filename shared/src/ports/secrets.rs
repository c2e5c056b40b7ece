//! The stack's own secrets.

use async_trait::async_trait;

use super::error::StoreError;

/// Reads one secret of the stack.
#[async_trait]
pub trait ReadSecret: Send + Sync {
    /// Its value; one that was replaced within the last minutes may be answered still.
    async fn secret(&self) -> Result<String, StoreError>;

    /// Its value now.
    async fn current_secret(&self) -> Result<String, StoreError>;
}
