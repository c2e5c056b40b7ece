//! The directory of apps: their names, and a summary of each for the operator.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{id::AppKey, notifier::NotifierSummary, time::Timestamp};

/// An app as the directory lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedApp {
    /// the app
    pub key: AppKey,
    /// when it was created
    pub created_at: Timestamp,
}

/// The summary of an app for the operator.
#[derive(Debug, Clone, PartialEq)]
pub enum AppSummary {
    /// it is in use
    Active {
        /// when it was created, from the app's own row; earlier versions left the directory's row of a deleted app
        created_at: Timestamp,
        /// its notifiers, unordered
        notifiers: Vec<NotifierSummary>,
    },
    /// it is being deleted
    Deleting,
    /// it is deleted, and its name is reserved, because data of its users may be left
    Held,
}

/// Lists apps. The step that creates an app lists it. It stays listed until its name is free again.
#[async_trait]
pub trait ListApps: Send + Sync {
    /// Returns up to `most` apps that sort after `after`, by name; strongly consistent. Fewer mean that no more follow.
    /// An entry that cannot be read is omitted.
    async fn listed_apps(&self, after: Option<&AppKey>, most: usize) -> Result<Vec<ListedApp>, StoreError>;

    /// Returns the summary of an app; strongly consistent. `None` for a listed app that is gone, because an earlier
    /// version freed its name.
    async fn app_summary(&self, key: &AppKey) -> Result<Option<AppSummary>, StoreError>;
}
