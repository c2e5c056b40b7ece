//! Groups deliveries by notification and notifier, and splits a group into calls.

use std::collections::{HashMap, HashSet};

use shared::domain::{
    binding::DeviceToken,
    id::{AppKey, NotifierName},
    push::{Notification, SemanticClass},
    time::Timestamp,
};
use vendors::notifier::quota::follows_class;

use crate::batch::{Delivery, JobDeliveries, NotifierKey};

/// Deliveries of the same notification through the same notifier.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    pub(crate) app: &'a AppKey,
    pub(crate) notifier: &'a NotifierName,
    pub(crate) notification: &'a Notification,
    /// no push after this time
    pub(crate) expires_at: Timestamp,
    pub(crate) deliveries: Vec<Delivery<'a>>,
}

impl<'a> Group<'a> {
    /// Returns the key of the notifier.
    pub(crate) fn key(&self) -> NotifierKey<'a> {
        (self.app, self.notifier)
    }

    /// Returns the class whose quota counts the notification, or `None` if it has its own vendor options.
    pub(crate) fn quota_class(&self) -> Option<SemanticClass> {
        follows_class(self.notification).then_some(self.notification.class)
    }
}

/// Groups the deliveries of jobs by notification and notifier, in the order of their first job.
pub(crate) fn group(jobs: Vec<JobDeliveries<'_>>) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut known: HashMap<(&AppKey, &NotifierName, String, Timestamp), usize> = HashMap::new();
    for JobDeliveries { job, deliveries } in jobs {
        if deliveries.is_empty() {
            continue;
        }
        let payload = serde_json::to_string(&job.notification).unwrap_or_default();
        let place = *known.entry((&job.app, &job.notifier, payload, job.expires_at)).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Group {
                app: &job.app,
                notifier: &job.notifier,
                notification: &job.notification,
                expires_at: job.expires_at,
                deliveries: Vec::new(),
            });
        }
        groups[place].deliveries.extend(deliveries);
    }
    groups
}

/// Splits deliveries into parts of at most `max` devices. No token occurs twice in a part, because a vendor would
/// deliver to it twice.
pub(crate) fn split(deliveries: Vec<Delivery<'_>>, max: usize) -> Vec<Vec<Delivery<'_>>> {
    let mut parts: Vec<(HashSet<&DeviceToken>, Vec<Delivery<'_>>)> = Vec::new();
    // All parts before this one are full.
    let mut open = 0;
    for delivery in deliveries {
        let token = &delivery.device.token;
        let free = parts.iter().skip(open).position(|(tokens, _)| tokens.len() < max && !tokens.contains(token));
        let place = free.map_or(parts.len(), |offset| open + offset);
        if place == parts.len() {
            parts.push((HashSet::new(), Vec::new()));
        }
        parts[place].0.insert(token);
        parts[place].1.push(delivery);
        while parts.get(open).is_some_and(|(tokens, _)| tokens.len() >= max) {
            open += 1;
        }
    }
    parts.into_iter().map(|(_, deliveries)| deliveries).collect()
}
