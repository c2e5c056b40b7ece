//! Stores the health of notifiers: successes, failures, and refusals that a device token may have caused.

use std::sync::Arc;

use shared::{
    cache::BoundedCache,
    domain::{
        ambiguous_refusal::{AmbiguousRefusal, SUCCESS_NOTED_EVERY, weigh_refusals},
        credential_check::FailedChecks,
        id::{AppKey, NotifierName},
        time::Timestamp,
    },
    name_ports,
    ports::{
        apps::{NotifierHealth, TrackHealth},
        error::StoreError,
        vendor::Credential,
    },
};

use crate::batch::NotifierKey;

/// Maximum notes that a process remembers, so that it does not write them again.
const MAX_REMEMBERED: usize = 1000;

/// A success or a failure of a notifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Note {
    Success,
    Failure,
}

/// Stores and reads the health of notifiers.
pub(crate) struct HealthNotes {
    health: Arc<dyn TrackHealth>,
    noted: BoundedCache<(AppKey, NotifierName, Note), Timestamp>,
}

name_ports! { HealthNotes { health } without { noted } }

impl HealthNotes {
    /// Creates a store of notes over `health`.
    pub(crate) fn new(health: Arc<dyn TrackHealth>) -> Self {
        Self { health, noted: BoundedCache::new(MAX_REMEMBERED) }
    }

    /// Stores that the vendor accepted a push: at most once in [`SUCCESS_NOTED_EVERY`], and once after each stored
    /// failure.
    pub(crate) async fn note_success(&self, (app, name): NotifierKey<'_>, now: Timestamp) {
        if self.is_news(app, name, Note::Success, now) {
            log_failure(name, self.health.note_success(app, name, now).await);
        }
    }

    /// Stores that the vendor accepted a test push. It always writes, because an operator who tests a notifier looks at
    /// its health.
    pub(crate) async fn note_tested(&self, (app, name): NotifierKey<'_>, now: Timestamp) {
        log_failure(name, self.health.note_success(app, name, now).await);
    }

    /// Stores that a call failed as a whole, at most once in [`SUCCESS_NOTED_EVERY`].
    pub(crate) async fn note_failure(&self, (app, name): NotifierKey<'_>, credential: &Credential, now: Timestamp) {
        if self.is_news(app, name, Note::Failure, now) {
            log_failure(name, self.health.note_failure(app, name, credential.fingerprint(), now).await);
        }
    }

    /// Returns whether a success or a failure must be stored now. The next success after a failure must.
    fn is_news(&self, app: &AppKey, name: &NotifierName, note: Note, now: Timestamp) -> bool {
        let key = |note| (app.clone(), name.clone(), note);
        let mut noted = self.noted.lock();
        if noted.get(&key(note)).is_some_and(|at| now.since(*at) < SUCCESS_NOTED_EVERY) {
            return false;
        }
        noted.put(key(note), now);
        if note == Note::Failure {
            noted.pop(&key(Note::Success));
        }
        true
    }

    /// Adds refusals that a device token may have caused. Returns `true` if all together prove that the credential is
    /// refused.
    pub(crate) async fn add_ambiguous_refusals(
        &self,
        (app, name): NotifierKey<'_>,
        new: &[AmbiguousRefusal],
        now: Timestamp,
    ) -> bool {
        let weighed = async {
            let health = self.health.health(app, name).await?;
            let evidence = weigh_refusals(&health.ambiguous_refusals, new, health.last_success, now);
            if evidence.changed {
                self.health.note_ambiguous_refusals(app, name, &evidence.ambiguous_refusals, now).await?;
            }
            Ok::<_, StoreError>(evidence.is_proof())
        };
        weighed.await.unwrap_or_else(|error| {
            tracing::warn!(notifier = %name, error = error.chain(), "refusals of a notifier cannot be stored");
            false
        })
    }

    /// Removes the refusals that disabled a notifier. When it is enabled again, counting starts from zero.
    pub(crate) async fn forget_ambiguous_refusals(&self, (app, name): NotifierKey<'_>, now: Timestamp) {
        if let Err(error) = self.health.note_ambiguous_refusals(app, name, &[], now).await {
            tracing::warn!(notifier = %name, error = error.chain(), "the refusals of a notifier cannot be removed");
        }
    }

    /// Reads the health of a notifier.
    pub(crate) async fn health_of(&self, (app, name): NotifierKey<'_>) -> Result<NotifierHealth, StoreError> {
        self.health.health(app, name).await
    }

    /// Replaces the failed checks of a notifier.
    pub(crate) async fn note_checks(
        &self,
        (app, name): NotifierKey<'_>,
        failed: Option<&FailedChecks>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.health.note_checks(app, name, failed, at).await
    }

    /// Returns the time of the notifier's last success, or `None` if there was none or the read fails.
    pub(crate) async fn last_success(&self, (app, name): NotifierKey<'_>) -> Option<Timestamp> {
        match self.health.health(app, name).await {
            Ok(health) => health.last_success,
            Err(error) => {
                tracing::warn!(notifier = %name, error = error.chain(), "a notifier's health cannot be read");
                None
            }
        }
    }
}

fn log_failure(name: &NotifierName, noted: Result<(), StoreError>) {
    if let Err(error) = noted {
        tracing::warn!(notifier = %name, error = error.chain(), "a notifier's health cannot be stored");
    }
}
