//! Opens notifiers with their credential, and disables those whose credential the vendor refuses.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};
use shared::{
    app_configs::AppConfigs,
    domain::{
        binding::DeviceToken,
        notifier::{Notifier, NotifierState},
        push::Notification,
        reason::Reason,
        time::Timestamp,
        vendor::Vendor,
    },
    name_ports,
    ports::{
        access_tokens::TokenOwner,
        apps::{DisableNotifier, TrackHealth},
        cipher::DecryptCredential,
        clock::Clock,
        error::StoreError,
        vendor::{Credential, VendorCall},
    },
};
use vendors::notifier::{rate::tokens_per_second, receipt_url};

use crate::{batch::NotifierKey, credentials::Credentials, health::HealthNotes, quotas::Quotas};

/// Opens notifiers, and stores their health.
pub struct Notifiers {
    configs: AppConfigs,
    credentials: Credentials,
    clock: Arc<dyn Clock>,
    switch: Arc<dyn DisableNotifier>,
    /// the public address of the API
    public_base_url: String,
    pub(crate) health: HealthNotes,
    pub(crate) quotas: Quotas,
}

name_ports! { Notifiers { configs, credentials, clock, switch, health, quotas } without { public_base_url } }

/// A notifier that can be called.
#[derive(Debug, Clone)]
pub(crate) struct OpenNotifier {
    /// its decrypted credential
    pub(crate) credential: Arc<Credential>,
    /// whether it was read before this opening, and so may have been changed since
    pub(crate) is_cached: bool,
    /// its default options
    pub(crate) options: Map<String, Value>,
    /// maximum tokens a second, if it has a limit
    pub(crate) tokens_per_second: Option<u32>,
    /// the URL for the vendor's reports, which its requests name
    pub(crate) receipt_url: Option<String>,
    /// whether the vendor should report deliveries to this stack
    pub(crate) expects_receipts: bool,
}

/// Why a notifier cannot be called.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// not until somebody changes it
    Permanent(Reason),
    /// not now, because it cannot be read
    Transient(StoreError),
}

impl OpenNotifier {
    /// Returns the vendor call for a notification.
    pub(crate) fn call<'a>(
        &'a self,
        owner: &'a TokenOwner,
        notification: &'a Notification,
        ttl: Duration,
        tokens: &'a [DeviceToken],
    ) -> VendorCall<'a> {
        VendorCall {
            owner,
            credential: &self.credential,
            options: &self.options,
            notification,
            ttl,
            receipt_url: self.receipt_url.as_deref(),
            tokens,
        }
    }
}

impl Notifiers {
    /// Creates the opener of these apps' notifiers. Vendors reach the API at `public_base_url`.
    pub fn new(
        configs: AppConfigs,
        cipher: Arc<dyn DecryptCredential>,
        switch: Arc<dyn DisableNotifier>,
        health: Arc<dyn TrackHealth>,
        clock: Arc<dyn Clock>,
        public_base_url: String,
    ) -> Self {
        Self {
            configs,
            credentials: Credentials::new(cipher, clock.clone()),
            clock,
            switch,
            public_base_url,
            quotas: Quotas::new(health.clone()),
            health: HealthNotes::new(health),
        }
    }

    /// Returns the cached configurations of the apps.
    pub(crate) fn configs(&self) -> &AppConfigs {
        &self.configs
    }

    /// Opens an enabled notifier of this vendor.
    pub(crate) async fn open_enabled(&self, key: NotifierKey<'_>, vendor: Vendor) -> Result<OpenNotifier, Unusable> {
        self.open_if(key, vendor, |notifier| notifier.state == NotifierState::Enabled).await
    }

    /// Opens a notifier of this vendor in any state, for a test. It bypasses the caches.
    pub(crate) async fn open_any(&self, key: NotifierKey<'_>, vendor: Vendor) -> Result<OpenNotifier, Unusable> {
        self.configs.forget(key.0);
        self.open_if(key, vendor, |_| true).await
    }

    async fn open_if(
        &self,
        (app, name): NotifierKey<'_>,
        vendor: Vendor,
        is_usable: impl Fn(&Notifier) -> bool,
    ) -> Result<OpenNotifier, Unusable> {
        let began = self.clock.now();
        let mut config = self.configs.get(app).await.map_err(Unusable::Transient)?;
        if !config.as_ref().and_then(|config| config.notifiers.get(name)).is_some_and(&is_usable) {
            // The cached configuration may be older than the notifier.
            config = self.configs.get_recent(app).await.map_err(Unusable::Transient)?;
        }
        let is_cached = self.configs.read_at(app).is_none_or(|read_at| read_at < began);
        let notifier = config.as_ref().and_then(|config| config.notifiers.get(name));
        let notifier = notifier.ok_or(Unusable::Permanent(Reason::NoNotifierExist))?;
        if !is_usable(notifier) {
            return Err(Unusable::Permanent(Reason::NotifierDisabled));
        }
        if notifier.vendor != vendor {
            return Err(Unusable::Permanent(Reason::InvalidNotifier));
        }
        let credential = self.credentials.of(app, notifier).await?;
        let options = notifier.options.clone();
        let tokens_per_second =
            tokens_per_second(&options).map_err(|_| Unusable::Permanent(Reason::InvalidNotifier))?;
        let receipt_url =
            receipt_url::in_requests(&self.public_base_url, notifier.vendor, &notifier.receipt_secret, &options);
        let expects_receipts =
            receipt_url::are_expected(notifier.vendor, &options, receipt_url.is_some(), credential.expose());
        Ok(OpenNotifier { credential, is_cached, options, tokens_per_second, receipt_url, expects_receipts })
    }

    /// Disables a notifier because its vendor refuses this credential. Returns `true` if this call did it.
    pub(crate) async fn disable(
        &self,
        (app, name): NotifierKey<'_>,
        credential: &Credential,
        code: &str,
        now: Timestamp,
    ) -> bool {
        let reason = format!("the vendor refuses the credential: {code}");
        let switched = self.switch.disable_notifier(app, name, credential.fingerprint(), &reason, now).await;
        self.configs.forget(app);
        match switched {
            Ok(true) => tracing::error!(app = %app, notifier = %name, code, "a notifier is switched off"),
            Ok(false) => {}
            Err(ref error) => {
                tracing::error!(app = %app, notifier = %name, error = error.chain(), "a notifier cannot be switched off");
            }
        }
        switched.unwrap_or(false)
    }
}
