//! Opens the notifiers of a batch side by side, with what is known of their quotas.

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

/// The notifiers of a batch: open, or what becomes of the deliveries that need them.
pub(crate) type OpenNotifiers<'a> = HashMap<NotifierKey<'a>, Result<OpenNotifier, DeliveryResult>>;

/// Opens notifiers.
pub(crate) struct OpenAll<'p> {
    pub(crate) vendor: Vendor,
    pub(crate) notifiers: &'p Notifiers,
    pub(crate) slow: &'p SlowDependencies,
    pub(crate) clock: &'p dyn Clock,
}

impl OpenAll<'_> {
    /// Opens the notifiers of these groups, each once.
    pub(crate) async fn run<'a>(&self, groups: &[Group<'a>], open_by: Deadline) -> OpenNotifiers<'a> {
        let keys: BTreeSet<NotifierKey<'a>> = groups.iter().map(Group::key).collect();
        let opened = keys.into_iter().map(|key| async move { (key, self.open(key, open_by).await) });
        join_all(opened).await.into_iter().collect()
    }

    /// Opens a notifier and reads its quotas. One that does not open in time is left alone for a while.
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
