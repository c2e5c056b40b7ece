//! Apps and their notifiers.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use crate::domain::{
    ambiguous_refusal::AmbiguousRefusal,
    app::App,
    credential_check::FailedChecks,
    decision::NotifierFacts,
    id::{AppKey, NotifierName, TemplateName},
    notifier::{Notifier, NotifierSummary},
    push::SemanticClass,
    template::{Template, Templates},
    time::Timestamp,
    warning::{Warning, WarningFacts},
};

/// An app with its whole configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct AppConfig {
    /// the app
    pub app: App,
    /// its notifiers by name
    pub notifiers: HashMap<NotifierName, Notifier>,
    /// its templates by name
    pub templates: Templates,
}

impl AppConfig {
    /// Returns the approximate bytes of memory that the configuration takes.
    pub fn weight(&self) -> usize {
        /// Size of keys, times and map entries.
        const ENTRY: usize = 1024;
        let templates = self.templates.values();
        let patterns = templates.map(|one| ENTRY + one.title_pattern.len() + one.content_pattern.len());
        // Option names and values are short, and the JSON of options is limited. The facts are a part of the
        // credential.
        let options =
            |one: &Notifier| one.options.values().map(|value| value.as_str().map_or(16, str::len) + 64).sum::<usize>();
        let facts = |one: &Notifier| one.credential_facts.as_ref().map_or(0, |_| one.credential.len());
        let notifiers = self.notifiers.values().map(|one| ENTRY + one.credential.len() + options(one) + facts(one));
        ENTRY + patterns.sum::<usize>() + notifiers.sum::<usize>()
    }

    /// Returns the notifiers as the decision sees them.
    pub fn notifier_facts(&self) -> HashMap<NotifierName, NotifierFacts> {
        self.notifiers
            .iter()
            .map(|(name, notifier)| {
                let enabled = notifier.state == crate::domain::notifier::NotifierState::Enabled;
                (name.clone(), NotifierFacts { vendor: notifier.vendor, enabled })
            })
            .collect()
    }
}

/// Reads an app's configuration.
#[async_trait]
pub trait ReadApps: Send + Sync {
    /// Returns the app with its notifiers and templates, or `None` if there is no such app.
    async fn app(&self, key: &AppKey) -> Result<Option<AppConfig>, StoreError>;
}

/// Changes apps and notifiers.
#[async_trait]
pub trait ManageApps: ReadApps {
    /// Creates an app. Fails with [`StoreError::Conflict`] if it exists or its name is reserved. An app with the same
    /// client credentials was created by an earlier try of this call, and is no conflict.
    async fn create_app(&self, app: &App) -> Result<(), StoreError>;

    /// Returns the app as stored now, without its notifiers and templates.
    async fn app_alone(&self, key: &AppKey) -> Result<Option<App>, StoreError>;

    /// Replaces what can change of an app, and increments its version. Fails with [`StoreError::Conflict`] if the
    /// stored version is not `app.version`, or the app is gone. An app that already has the new values was changed by
    /// an earlier try, and is no conflict.
    async fn change_app(&self, app: &App) -> Result<(), StoreError>;

    /// Creates a template. Fails with [`StoreError::Conflict`] if the name is taken or the app is gone.
    async fn create_template(&self, key: &AppKey, template: &Template) -> Result<(), StoreError>;

    /// Creates or replaces a template. Fails with [`StoreError::Conflict`] if the app is gone.
    async fn put_template(&self, key: &AppKey, template: &Template) -> Result<(), StoreError>;

    /// Removes a template. Returns `false` if there was none.
    async fn delete_template(&self, key: &AppKey, name: &TemplateName) -> Result<bool, StoreError>;

    /// Begins to delete an app. From now on it does not exist, and neither do its notifiers and templates. Its name
    /// stays reserved until [`FreeAppName::free_name`]. Returns since when the app is being deleted, or `None` if there
    /// is nothing to delete.
    async fn delete_app(&self, key: &AppKey, at: Timestamp) -> Result<Option<Timestamp>, StoreError>;

