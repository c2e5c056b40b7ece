//! Invariant 3: no decision, token, message or count of one app is ever visible to another.
//!
//! An app that has the name of a deleted one is another app, and so is a user who has the name of an erased one.

use std::{collections::BTreeSet, time::Duration};

use shared::domain::{
    decision::Verdict,
    id::{AppKey, MessageId, UserId},
    reason::Reason,
};

use crate::history::{
    Answer, Request, What,
    check::{
        Violation,
        call::Call,
        fact::{Position, Span},
        messages::Place,
        run::Run,
        waiting::Waits,
    },
};

const NUMBER: u8 = 3;
/// Open connections of an erased user end so long after the call at the latest.
const CONNECTION_ENDS: Duration = Duration::from_secs(60);
/// A push whose decision is younger than 60 s is sent without another look at its receiver, within an invocation.
const ON_ITS_WAY: Duration = Duration::from_secs(90);

pub(super) fn check(run: &Run<'_>) -> Vec<Violation> {
    let pushed = [pushes(run), to_next_users(run)].concat();
    let pulled = run.calls.iter().flat_map(|call| pulled(run, call));
    [pushed, pulled.collect(), frames(run), callbacks(run), decisions(run)].concat()
}

/// Returns pushes with the credential of one app and the message or the token of another.
fn pushes(run: &Run<'_>) -> Vec<Violation> {
    let wrong = run.deliveries.pushes.iter().filter_map(|push| {
        let got = push.got;
        if let Some(message) = push.message.map(|place| run.messages.get(place)).filter(|one| *one.app != got.app) {
            let story = format!("{} pushed the message \"{}\" of {}", got.app, message.sending.text, message.app);
            return Some(run.violation(NUMBER, story, &[message.began, push.position]));
        }
        let apps = run.bindings.apps_with(&got.token);
        let is_foreign = !apps.is_empty() && !apps.contains(&got.app);
        let story = || format!("{} pushed to a token that only another app bound", got.app);
        is_foreign.then(|| run.violation(NUMBER, story(), &[push.position]))
    });
    wrong.collect()
}

/// Returns pushes of one-to-one messages whose receiver was erased long before. They reached the next user of the name.
fn to_next_users(run: &Run<'_>) -> Vec<Violation> {
    let wrong = run.deliveries.pushes.iter().filter_map(|push| {
        let (place, id) = (push.message?, push.got.message?);
        let message = run.messages.get(place);
        let user = message.ids.iter().find(|(_, one)| *one == id)?.0?;
        let from = run.before(push.position, ON_ITS_WAY);
        is_from_before(run, place, user, from).then(|| see(run, place, &push.got.app, user, push.position))
    });
    wrong.collect()
}

/// Returns messages in a pull that are not the user's.
fn pulled(run: &Run<'_>, call: &Call<'_>) -> Vec<Violation> {
    let (Request::Pull { user }, Answer::Pulled { messages }) = (call.request, call.answer) else {
        return Vec::new();
    };
    let places = messages.iter().filter_map(|seen| run.messages.find(Some(&seen.text), Some(seen.id)));
    let wrong = places.filter(|place| !may_see(run, *place, call.app, user, call.began));
    wrong.map(|place| see(run, place, call.app, user, call.ended)).collect()
}

fn frames(run: &Run<'_>) -> Vec<Violation> {
    let frames = run.find(|what| match what {
        What::Frame { app, user, message, .. } => Some((app, user, message)),
        _ => None,
    });
    let wrong = frames.filter_map(|(position, (app, user, message))| {
        let place = run.messages.find(Some(&message.text), Some(message.id))?;
        let from = run.before(position, CONNECTION_ENDS);
        (!may_see(run, place, app, user, from)).then(|| see(run, place, app, user, position))
    });
    wrong.collect()
}

