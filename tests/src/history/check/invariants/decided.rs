//! Invariant 1: a message answered 2xx is decided for every receiver.
//!
//! A decision counts only if the history explains it: a suppression has a possible cause, and a push reached its vendor
//! or ended for a reason. A message answered 4xx does nothing.

use std::time::Duration;

use shared::domain::{
    decision::Verdict,
    id::{DeviceId, NotifierName, UserId},
    outcome::PushStatus,
    reason::Reason,
};

use crate::history::{
    Answer, Decided, DecidedDevice, DeviceEnd, Notification, Request, VendorAnswer,
    check::{
        Violation,
        call::Call,
        deliveries::Push,
        fact::Position,
        messages::{Message, Place},
        run::Run,
        suppression::{Subject, Suppression},
        waiting::Waits,
    },
};

const NUMBER: u8 = 1;
/// How long after a refusal it is decided what becomes of the push.
const REFUSED: Duration = Duration::from_secs(10);

pub(super) fn check(run: &Run<'_>) -> Vec<Violation> {
    let undecided = run.messages.iter().flat_map(|(place, message)| undecided(run, place, message));
    let unexplained = run.messages.iter().flat_map(|(place, message)| {
        let receivers = run.possible_receivers(message);
        receivers
            .into_iter()
            .filter(move |user| !run.users.get(message.app, user).may_be_erased(message.began, run.end()))
            .filter_map(move |user| run.deliveries.decision(place, message.app, user))
            .flat_map(move |(position, decided)| Judged { run, place, position, decided }.problems())
    });
    let refused = run.messages.iter().filter(|(_, message)| message.refused).filter_map(|(place, message)| {
        let push = run.deliveries.pushes_of(place).next()?;
        let story = format!("the message \"{}\" was refused, and pushed nevertheless", message.sending.text);
        Some(run.violation(NUMBER, story, &[message.began, push.position]))
    });
    let claimed = run.calls.iter().flat_map(|call| claimed(run, call));
    undecided.chain(unexplained).chain(refused).chain(claimed).collect()
}

/// Returns the receivers of an accepted message without a decision.
fn undecided(run: &Run<'_>, place: Place, message: &Message<'_>) -> Vec<Violation> {
    let Some(accepted) = message.accepted else { return Vec::new() };
    if message.sending.notification == Notification::OnlineOnly
        || run.may_be_deleted(message.app, message.began, run.end())
    {
        return Vec::new();
    }
    let must = run.possible_receivers(message).into_iter().filter(|user| {
        run.receives(message, user) == Waits::Surely
            && !run.users.get(message.app, user).may_be_erased(message.began, run.end())
            && run.deliveries.decision(place, message.app, user).is_none()
            && !is_settled(run, place, message, user)
    });
    let story =
        |user: &UserId| format!("the message \"{}\" was accepted, and never decided for {user}", message.sending.text);
    must.map(|user| run.violation(NUMBER, story(user), &[message.began, accepted])).collect()
}

/// Returns the users of whom a synchronous answer says that a vendor took their push, though none did.
fn claimed(run: &Run<'_>, call: &Call<'_>) -> Vec<Violation> {
    let (Request::Send(sending), Answer::Sent { pushed, .. }) = (call.request, call.answer) else {
        return Vec::new();
    };
    let was_pushed = |user: &UserId| {
        let place = run.messages.find(Some(&sending.text), None);
        let mut pushes = place.into_iter().flat_map(|place| run.deliveries.pushes_of(place));
        pushes.any(|push| {
            let accepted = push.got.answer == VendorAnswer::Accepted && push.position < call.ended;
            accepted && run.bindings.of_user(call.app, user).any(|held| held.key.2 == push.got.token)
        })
    };
    let story =
        |user: &UserId| format!("the answer says that a vendor took \"{}\" for {user}, and none did", sending.text);
    let wrong = pushed.iter().filter(|user| !was_pushed(user));
    wrong.map(|user| run.violation(NUMBER, story(user), &[call.began, call.ended])).collect()
}

/// Returns whether a vendor's answer settled the message, although its record is missing. In a time of faults a record
/// may be lost; the push is not repeated then.
fn is_settled(run: &Run<'_>, place: Place, message: &Message<'_>, user: &UserId) -> bool {
    let to_user = |push: &&Push<'_>| run.bindings.of_user(message.app, user).any(|held| held.key.2 == push.got.token);
    run.was_troubled(message.began, run.end()) && run.deliveries.pushes_of(place).filter(to_user).any(Push::is_final)
}

/// A decision that is judged.
struct Judged<'a, 'h> {
    run: &'a Run<'h>,
    place: Place,
    position: Position,
    decided: &'a Decided,
}

impl Judged<'_, '_> {
    fn problems(&self) -> Vec<Violation> {
        let suppression = Suppression::of(self.run, self.place, self.decided, self.position);
        match self.decided.verdict {
            Verdict::Skip { reason } if suppression.is_explained(reason, Subject::Receiver) => Vec::new(),
            Verdict::Skip { reason } => {
                vec![self.violation(&format!("suppressed as \"{reason}\", and nothing explains it"), &[])]
            }
            Verdict::Push => {
                let devices = self.decided.devices.iter().filter_map(|device| self.problem_of(&suppression, device));
                devices.chain(self.missing()).collect()
            }
        }
    }

