//! Suspect device tokens: unregistered with a code that a wrong configuration can also cause.

use async_trait::async_trait;

use super::error::StoreError;
use crate::domain::{
    binding::DeviceToken,
    id::{AppKey, NotifierName},
    time::Timestamp,
};

/// Stores suspects for [`SUSPECT_RETENTION`](crate::domain::binding::SUSPECT_RETENTION).
#[async_trait]
pub trait SuspectTokens: Send + Sync {
    /// Marks a token as a suspect of this notifier. Returns since when it was already one.
    async fn suspect(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        token: &DeviceToken,
        at: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError>;
}
