//! Invariant 9: nothing is pushed after its expiry; every retry is bounded. A message that its receiver acknowledged, or
//! that was recalled, ends likewise: a push that waited is decided again.

use std::{collections::BTreeMap, time::Duration};

use shared::domain::attempt::UNCLEAR_ATTEMPTS;

use crate::history::{
    Audience, Kind, VendorAnswer,
    check::{
        Violation,
        deliveries::Push,
        fact::Span,
        messages::{Message, Place},
        run::Run,
        users::Acknowledged,
    },
};

const NUMBER: u8 = 9;
/// A push that is not expired when its invocation begins is sent within this time.
const INVOCATION: Duration = Duration::from_secs(30);
/// A push that waited is decided again if its decision is older than this. Reading and sending take a while more.
const DECIDED_AGAIN: Duration = Duration::from_secs(60 + 2 * 30);
/// Attempts in a day, if the delays double up to 15 minutes, and each is at least half of that.
const MAX_ATTEMPTS: usize = 250;

pub(super) fn check(run: &Run<'_>) -> Vec<Violation> {
    let messages = || run.messages.iter();
    let late = messages().filter_map(|(place, message)| late(run, place, message));
    let endless = messages().flat_map(|(place, message)| endless(run, place, message));
    let ended = messages().filter_map(|(place, message)| ended(run, place, message));
    late.chain(endless).chain(ended).collect()
}

/// Returns a push after the message's expiry. A task stores its messages page by page, so theirs is not known.
fn late(run: &Run<'_>, place: Place, message: &Message<'_>) -> Option<Violation> {
    if message.sending.to == Audience::Everyone {
        return None;
    }
    let over = message.has_expired_at().plus(INVOCATION);
    let push = run.deliveries.pushes_of(place).find(|push| run.at(push.position) > over)?;
    let story = format!("the message \"{}\" was pushed after its expiry", message.sending.text);
    Some(run.violation(NUMBER, story, &[message.began, push.position]))
}

/// Returns a retry of a message that had ended long before. Instant pushes wait for nobody, so nobody ends them.
fn ended(run: &Run<'_>, place: Place, message: &Message<'_>) -> Option<Violation> {
    let pushes: Vec<&Push<'_>> = run.deliveries.pushes_of(place).collect();
    let was_tried = |push: &Push<'_>| {
        let earlier = pushes.iter().take_while(|one| one.position < push.position);
        let mut same_phone = earlier.filter(|one| one.got.token == push.got.token);
        same_phone.any(|one| matches!(one.got.answer, VendorAnswer::Later | VendorAnswer::Unclear))
    };
    let push = pushes.iter().find(|push| {
        had_ended(run, message, push) && was_tried(push) && !run.was_troubled(message.began, push.position)
    })?;
    let story = format!("the message \"{}\" was pushed after it had ended", message.sending.text);
    (message.sending.kind == Kind::Chat).then(|| run.violation(NUMBER, story, &[message.began, push.position]))
}

/// Returns whether a push's message was recalled, or acknowledged by its receiver, before it was decided again.
fn had_ended(run: &Run<'_>, message: &Message<'_>, push: &Push<'_>) -> bool {
    let Some(id) = push.got.message else { return false };
    let decided = run.before(push.position, DECIDED_AGAIN);
    let before = |span: &Span| span.certain && span.ended < decided;
    let mut recalls = run.apps.get(message.app).recalls.iter();
    let owner = message.ids.iter().find(|(_, one)| *one == id).and_then(|(user, _)| *user);
    let mut acks = owner.map(|user| run.users.get(message.app, user)).into_iter().flat_map(|user| &user.acks);
    recalls.any(|(span, ids)| before(span) && ids.contains(&id))
        || acks.any(|(span, what)| before(span) && matches!(what, Acknowledged::These(ids) if ids.contains(&id)))
}

/// Returns tokens that got the message more often than retries may repeat it. A process that dies repeats them once.
fn endless(run: &Run<'_>, place: Place, message: &Message<'_>) -> Vec<Violation> {
    let mut tokens: BTreeMap<&str, Vec<&Push<'_>>> = BTreeMap::new();
    for push in run.deliveries.pushes_of(place) {
        tokens.entry(&push.got.token).or_default().push(push);
    }
    let tries = 1 + run.kills();
    let faulty = run.was_troubled(message.began, run.end()) && run.kills() == 0;
    let unclear = |pushes: &[&Push<'_>]| pushes.iter().filter(|push| push.got.answer == VendorAnswer::Unclear).count();
    let max_unclear = usize::try_from(UNCLEAR_ATTEMPTS).unwrap_or(usize::MAX);
    let endless = tokens.into_iter().filter(|(_, pushes)| {
        !faulty && (unclear(pushes) > max_unclear * tries || pushes.len() > MAX_ATTEMPTS * tries)
    });
    let story = |token: &str, times: usize| {
        format!("the message \"{}\" was pushed to {token} {times} times, without an end", message.sending.text)
    };
    let violation = |(token, pushes): (&str, Vec<&Push<'_>>)| {
        let positions: Vec<_> = pushes.iter().take(8).map(|push| push.position).chain([message.began]).collect();
        run.violation(NUMBER, story(token, pushes.len()), &positions)
    };
    endless.map(violation).collect()
}
