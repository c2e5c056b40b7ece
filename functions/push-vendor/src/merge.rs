//! Merges calls: different notifications of one notifier share a request.
//!
//! Messages to different users differ at least in their ids, so few notifications are equal. Some vendors accept a
//! separate notification for each token. For them, one request carries many notifications.

use std::collections::HashSet;

use serde_json::{Map, Value};
use shared::{domain::binding::DeviceToken, ports::vendor::Credential};

use crate::call::{Call, CallMessage};

/// Maximum earlier attempts of a call that is merged. A call with more attempts gets its own request. A message that
/// fails its request then does not use up the attempts of other messages.
const MAX_MERGED_ATTEMPTS: u32 = 1;

/// A merged call that has room for more messages.
struct OpenCall<'a> {
    /// its place among the merged calls
    place: usize,
    room: usize,
    tokens: HashSet<&'a DeviceToken>,
}

/// Merges calls with one token each into calls of at most `max` tokens. No token occurs twice in one of them.
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

/// Returns the token of a call that may share a request. One notification for several tokens gets its own request,
/// which contains it once.
fn mergeable<'a>(call: &Call<'a>) -> Option<&'a DeviceToken> {
    match &call.messages[..] {
        [CallMessage { deliveries, .. }] => match &deliveries[..] {
            [delivery] if delivery.job().attempts <= MAX_MERGED_ATTEMPTS => Some(&delivery.device.token),
            _ => None,
        },
        _ => None,
    }
}

/// Returns whether one request may carry both calls. The vendor's answer about a quota or the credential must apply to
/// both.
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
