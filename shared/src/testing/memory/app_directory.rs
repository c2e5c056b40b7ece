//! The directory of apps in memory.

use std::ops::Bound;

use async_trait::async_trait;

use super::{MemoryApps, lock};
use crate::{
    domain::{id::AppKey, notifier::NotifierSummary, time::Timestamp},
    ports::{
        app_directory::{AppSummary, ListApps, ListedApp},
        apps::AppConfig,
        error::StoreError,
    },
    testing::contract::AppsOfBefore,
};

#[async_trait]
impl AppsOfBefore for MemoryApps {
    async fn set_users_listed(&self, key: &AppKey, listed: bool) {
        if let Some(config) = lock(&self.apps).get_mut(key) {
            config.app.backfilled = listed;
        }
        if let Some(held) = lock(&self.held).get_mut(key) {
            held.users_listed = listed;
        }
    }
}

impl MemoryApps {
    /// Lists an app with this creation time, as earlier versions left it of a former app with the same name.
    pub fn list_as_created(&self, key: &AppKey, created_at: Timestamp) {
        lock(&self.directory).insert(key.clone(), created_at);
    }

    /// Frees the name of an app that is being deleted as earlier versions did: it stays listed.
    pub fn free_name_but_not_the_list(&self, key: &AppKey) {
        lock(&self.held).remove(key);
    }
}

#[async_trait]
impl ListApps for MemoryApps {
    async fn listed_apps(&self, after: Option<&AppKey>, max: usize) -> Result<Vec<ListedApp>, StoreError> {
        self.faults.before("listed_apps").await?;
        let directory = lock(&self.directory);
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let behind = directory.range::<AppKey, _>((after, Bound::Unbounded)).take(max);
        Ok(behind.map(|(key, created_at)| ListedApp { key: key.clone(), created_at: *created_at }).collect())
    }

    async fn app_summary(&self, key: &AppKey) -> Result<Option<AppSummary>, StoreError> {
        self.faults.before("app_summary").await?;
        self.faults.read("app_summary", key.as_str())?;
        if let Some(held) = lock(&self.held).get(key) {
            return Ok(Some(if held.since.is_some() { AppSummary::Deleting } else { AppSummary::Held }));
        }
        let summary = |config: &AppConfig| {
            let notifiers = config.notifiers.values().map(NotifierSummary::from).collect();
            AppSummary::Active { created_at: config.app.created_at, notifiers }
        };
        Ok(lock(&self.apps).get(key).map(summary))
    }
}
