//! Notifiers with their credentials opened.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Map, Value};
use shared::{
    app_configs::AppConfigs,
    domain::{
        ambiguous_refusal::{self, AmbiguousRefusal, SUCCESS_NOTED_EVERY},
        id::{AppKey, NotifierName},
        notifier::{Notifier, NotifierState},
        reason::Reason,
        time::Timestamp,
        vendor::Vendor,
    },
    failures::RecentFailures,
    name_ports,
    ports::{
        apps::{DisableNotifier, TrackHealth},
        cipher::{DecryptCredential, Purpose},
        clock::Clock,
        error::StoreError,
        vendor::Credential,
    },
};
use vendors::notifier::{rate::tokens_per_second, receipt_url};

use crate::{quotas::Quotas, slow::Slow};

/// Maximum opened credentials that a process keeps.
const MAX_OPEN: usize = 1000;

/// Opens notifiers and keeps them open.
pub struct Notifiers {
    configs: AppConfigs,
    cipher: Arc<dyn DecryptCredential>,
    switch: Arc<dyn DisableNotifier>,
    health: Arc<dyn TrackHealth>,
    /// where the API is reached from outside
    public_base_url: String,
    /// what they used up
    pub(crate) quotas: Quotas,
    /// what of their apps did not answer in time
    pub(crate) slow: Slow,
    open: Mutex<HashMap<(AppKey, NotifierName), Arc<Credential>>>,
    noted: Mutex<HashMap<(AppKey, NotifierName, bool), Timestamp>>,
    failures: RecentFailures<(AppKey, NotifierName)>,
    clock: Arc<dyn Clock>,
}

name_ports! { Notifiers {
    configs, cipher, switch, health, quotas, clock
} without { public_base_url, slow, open, noted, failures } }

/// A notifier that can be used.
#[derive(Debug, Clone)]
pub struct Opened {
    /// its opened credential
    pub credential: Arc<Credential>,
    /// its defaults
    pub options: Map<String, Value>,
    /// how fast it may be used
    pub tokens_per_second: Option<u32>,
    /// where its requests tell the vendor to report to
    pub receipt_url: Option<String>,
}

/// Why a notifier cannot be used.
#[derive(Debug)]
pub enum Unusable {
    /// not, for this reason
    Ended(Reason),
    /// not now
    Later(StoreError),
}

