//! Merges calls: different notifications of one notifier share a request.
//!
//! Messages to different people differ, if only in their ids, so equal notifications are rare among them. Vendors that take a
//! notification of its own for each token get many of them in one request all the same.

use std::collections::HashSet;

use serde_json::{Map, Value};
use shared::{domain::binding::DeviceToken, ports::vendor::Credential};

use crate::call::{Call, CallMessage};

/// Maximum attempts before this one of a call that is merged. Later ones go alone: whatever a request fails for, its other messages get
/// through before their attempts at an unclear vendor end.
const MAX_MERGED_ATTEMPTS: u32 = 1;

/// A merged call that may take more messages.
struct OpenCall<'a> {
    /// its place among the merged calls
    place: usize,
    room: usize,
    tokens: HashSet<&'a DeviceToken>,
}

/// Merges calls with one token each into calls of at most `max` tokens, no token twice in one of them.
pub(crate) fn merge<'a>(calls: Vec<Call<'a>>, max: impl Fn(&Credential) -> usize) -> Vec<Call<'a>> {
    let mut merged: Vec<Call<'a>> = Vec::new();
    let mut open: Vec<OpenCall<'a>> = Vec::new();
    for call in calls {
        let Some(token) = mergeable(&call) else {
            merged.push(call);
            continue;
        };
        let fits = |open: &&mut OpenCall<'a>| {
            open.room > 0 && !open.tokens.contains(token) && may_share_request(&merged[open.place], &call)
        };
        match open.iter_mut().find(fits) {
            Some(open) => {
                open.room -= 1;
                open.tokens.insert(token);
                merged[open.place].messages.extend(call.messages);
            }
            None => {
                let room = max(&call.opened.credential).saturating_sub(1);
                open.push(OpenCall { place: merged.len(), room, tokens: HashSet::from([token]) });
                merged.push(call);
            }
        }
    }
    merged
}

/// Returns the token of a call that may share a request. One notification for several tokens has a request of its own, where it is
/// written once.
fn mergeable<'a>(call: &Call<'a>) -> Option<&'a DeviceToken> {
    match &call.messages[..] {
        [CallMessage { deliveries, .. }] => match &deliveries[..] {
            [delivery] if delivery.job().attempts <= MAX_MERGED_ATTEMPTS => Some(&delivery.device.token),
            _ => None,
        },
        _ => None,
    }
}

/// Tells whether a request may carry both calls: what the vendor says of a quota, or of the credential, must hold for both.
fn may_share_request(one: &Call<'_>, other: &Call<'_>) -> bool {
    let same_class = one.class == other.class && (one.class.is_some() || own_options(one) == own_options(other));
    one.key() == other.key()
        && same_class
        && one.opened.credential.fingerprint() == other.opened.credential.fingerprint()
        && one.opened.options == other.opened.options
}

fn own_options<'a>(call: &Call<'a>) -> Option<&'a Map<String, Value>> {
    call.messages.first().map(|message| &message.notification.options)
}
