//! The limit of devices for each user. Rows above it are removed. A row with a connection to Curlew is removed only
//! when the connection's end is queued.

use futures::{StreamExt, TryStreamExt, stream};

use super::{
    CONFLICT_TRIES,
    item::{ItemReader, number, row, text, user_pk},
    presence_rows::{presence_sk, read_device_presence, state_name},
    store_error,
    users::{PRESENCE, UsersTable},
};
use crate::{
    domain::{
        id::{AppKey, DeviceId, UserId},
        presence::{MAX_KICKED_DEVICES, Presence, PresenceEvent},
        room::surplus,
    },
    ports::{
        error::StoreError,
        users::{MAX_DEVICES_REMOVED, ManageBindings},
    },
};

/// Maximum parallel removals of devices.
const PARALLEL_REMOVALS: usize = 16;

/// Device of a user.
type Device = (DeviceId, Presence);

impl UsersTable {
    /// Returns the user's devices.
    pub(super) async fn devices(&self, app: &AppKey, user: &UserId) -> Result<Vec<Device>, StoreError> {
        let rows = self.rows_of_kind(app, user, PRESENCE).await?;
        rows.iter().map(|item| read_device_presence(&ItemReader(item))).collect()
    }

    /// Removes the [`surplus`] of the devices that were read, if any were read. Returns those that stay because they
    /// have a connection to Curlew.
    ///
    /// `current` is the present state of the event's device. A device with a newer event stays, and the devices are
    /// read again.
    pub(super) async fn surplus_of(
        &self,
        app: &AppKey,
        event: &PresenceEvent,
        devices: Option<Vec<Device>>,
        current: Option<Presence>,
        max: usize,
    ) -> Result<Vec<Device>, StoreError> {
        let Some(mut devices) = devices else {
            return Ok(Vec::new());
        };
        if let (Some(current), Some(own)) = (current, devices.iter_mut().find(|(device, _)| *device == event.device_id))
        {
            own.1 = current;
        }
        for _ in 0..CONFLICT_TRIES {
            let kicked = devices.iter().filter(|(_, presence)| presence.is_kicked()).count();
            let bindings =
                if kicked > MAX_KICKED_DEVICES { self.bindings(app, &event.user).await? } else { Vec::new() };
            let surplus = surplus(&devices, &bindings, max, event.at).into_iter().take(MAX_DEVICES_REMOVED).cloned();
            let (connected, silent): (Vec<Device>, _) =
                surplus.partition(|(_, presence)| presence.connections().next().is_some());
            if self.remove_all(app, &event.user, silent).await? {
                return Ok(connected);
            }
            devices = self.devices(app, &event.user).await?;
        }
        Ok(Vec::new())
    }

    /// Removes devices. Returns `false` if one of them has a newer event.
    pub(super) async fn remove_all(
        &self,
        app: &AppKey,
        user: &UserId,
        devices: Vec<Device>,
    ) -> Result<bool, StoreError> {
        let removed: Vec<bool> = stream::iter(devices)
            .map(|(device, seen)| self.remove_longest_unseen(app, user, device, seen))
            .buffer_unordered(PARALLEL_REMOVALS)
            .try_collect()
            .await?;
        Ok(removed.into_iter().all(|removed| removed))
    }

    /// Removes a device's row unless the device has a newer event. Returns `false` if it has. A kick may have the same
    /// time as what was read.
    async fn remove_longest_unseen(
        &self,
        app: &AppKey,
        user: &UserId,
        device: DeviceId,
        seen: Presence,
    ) -> Result<bool, StoreError> {
        let removed = self
            .0
            .client
            .delete_item()
            .table_name(&self.0.name)
            .set_key(Some(row(user_pk(app, user), presence_sk(&device))))
            .condition_expression("attribute_not_exists(pk) OR (#session = :session AND #at = :at AND #state = :state)")
            .expression_attribute_names("#session", "session")
            .expression_attribute_names("#at", "at")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":session", text(seen.session.as_str()))
            .expression_attribute_values(":at", number(seen.at.as_millis()))
            .expression_attribute_values(":state", text(state_name(seen.state)))
            .send()
            .await
            .map_err(store_error);
        match removed {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
