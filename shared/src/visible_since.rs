//! Since when messages belong to a user: after the last erasure, and after the creation of the app. An earlier app may
//! have had the same name, and its rows may not have expired yet.

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

/// Reads erasures. The creation of an app counts as an erasure of all its users.
pub struct VisibleSinceReader {
    configs: AppConfigs,
    erasures: Arc<dyn ReadErasure>,
}

impl VisibleSinceReader {
    /// Creates a reader of apps and erasures.
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
        // A message from the same millisecond as the erasure is erased, too.
        Ok(VisibleSince { at: hidden.map(|hidden| hidden.plus(Duration::from_millis(1))), groups_complete })
    }
}
