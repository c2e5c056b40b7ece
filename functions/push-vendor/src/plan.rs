//! Plans the vendor calls: as few as the vendor's limits allow. It plans none through an unusable notifier or for a
//! used-up quota.

use shared::{
    domain::{reason::Reason, time::Timestamp},
    lambda::deadline::Deadline,
    ports::{clock::Clock, vendor::VendorClient},
};

use crate::{
    batch::resolve_all,
    call::{Call, CallMessage},
    group::{Group, group, split},
    merge::merge,
    notifiers::OpenNotifier,
    open::OpenAll,
    owners::Owned,
    quotas::Quotas,
    result::{DeliveryResult, Resolved},
};

/// The planned calls of a batch.
#[derive(Debug)]
#[must_use]
pub(crate) struct Planned<'a> {
    pub(crate) calls: Vec<Call<'a>>,
    /// deliveries that are in no call
    pub(crate) resolved: Vec<Resolved<'a>>,
    /// the time of planning
    pub(crate) at: Timestamp,
}

/// Plans calls.
pub(crate) struct PlanCalls<'p> {
    pub(crate) open: OpenAll<'p>,
    pub(crate) quotas: &'p Quotas,
    pub(crate) client: &'p dyn VendorClient,
    pub(crate) clock: &'p dyn Clock,
}

impl PlanCalls<'_> {
    /// Plans the calls of a batch.
    pub(crate) async fn run<'a>(&self, owned: Owned<'a>, open_by: Deadline) -> Planned<'a> {
        let now = self.clock.now();
        let groups = group(owned.deliveries);
        let notifiers = self.open.run(&groups, open_by).await;
        let mut planned = Planned { calls: Vec::new(), resolved: owned.resolved, at: now };
        for group in groups {
            match self.usable(&group, &notifiers[&group.key()], now) {
                Ok(opened) => planned.calls.extend(calls(group, opened, self.client.max_tokens(), now)),
                Err(result) => planned.resolved.extend(resolve_all(group.deliveries, &result)),
            }
        }
        if let Some(merging) = self.client.merging() {
            planned.calls = merge(planned.calls, |credential| merging.max_merged(credential));
        }
        planned
    }

    /// Returns the group's notifier, or the result for its deliveries if it cannot be used.
    fn usable<'n>(
        &self,
        group: &Group<'_>,
        opened: &'n Result<OpenNotifier, DeliveryResult>,
        now: Timestamp,
    ) -> Result<&'n OpenNotifier, DeliveryResult> {
        let opened = opened.as_ref().map_err(DeliveryResult::clone)?;
        let used_up = group
            .quota_class()
            .and_then(|class| self.quotas.used_up(group.key(), class, opened.credential.fingerprint(), now));
        match used_up {
            Some(quota) => Err(DeliveryResult::failed(Reason::QuotaUsedUp, &quota.code)),
            None => Ok(opened),
        }
    }
}

/// Returns the calls of a group, with at most `max_tokens` each.
fn calls<'a>(
    group: Group<'a>,
    opened: &OpenNotifier,
    max_tokens: usize,
    now: Timestamp,
) -> impl Iterator<Item = Call<'a>> {
    let class = group.quota_class();
    let Group { app, notifier, notification, expires_at, deliveries } = group;
    split(deliveries, max_tokens).into_iter().map(move |deliveries| Call {
        app,
        notifier,
        opened: opened.clone(),
        class,
        messages: vec![CallMessage { notification, ttl: expires_at.since(now), deliveries }],
    })
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
