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
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let unregistered =
            Binding { device_id: device.clone(), notifier: notifier.clone(), token: token.clone(), bound_at: since };
        let binding = self.delete_unless_newer(app, user, &unregistered)?;
        let owner = self.delete_owner(app, user, &unregistered)?;
        match self.0.transact(vec![binding, owner]).await {
            Ok(()) => Ok(true),
            // The binding holds another token by now, is newer, or was removed.
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