/// Returns whether a message may be shown to a user from an event on: it is of the app, to the user, and not from before
/// an erasure.
fn may_see(run: &Run<'_>, place: Place, app: &AppKey, user: &UserId, from: Position) -> bool {
    let message = run.messages.get(place);
    // Who sends a message may see it elsewhere. Curlew does not hand it to the sender's own user.
    message.app == app && run.receives(message, user) != Waits::Never && !is_from_before(run, place, user, from)
}

/// Returns whether the message ended with the user or the app, for certain and before an event.
fn is_from_before(run: &Run<'_>, place: Place, user: &UserId, event: Position) -> bool {
    let message = run.messages.get(place);
    let last = message.accepted.filter(|_| run.calls.iter().all(|call| !is_later_try(call, message.sending)));
    let ended = |span: &Span| span.certain && span.ended < event && last.is_some_and(|accepted| accepted < span.began);
    run.was_erased(message, user, ended)
}

/// Returns whether a call that may have accepted the message has no clear answer.
fn is_later_try(call: &Call<'_>, sending: &crate::history::Sending) -> bool {
    let same = matches!(call.request, Request::Send(one) if one.text == sending.text);
    same && call.effect().is_some_and(|effect| !effect.certain)
}

fn see(run: &Run<'_>, place: Place, app: &AppKey, user: &UserId, position: Position) -> Violation {
    let message = run.messages.get(place);
    let story = format!("{user} of {app} sees the message \"{}\", which is not theirs", message.sending.text);
    run.violation(NUMBER, story, &[message.began, position])
}

/// Returns callbacks to one app's server with what belongs to another.
fn callbacks(run: &Run<'_>) -> Vec<Violation> {
    let of_others = |app: &AppKey| {
        let texts = run.messages.iter().filter(|(_, one)| one.app != app).map(|(_, one)| one.sending.text.as_str());
        let own: BTreeSet<&str> = run.bindings.of_app(app).map(|(key, ..)| key.2).collect();
        let bound = run.calls.iter().filter(|call| call.app != app).filter_map(|call| match call.request {
            Request::Bind { token, .. } => Some(token.as_str()),
            _ => None,
        });
        texts.chain(bound.filter(|token| !own.contains(token))).collect::<BTreeSet<&str>>()
    };
    let sent = run.find(|what| match what {
        What::Callback { app, body, message, .. } => Some((app, body, *message)),
        _ => None,
    });
    let is_of_another = |app: &AppKey, message: MessageId| {
        run.messages.find(None, Some(message)).is_some_and(|place| run.messages.get(place).app != app)
    };
    let wrong = sent.filter(|(_, (app, body, message))| {
        is_of_another(app, *message) || of_others(app).into_iter().any(|text| body.contains(text))
    });
    let story = |app: &AppKey| format!("the server of {app} was told of another app's message or token");
    wrong.map(|(position, (app, ..))| run.violation(NUMBER, story(app), &[position])).collect()
}

/// Returns decisions that another app shows.
fn decisions(run: &Run<'_>) -> Vec<Violation> {
    let mut ends = run.find(|what| matches!(what, What::FaultsEnded).then_some(()));
    let end = ends.next().map_or(0, |(position, ())| position);
    let wrong = run.deliveries.decided().filter_map(|(place, position, decided)| {
        let message = run.messages.get(place);
        let is_own = message.app == &decided.app && run.receives(message, &decided.user) != Waits::Never;
        // What is decided while an erasure runs is hidden. What the API shows at the end is not.
        let is_old = position > end && is_from_before(run, place, &decided.user, position);
        let story =
            || format!("{} shows {} a decision of the message \"{}\"", decided.app, decided.user, message.sending.text);
        // A group's member may have been erased while the membership still stands, and a large group has one decision.
        // Such a decision says nothing of a person.
        let is_of_nobody = message.app == &decided.app
            && matches!(decided.verdict, Verdict::Skip { reason: Reason::NoUserExist | Reason::LargeGroup });
        ((!is_own || is_old) && !is_of_nobody).then(|| run.violation(NUMBER, story(), &[message.began, position]))
    });
    wrong.collect()
}
