//! The stack's own secrets in Secrets Manager, read at first use and then cached.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use tokio::sync::Mutex;

use super::{Sdk, Service};
use crate::{
    domain::time::Timestamp,
    ports::{clock::Clock, error::StoreError, secrets::ReadSecret},
};

/// Time to live of a cached value. A rotated secret is in use after this time.
const KEPT: Duration = Duration::from_secs(300);

/// Secret of the stack.
pub struct StackSecret {
    client: Service<Client>,
    id: String,
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<(Timestamp, String)>>,
}

impl std::fmt::Debug for StackSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StackSecret").field("id", &self.id).finish_non_exhaustive()
    }
}

impl StackSecret {
    /// Returns the secret with this id.
    pub fn new(sdk: &Sdk, id: String, clock: Arc<dyn Clock>) -> Self {
        Self { client: Service::new(sdk, Client::new), id, clock, kept: Mutex::new(None) }
    }
}

impl StackSecret {
    /// Returns the value, at most `most` old.
    async fn not_older_than(&self, most: Duration) -> Result<String, StoreError> {
        let now = self.clock.now();
        let mut kept = self.kept.lock().await;
        if let Some((read_at, value)) = kept.as_ref()
            && now.since(*read_at) < most
        {
            return Ok(value.clone());
        }
        let output =
            self.client.get().get_secret_value().secret_id(&self.id).send().await.map_err(StoreError::unavailable)?;
        let value = output.secret_string.ok_or_else(|| StoreError::Corrupt("the secret has no text".into()))?;
        *kept = Some((now, value.clone()));
        Ok(value)
    }
}

#[async_trait]
impl ReadSecret for StackSecret {
    async fn secret(&self) -> Result<String, StoreError> {
        self.not_older_than(KEPT).await
    }

    async fn current_secret(&self) -> Result<String, StoreError> {
        self.not_older_than(Duration::ZERO).await
    }
}
