//! The directory of apps in memory.

use std::ops::Bound;

use async_trait::async_trait;

use super::{MemoryApps, lock};
use crate::{
    domain::{id::AppKey, notifier::NotifierSummary},
    ports::{
        app_directory::{AppSummary, ListApps, ListedApp},
        error::StoreError,
    },
};

impl MemoryApps {
    /// Frees the name of an app that is being deleted as versions before did: it stays listed.
    pub fn free_name_but_not_the_list(&self, key: &AppKey) {
        lock(&self.held).remove(key);
    }
}

#[async_trait]
impl ListApps for MemoryApps {
    async fn listed_apps(&self, after: Option<&AppKey>, most: usize) -> Result<Vec<ListedApp>, StoreError> {
        self.faults.before("listed_apps").await?;
        let directory = lock(&self.directory);
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let behind = directory.range::<AppKey, _>((after, Bound::Unbounded)).take(most);
        Ok(behind.map(|(key, created_at)| ListedApp { key: key.clone(), created_at: *created_at }).collect())
    }

    async fn app_summary(&self, key: &AppKey) -> Result<Option<AppSummary>, StoreError> {
        self.faults.before("app_summary").await?;
        self.faults.read("app_summary", key.as_str())?;
        if lock(&self.held).contains_key(key) {
            return Ok(Some(AppSummary::Deleting));
        }
        let apps = lock(&self.apps);
        let summaries =
            |config: &crate::ports::apps::AppConfig| config.notifiers.values().map(NotifierSummary::from).collect();
        Ok(apps.get(key).map(|config| AppSummary::Active(summaries(config))))
    }
}