    /// Returns why the name of a missing app is reserved, or `None` if it is free.
    async fn held_name(&self, key: &AppKey) -> Result<Option<HeldName>, StoreError>;

    /// Creates a notifier. Fails with [`StoreError::Conflict`] if the name is taken or the app is gone.
    async fn create_notifier(&self, key: &AppKey, notifier: &Notifier) -> Result<(), StoreError>;

    /// Replaces the notifier `seen`. Fails with [`StoreError::Conflict`] if it has changed since, has another report
    /// address, or is gone.
    async fn update_notifier(&self, key: &AppKey, notifier: &Notifier, seen: &Notifier) -> Result<(), StoreError>;

    /// Removes a notifier. Returns `false` if there was none.
    async fn delete_notifier(&self, key: &AppKey, name: &NotifierName) -> Result<bool, StoreError>;
}

/// Why the name of a missing app cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldName {
    /// the app is being deleted since this time
    Deleting(Timestamp),
    /// the app was deleted by a version that left its users' data, or the directory may lack some of its users
    Buried,
}

/// What remains of an app that is being deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remains {
    /// when it was created; `None` for an app that an earlier version deleted
    pub created_at: Option<Timestamp>,
    /// the notifiers that it had
    pub notifiers: Vec<NotifierName>,
    /// whether its last sweep is done, and only the name remains
    pub swept: bool,
}

/// Frees the name of a deleted app.
#[async_trait]
pub trait FreeAppName: Send + Sync {
    /// Returns what remains of an app that is being deleted since `at`, or `None` if that deletion is complete.
    async fn remains(&self, key: &AppKey, at: Timestamp) -> Result<Option<Remains>, StoreError>;

    /// Stores that the last sweep of an app's deletion since `at` is done. No other sweep may begin then.
    async fn note_swept(&self, key: &AppKey, at: Timestamp) -> Result<(), StoreError>;

    /// Frees the name of an app that is being deleted since `at`. Returns `false`, and keeps the name reserved, if the
    /// directory may lack users.
    async fn free_name(&self, key: &AppKey, at: Timestamp) -> Result<bool, StoreError>;
}

/// Removes the stored state of a notifier.
#[async_trait]
pub trait ForgetNotifier: Send + Sync {
    /// Removes its health and its vendor access token.
    async fn forget_notifier(&self, key: &AppKey, name: &NotifierName) -> Result<(), StoreError>;
}

/// The notifier that a vendor's report is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptOwner {
    /// the app
    pub app: AppKey,
    /// its notifier
    pub notifier: NotifierName,
}

/// Finds a notifier by the secret of its report address.
#[async_trait]
pub trait FindReceiptOwner: Send + Sync {
    /// Returns the notifier with this secret, or `None`.
    async fn receipt_owner(&self, secret: &str) -> Result<Option<ReceiptOwner>, StoreError>;
}

/// Disables a notifier whose credential the vendor refuses.
#[async_trait]
pub trait DisableNotifier: Send + Sync {
    /// Disables it, unless its credential has another fingerprint by now. Returns `true` if this call did it.
    async fn disable_notifier(
        &self,
        key: &AppKey,
        name: &NotifierName,
        fingerprint: &str,
        reason: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// Stores that devices of an app connect to us.
#[async_trait]
pub trait NoteConnections: Send + Sync {
    /// Stores it for ever. Does nothing if the app is gone.
    async fn note_connections(&self, key: &AppKey) -> Result<(), StoreError>;
}

/// A quota that is used up, according to the vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedUpQuota {
    /// the vendor's code
    pub code: String,
    /// when it resets
    pub until: Timestamp,
    /// the credential that used it up; each credential has its own quota
    pub fingerprint: String,
}

impl UsedUpQuota {
    /// Returns whether the quota is still used up for a notifier with this credential.
    pub fn holds(&self, fingerprint: &str, now: Timestamp) -> bool {
        self.fingerprint == fingerprint && now < self.until
    }
}

/// Health of a notifier: its last success, its last failure, its used-up quotas, and checks that failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotifierHealth {
    /// the last push that the vendor accepted
    pub last_success: Option<Timestamp>,
    /// the last call that failed as a whole
    pub last_failure: Option<Timestamp>,
    /// the fingerprint of the credential that it failed with; earlier versions did not store it
    pub failed_fingerprint: Option<String>,
    /// quotas that were used up, including past ones, by class
    pub quotas: BTreeMap<SemanticClass, UsedUpQuota>,
    /// refusals that blame the credential or a device token;
    /// [`weigh_refusals`](crate::domain::ambiguous_refusal::weigh_refusals) decides which still count
    pub ambiguous_refusals: Vec<AmbiguousRefusal>,
    /// the checks of the credential that failed since the last one that did not
    pub failed_checks: Option<FailedChecks>,
}

