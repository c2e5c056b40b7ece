//! The directory of apps: which there are, and what an operator sees of each.

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

/// What an operator sees of an app.
#[derive(Debug, Clone, PartialEq)]
pub enum AppSummary {
    /// it is in use
    Active {
        /// when it was created, by its own row: versions before left the directory's of a former app
        created_at: Timestamp,
        /// its notifiers, in no order
        notifiers: Vec<NotifierSummary>,
    },
    /// it is being deleted
    Deleting,
    /// it is gone, and its name held because data of its users may be left
    Held,
}

/// Reads which apps there are. An app is listed in the step that creates it, and until its name is free again.
#[async_trait]
pub trait ListApps: Send + Sync {
    /// Up to `most` apps that sort behind `after`, by name, strongly consistent; fewer only where no more follow. An entry that cannot be
    /// read is left out.
    async fn listed_apps(&self, after: Option<&AppKey>, most: usize) -> Result<Vec<ListedApp>, StoreError>;

    /// What there is to see of an app, strongly consistent. `None` of one that is listed and gone: a version before freed its name.
    async fn app_summary(&self, key: &AppKey) -> Result<Option<AppSummary>, StoreError>;
}
