//! Removes the bindings of tokens that the vendor unregistered, as far as `hygiene` believes it.

use futures::{StreamExt, stream};
use shared::{
    domain::{
        hygiene,
        id::{AppKey, NotifierName, UserId},
        outcome::Outcome,
        time::Timestamp,
    },
    lambda::metric::{Metric, Metrics},
    ports::queue::PushDevice,
};

use crate::{
    batch::Delivery,
    deliver::{Deliver, PARALLEL},
};

impl Deliver {
    /// Removes the bindings of unregistered tokens.
    pub(crate) async fn clean(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        outcomes: &[(Delivery<'_>, Outcome)],
        now: Timestamp,
        metrics: &Metrics,
    ) {
        let said: Vec<&Outcome> = outcomes.iter().map(|(_, outcome)| outcome).collect();
        let last_success =
            if hygiene::needs_last_success(&said) { self.notifiers.last_success(app, notifier).await } else { None };
        let suspects = stream::iter(hygiene::suspects(&said))
            .map(|place| async move {
                let token = &outcomes[place].0.device.token;
                let suspected = self.ports.suspects.suspect(app, notifier, token, now).await;
                let before = suspected.unwrap_or_else(|error| {
                    tracing::warn!(error = error.chain(), "a suspect token cannot be noted");
                    None
                });
                (place, before)
            })
            .buffer_unordered(PARALLEL)
            .filter_map(async |(place, before)| hygiene::confirmed(before, last_success).then_some(place))
            .collect::<Vec<_>>()
            .await;
        let gone = hygiene::unregistered(&said, last_success, now).into_iter().chain(suspects);
        stream::iter(gone)
            .for_each_concurrent(PARALLEL, |place| {
                let Delivery { receiver, device, .. } = outcomes[place].0;
                self.remove(app, notifier, &receiver.receiver.user, device, metrics)
            })
            .await;
    }

    /// Removes the binding of an unregistered token, unless it holds another one by now.
    async fn remove(
        &self,
        app: &AppKey,
        notifier: &NotifierName,
        user: &UserId,
        device: &PushDevice,
        metrics: &Metrics,
    ) {
        match self.ports.tokens.remove_if_current(app, user, &device.device_id, notifier, &device.token).await {
            Ok(true) => {
                tracing::info!(vendor = self.vendor.name(), notifier = %notifier, "an unregistered token is removed");
                metrics.add(Metric::TokensRemoved, [("vendor", self.vendor.name())], 1);
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(error = error.chain(), "an unregistered token cannot be removed"),
        }
    }
}
