//! Checks who owns the tokens of pushes that waited, because a token may have moved to another device meanwhile. A push
//! that did not wait costs no read.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use futures::future::join_all;
use shared::{
    domain::{
        binding::{DeviceToken, TokenHolder},
        id::{AppKey, NotifierName},
        reason::Reason,
        time::Timestamp,
    },
    lambda::deadline::Deadline,
    ports::{
        clock::{CLOCKS_DIFFER, Clock},
        users::FindTokenOwners,
    },
};

use crate::{
    batch::{Delivery, JobDeliveries},
    budget::UNREADABLE_DELAY,
    due::has_waited,
    result::{DeliveryResult, Resolved},
    slow::{Dependency, SlowDependencies},
};

/// How long a binding must exist before a push is decided again for it. Until then the new decision might not see it:
/// facts for a group are read eventually consistent, which lags by less than the clocks of two functions may differ. A
/// decision from older facts could show a message to the next user of a name, or return without end.
const BINDING_SETTLES: Duration = CLOCKS_DIFFER;

type Token<'a> = (&'a NotifierName, &'a DeviceToken);
/// The device that holds a token, or `None`.
type Owner = Option<TokenHolder>;
/// The owners of the tokens that could be read.
type Owners<'a> = HashMap<(&'a AppKey, Token<'a>), Owner>;

/// Deliveries whose tokens still belong to their devices, or did not need the check.
#[derive(Debug)]
#[must_use]
pub(crate) struct Owned<'a> {
    pub(crate) deliveries: Vec<JobDeliveries<'a>>,
    /// deliveries whose user bound the token after the decision; they are decided again
    pub(crate) outdated: Vec<JobDeliveries<'a>>,
    /// deliveries whose tokens belong to another device, or cannot be checked
    pub(crate) resolved: Vec<Resolved<'a>>,
}

/// Checks the owners of tokens.
pub(crate) struct CheckOwners<'p> {
    pub(crate) owners: &'p dyn FindTokenOwners,
    pub(crate) slow: &'p SlowDependencies,
    pub(crate) clock: &'p dyn Clock,
}

impl CheckOwners<'_> {
    /// Ends deliveries that waited and whose token has another user, or none. Returns those to be decided again whose user
    /// bound the token after the decision, perhaps to another device: who has the name may be the next user of it. They
    /// wait until the binding has settled. Defers those whose owner cannot be read in time.
    pub(crate) async fn run<'a>(&self, due: Vec<JobDeliveries<'a>>, read_by: Deadline) -> Owned<'a> {
        let now = self.clock.now();
        let owners = self.read(&due, read_by, now).await;
        let mut owned = Owned { deliveries: Vec::with_capacity(due.len()), outdated: Vec::new(), resolved: Vec::new() };
        for JobDeliveries { job, deliveries } in due {
            if !has_waited(job, now) {
                owned.deliveries.push(JobDeliveries { job, deliveries });
                continue;
            }
            let (mut left, mut outdated) = (Vec::with_capacity(deliveries.len()), Vec::new());
            for delivery in deliveries {
                match owners.get(&(&job.app, (&job.notifier, &delivery.device.token))) {
                    Some(Some(holder)) if is_decided_for(&delivery, holder) => left.push(delivery),
                    Some(Some(holder)) if holder.user == *delivery.user() => match settled_at(holder) {
                        Some(until) if now < until => {
                            owned.resolved.push(delivery.resolved(DeliveryResult::Deferred { until }));
                        }
                        _ => outdated.push(delivery),
                    },
                    Some(_) => owned.resolved.push(delivery.resolved(DeliveryResult::ended(Reason::TokenMoved))),
                    None => {
                        let until = now.plus(UNREADABLE_DELAY);
                        owned.resolved.push(delivery.resolved(DeliveryResult::Deferred { until }));
                    }
                }
            }
            owned.deliveries.push(JobDeliveries { job, deliveries: left });
            if !outdated.is_empty() {
                owned.outdated.push(JobDeliveries { job, deliveries: outdated });
            }
        }
        owned
    }

    /// Reads the owners of the tokens that waited, for all apps in parallel.
    async fn read<'a>(&self, due: &[JobDeliveries<'a>], read_by: Deadline, now: Timestamp) -> Owners<'a> {
        let mut asked: BTreeMap<&AppKey, Vec<Token<'a>>> = BTreeMap::new();
        for JobDeliveries { job, deliveries } in due.iter().filter(|due| has_waited(due.job, now)) {
            let tokens = deliveries.iter().map(|one| (&job.notifier, &one.device.token));
            asked.entry(&job.app).or_default().extend(tokens);
        }
        let read = asked.into_iter().map(|(app, mut tokens)| async move {
            tokens.sort_unstable();
            tokens.dedup();
            let found = self.read_app(app, &tokens, read_by).await;
            tokens.into_iter().map(move |token| (app, token)).zip(found).collect::<Vec<_>>()
        });
        join_all(read).await.into_iter().flatten().collect()
    }

    /// Reads the owners of an app's tokens, in their order. Returns an empty list if they cannot be read in time.
    async fn read_app(&self, app: &AppKey, tokens: &[Token<'_>], read_by: Deadline) -> Vec<Owner> {
        let read = self.owners.token_owners(app, tokens);
        match self.slow.ask(Dependency::Owners(app.clone()), read_by, self.clock.now(), read).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                tracing::warn!(app = %app, error = error.chain(), "the owners of tokens cannot be read");
                Vec::new()
            }
            Err(_) => Vec::new(),
        }
    }
}

/// Returns when a new decision sees the binding of a device. Rows of earlier versions do not say since when it exists.
fn settled_at(holder: &TokenHolder) -> Option<Timestamp> {
    holder.since.map(|since| since.plus(BINDING_SETTLES))
}

/// Returns whether a delivery was decided for the device that holds its token.
fn is_decided_for(delivery: &Delivery<'_>, holder: &TokenHolder) -> bool {
    let is_newer = holder.since.zip(delivery.job().decided_at).is_some_and(|(since, decided_at)| decided_at < since);
    holder.user == *delivery.user() && holder.device == delivery.device.device_id && !is_newer
}