impl NotifierHealth {
    /// Returns the last failure, unless another credential caused it.
    pub fn failure_of(&self, fingerprint: &str) -> Option<Timestamp> {
        self.last_failure.filter(|_| self.failed_fingerprint.as_deref().is_none_or(|failed| failed == fingerprint))
    }

    /// Returns the failed checks, unless they are of another credential.
    pub fn failed_checks_of(&self, fingerprint: &str) -> Option<&FailedChecks> {
        self.failed_checks.as_ref().filter(|failed| failed.fingerprint == fingerprint)
    }

    /// Returns the facts behind the warnings about a notifier with this health. `used_up` are the classes whose quota
    /// is used up now.
    pub fn warning_facts<'a>(
        &'a self,
        notifier: &'a NotifierSummary,
        used_up: &'a [SemanticClass],
        preflight: Vec<Warning>,
    ) -> WarningFacts<'a> {
        WarningFacts {
            state: notifier.state,
            state_reason: notifier.state_reason.as_deref(),
            created_at: notifier.created_at,
            expires_at: notifier.credential_expires_at,
            last_success: self.last_success,
            last_failure: self.failure_of(&notifier.fingerprint),
            failed_checks: self.failed_checks_of(&notifier.fingerprint),
            used_up,
            preflight,
        }
    }
}

/// Reads the health of several notifiers.
#[async_trait]
pub trait ReadHealth: Send + Sync {
    /// Returns the health of these notifiers in their order. No name may occur twice, and there are at most as many as
    /// an app has.
    async fn health_of(&self, key: &AppKey, names: &[NotifierName]) -> Result<Vec<NotifierHealth>, StoreError>;
}

/// Reads and stores a notifier's health.
#[async_trait]
pub trait TrackHealth: Send + Sync {
    /// Returns the health of a notifier. All fields are `None` if it was never used.
    async fn health(&self, key: &AppKey, name: &NotifierName) -> Result<NotifierHealth, StoreError>;

    /// Stores that the vendor accepted a push.
    async fn note_success(&self, key: &AppKey, name: &NotifierName, at: Timestamp) -> Result<(), StoreError>;

    /// Stores that a call with this credential failed as a whole.
    async fn note_failure(
        &self,
        key: &AppKey,
        name: &NotifierName,
        fingerprint: &str,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Stores that the quota of a class is used up. The last note of a class counts.
    async fn note_quota(
        &self,
        key: &AppKey,
        name: &NotifierName,
        class: SemanticClass,
        quota: &UsedUpQuota,
    ) -> Result<(), StoreError>;

    /// Replaces the refusals. If two processes do so at once, the last one wins and one refusal is lost. The next
    /// refusal replaces it.
    async fn note_ambiguous_refusals(
        &self,
        key: &AppKey,
        name: &NotifierName,
        ambiguous_refusals: &[AmbiguousRefusal],
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Replaces the checks of the credential that failed in a row; `None` after one that did not. They are of the
    /// credential that they name, so a note about an earlier credential does no harm.
    async fn note_checks(
        &self,
        key: &AppKey,
        name: &NotifierName,
        failed: Option<&FailedChecks>,
        at: Timestamp,
    ) -> Result<(), StoreError>;
}
