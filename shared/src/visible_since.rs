//! When what belongs to a user began: after the last erasure, and with the app. The name of an app may have been another's before, of
//! which rows are left that expire by themselves.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    app_configs::AppConfigs,
    domain::{
        erasure::hidden_until,
        id::{AppKey, UserId},
    },
    ports::{
        erasure::{ReadErasure, ReadVisibleSince, VisibleSince},
        error::StoreError,
    },
};

/// Erasures, where the creation of an app counts as one of everybody before.
pub struct VisibleSinceReader {
    configs: AppConfigs,
    erasures: Arc<dyn ReadErasure>,
}

impl VisibleSinceReader {
    /// What begins with these apps, or after these erasures.
    pub fn new(configs: AppConfigs, erasures: Arc<dyn ReadErasure>) -> Self {
        Self { configs, erasures }
    }
}

#[async_trait]
impl ReadVisibleSince for VisibleSinceReader {
    async fn visible_since(&self, app: &AppKey, user: &UserId) -> Result<VisibleSince, StoreError> {
        let erased = self.erasures.erased_at(app, user).await?;
        let config = self.configs.get(app).await?;
        let groups_complete = config.as_ref().is_some_and(|config| config.app.backfilled);
        let hidden = config.map_or(erased, |config| Some(hidden_until(&config.app, erased)));
        // What was sent in the very millisecond of an erasure goes with it.
        Ok(VisibleSince { at: hidden.map(|hidden| hidden.plus(Duration::from_millis(1))), groups_complete })
    }
}
