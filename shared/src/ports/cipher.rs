//! Encryption of notifier credentials, bound to app and notifier.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::id::{AppKey, NotifierName};

/// What a ciphertext is for. Each function may open those of one purpose only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// to push with
    Credential,
    /// to check the vendor's receipts with
    Receipt,
}

impl Purpose {
    /// The name that stands in the encryption context and in the key's policy.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Credential => "credential",
            Self::Receipt => "receipt",
        }
    }
}

/// Encrypts credentials; only the function that takes them from an operator may.
#[async_trait]
pub trait EncryptCredential: Send + Sync {
    /// A ciphertext that opens for this app, notifier and purpose only.
    async fn encrypt(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        purpose: Purpose,
        plain: &[u8],
    ) -> Result<Vec<u8>, StoreError>;
}

/// Decrypts credentials; only the functions that speak to vendors may, and each for its own purpose.
#[async_trait]
pub trait DecryptCredential: Send + Sync {
    /// The credential; [`StoreError::Corrupt`] if it was encrypted for another app, notifier or purpose.
    async fn decrypt(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        purpose: Purpose,
        sealed: &[u8],
    ) -> Result<Vec<u8>, StoreError>;
}
