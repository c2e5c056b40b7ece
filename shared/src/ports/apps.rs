//! Apps and their notifiers.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use crate::domain::{
    ambiguous_refusal::AmbiguousRefusal,
    app::App,
    decision::NotifierFacts,
    id::{AppKey, NotifierName, TemplateName},
    notifier::Notifier,
    push::SemanticClass,
    template::{Template, Templates},
    time::Timestamp,
};

/// An app with everything configured for it.
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
    /// Returns about how many bytes of memory the configuration takes.
    pub fn weight(&self) -> usize {
        /// Keys, times and the maps' own room.
        const ENTRY: usize = 1024;
        let templates = self.templates.values();
        let patterns = templates.map(|one| ENTRY + one.title_pattern.len() + one.content_pattern.len());
        // Option names and values are short, and options are limited as JSON; facts are a part of the credential.
        let options =
            |one: &Notifier| one.options.values().map(|value| value.as_str().map_or(16, str::len) + 64).sum::<usize>();
        let facts = |one: &Notifier| one.credential_facts.as_ref().map_or(0, |_| one.credential.len());
        let notifiers = self.notifiers.values().map(|one| ENTRY + one.credential.len() + options(one) + facts(one));
        ENTRY + patterns.sum::<usize>() + notifiers.sum::<usize>()
    }

    /// The notifiers as the decision sees them.
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
    /// The app with its notifiers, or `None` when there is no such app.
    async fn app(&self, key: &AppKey) -> Result<Option<AppConfig>, StoreError>;
}

/// Changes apps and notifiers.
#[async_trait]
pub trait ManageApps: ReadApps {
    /// Creates an app; [`StoreError::Conflict`] if it exists or its name is held. An app with the same client credentials is the one
    /// that an earlier try of this call created.
    async fn create_app(&self, app: &App) -> Result<(), StoreError>;

    /// The app as it is stored now, without its notifiers and templates.
    async fn app_alone(&self, key: &AppKey) -> Result<Option<App>, StoreError>;

    /// Replaces what can change of an app, and counts its version up; [`StoreError::Conflict`] if the stored version is not
    /// `app.version`, or the app is gone. An app that already is what this call makes of it was changed by an earlier try.
    async fn change_app(&self, app: &App) -> Result<(), StoreError>;

    /// Creates a template; [`StoreError::Conflict`] if the name is taken or the app is gone.
    async fn create_template(&self, key: &AppKey, template: &Template) -> Result<(), StoreError>;

    /// Creates a template, or replaces it; [`StoreError::Conflict`] if the app is gone.
    async fn put_template(&self, key: &AppKey, template: &Template) -> Result<(), StoreError>;

    /// Removes a template; `false` if there was none.
    async fn delete_template(&self, key: &AppKey, name: &TemplateName) -> Result<bool, StoreError>;

    /// Begins to delete an app: it is gone for everybody, and its notifiers and templates go with it. Its name is held until
    /// [`FreeAppName`]. Returns since when it is being deleted, or `None` if there is nothing to delete.
    async fn delete_app(&self, key: &AppKey, at: Timestamp) -> Result<Option<Timestamp>, StoreError>;

    /// Why a name is held though there is no app; `None` if it is not.
    async fn held_name(&self, key: &AppKey) -> Result<Option<HeldName>, StoreError>;

    /// Creates a notifier; [`StoreError::Conflict`] if the name is taken or the app is gone.
    async fn create_notifier(&self, key: &AppKey, notifier: &Notifier) -> Result<(), StoreError>;

    /// Replaces a notifier that was `seen`; [`StoreError::Conflict`] if it was updated or got another report address since, or is gone.
    async fn update_notifier(&self, key: &AppKey, notifier: &Notifier, seen: &Notifier) -> Result<(), StoreError>;

    /// Removes a notifier; `false` if there was none.
    async fn delete_notifier(&self, key: &AppKey, name: &NotifierName) -> Result<bool, StoreError>;
}

/// Why there is no app, and its name cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldName {
    /// the app is being deleted since then
    Deleting(Timestamp),
    /// the app was deleted by a version that left its users' data, or users of it may be unknown to the directory
    Buried,
}

/// What an app that is being deleted leaves to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remains {
    /// when it was created; not known of an app that an earlier version deleted
    pub created_at: Option<Timestamp>,
    /// the notifiers that it had
    pub notifiers: Vec<NotifierName>,
    /// whether its last sweep is over: nothing is left but the name
    pub swept: bool,
}

/// Frees the name of an app.
#[async_trait]
pub trait FreeAppName: Send + Sync {
    /// What is left of an app that is being deleted since `at`; `None` if that is over.
    async fn remains(&self, key: &AppKey, at: Timestamp) -> Result<Option<Remains>, StoreError>;

