//! Removal of unregistered tokens.

use async_trait::async_trait;

use super::users::UsersTable;
use crate::{
    domain::{
        binding::{Binding, DeviceToken},
        id::{AppKey, DeviceId, NotifierName, UserId},
        time::Timestamp,
    },
    ports::{error::StoreError, users::RemoveUnregisteredToken},
};

#[async_trait]
impl RemoveUnregisteredToken for UsersTable {
    async fn remove_if_current(
        &self,
        app: &AppKey,
        user: &UserId,
        device: &DeviceId,
        notifier: &NotifierName,
        token: &DeviceToken,
    ) -> Result<bool, StoreError> {
        let unregistered = Binding {
            device_id: device.clone(),
            notifier: notifier.clone(),
            token: token.clone(),
            bound_at: Timestamp::from_millis(0),
        };
        match self.remove(app, user, &[unregistered]).await {
            Ok(()) => Ok(true),
            // The binding holds another token by now, or it was removed.
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
