//! A cipher that binds to app and notifier like KMS. It protects nothing.

use async_trait::async_trait;

use super::Faults;
use crate::{
    crypto::encoding::sha256_hex,
    domain::id::{AppKey, NotifierName},
    ports::{
        cipher::{DecryptCredential, EncryptCredential, Purpose},
        error::StoreError,
    },
};

/// Encrypts and decrypts credentials. A ciphertext never contains the plain text as it is, so that tests can find
/// leaks.
#[derive(Debug, Default)]
pub struct MemoryCipher {
    /// failures on demand
    pub faults: Faults,
}

#[async_trait]
impl EncryptCredential for MemoryCipher {
    async fn encrypt(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        purpose: Purpose,
        plain: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        self.faults.before("encrypt").await?;
        Ok(context(app, notifier, purpose).bytes().chain(plain.iter().map(|byte| !byte)).collect())
    }
}

#[async_trait]
impl DecryptCredential for MemoryCipher {
    async fn decrypt(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        purpose: Purpose,
        sealed: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        self.faults.before("decrypt").await?;
        let body = sealed.strip_prefix(context(app, notifier, purpose).as_bytes());
        let body = body.ok_or_else(|| StoreError::Corrupt("encrypted for another app or notifier".into()))?;
        Ok(body.iter().map(|byte| !byte).collect())
    }
}

fn context(app: &AppKey, notifier: &NotifierName, purpose: Purpose) -> String {
    sha256_hex(format!("{app}/{notifier}/{}", purpose.name()).as_bytes())
}
