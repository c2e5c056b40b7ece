//! Presence rows, one for each device. Only the rules of the domain change them, and only from the state that was read.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    error::SdkError,
    operation::put_item::{PutItemError, builders::PutItemFluentBuilder},
    types::ReturnValuesOnConditionCheckFailure,
};
use futures::{StreamExt, TryStreamExt, future::ready, stream};

use super::{
    CONFLICT_TRIES,
    bindings::binding_sk,
    item::{Item, ItemReader, number, row, text, user_pk},
    presence_rows::{
        ENDING, LINK, SUPERSEDED, link_name, presence_row, presence_sk, read_presence, session_list, state_name,
    },
    store_error,
    users::UsersTable,
};
use crate::{
    domain::{
        binding::Binding,
        id::{AppKey, DeviceId, SessionId, UserId},
        presence::{Presence, PresenceChange, PresenceEvent, PresenceStatus, State},
        time::Timestamp,
    },
    ports::{
        effect::Effect,
        error::StoreError,
        users::{Applied, LogOutDevice, ManageBindings, TrackPresence},
    },
};

/// Maximum parallel lookups of users.
const PARALLEL_LOOKUPS: usize = 16;

#[async_trait]
impl TrackPresence for UsersTable {
    async fn apply(
        &self,
        app: &AppKey,
        event: &PresenceEvent,
        lease: Duration,
        max: usize,
    ) -> Result<Applied, StoreError> {
        let change = |current: Option<&Presence>, bound| Presence::reported(current, event, lease, bound);
        Ok(self.change(app, event, max, change).await?.applied)
    }

    async fn presence(
        &self,
        app: &AppKey,
        users: &[UserId],
    ) -> Result<Vec<(UserId, Vec<(DeviceId, Presence)>)>, StoreError> {
        stream::iter(users.to_vec())
            .map(|user| async move {
                let devices = self.devices(app, &user).await?;
                Ok((user, devices))
            })
            .buffered(PARALLEL_LOOKUPS)
            .try_filter(|(_, devices): &(UserId, Vec<_>)| ready(!devices.is_empty()))
            .try_collect()
            .await
    }
}

#[async_trait]
impl LogOutDevice for UsersTable {
    async fn log_out(
        &self,
        app: &AppKey,
        user: &UserId,
        device: &DeviceId,
        at: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError> {
        let mut current = self.get(app, user, device).await?;
        let session = current.as_ref().map(|seen| seen.session.clone());
        for _ in 0..CONFLICT_TRIES {
            let Some(seen) = current else {
                return Ok(Vec::new());
            };
            let change = seen.logged_out(user, device, at);
            let Some(next) = change.presence().filter(|_| Some(&seen.session) == session.as_ref()) else {
                return Ok(seen.ending);
            };
            match self.replace(app, user, device, &seen, next).await? {
                Replaced::Done => return Ok(next.ending.clone()),
                Replaced::Found(found) => current = found,
            }
        }
        Err(StoreError::Conflict)
    }
}

/// Condition that a row is as it was read. The lists of sessions and the link have conditions of their own.
const IS_SEEN: &str = "#session = :session AND #at = :at AND #state = :state";

/// Returns the condition that a row still has these sessions in this attribute.
fn sessions_are(put: PutItemFluentBuilder, name: &str, sessions: &[SessionId]) -> (String, PutItemFluentBuilder) {
    let put = put.expression_attribute_names(format!("#{name}"), name);
    match session_list(sessions) {
        Some(list) => (format!("#{name} = :{name}"), put.expression_attribute_values(format!(":{name}"), list)),
        None => (format!("attribute_not_exists(#{name})"), put),
    }
}

/// Result of a conditional write.
enum Replaced {
    Done,
    Found(Option<Presence>),
}

impl UsersTable {
    /// Applies an event to the stored row, as `after` decides. `after` also gets whether the event is the kick of a
    /// device with a binding and without a row.
    pub(super) async fn change(
        &self,
        app: &AppKey,
        event: &PresenceEvent,
        max: usize,
        after: impl Fn(Option<&Presence>, bool) -> PresenceChange + Send + Sync,
    ) -> Result<Effect, StoreError> {
        // A read costs less than a conditional write that fails. Reading all devices rarely costs more than reading
        // one.
        let devices =
            if event.status == PresenceStatus::Online { Some(self.devices(app, &event.user).await?) } else { None };
        let mut current = match &devices {
            Some(devices) => devices.iter().find(|(device, _)| *device == event.device_id).map(|(_, one)| one.clone()),
            None => self.get(app, &event.user, &event.device_id).await?,
        };
        for _ in 0..CONFLICT_TRIES {
            let bound = current.is_none() && self.is_kick_of_bound(app, event).await?;
            let change = after(current.as_ref(), bound);
            let applied = Applied::from(&change);
            let Some(next) = change.presence() else {
                let now = current.as_ref().map(|current| (current.state, current.ending.clone()));
                let (state, ended) = now.unwrap_or((State::Offline, Vec::new()));
                let surplus = self.surplus_of(app, event, devices, current, max).await?;
                return Ok(Effect { applied, state, ended, surplus });
            };
            let replaced = match &current {
                Some(seen) => self.replace(app, &event.user, &event.device_id, seen, next).await?,
                None => self.put_new_device(app, event, next).await?,
            };
            match replaced {
                Replaced::Done => {
                    let (state, ended) = (next.state, next.ending.clone());
                    // Each call that wrote a new row reads again. Of several parallel calls, the last sees the rows of
                    // all.
                    let devices = if current.is_none() { Some(self.devices(app, &event.user).await?) } else { devices };
                    let surplus = self.surplus_of(app, event, devices, Some(next.clone()), max).await?;
                    return Ok(Effect { applied, state, ended, surplus });
                }
                Replaced::Found(found) => current = found,
            }
        }
        Err(StoreError::Conflict)
    }