impl Notifiers {
    /// Opens notifiers of these apps. `public_base_url` is where vendors reach the API.
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
            cipher,
            switch,
            quotas: Quotas::new(health.clone()),
            slow: Slow::default(),
            health,
            public_base_url,
            open: Mutex::default(),
            noted: Mutex::default(),
            failures: RecentFailures::default(),
            clock,
        }
    }

    /// An enabled notifier of this vendor.
    pub async fn enabled(&self, app: &AppKey, name: &NotifierName, vendor: Vendor) -> Result<Opened, Unusable> {
        self.open_if(app, name, vendor, |notifier| notifier.state == NotifierState::Enabled).await
    }

    /// A notifier of this vendor in whatever state, for a test.
    pub async fn any(&self, app: &AppKey, name: &NotifierName, vendor: Vendor) -> Result<Opened, Unusable> {
        self.configs.forget(app);
        self.open_if(app, name, vendor, |_| true).await
    }

    async fn open_if(
        &self,
        app: &AppKey,
        name: &NotifierName,
        vendor: Vendor,
        usable: impl Fn(&Notifier) -> bool,
    ) -> Result<Opened, Unusable> {
        let mut config = self.configs.get(app).await.map_err(Unusable::Later)?;
        if !config.as_ref().and_then(|config| config.notifiers.get(name)).is_some_and(&usable) {
            // What is kept may be older than the notifier.
            config = self.configs.get_recent(app).await.map_err(Unusable::Later)?;
        }
        let notifier = config.as_ref().and_then(|config| config.notifiers.get(name));
        let notifier = notifier.ok_or(Unusable::Ended(Reason::NoNotifierExist))?;
        if !usable(notifier) {
            return Err(Unusable::Ended(Reason::NotifierDisabled));
        }
        if notifier.vendor != vendor {
            return Err(Unusable::Ended(Reason::InvalidNotifier));
        }
        let credential = self.credential(app, notifier).await?;
        let options = notifier.options.clone();
        let tokens_per_second = tokens_per_second(&options).map_err(|_| Unusable::Ended(Reason::InvalidNotifier))?;
        let receipt_url =
            receipt_url::in_requests(&self.public_base_url, notifier.vendor, &notifier.receipt_secret, &options);
        Ok(Opened { credential, options, tokens_per_second, receipt_url })
    }

    async fn credential(&self, app: &AppKey, notifier: &Notifier) -> Result<Arc<Credential>, Unusable> {
        let key = (app.clone(), notifier.name.clone());
        let kept = self.open.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(kept) = kept.filter(|kept| kept.fingerprint() == notifier.fingerprint) {
            return Ok(kept);
        }
        let now = self.clock.now();
        self.failures.check(&key, now).map_err(Unusable::Later)?;
        let plain = match self.cipher.decrypt(app, &notifier.name, Purpose::Credential, &notifier.credential).await {
            Ok(plain) => plain,
            Err(StoreError::Corrupt(error)) => {
                tracing::error!(app = %app, notifier = %notifier.name, error, "a credential cannot be opened");
                return Err(Unusable::Ended(Reason::InvalidNotifier));
            }
            Err(error) => {
                self.failures.note(key, now);
                return Err(Unusable::Later(error));
            }
        };
        let record = serde_json::from_slice(&plain).map_err(|_| Unusable::Ended(Reason::InvalidNotifier))?;
        let credential = Arc::new(Credential::new(record, notifier.fingerprint.clone()));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= MAX_OPEN {
            open.clear();
        }
        open.insert(key, credential.clone());
        Ok(credential)
    }

    /// Switches a notifier off because its vendor refuses this credential; `true` if this call did it.
    pub async fn disable(
        &self,
        app: &AppKey,
        name: &NotifierName,
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

    /// Notes that the vendor accepted a push, at most once in [`SUCCESS_NOTED_EVERY`] and once after each failure that was noted.
    pub async fn note_success(&self, app: &AppKey, name: &NotifierName, now: Timestamp) {
        if self.is_due(app, name, true, now) {
            said(name, self.health.note_success(app, name, now).await);
        }
    }

    /// Notes that the vendor accepted a test push: whoever tests a notifier looks for what follows from it.
    pub(crate) async fn note_tested(&self, app: &AppKey, name: &NotifierName, now: Timestamp) {
        said(name, self.health.note_success(app, name, now).await);
    }

    /// Notes that a call failed as a whole, at most once in [`SUCCESS_NOTED_EVERY`].
    pub async fn note_failure(&self, app: &AppKey, name: &NotifierName, credential: &Credential, now: Timestamp) {
        if self.is_due(app, name, false, now) {
            said(name, self.health.note_failure(app, name, credential.fingerprint(), now).await);
        }
    }

    /// Whether a success or a failure is to be noted now.
    fn is_due(&self, app: &AppKey, name: &NotifierName, success: bool, now: Timestamp) -> bool {
        let key = |success| (app.clone(), name.clone(), success);
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.get(&key(success)).is_some_and(|at| now.since(*at) < SUCCESS_NOTED_EVERY) {
            return false;
        }
        if noted.len() >= MAX_OPEN {
            noted.clear();
        }
        noted.insert(key(success), now);
        if !success {
            // The next success is news.
            noted.remove(&key(true));
        }
        true
    }

    /// Weighs refusals that a device token may have caused; whether they prove that the credential is to blame.
    pub(crate) async fn ambiguous_refusal(
        &self,
        app: &AppKey,
        name: &NotifierName,
        new: &[AmbiguousRefusal],
        now: Timestamp,
    ) -> bool {
        let noted = async {
            let health = self.health.health(app, name).await?;
            let weighed = ambiguous_refusal::weigh_refusals(&health.ambiguous_refusals, new, health.last_success, now);
            if weighed.changed {
                self.health.note_ambiguous_refusals(app, name, &weighed.ambiguous_refusals, now).await?;
            }
            Ok::<_, StoreError>(weighed.is_proof())
        };
        noted.await.unwrap_or_else(|error| {
            tracing::warn!(notifier = %name, error = error.chain(), "a refusal cannot be weighed");
            false
        })
    }

    /// Forgets the refusals that disabled the notifier, so that it starts afresh when it is enabled again.
    pub(crate) async fn trust(&self, app: &AppKey, name: &NotifierName, now: Timestamp) {
        if let Err(error) = self.health.note_ambiguous_refusals(app, name, &[], now).await {
            tracing::warn!(notifier = %name, error = error.chain(), "the refusals of a notifier cannot be forgotten");
        }
    }

    /// When the notifier last worked; `None` also when that cannot be told.
    pub async fn last_success(&self, app: &AppKey, name: &NotifierName) -> Option<Timestamp> {
        match self.health.health(app, name).await {
            Ok(health) => health.last_success,
            Err(error) => {
                tracing::warn!(notifier = %name, error = error.chain(), "a notifier's health cannot be read");
                None
            }
        }
    }
}

/// Says that a note could not be written.
fn said(name: &NotifierName, noted: Result<(), StoreError>) {
    if let Err(error) = noted {
        tracing::warn!(notifier = %name, error = error.chain(), "a notifier's health cannot be noted");
    }
}
