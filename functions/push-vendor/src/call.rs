//! What one vendor call carries, and which calls share a request.
//!
//! Messages to different people differ, if only in their ids, so equal notifications are rare among them. Vendors that take a
//! notification of its own for each token get many of them in one request all the same.

use std::{collections::HashSet, time::Duration};

use shared::{
    domain::{
        binding::DeviceToken,
        id::{AppKey, NotifierName},
        push::{Notification, SemanticClass},
    },
    ports::vendor::Credential,
};

use crate::{batch::Delivery, limiter::Paced, notifiers::Opened};

/// Calls with jobs that were tried more often go alone: whatever a request fails for, its other messages get through before
/// their attempts at an unclear vendor end.
const MAX_MERGED_ATTEMPTS: u32 = 1;

/// A call of one notifier, with everything it needs.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) app: &'a AppKey,
    pub(crate) notifier: &'a NotifierName,
    pub(crate) opened: Opened,
    /// whose quota all its messages are under; `None` where they chose their own way at the vendor
    pub(crate) class: Option<SemanticClass>,
    /// at least one; several only if each has one delivery
    pub(crate) messages: Vec<Message<'a>>,
}

/// One notification of a call, and to whom.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    pub(crate) notification: &'a Notification,
    pub(crate) ttl: Duration,
    pub(crate) deliveries: Vec<Delivery<'a>>,
}

impl<'a> Call<'a> {
    /// Whose pace it goes at.
    pub(crate) fn paced(&self) -> Paced {
        let fingerprint = self.opened.credential.fingerprint().to_owned();
        Paced { app: self.app.clone(), notifier: self.notifier.clone(), fingerprint }
    }

    /// The tokens of each message.
    pub(crate) fn tokens(&self) -> Vec<Vec<DeviceToken>> {
        let token = |delivery: &Delivery<'_>| delivery.device.token.clone();
        self.messages.iter().map(|message| message.deliveries.iter().map(token).collect()).collect()
    }

    /// How many deliveries it has.
    pub(crate) fn deliveries(&self) -> usize {
        self.messages.iter().map(|message| message.deliveries.len()).sum()
    }

    /// All deliveries, in the order of the messages.
    pub(crate) fn each_delivery(&self) -> impl Iterator<Item = &Delivery<'a>> {
        self.messages.iter().flat_map(|message| &message.deliveries)
    }

    /// The same.
    pub(crate) fn into_deliveries(self) -> impl Iterator<Item = Delivery<'a>> {
        self.messages.into_iter().flat_map(|message| message.deliveries)
    }

    /// The token of a call that may share a request. One notification for several tokens has a request of its own, where it
    /// is written once.
    fn mergeable(&self) -> Option<&'a DeviceToken> {
        match &self.messages[..] {
            [Message { deliveries, .. }] => match deliveries[..] {
                [delivery] if delivery.attempts <= MAX_MERGED_ATTEMPTS => Some(&delivery.device.token),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a request may carry both: what the vendor says of a quota, or of the credential, must hold for both.
    fn joins(&self, other: &Self) -> bool {
        let same_notifier = self.app == other.app && self.notifier == other.notifier;
        let own_way = |call: &Self| call.messages.first().map(|message| &message.notification.options);
        let same_way = self.class == other.class && (self.class.is_some() || own_way(self) == own_way(other));
        same_notifier
            && same_way
            && self.opened.credential.fingerprint() == other.opened.credential.fingerprint()
            && self.opened.options == other.opened.options
    }
}

/// Merges calls with one token each into calls of at most `most` tokens, no token twice in one of them.
pub(crate) fn merge<'a>(calls: Vec<Call<'a>>, most: impl Fn(&Credential) -> usize) -> Vec<Call<'a>> {
    struct Open<'a> {
        place: usize,
        room: usize,
        tokens: HashSet<&'a DeviceToken>,
    }
    let mut merged: Vec<Call<'a>> = Vec::new();
    let mut open: Vec<Open<'a>> = Vec::new();
    for call in calls {
        let Some(token) = call.mergeable() else {
            merged.push(call);
            continue;
        };
        let fits =
            |open: &&mut Open<'a>| open.room > 0 && !open.tokens.contains(token) && merged[open.place].joins(&call);
        match open.iter_mut().find(fits) {
            Some(open) => {
                open.room -= 1;
                open.tokens.insert(token);
                merged[open.place].messages.extend(call.messages);
            }
            None => {
                let room = most(&call.opened.credential).saturating_sub(1);
                open.push(Open { place: merged.len(), room, tokens: HashSet::from([token]) });
                merged.push(call);
            }
        }
    }
    merged
}