    /// Writes the first row of a device, and lists its user. A kick is written only while the device has a binding,
    /// whose user is listed already.
    async fn put_new_device(
        &self,
        app: &AppKey,
        event: &PresenceEvent,
        next: &Presence,
    ) -> Result<Replaced, StoreError> {
        let (user, device) = (&event.user, &event.device_id);
        let item = presence_row(app, user, device, next);
        let written = if event.status == PresenceStatus::Kicked {
            self.put_kick(app, event, item).await
        } else {
            self.put_and_list(app, user, item).await
        };
        match written {
            Ok(()) => Ok(Replaced::Done),
            Err(StoreError::Conflict) => Ok(Replaced::Found(self.get(app, user, device).await?)),
            Err(error) => Err(error),
        }
    }

    /// Returns whether the event is the kick of a device that has a binding.
    async fn is_kick_of_bound(&self, app: &AppKey, event: &PresenceEvent) -> Result<bool, StoreError> {
        Ok(event.status == PresenceStatus::Kicked && self.binding_of(app, event).await?.is_some())
    }

    async fn binding_of(&self, app: &AppKey, event: &PresenceEvent) -> Result<Option<Binding>, StoreError> {
        let bindings = self.bindings(app, &event.user).await?;
        Ok(bindings.into_iter().find(|binding| binding.device_id == event.device_id))
    }

    async fn put_kick(&self, app: &AppKey, event: &PresenceEvent, item: Item) -> Result<(), StoreError> {
        let Some(binding) = self.binding_of(app, event).await? else {
            return Err(StoreError::Conflict);
        };
        let bound = self.0.must_exist(row(user_pk(app, &event.user), binding_sk(&binding)))?;
        let put = self.0.put_new(item)?;
        let writes = vec![bound, put];
        self.0.transact(writes).await
    }

    /// Replaces exactly `seen` with `next`, or returns what is stored instead.
    async fn replace(
        &self,
        app: &AppKey,
        user: &UserId,
        device: &DeviceId,
        seen: &Presence,
        next: &Presence,
    ) -> Result<Replaced, StoreError> {
        let put = self
            .0
            .client
            .put_item()
            .table_name(&self.0.name)
            .set_item(Some(presence_row(app, user, device, next)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .expression_attribute_names("#session", "session")
            .expression_attribute_names("#at", "at")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":session", text(seen.session.as_str()))
            .expression_attribute_values(":at", number(seen.at.as_millis()))
            .expression_attribute_values(":state", text(state_name(seen.state)));
        let (superseded, put) = sessions_are(put, SUPERSEDED, &seen.superseded);
        let (ending, put) = sessions_are(put, ENDING, &seen.ending);
        let put = put.expression_attribute_names("#link", LINK);
        let (link, put) = match seen.link {
            Some(link) => ("#link = :link", put.expression_attribute_values(":link", text(link_name(link)))),
            None => ("attribute_not_exists(#link)", put),
        };
        let put = put.condition_expression(format!("{IS_SEEN} AND {superseded} AND {ending} AND {link}"));
        match put.send().await {
            Ok(_) => Ok(Replaced::Done),
            Err(SdkError::ServiceError(failure)) => match failure.err() {
                PutItemError::ConditionalCheckFailedException(check) => {
                    let found = check.item.as_ref().map(|item| read_presence(&ItemReader(item))).transpose()?;
                    Ok(Replaced::Found(found))
                }
                _ => Err(store_error(SdkError::ServiceError(failure))),
            },
            Err(error) => Err(store_error(error)),
        }
    }

    pub(super) async fn get(
        &self,
        app: &AppKey,
        user: &UserId,
        device: &DeviceId,
    ) -> Result<Option<Presence>, StoreError> {
        let found = self
            .0
            .client
            .get_item()
            .table_name(&self.0.name)
            .set_key(Some(row(user_pk(app, user), presence_sk(device))))
            .consistent_read(true)
            .send()
            .await
            .map_err(store_error)?;
        found.item.map(|item| read_presence(&ItemReader(&item))).transpose()
    }
}
