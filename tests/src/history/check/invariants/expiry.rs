//! Invariant 9: nothing is pushed after its expiry; every retry is bounded.

use std::{collections::BTreeMap, time::Duration};

use shared::domain::attempt::UNCLEAR_ATTEMPTS;

use crate::history::{
    Audience, VendorAnswer,
    check::{
        Violation,
        deliveries::Push,
        messages::{Message, Place},
        run::Run,
    },
};

const NUMBER: u8 = 9;
/// A push that is not expired when its invocation begins is sent within this time.
const INVOCATION: Duration = Duration::from_secs(30);
/// Attempts in a day, if the delays double up to 15 minutes, and each is at least half of that.
const MAX_ATTEMPTS: usize = 250;

pub(super) fn check(run: &Run<'_>) -> Vec<Violation> {
    let messages = || run.messages.iter();
    let late = messages().filter_map(|(place, message)| late(run, place, message));
    let endless = messages().flat_map(|(place, message)| endless(run, place, message));
    late.chain(endless).collect()
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
