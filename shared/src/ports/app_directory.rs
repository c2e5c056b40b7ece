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
    /// its notifiers, in no order
    Active(Vec<NotifierSummary>),
    /// it is being deleted
    Deleting,
}

/// Reads which apps there are. An app is listed in the step that creates it, and until its name is free again.
#[async_trait]
pub trait ListApps: Send + Sync {
    /// Up to `most` apps that sort behind `after`, by name, strongly consistent.
    async fn listed_apps(&self, after: Option<&AppKey>, most: usize) -> Result<Vec<ListedApp>, StoreError>;

    /// What there is to see of an app, strongly consistent. `None` of one that is listed and gone: a version before freed its name, or
    /// deleted it and left its users' data.
    async fn app_summary(&self, key: &AppKey) -> Result<Option<AppSummary>, StoreError>;
}
