//! Removes the bindings of unregistered tokens, as far as `hygiene` trusts the vendor's answers.

use futures::{StreamExt, stream};
use shared::{
    domain::{hygiene, id::UserId, outcome::Outcome, time::Timestamp, vendor::Vendor},
    lambda::metric::{Metric, Metrics},
    ports::{queue::PushDevice, suspects::SuspectTokens, users::RemoveUnregisteredToken},
};

use crate::{
    batch::{Delivery, NotifierKey},
    budget::PARALLEL,
    health::HealthNotes,
    tell::TellServers,
};

/// A device token with a vendor answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AnsweredToken<'a> {
    user: &'a UserId,
    device: &'a PushDevice,
}

impl<'a> AnsweredToken<'a> {
    /// Returns the token of a delivery.
    pub(crate) fn of(delivery: &Delivery<'a>) -> Self {
        Self { user: delivery.user(), device: delivery.device }
    }

    /// Returns the user and the device.
    pub(crate) fn device(&self) -> (&'a UserId, &'a PushDevice) {
        (self.user, self.device)
    }
}

/// Removes unregistered tokens.
pub(crate) struct RemoveUnregistered<'p> {
    pub(crate) vendor: Vendor,
    pub(crate) tokens: &'p dyn RemoveUnregisteredToken,
    pub(crate) suspects: &'p dyn SuspectTokens,
    pub(crate) health: &'p HealthNotes,
    pub(crate) tell: &'p TellServers<'p>,
    pub(crate) metrics: &'p Metrics,
}

impl RemoveUnregistered<'_> {
    /// Removes the unregistered tokens of one notifier in a batch. If many tokens, and most of them, are unregistered,
    /// they become suspects instead. A device that registered its token after the push keeps it.
    pub(crate) async fn run(
        &self,
        key: NotifierKey<'_>,
        outcomes: &[(AnsweredToken<'_>, Outcome)],
        pushed_at: Timestamp,
        now: Timestamp,
    ) {
        let last_success =
            if hygiene::needs_last_success(outcomes) { self.health.last_success(key).await } else { None };
        let confirmed = stream::iter(hygiene::suspects(outcomes))
            .map(|token| async move { (token, self.suspected_at(key, token, now).await) })
            .buffer_unordered(PARALLEL)
            .filter_map(async |(token, before)| hygiene::confirmed(before, last_success).then_some(token))
            .collect::<Vec<_>>()
            .await;
        let removed = hygiene::unregistered(outcomes, last_success, now).into_iter().chain(confirmed);
        stream::iter(removed).for_each_concurrent(PARALLEL, |token| self.remove(key, token, pushed_at)).await;
    }

    /// Marks a token as suspect. Returns since when it was already one.
    async fn suspected_at(
        &self,
        (app, notifier): NotifierKey<'_>,
        AnsweredToken { device, .. }: &AnsweredToken<'_>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        self.suspects.suspect(app, notifier, &device.token, now).await.unwrap_or_else(|error| {
            tracing::warn!(error = error.chain(), "a suspect token cannot be stored");
            None
        })
    }

    /// Removes the binding of an unregistered token, unless the binding has another token by now.
    async fn remove(&self, key: NotifierKey<'_>, token: &AnsweredToken<'_>, pushed_at: Timestamp) {
        let ((app, notifier), AnsweredToken { user, device }) = (key, token);
        match self.tokens.remove_if_current(app, user, &device.device_id, notifier, &device.token, pushed_at).await {
            Ok(true) => {
                tracing::info!(vendor = self.vendor.name(), notifier = %notifier, "an unregistered token is removed");
                self.metrics.add(Metric::TokensRemoved, [("vendor", self.vendor.name())], 1);
                self.tell.token_removed(key, token);
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(error = error.chain(), "an unregistered token cannot be removed"),
        }
    }
}
