//! Credentials encrypted by KMS. The encryption context binds each to its app and notifier.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_kms::{Client, operation::decrypt::DecryptError, primitives::Blob};

use super::{Sdk, Service};
use crate::{
    domain::id::{AppKey, NotifierName},
    ports::{
        cipher::{DecryptCredential, EncryptCredential, Purpose},
        error::StoreError,
    },
};

/// The KMS key that encrypts credentials.
#[derive(Debug)]
pub struct CredentialKey {
    client: Service<Client>,
    key_id: String,
}

impl CredentialKey {
    /// Returns the key with this id.
    pub fn new(sdk: &Sdk, key_id: String) -> Self {
        Self { client: Service::new(sdk, Client::new), key_id }
    }
}

#[async_trait]
impl EncryptCredential for CredentialKey {
    async fn encrypt(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        purpose: Purpose,
        plain: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let output = self
            .client
            .get()
            .encrypt()
            .key_id(&self.key_id)
            .set_encryption_context(Some(context(app, notifier, purpose)))
            .plaintext(Blob::new(plain))
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        output.ciphertext_blob.map(Blob::into_inner).ok_or_else(|| StoreError::Corrupt("no ciphertext".into()))
    }
}

#[async_trait]
impl DecryptCredential for CredentialKey {
    async fn decrypt(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        purpose: Purpose,
        sealed: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        let output = self
            .client
            .get()
            .decrypt()
            .key_id(&self.key_id)
            .set_encryption_context(Some(context(app, notifier, purpose)))
            .ciphertext_blob(Blob::new(sealed))
            .send()
            .await
            .map_err(|error| match error.as_service_error() {
                Some(DecryptError::InvalidCiphertextException(_) | DecryptError::IncorrectKeyException(_)) => {
                    StoreError::Corrupt("the credential was not encrypted for this notifier".into())
                }
                _ => StoreError::unavailable(error),
            })?;
        output.plaintext.map(Blob::into_inner).ok_or_else(|| StoreError::Corrupt("no plaintext".into()))
    }
}

fn context(app: &AppKey, notifier: &NotifierName, purpose: Purpose) -> HashMap<String, String> {
    HashMap::from([
        ("app".to_owned(), app.to_string()),
        ("notifier".to_owned(), notifier.to_string()),
        ("purpose".to_owned(), purpose.name().to_owned()),
    ])
}
