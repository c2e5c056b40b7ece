//! Invariant 6: one vendor, one notifier, one app, one user or one text, failing or growing in any way, delays no other.
//!
//! A push is late if nothing that concerns it failed, and no vendor got it in time. Faults that concern everybody, and
//! processes that died, excuse every push of their time.

use std::time::Duration;

use shared::domain::id::{AppKey, UserId};

use crate::history::{
    FaultScope, Kind, Notification, VendorAnswer, What,
    check::{
        Violation,
        bindings::Held,
        fact::Position,
        messages::{Message, Place},
        run::Run,
        waiting::Waits,
    },
};

const NUMBER: u8 = 6;
/// From the acceptance to the vendor, at most. Nothing waits for a retry, so this is much.
const PROMPT: Duration = Duration::from_secs(60);
/// So long a fault of everything may still be felt: records that died with a process are redelivered.
const AFTERMATH: Duration = Duration::from_secs(600);

pub(super) fn check(run: &Run<'_>) -> Vec<Violation> {
    run.messages.iter().flat_map(|(place, message)| late(run, place, message)).collect()
}

/// Returns the receivers whose push came late, or not in the time that was observed.
fn late(run: &Run<'_>, place: Place, message: &Message<'_>) -> Vec<Violation> {
    let Some(accepted) = message.accepted else { return Vec::new() };
    let due = run.at(accepted).plus(PROMPT);
    let until = run.first_at(due);
    let wants_push = message.sending.notification == Notification::Wanted && matches!(message.sending.kind, Kind::Chat);
    let excused = run.was_troubled(run.before(message.began, AFTERMATH), until)
        || run.was_faulty(message.began, until, |scope| concerns_message(scope, message));
    if !wants_push || excused || run.at(run.end()) < due {
        return Vec::new();
    }
    let receivers = run.possible_receivers(message).into_iter();
    receivers.filter_map(|user| late_to(run, place, message, user, (accepted, until))).collect()
}

fn late_to(
    run: &Run<'_>,
    place: Place,
    message: &Message<'_>,
    user: &UserId,
    (accepted, until): (Position, Position),
) -> Option<Violation> {
    let is_pushed_at = |held: &Held<'_>| {
        let mut pushes = run.deliveries.pushes_of(place).filter(|push| push.got.token == held.key.2);
        pushes.next().map(|push| push.position)
    };
    let first = |held: &Held<'_>| is_pushed_at(held).filter(|position| *position >= until);
    if run.receives(message, user) != Waits::Surely || may_wait(run, message.app, user, message.began, until) {
        return None;
    }
    // A device's push goes through one of its bindings, and may wait there before it goes through another.
    let is_excused = |held: &Held<'_>| {
        let mut of_device = run.bindings.of_user(message.app, user).filter(|one| one.device == held.device);
        of_device
            .any(|one| one.fact.may_hold(message.began, until) && is_excused(run, &one, user, message.began, until))
    };
    let mut held = run.bindings.of_user(message.app, user).filter(|one| one.fact.holds(message.began, until));
    let late = held.find(|one| !is_excused(one) && first(one).is_some())?;
    let story = format!("the push of \"{}\" to {user} waited, though nothing of theirs failed", message.sending.text);
    let faults = run.find(|what| matches!(what, What::FaultBegan { .. }).then_some(()));
    let before = faults.map(|(position, ())| position).filter(|position| *position < until);
    let positions: Vec<Position> = before.chain([message.began, accepted]).chain(first(&late)).collect();
    Some(run.violation(NUMBER, story, &positions))
}

/// Returns whether the user may have been connected, or settings may have delayed the push.
fn may_wait(run: &Run<'_>, app: &AppKey, user: &UserId, from: Position, to: Position) -> bool {
    let mut devices = run.devices.of_user(app, user);
    devices.any(|(_, device)| {
        device.reported.may_hold(from, to) || device.connected.may_hold(from, to) || device.kicked.may_hold(from, to)
    })
}

fn concerns_message(scope: &FaultScope, message: &Message<'_>) -> bool {
    match scope {
        FaultScope::App(app) => app == message.app,
        FaultScope::Text(text) => *text == message.sending.text,
        _ => false,
    }
}

/// Returns whether a fault concerned the token: its vendor's, its notifier's or its user's, or the vendor asked this
/// notifier to wait.
fn is_excused(run: &Run<'_>, held: &Held<'_>, user: &UserId, from: Position, to: Position) -> bool {
    let (app, notifier, _) = held.key;
    let of_notifier =
        || run.deliveries.pushes.iter().filter(|push| push.got.app == *app && push.got.notifier == *notifier);
    let vendor = of_notifier().next().map(|push| push.got.vendor);
    let concerns = |scope: &FaultScope| match scope {
        FaultScope::Vendor(one) => vendor == Some(*one),
        FaultScope::Notifier(of, name) => of == app && name == notifier,
        FaultScope::User(of, one) => of == app && one == user,
        _ => false,
    };
    let asked_to_wait =
        || of_notifier().any(|push| (from..=to).contains(&push.position) && push.got.answer == VendorAnswer::Later);
    run.was_faulty(from, to, concerns) || asked_to_wait()
}
