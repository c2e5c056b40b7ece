//! Invariant 4: a token serves one (app, user, device) at a time, also for what was queued before it changed hands,
//! except a first try whose decision is younger than 60 s.

use std::{collections::HashMap, time::Duration};

use crate::history::{
    Audience, StoredBinding, VendorAnswer, What,
    check::{
        Violation,
        bindings::Holder,
        deliveries::Push,
        fact::Position,
        messages::{Message, Place},
        run::Run,
        waiting::Waits,
    },
};

const NUMBER: u8 = 4;
/// The age of a decision that counts without another look at the owner.
const YOUNG_DECISION: Duration = Duration::from_secs(60);
/// An invocation that looked at the owner sends within this time.
const INVOCATION: Duration = Duration::from_secs(30);

pub(super) fn check(run: &Run<'_>) -> Vec<Violation> {
    let pushes = run.deliveries.pushes.iter();
    let wrong = pushes.filter_map(|push| {
        let place = push.message?;
        let message = run.messages.get(place);
        // Another app's token is a matter of the tenants.
        let is_own = *message.app == push.got.app && run.bindings.apps_with(&push.got.token).contains(&push.got.app);
        (is_own && !reaches_a_receiver(run, place, message, push)).then(|| violation(run, message, push))
    });
    wrong.chain(stored(run)).collect()
}

/// Returns whether a receiver of the message may have held the token when the push was decided or checked.
fn reaches_a_receiver(run: &Run<'_>, place: Place, message: &Message<'_>, push: &Push<'_>) -> bool {
    let from =
        run.before(push.position, if was_tried(run, place, push) { INVOCATION } else { YOUNG_DECISION + INVOCATION });
    let key = (&push.got.app, &push.got.notifier, push.got.token.as_str());
    let mut holders = run.bindings.holders(&key);
    holders.any(|(holder, fact)| fact.may_hold(from, push.position) && may_be_for(run, message, push, holder))
}

/// Returns whether the message may be for the holder. A one-to-one message's id names its receiver.
fn may_be_for(run: &Run<'_>, message: &Message<'_>, push: &Push<'_>, holder: &Holder<'_>) -> bool {
    let named = push.got.message.and_then(|id| message.ids.iter().find(|(_, one)| *one == id)?.0);
    match named {
        Some(user) if matches!(message.sending.to, Audience::Users(_)) => user == holder.user,
        Some(_) | None => run.receives(message, holder.user) != Waits::Never,
    }
}

/// Returns whether Curlew knows of an earlier attempt, which makes it look at the owner. A process that died forgot it.
fn was_tried(run: &Run<'_>, place: Place, push: &Push<'_>) -> bool {
    let earlier = run.deliveries.pushes_of(place).filter(|one| one.position < push.position);
    earlier.filter(|one| one.got.token == push.got.token).any(|one| {
        matches!(one.got.answer, VendorAnswer::Later | VendorAnswer::Unclear)
            && !run.was_troubled(one.position, push.position)
    })
}

fn violation(run: &Run<'_>, message: &Message<'_>, push: &Push<'_>) -> Violation {
    let got = push.got;
    let story =
        format!("the message \"{}\" went to {}, which no receiver of it holds", message.sending.text, got.token);
    let key = (&got.app, &got.notifier, got.token.as_str());
    let bound = run.calls.iter().filter(|call| {
        let is_such = matches!(call.request, crate::history::Request::Bind { token, .. } if token == key.2);
        is_such && call.began < push.position
    });
    let positions: Vec<Position> = bound.map(|call| call.began).chain([message.began, push.position]).collect();
    run.violation(NUMBER, story, &positions)
}

/// Returns stored bindings of one token to two devices, or to a device that does not hold it any more.
fn stored(run: &Run<'_>) -> Vec<Violation> {
    let rows = run.find(|what| if let What::Bound(row) = what { Some(row) } else { None });
    let mut seen: HashMap<_, Position> = HashMap::new();
    let mut violations = Vec::new();
    for (position, row) in rows {
        let StoredBinding { app, user, device, notifier, token } = row;
        let key = (app, notifier, token.as_str());
        if let Some(other) = seen.insert(key, position) {
            let story = format!("the token {token} is bound to two devices");
            violations.push(run.violation(NUMBER, story, &[other, position]));
        }
        let holds = |holder: &Holder<'_>| holder.user == user && holder.device == device;
        let may_hold =
            run.bindings.holders(&key).any(|(holder, fact)| holds(holder) && fact.may_hold(position, position));
        if !may_hold {
            let story = format!("{user} still has the token {token}, which was taken from {device}");
            violations.push(run.violation(NUMBER, story, &[position]));
        }
    }
    violations
}
