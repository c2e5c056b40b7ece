//! Device tokens that a vendor unregistered under circumstances that say little.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    binding::DeviceToken,
    id::{AppKey, NotifierName},
    time::Timestamp,
};

/// Remembers suspects for [`SUSPECT_RETENTION`](crate::domain::binding::SUSPECT_RETENTION).
#[async_trait]
pub trait SuspectTokens: Send + Sync {
    /// Makes a token a suspect of this notifier; since when it was one before, if it was.
    async fn suspect(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        token: &DeviceToken,
        at: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError>;
}
