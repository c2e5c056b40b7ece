//! The secrets that sign callbacks, decrypted once a process.

use std::{fmt, sync::Arc};

use shared::{
    cache::BoundedCache,
    crypto::encoding::from_base64url,
    domain::{callback::Callback, id::AppKey},
    name_ports,
    ports::{
        cipher::{DecryptCredential, Purpose, callback_secrets},
        error::StoreError,
    },
};

/// Maximum apps whose secrets a process caches.
const MAX_OPEN: usize = 1000;

/// The secrets of an app: the present one first, and perhaps the one before. `Debug` shows nothing of them.
#[derive(Clone)]
pub(crate) struct OpenSecrets(Arc<[String]>);

impl fmt::Debug for OpenSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenSecrets")
    }
}

impl OpenSecrets {
    /// Returns the secrets that sign.
    pub(crate) fn all(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }

    /// Returns the present secret.
    pub(crate) fn present(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }
}

/// Decrypts secrets.
pub struct Secrets {
    cipher: Arc<dyn DecryptCredential>,
    opened: BoundedCache<AppKey, (Vec<String>, OpenSecrets)>,
}

name_ports! { Secrets { cipher } without { opened } }

impl Secrets {
    /// Creates an empty cache.
    pub fn new(cipher: Arc<dyn DecryptCredential>) -> Self {
        Self { cipher, opened: BoundedCache::new(MAX_OPEN) }
    }

    /// Returns the secrets of a callback.
    pub(crate) async fn of(&self, app: &AppKey, callback: &Callback) -> Result<OpenSecrets, StoreError> {
        let sealed: Vec<String> = std::iter::once(&callback.secret).chain(&callback.previous_secret).cloned().collect();
        let opened = self.opened.lock().get(app).filter(|(from, _)| *from == sealed).map(|(_, open)| open.clone());
        if let Some(open) = opened {
            return Ok(open);
        }
        let mut plain = Vec::with_capacity(sealed.len());
        for one in &sealed {
            plain.push(self.open(app, one).await?);
        }
        let open = OpenSecrets(plain.into());
        self.opened.lock().put(app.clone(), (sealed, open.clone()));
        Ok(open)
    }

    async fn open(&self, app: &AppKey, sealed: &str) -> Result<String, StoreError> {
        let corrupt = || StoreError::Corrupt("the secret of a callback is no ciphertext".into());
        let sealed = from_base64url(sealed).ok_or_else(corrupt)?;
        let plain = self.cipher.decrypt(app, &callback_secrets()?, Purpose::Callback, &sealed).await?;
        String::from_utf8(plain).map_err(|_| corrupt())
    }
}