    /// Notes that the last sweep of an app is over that is being deleted since `at`: from then on none may begin.
    async fn note_swept(&self, key: &AppKey, at: Timestamp) -> Result<(), StoreError>;

    /// Frees the name of an app that is being deleted since `at`. `false`, and the name stays held, if the directory may lack users.
    async fn free_name(&self, key: &AppKey, at: Timestamp) -> Result<bool, StoreError>;
}

/// Removes what is remembered of a notifier.
#[async_trait]
pub trait ForgetNotifier: Send + Sync {
    /// Removes its health and its vendor access token.
    async fn forget_notifier(&self, key: &AppKey, name: &NotifierName) -> Result<(), StoreError>;
}

/// Whose notifier a vendor reports for.
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
    /// The notifier that has this secret, or `None` when there is none.
    async fn receipt_owner(&self, secret: &str) -> Result<Option<ReceiptOwner>, StoreError>;
}

/// Switches a notifier off when its vendor refuses the credential.
#[async_trait]
pub trait DisableNotifier: Send + Sync {
    /// Switches it off, unless its credential is no longer the one with this fingerprint. `true` if this call did it.
    async fn disable_notifier(
        &self,
        key: &AppKey,
        name: &NotifierName,
        fingerprint: &str,
        reason: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// Notes that devices of an app connect to us.
#[async_trait]
pub trait NoteConnections: Send + Sync {
    /// Notes it for good. Nothing is noted of an app that is gone.
    async fn note_connections(&self, key: &AppKey) -> Result<(), StoreError>;
}

/// A quota that a vendor calls used up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedUpQuota {
    /// the vendor's code
    pub code: String,
    /// when it resets
    pub until: Timestamp,
    /// the credential that used it up; another one has a quota of its own
    pub fingerprint: String,
}

impl UsedUpQuota {
    /// Whether it still holds for a notifier with this credential.
    pub fn holds(&self, fingerprint: &str, now: Timestamp) -> bool {
        self.fingerprint == fingerprint && now < self.until
    }
}

/// When a notifier last worked and last failed, and what it has used up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotifierHealth {
    /// the last push that the vendor accepted
    pub last_success: Option<Timestamp>,
    /// the last call that failed as a whole
    pub last_failure: Option<Timestamp>,
    /// the fingerprint of the credential that it failed with; versions before did not note it
    pub failed_fingerprint: Option<String>,
    /// quotas that were used up, also long ago, by the class of pushes they are for
    pub quotas: BTreeMap<SemanticClass, UsedUpQuota>,
    /// refusals that a device token may have caused; which of them still count is for [`weigh_refusals`](crate::domain::ambiguous_refusal::weigh_refusals) to say
    pub ambiguous_refusals: Vec<AmbiguousRefusal>,
}

impl NotifierHealth {
    /// The last failure, unless it was of another credential than this one.
    pub fn failure_of(&self, fingerprint: &str) -> Option<Timestamp> {
        self.last_failure.filter(|_| self.failed_fingerprint.as_deref().is_none_or(|failed| failed == fingerprint))
    }
}

/// Reads the health of several notifiers.
#[async_trait]
pub trait ReadHealth: Send + Sync {
    /// The health of these notifiers of an app in their order, none twice; at most as many as an app has.
    async fn health_of(&self, key: &AppKey, names: &[NotifierName]) -> Result<Vec<NotifierHealth>, StoreError>;
}

/// Reads and notes a notifier's health.
#[async_trait]
pub trait TrackHealth: Send + Sync {
    /// The health of a notifier; all `None` when it was never used.
    async fn health(&self, key: &AppKey, name: &NotifierName) -> Result<NotifierHealth, StoreError>;

    /// Notes that the vendor accepted a push.
    async fn note_success(&self, key: &AppKey, name: &NotifierName, at: Timestamp) -> Result<(), StoreError>;

    /// Notes that a call with the credential of this fingerprint failed as a whole.
    async fn note_failure(
        &self,
        key: &AppKey,
        name: &NotifierName,
        fingerprint: &str,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Notes that the quota of a class is used up. The last note of a class counts.
    async fn note_quota(
        &self,
        key: &AppKey,
        name: &NotifierName,
        class: SemanticClass,
        quota: &UsedUpQuota,
    ) -> Result<(), StoreError>;

    /// Replaces the doubts. Of two processes that do so at once, the last wins: a doubt is lost then, and the next refusal brings
    /// another.
    async fn note_ambiguous_refusals(
        &self,
        key: &AppKey,
        name: &NotifierName,
        ambiguous_refusals: &[AmbiguousRefusal],
        at: Timestamp,
    ) -> Result<(), StoreError>;
}
