//! Invariant 2: no device gets two notifications for one message, except after an ambiguous vendor answer without a
//! replace id.
//!
//! Two pushes under one replace id are one notification. But they ring twice, so a repeat needs a cause: an answer that
//! says nothing, a store that fails, a process that died, or two records at the same moment. A record that is delivered
//! again is no cause: Curlew looks up what it did.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::history::{
    VendorAnswer,
    check::{
        Violation,
        deliveries::Push,
        messages::{Message, Place},
        run::Run,
    },
};

const NUMBER: u8 = 2;
/// Two decisions may lead to one push at the same moment. They end within this time.
const SAME_MOMENT: Duration = Duration::from_secs(60);
/// A push may reach a phone so long after the phone changed hands: its decision is younger than 60 s, and an invocation
/// sends it.
const ON_ITS_WAY: Duration = Duration::from_secs(90);

pub(super) fn check(run: &Run<'_>) -> Vec<Violation> {
    let twice = run.messages.iter().flat_map(|(place, message)| shown_twice(run, place, message));
    let renamed = run.messages.iter().filter_map(|(_, message)| renamed(run, message));
    twice.chain(renamed).collect()
}

/// Returns the devices on which a message shows twice, or rings again without a cause.
fn shown_twice(run: &Run<'_>, place: Place, message: &Message<'_>) -> Vec<Violation> {
    let mut phones: BTreeMap<&str, Vec<&Push<'_>>> = BTreeMap::new();
    for push in run.deliveries.pushes_of(place).filter(|push| push.got.shown) {
        phones.entry(&push.got.token).or_default().push(push);
    }
    let twice = |(token, pushes): (&str, Vec<&Push<'_>>)| {
        let (first, second) = pushes.windows(2).find_map(|pair| {
            let [first, second] = pair else { return None };
            is_wrong(run, message, first, second).then_some((*first, *second))
        })?;
        let story = format!("the phone with {token} shows the message \"{}\" twice", message.sending.text);
        Some(run.violation(NUMBER, story, &[message.began, first.position, second.position]))
    };
    phones.into_iter().filter_map(twice).collect()
}

/// Returns whether nothing excuses that both pushes reached the phone.
fn is_wrong(run: &Run<'_>, message: &Message<'_>, first: &Push<'_>, second: &Push<'_>) -> bool {
    let one_notification = first.got.replace_id.is_some() && first.got.replace_id == second.got.replace_id;
    let was_unclear = first.got.answer == VendorAnswer::Unclear;
    if for_two_receivers(message, first, second) && changed_hands(run, first, second) {
        return false;
    }
    if !one_notification {
        return !(was_unclear && first.got.replace_id.is_none() && second.got.replace_id.is_none());
    }
    let apart = run.at(second.position).since(run.at(first.position)) > SAME_MOMENT;
    let knew = first.got.answer == VendorAnswer::Accepted;
    knew && apart && !run.may_forget(message.began, second.position) && !changed_hands(run, first, second)
}

/// Returns whether the pushes carry the ids of two receivers. Each receiver of a call has a message of their own.
fn for_two_receivers(message: &Message<'_>, first: &Push<'_>, second: &Push<'_>) -> bool {
    let receiver = |push: &Push<'_>| {
        let (user, _) = message.ids.iter().find(|(_, id)| Some(*id) == push.got.message)?;
        *user
    };
    receiver(first).is_some_and(|user| receiver(second).is_some_and(|other| other != user))
}

/// Returns whether another user bound the token before the second push, while the first one was on its way or later: the
/// two may be for two receivers.
fn changed_hands(run: &Run<'_>, first: &Push<'_>, second: &Push<'_>) -> bool {
    let key = (&first.got.app, &first.got.notifier, first.got.token.as_str());
    let decided = run.before(first.position, ON_ITS_WAY);
    let held = run.bindings.holders(&key).filter(|(_, fact)| fact.may_hold(decided, second.position));
    held.map(|(holder, _)| holder.user).collect::<BTreeSet<_>>().len() > 1
}

/// Returns a message that got two ids for one receiver, because its call was repeated under an `Idempotency-Key`.
fn renamed(run: &Run<'_>, message: &Message<'_>) -> Option<Violation> {
    message.sending.key.as_ref()?;
    let other = |(user, id): &&(Option<_>, _)| message.ids.iter().any(|(one, named)| one == user && named != id);
    message.ids.iter().find(other)?;
    let story = format!("a repeat of the message \"{}\" made a second message", message.sending.text);
    Some(run.violation(NUMBER, story, &[message.began, message.accepted?]))
}
