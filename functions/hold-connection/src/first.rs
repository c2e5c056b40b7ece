//! Stores that an app has connections. From its first connection on, messages whose push is suppressed for all
//! receivers are posted, too.

use std::time::Duration;

use shared::{domain::id::AppKey, ports::error::StoreError};
use tokio::time::timeout;

use crate::hold::HoldConnection;

/// Maximum delay that the write may cause for a handshake, or for the answer to a frame.
const MAX_WAIT: Duration = Duration::from_secs(2);

impl HoldConnection {
    /// Stores that the app has connections, unless that is known. If it fails, the next connection or frame tries
    /// again. Until then, a message whose push is suppressed for all receivers is not posted, and waits in the offline
    /// store.
    pub(crate) async fn note_connections(&self, app: &AppKey) {
        let noted = timeout(MAX_WAIT, self.note_unless_known(app)).await;
        if let Err(error) = noted.unwrap_or(Err(StoreError::Throttled)) {
            tracing::warn!(%app, error = error.chain(), "the app's first connection cannot be stored");
        }
    }

    async fn note_unless_known(&self, app: &AppKey) -> Result<(), StoreError> {
        let config = self.configs.get(app).await?;
        if config.is_none_or(|config| config.app.has_connections) {
            return Ok(());
        }
        self.ports.apps.note_connections(app).await?;
        self.configs.forget(app);
        tracing::info!(%app, "the app has connections");
        Ok(())
    }
}
