//! Encryption of notifier credentials, bound to app and notifier.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::id::{AppKey, NotifierName};

/// Encrypts credentials; only the function that takes them from an operator may.
#[async_trait]
pub trait EncryptCredential: Send + Sync {
    /// A ciphertext that opens for this app and notifier only.
    async fn encrypt(&self, app: &AppKey, notifier: &NotifierName, plain: &[u8]) -> Result<Vec<u8>, StoreError>;
}

/// Decrypts credentials; only the function that speaks to vendors may.
#[async_trait]
pub trait DecryptCredential: Send + Sync {
    /// The credential; [`StoreError::Corrupt`] if it was encrypted for another app or notifier.
    async fn decrypt(&self, app: &AppKey, notifier: &NotifierName, sealed: &[u8]) -> Result<Vec<u8>, StoreError>;
}
