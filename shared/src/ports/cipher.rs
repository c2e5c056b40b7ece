//! Encryption of notifier credentials, bound to app and notifier.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::id::{AppKey, NotifierName};

/// The purpose of a ciphertext. Each function may decrypt those of one purpose only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// the credential to push with
    Credential,
    /// the key that verifies the vendor's receipts
    Receipt,
    /// a secret that signs callbacks
    Callback,
}

impl Purpose {
    /// Returns the name in the encryption context and in the key's policy.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Credential => "credential",
            Self::Receipt => "receipt",
            Self::Callback => "callback",
        }
    }
}

/// Returns the name under which an app's callback secrets are encrypted. It is no notifier: the purpose differs.
pub fn callback_secrets() -> Result<NotifierName, StoreError> {
    NotifierName::parse("callback").map_err(|invalid| StoreError::Corrupt(invalid.to_string()))
}

/// Encrypts credentials. Only the function that an operator gives them to may do so.
#[async_trait]
pub trait EncryptCredential: Send + Sync {
    /// Returns a ciphertext that can only be decrypted for this app, notifier and purpose.
    async fn encrypt(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        purpose: Purpose,
        plain: &[u8],
    ) -> Result<Vec<u8>, StoreError>;
}

/// Decrypts credentials. Only the functions that call vendors may do so, each for its own purpose.
#[async_trait]
pub trait DecryptCredential: Send + Sync {
    /// Returns the credential. Fails with [`StoreError::Corrupt`] if it was encrypted for another app, notifier or
    /// purpose.
    async fn decrypt(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        purpose: Purpose,
        sealed: &[u8],
    ) -> Result<Vec<u8>, StoreError>;
}
