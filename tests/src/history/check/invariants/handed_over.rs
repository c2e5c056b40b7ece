//! Invariant 11: a message is handed over at least once to the user who comes back, by socket or by pull, until a device
//! of theirs acknowledges it or it expires; `offline_msg_count` is what still waits.

use shared::domain::id::UserId;

use crate::history::{
    Answer, Audience, Notification, Request,
    check::{
        Violation,
        call::Call,
        fact::{NEVER, Position},
        messages::{Message, Place},
        presence::Connection,
        run::Run,
        waiting::{Shelf, Waits},
    },
};

const NUMBER: u8 = 11;

pub(super) fn check(run: &Run<'_>) -> Vec<Violation> {
    let calls = run.calls.iter().flat_map(|call| match (call.request, call.answer) {
        (Request::Pull { user }, Answer::Pulled { messages }) => {
            let ids: Vec<_> =
                messages.iter().filter_map(|one| run.messages.find(Some(&one.text), Some(one.id))).collect();
            [missing(run, call, user, &ids), ended(run, call, user, &ids)].concat()
        }
        (Request::Count { user }, Answer::Counted { waiting }) => {
            counted(run, call, user, *waiting).into_iter().collect()
        }
        _ => Vec::new(),
    });
    let connections = run.devices.connections.iter().flat_map(|connection| unposted(run, connection));
    calls.chain(connections).collect()
}

/// Returns the messages of an app that wait for a user, with how certain that is.
fn waiting(run: &Run<'_>, call: &Call<'_>, user: &UserId) -> Vec<(Place, Waits)> {
    let of_app = run.messages.iter().filter(|(_, message)| message.app == call.app);
    let all = of_app.map(|(place, _)| (place, run.waits(place, user, call.began, call.ended)));
    all.filter(|(_, waits)| *waits != Waits::Never).collect()
}

/// Returns messages that wait for certain and are not in the pull. Of each kind only the newest are kept.
fn missing(run: &Run<'_>, call: &Call<'_>, user: &UserId, pulled: &[Place]) -> Vec<Violation> {
    let all = waiting(run, call, user);
    let is_kept = |place: Place| {
        let message = run.messages.get(place);
        let shelf = Shelf::of(message);
        let newer = all
            .iter()
            .map(|(one, _)| run.messages.get(*one))
            .filter(|one| Shelf::of(one) == shelf && one.not_after >= message.not_before);
        newer.count() <= shelf.limit()
    };
    let surely = all.iter().filter(|(_, waits)| *waits == Waits::Surely).map(|(place, _)| *place);
    let missing = surely.filter(|place| !pulled.contains(place) && is_kept(*place));
    missing
        .map(|place| {
            let message = run.messages.get(place);
            let story = format!("{user} came back, and the message \"{}\" was not in the pull", message.sending.text);
            run.violation(NUMBER, story, &[message.began, call.began, call.ended])
        })
        .collect()
}

/// Returns messages in the pull that ended before: acknowledged, recalled or expired.
fn ended(run: &Run<'_>, call: &Call<'_>, user: &UserId, pulled: &[Place]) -> Vec<Violation> {
    let is_own = |message: &Message<'_>| message.app == call.app && run.receives(message, user) != Waits::Never;
    let over = pulled
        .iter()
        .map(|place| (*place, run.messages.get(*place)))
        .filter(|(place, message)| is_own(message) && run.waits(*place, user, call.began, call.ended) == Waits::Never);
    over.map(|(_, message)| {
        let story = format!("{user} got the message \"{}\" again after its end", message.sending.text);
        run.violation(NUMBER, story, &[message.began, call.began, call.ended])
    })
    .collect()
}

/// Returns whether a count is none that the history allows.
fn counted(run: &Run<'_>, call: &Call<'_>, user: &UserId, count: u64) -> Option<Violation> {
    let all = waiting(run, call, user);
    let at_most = |is_such: fn(Waits) -> bool| -> usize {
        let of = |shelf: Shelf| {
            let such = all.iter().filter(|(_, waits)| is_such(*waits)).map(|(place, _)| run.messages.get(*place));
            such.filter(|message| Shelf::of(message) == shelf).count().min(shelf.limit())
        };
        Shelf::ALL.into_iter().map(of).sum()
    };
    let (least, most) = (at_most(|waits| waits == Waits::Surely), at_most(|_| true));
    let fits = usize::try_from(count).is_ok_and(|count| (least..=most).contains(&count));
    let story = || format!("{user} has {least} to {most} messages that wait, and the count says {count}");
    (!fits).then(|| run.violation(NUMBER, story(), &[call.began, call.ended]))
}

/// Returns messages that a connection never got, although it was open to the end and they waited.
fn unposted(run: &Run<'_>, connection: &Connection<'_>) -> Vec<Violation> {
    let Connection { app, user, name, opened, closed, .. } = *connection;
    let was_replaced = || {
        run.devices.connections.iter().any(|other| {
            other.app == app
                && other.user == user
                && other.device == connection.device
                && other.asked > connection.asked
        })
    };
    if closed != NEVER || was_replaced() || may_be_shut_out(run, connection) {
        return Vec::new();
    }
    let of_app = run.messages.iter().filter(|(_, message)| message.app == app && is_posted(run, message));
    let end = run.end();
    let due = of_app.filter(|(place, message)| {
        let from = message.accepted.map_or(end, |accepted| accepted + 1).max(opened);
        run.waits(*place, user, from, end) == Waits::Surely && run.deliveries.frame(*place, name).is_none()
    });
    due.map(|(_, message)| {
        let story = format!("{user} is connected, and the message \"{}\" never came", message.sending.text);
        let positions: [Position; 2] = [message.began, opened];
        run.violation(NUMBER, story, &positions)
    })
    .collect()
}

/// Returns whether Curlew may have given the connection up: the user banned, or the device ended by a call.
fn may_be_shut_out(run: &Run<'_>, connection: &Connection<'_>) -> bool {
    let Connection { app, user, device, asked, opened, .. } = *connection;
    let user_facts = run.users.user(app, user);
    let of_device = run.devices.of_user(app, user).find(|(id, _)| **id == *device);
    let stays = of_device.is_some_and(|(_, facts)| facts.connected.holds(opened + 1, run.end()));
    !stays || user_facts.banned.may_hold(asked, run.end())
}

/// Returns whether such a message is posted to every connection. A message that no longer pushes may not be, nor one of
/// a group that is large or switched off.
fn is_posted(run: &Run<'_>, message: &Message<'_>) -> bool {
    let group_posts = match &message.sending.to {
        Audience::Group(group) | Audience::Members { group, .. } => {
            let group = run.groups.get(message.app, group);
            group.is_some_and(|group| !group.off.may_hold(message.began, run.end()))
                && run.users.app(message.app).group_limits.is_empty()
        }
        Audience::Users(_) => true,
        Audience::Everyone => false,
    };
    group_posts
        && message.sending.notification == Notification::Wanted
        && run.at(run.end()) < message.may_expire_at()
        && matches!(message.sending.kind, crate::history::Kind::Chat)
}
