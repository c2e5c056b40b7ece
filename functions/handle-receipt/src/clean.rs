//! Removes the bindings of tokens that a report calls unregistered, by the rules of `hygiene`.

use std::{cmp::Reverse, collections::HashSet};

use futures::{StreamExt, stream};
use shared::{
    domain::{
        binding::DeviceToken,
        callback::event::{CallbackEvent, Happening, TokenRemoved},
        hygiene,
        id::{AppKey, DeviceId, UserId},
        notifier::Notifier,
        time::Timestamp,
    },
    lambda::metric::{Metric, Metrics},
    ports::error::StoreError,
};

use crate::{HandleReceipt, receive::PARALLEL};

/// A device whose token is reported as unregistered.
#[derive(Debug)]
pub(crate) struct Unregistered {
    pub(crate) user: UserId,
    pub(crate) device_id: DeviceId,
    pub(crate) token: DeviceToken,
    /// since when, as far as the report says it
    pub(crate) since: Timestamp,
}

impl HandleReceipt {
    /// Removes the bindings. If most of a report's many tokens are unregistered (`mass`), the tokens become suspects.
    /// Then only those are removed that were suspects before the notifier's last success.
    pub(crate) async fn clean(
        &self,
        app: &AppKey,
        notifier: &Notifier,
        mut unregistered: Vec<Unregistered>,
        mass: bool,
        metrics: &Metrics,
    ) -> Result<(), StoreError> {
        // Of several reports the latest counts.
        unregistered.sort_by_key(|device| Reverse(device.since));
        let mut seen = HashSet::new();
        unregistered.retain(|device| seen.insert(device.token.clone()));
        let last_success = if mass { self.health.health(app, &notifier.name).await?.last_success } else { None };
        let mut cleaned = Ok(());
        if mass {
            tracing::warn!(notifier = %notifier.name, tokens = unregistered.len(), "a report calls most tokens unregistered");
        }
        let work: Vec<_> =
            unregistered
                .iter()
                .map(|device| async move {
                    (device, self.remove(app, notifier, device, mass.then_some(last_success)).await)
                })
                .collect();
        let mut removals = stream::iter(work).buffer_unordered(PARALLEL);
        while let Some((device, removed)) = removals.next().await {
            match removed {
                Ok(false) => {}
                Ok(true) => {
                    metrics.add(Metric::TokensRemoved, [("vendor", notifier.vendor.name())], 1);
                    self.tell_removed(app, notifier, device);
                }
                Err(error) => {
                    tracing::warn!(error = error.chain(), "an unregistered token was not removed");
                    cleaned = cleaned.and(Err(error));
                }
            }
        }
        cleaned
    }

    /// Notes a removed token for the app's server.
    fn tell_removed(&self, app: &AppKey, notifier: &Notifier, device: &Unregistered) {
        let Some(config) = self.configs.cached(app) else { return };
        self.callbacks.add(&config.app, || {
            let removed = TokenRemoved {
                user: device.user.clone(),
                device_id: device.device_id.clone(),
                token: device.token.clone(),
                notifier: notifier.name.clone(),
                vendor: notifier.vendor,
            };
            CallbackEvent::new(self.clock.now(), Happening::TokenRemoved(removed))
        });
    }

    /// Removes a binding, unless its device registered the token later: a report may come late. With the notifier's last
    /// success given, it removes the binding only if the token is confirmed as unregistered.
    async fn remove(
        &self,
        app: &AppKey,
        notifier: &Notifier,
        device: &Unregistered,
        one_of_many: Option<Option<Timestamp>>,
    ) -> Result<bool, StoreError> {
        let Unregistered { user, device_id, token, since } = device;
        if let Some(last_success) = one_of_many
            && !self.is_confirmed(app, notifier, token, last_success).await?
        {
            return Ok(false);
        }
        self.unregistered_tokens.remove_if_current(app, user, device_id, &notifier.name, token, *since).await
    }

    /// Marks a token as suspect. Returns whether it was one before the notifier's last success.
    async fn is_confirmed(
        &self,
        app: &AppKey,
        notifier: &Notifier,
        token: &DeviceToken,
        last_success: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let before = self.suspects.suspect(app, &notifier.name, token, self.clock.now()).await?;
        Ok(hygiene::confirmed(before, last_success))
    }
}
