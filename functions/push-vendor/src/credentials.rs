//! Decrypted credentials of notifiers, cached by each process.

use std::sync::Arc;

use shared::{
    cache::BoundedCache,
    domain::{
        id::{AppKey, NotifierName},
        notifier::Notifier,
        reason::Reason,
    },
    failures::RecentFailures,
    name_ports,
    ports::{
        cipher::{DecryptCredential, Purpose},
        clock::Clock,
        error::StoreError,
        vendor::Credential,
    },
};

use crate::notifiers::Unusable;

/// Maximum credentials that a process caches.
const MAX_CACHED: usize = 1000;

/// Decrypts credentials and caches them. A failed decryption is not repeated for a moment.
pub(crate) struct Credentials {
    cipher: Arc<dyn DecryptCredential>,
    cached: BoundedCache<(AppKey, NotifierName), Arc<Credential>>,
    failures: RecentFailures<(AppKey, NotifierName)>,
    clock: Arc<dyn Clock>,
}

name_ports! { Credentials { cipher, clock } without { cached, failures } }

impl Credentials {
    /// Creates an empty cache over `cipher`.
    pub(crate) fn new(cipher: Arc<dyn DecryptCredential>, clock: Arc<dyn Clock>) -> Self {
        Self { cipher, cached: BoundedCache::new(MAX_CACHED), failures: RecentFailures::default(), clock }
    }

    /// Returns the notifier's credential. A cached one is used while its fingerprint is the notifier's.
    pub(crate) async fn of(&self, app: &AppKey, notifier: &Notifier) -> Result<Arc<Credential>, Unusable> {
        let key = (app.clone(), notifier.name.clone());
        let cached = self.cached.lock().get(&key).cloned();
        if let Some(cached) = cached.filter(|cached| cached.fingerprint() == notifier.fingerprint) {
            return Ok(cached);
        }
        let credential = Arc::new(self.decrypt(app, notifier).await?);
        self.cached.lock().put(key, credential.clone());
        Ok(credential)
    }

    async fn decrypt(&self, app: &AppKey, notifier: &Notifier) -> Result<Credential, Unusable> {
        let (key, now) = ((app.clone(), notifier.name.clone()), self.clock.now());
        self.failures.check(&key, now).map_err(Unusable::Transient)?;
        let plain = match self.cipher.decrypt(app, &notifier.name, Purpose::Credential, &notifier.credential).await {
            Ok(plain) => plain,
            Err(StoreError::Corrupt(error)) => {
                tracing::error!(app = %app, notifier = %notifier.name, error, "a credential cannot be opened");
                return Err(Unusable::Permanent(Reason::InvalidNotifier));
            }
            Err(error) => {
                self.failures.note(key, now);
                return Err(Unusable::Transient(error));
            }
        };
        let record = serde_json::from_slice(&plain).map_err(|_| Unusable::Permanent(Reason::InvalidNotifier))?;
        Ok(Credential::new(record, notifier.fingerprint.clone()))
    }
}
