//! Removes the bindings of tokens that the vendor unregistered, as far as `hygiene` believes it.

use futures::{StreamExt, stream};
use shared::{
    domain::{
        id::{AppKey, NotifierName},
        outcome::Outcome,
        time::Timestamp,
    },
    lambda::metric::{Metric, Metrics},
};

use crate::{
    batch::Delivery,
    deliver::{Deliver, PARALLEL_WRITES},
    hygiene,
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
            .buffer_unordered(PARALLEL_WRITES)
            .filter_map(async |(place, before)| hygiene::confirmed(before, last_success).then_some(place))
            .collect::<Vec<_>>()
            .await;
        for place in hygiene::unregistered(&said, last_success, now).into_iter().chain(suspects) {
            let Delivery { receiver, device, .. } = outcomes[place].0;
            let user = &receiver.receiver.user;
            let removed = self.ports.tokens.remove_if_current(app, user, &device.device_id, notifier, &device.token);
            match removed.await {
                Ok(true) => {
                    tracing::info!(vendor = self.vendor.name(), notifier = %notifier, "a dead token is removed");
                    metrics.add(Metric::TokensRemoved, [("vendor", self.vendor.name())], 1);
                }
                Ok(false) => {}
                Err(error) => tracing::warn!(error = error.chain(), "a dead token cannot be removed"),
            }
        }
    }
}