    /// Returns what is wrong with one device of a decision to push.
    fn problem_of(&self, suppression: &Suppression<'_, '_>, device: &DecidedDevice) -> Option<Violation> {
        let DecidedDevice { device: id, notifier, verdict, end } = device;
        let of = Subject::Binding(id, notifier.as_ref());
        if let Verdict::Skip { reason } = verdict {
            let is_explained = suppression.is_explained(*reason, of);
            return (!is_explained)
                .then(|| self.violation(&format!("{id} got no push as \"{reason}\", and nothing explains it"), &[]));
        }
        let pushes = self.pushes(id, notifier.as_ref());
        let what = match end {
            None if pushes.is_empty() => "was decided, reached no vendor, and has no end".to_owned(),
            None if self.is_unrecorded(&pushes) => "was answered by the vendor, and no end is recorded".to_owned(),
            None => return None,
            Some(end) => self.wrong_end(suppression, end, of, &pushes)?,
        };
        let positions: Vec<Position> = pushes.iter().map(|push| push.position).collect();
        Some(self.violation(&format!("the push to {id} {what}"), &positions))
    }

    /// Returns what is wrong with the recorded end of a push.
    fn wrong_end(
        &self,
        suppression: &Suppression<'_, '_>,
        end: &DeviceEnd,
        of: Subject<'_>,
        pushes: &[&Push<'_>],
    ) -> Option<String> {
        match end.status {
            PushStatus::Success => {
                let was_accepted = pushes.iter().any(|push| push.got.answer == VendorAnswer::Accepted);
                (!was_accepted).then(|| "is recorded as accepted, and no vendor accepted it".to_owned())
            }
            PushStatus::Fail if self.end_is_explained(suppression, end.reason, of, pushes) => None,
            PushStatus::Fail => {
                let reason = end.reason.map_or("no reason", Reason::code);
                Some(format!("ended with \"{reason}\", and nothing explains it"))
            }
        }
    }

    /// Returns whether the last answer ended the push, and nothing that failed explains the missing record.
    fn is_unrecorded(&self, pushes: &[&Push<'_>]) -> bool {
        let began = self.run.messages.get(self.place).began;
        !self.run.was_troubled(began, self.run.end()) && pushes.last().is_some_and(|push| push.is_final())
    }

    fn end_is_explained(
        &self,
        suppression: &Suppression<'_, '_>,
        reason: Option<Reason>,
        of: Subject<'_>,
        pushes: &[&Push<'_>],
    ) -> bool {
        let Some(reason) = reason else { return false };
        if matches!(reason, Reason::NotifierDisabled | Reason::PushYetButFail) && self.is_dropped(pushes) {
            return false;
        }
        let is_refused = !pushes.is_empty() && reason == Reason::IllegalBinding;
        let unregistered = |push: &&Push<'_>| matches!(push.got.answer, VendorAnswer::Unregistered { .. });
        if is_refused { pushes.iter().any(unregistered) } else { suppression.is_explained(reason, of) }
    }

    /// Returns whether the push was last refused for an old secret, while its notifier had the new one for certain.
    fn is_dropped(&self, pushes: &[&Push<'_>]) -> bool {
        let Some(Push { position, got, .. }) = pushes.last() else { return false };
        let apps = &self.run.apps;
        let notifier = apps.get(&got.app).notifiers.get(&got.notifier);
        let until = self.run.first_at(self.run.at(*position).plus(REFUSED));
        got.outdated
            && got.answer == VendorAnswer::Credential
            && apps.entered_since(&got.app, &got.notifier, *position).is_some()
            && notifier.is_some_and(|notifier| !notifier.disabled.may_hold(*position, until))
            && !self.run.may_be_deleted(&got.app, *position, until)
            && !self.run.was_troubled(self.run.messages.get(self.place).began, until)
    }

    /// Returns the pushes of the message to a device's tokens.
    fn pushes(&self, device: &DeviceId, notifier: Option<&NotifierName>) -> Vec<&Push<'_>> {
        let held = self.run.bindings.of_user(&self.decided.app, &self.decided.user);
        let tokens: Vec<&str> =
            held.filter(|one| one.device == device && Some(one.key.1) == notifier).map(|one| one.key.2).collect();
        let pushes = self.run.deliveries.pushes_of(self.place);
        pushes.filter(|push| tokens.contains(&push.got.token.as_str())).collect()
    }

    /// Returns the bindings that the decision to push forgets. Every binding has a verdict.
    fn missing(&self) -> Vec<Violation> {
        let message = self.run.messages.get(self.place);
        let listed = |device: &DeviceId, notifier: &NotifierName| {
            self.decided.devices.iter().any(|one| one.device == *device && one.notifier.as_ref() == Some(notifier))
        };
        let held = self.run.bindings.of_user(&self.decided.app, &self.decided.user);
        let forgotten = held
            .filter(|one| one.fact.holds(message.began, self.run.end()))
            .filter(|one| !listed(one.device, one.key.1));
        forgotten
            .map(|one| self.violation(&format!("the decision forgets the binding of {}", one.device), &[]))
            .collect()
    }

    fn violation(&self, what: &str, others: &[Position]) -> Violation {
        let message = self.run.messages.get(self.place);
        let Decided { user, .. } = self.decided;
        let story = format!("the message \"{}\" to {user}: {what}", message.sending.text);
        let positions: Vec<Position> = [message.began, self.position].iter().chain(others).copied().collect();
        self.run.violation(NUMBER, story, &positions)
    }
}
