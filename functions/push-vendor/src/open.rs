//! Opens the notifiers of a batch in parallel, and reads their quotas.

use std::collections::{BTreeSet, HashMap};

use futures::future::join_all;
use shared::{
    domain::{attempt::RetryReason, vendor::Vendor},
    lambda::deadline::Deadline,
    ports::clock::Clock,
};

use crate::{
    batch::NotifierKey,
    group::Group,
    notifiers::{Notifiers, OpenNotifier, Unusable},
    result::DeliveryResult,
    slow::{Dependency, SlowDependencies},
};

/// The notifiers of a batch: each is open, or has a result for the deliveries that need it.
pub(crate) type OpenNotifiers<'a> = HashMap<NotifierKey<'a>, Result<OpenNotifier, DeliveryResult>>;

/// Opens notifiers.
pub(crate) struct OpenAll<'p> {
    pub(crate) vendor: Vendor,
    pub(crate) notifiers: &'p Notifiers,
    pub(crate) slow: &'p SlowDependencies,
    pub(crate) clock: &'p dyn Clock,
}

impl OpenAll<'_> {
    /// Opens each notifier of these groups once.
    pub(crate) async fn run<'a>(&self, groups: &[Group<'a>], open_by: Deadline) -> OpenNotifiers<'a> {
        let keys: BTreeSet<NotifierKey<'a>> = groups.iter().map(Group::key).collect();
        let opened = keys.into_iter().map(|key| async move { (key, self.open(key, open_by).await) });
        join_all(opened).await.into_iter().collect()
    }

    /// Opens a notifier and reads its quotas. A notifier that does not open in time is not tried again for
    /// [`UNREADABLE_DELAY`](crate::budget::UNREADABLE_DELAY).
    async fn open(&self, key: NotifierKey<'_>, open_by: Deadline) -> Result<OpenNotifier, DeliveryResult> {
        let (app, notifier) = key;
        let now = self.clock.now();
        let quotas = self.notifiers.quotas.load(key, now);
        let both = async { futures::join!(self.notifiers.open_enabled(key, self.vendor), quotas).0 };
        let dependency = Dependency::Notifier(app.clone(), notifier.clone());
        match self.slow.ask(dependency, open_by, now, both).await {
            Ok(Ok(opened)) => Ok(opened),
            Ok(Err(Unusable::Permanent(reason))) => Err(DeliveryResult::ended(reason)),
            Ok(Err(Unusable::Transient(error))) => {
                tracing::warn!(notifier = %notifier, error = error.chain(), "a notifier cannot be opened");
                Err(DeliveryResult::Retry {
                    retry_reason: RetryReason::NotSent,
                    after: None,
                    detail: "notifier not readable".to_owned(),
                })
            }
            Err(until) => Err(DeliveryResult::Deferred { until }),
        }
    }
}
