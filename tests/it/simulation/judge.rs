//! A quick judgement of a history.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use curlew_tests::history::{Answer, Audience, CallId, Event, History, Kind, Request, VendorGot, What};
use shared::domain::{
    id::{AppKey, MessageId, UserId},
    time::Timestamp,
};

/// How long a first try may go to a token that changed hands.
const FRESH: Duration = Duration::from_secs(75);

/// A call with its begin and its end.
struct Ended<'a> {
    app: &'a AppKey,
    request: &'a Request,
    asked: Timestamp,
    answered: Timestamp,
    answer: &'a Answer,
}

/// Returns what is wrong, in words.
pub fn judge(history: &History) -> Vec<String> {
    let calls = calls(history);
    let mut wrong = Vec::new();
    wrong.extend(undecided(history, &calls));
    wrong.extend(foreign_pushes(history, &calls));
    wrong.extend(two_notifications(history));
    wrong.extend(lost_bindings(history, &calls));
    wrong.extend(left(history));
    wrong.extend(not_waiting(history, &calls));
    wrong
}

fn calls(history: &History) -> Vec<Ended<'_>> {
    let mut asked: BTreeMap<CallId, (&AppKey, &Request, Timestamp)> = BTreeMap::new();
    let mut ended = Vec::new();
    for Event { at, what } in &history.events {
        match what {
            What::Asked { call, app, request } => {
                asked.insert(*call, (app, request, *at));
            }
            What::Answered { call, answer } => {
                let (app, request, begun) = asked[call];
                ended.push(Ended { app, request, asked: begun, answered: *at, answer });
            }
            _ => {}
        }
    }
    ended
}

/// Returns every id that a message to users was answered with, and until when it may be pushed.
fn sent<'a>(calls: &'a [Ended<'a>]) -> impl Iterator<Item = (&'a AppKey, &'a UserId, MessageId, Timestamp, bool)> {
    calls.iter().flat_map(|call| {
        let ids = match (call.request, call.answer) {
            (Request::Send(sending), Answer::Sent { ids, .. }) => ids.iter().map(|one| (one, sending)).collect(),
            _ => Vec::new(),
        };
        ids.into_iter().filter_map(|((user, id), sending)| {
            let until = id.accepted_at().plus(sending.time_to_live);
            user.as_ref().map(|user| (call.app, user, *id, until, sending.kind == Kind::Chat))
        })
    })
}

fn erased(calls: &[Ended<'_>]) -> BTreeSet<(AppKey, UserId)> {
    let of_call = |call: &Ended<'_>| match call.request {
        Request::EraseUser { user } => Some((call.app.clone(), user.clone())),
        _ => None,
    };
    calls.iter().filter_map(of_call).collect()
}

fn undecided(history: &History, calls: &[Ended<'_>]) -> Vec<String> {
    let decided: BTreeSet<(&AppKey, &UserId, MessageId)> = history
        .events
        .iter()
        .filter_map(|event| match &event.what {
            What::Decided(one) => Some((&one.app, &one.user, one.message)),
            _ => None,
        })
        .collect();
    let erased = erased(calls);
    let mut wrong: Vec<String> = sent(calls)
        .filter(|(app, user, id, _, chat)| {
            *chat && !decided.contains(&(*app, *user, *id)) && !erased.contains(&((*app).clone(), (*user).clone()))
        })
        .map(|(app, user, id, ..)| format!("1: {id} of {user} of {app} is never decided"))
        .collect();
    let moved: BTreeSet<(&AppKey, &UserId)> = calls
        .iter()
        .flat_map(|call| match call.request {
            Request::Join { users, .. } | Request::Leave { users, .. } => {
                users.iter().map(|user| (call.app, user)).collect()
            }
            _ => Vec::new(),
        })
        .collect();
    let members: BTreeMap<_, _> = calls
        .iter()
        .filter_map(|call| match call.request {
            Request::CreateGroup { group, members } => Some(((call.app, group), members)),
            _ => None,
        })
        .collect();
    for call in calls {
        let (Request::Send(sending), Answer::Sent { ids, .. }) = (call.request, call.answer) else {
            continue;
        };
        let Audience::Group(group) = &sending.to else {
            continue;
        };
        for user in members[&(call.app, group)] {
            let stays = !moved.contains(&(call.app, user)) && !erased.contains(&(call.app.clone(), user.clone()));
            let id = ids[0].1;
            if stays && *user != sending.from && !decided.contains(&(call.app, user, id)) {
                wrong.push(format!("1: {id} of group {group} is never decided for {user} of {}", call.app));
            }
        }
    }
    wrong
}

fn pushes(history: &History) -> impl Iterator<Item = (Timestamp, &VendorGot)> {
    history.events.iter().filter_map(|event| match &event.what {
        What::VendorGot(got) if !got.revokes => Some((event.at, got)),
        _ => None,
    })
}

/// Invariants 3, 4 and 9.
fn foreign_pushes(history: &History, calls: &[Ended<'_>]) -> Vec<String> {
    let receivers: BTreeMap<MessageId, (&AppKey, &UserId, Timestamp)> =
        sent(calls).map(|(app, user, id, until, _)| (id, (app, user, until))).collect();
    let mut wrong = Vec::new();
    for (at, got) in pushes(history) {
        let Some((app, user, until)) = got.message.and_then(|id| receivers.get(&id)) else {
            continue;
        };
        if got.app != **app {
            wrong.push(format!("3: {:?} of {app} is pushed for {}", got.message, got.app));
        }
        if at > until.plus(Duration::from_secs(2)) {
            wrong.push(format!(
                "9: {:?} is pushed at {} after its end {}",
                got.message,
                at.as_millis(),
                until.as_millis()
            ));
        }
        let binds = |call: &&Ended<'_>| match call.request {
            Request::Bind { token, .. } => *token == got.token && call.app == *app && call.answer.is_success(),
            _ => false,
        };
        let last = calls.iter().filter(binds).filter(|call| call.answered.plus(FRESH) < at).last();
        let own = calls.iter().any(|call| match call.request {
            Request::Bind { token, user: by, .. } => {
                *token == got.token && by == *user && last.is_none_or(|last| call.answered >= last.asked)
            }
            _ => false,
        });
        if !own {
            wrong.push(format!("4: {:?} of {user} goes to {}, which another user has", got.message, got.token));
        }
    }
    wrong
}

fn two_notifications(history: &History) -> Vec<String> {
    let mut shown: BTreeMap<(&str, MessageId), &Option<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (_, got) in pushes(history).filter(|(_, got)| got.shown) {
        let Some(id) = got.message else { continue };
        let first = shown.entry((&got.token, id)).or_insert(&got.replace_id);
        if **first != got.replace_id {
            wrong.push(format!("2: {} shows {id} twice", got.token));
        }
    }
    wrong
}

/// Invariant 5.
fn lost_bindings(history: &History, calls: &[Ended<'_>]) -> Vec<String> {
    let bound: BTreeSet<(&AppKey, &UserId, &str)> = history
        .events
        .iter()
        .filter_map(|event| match &event.what {
            What::Bound(one) => Some((&one.app, &one.user, one.token.as_str())),
            _ => None,
        })
        .collect();
    let unregistered: BTreeSet<&str> = pushes(history)
        .filter(|(_, got)| matches!(got.answer, curlew_tests::history::VendorAnswer::Unregistered { .. }))
        .map(|(_, got)| got.token.as_str())
        .collect();
    let mut wrong = Vec::new();
    for call in calls {
        let Request::Bind { user, device, notifier, token } = call.request else { continue };
        if !call.answer.is_success() || unregistered.contains(token.as_str()) {
            continue;
        }
        let undoes = |other: &&Ended<'_>| {
            other.app == call.app
                && other.answered >= call.asked
                && !std::ptr::eq(*other, call)
                && match other.request {
                    Request::Bind { token: one, user: by, device: on, notifier: through } => {
                        one == token || (by == user && on == device && through == notifier)
                    }
                    Request::Unbind { user: by, .. }
                    | Request::LogOut { user: by, .. }
                    | Request::Ban { user: by, .. }
                    | Request::EraseUser { user: by } => by == user,
                    _ => false,
                }
        };
        if !calls.iter().any(|other| undoes(&other)) && !bound.contains(&(call.app, user, token)) {
            wrong.push(format!("5: the binding of {token} for {user} is lost"));
        }
    }
    wrong
}

fn left(history: &History) -> Vec<String> {
    let of_event = |event: &Event| match &event.what {
        What::Left { queue, records } => Some(format!("10: {queue} still has {records} records")),
        What::DeadLettered(one) => Some(format!("10: dead-lettered from {}: {:?} {}", one.queue, one.reason, one.body)),
        _ => None,
    };
    history.events.iter().filter_map(of_event).collect()
}

/// Invariant 11.
fn not_waiting(history: &History, calls: &[Ended<'_>]) -> Vec<String> {
    let erased = erased(calls);
    let mut gone: BTreeSet<MessageId> = BTreeSet::new();
    let mut last: BTreeMap<(&AppKey, &UserId), BTreeSet<MessageId>> = BTreeMap::new();
    let asked = history.events.iter().filter_map(|event| match &event.what {
        What::Asked { request, .. } => Some(request),
        _ => None,
    });
    for request in asked {
        if let Request::Ack { messages, .. } | Request::Recall { messages } = request {
            gone.extend(messages);
        }
    }
    for call in calls {
        if let (Request::Pull { user }, Answer::Pulled { messages }) = (call.request, call.answer) {
            last.insert((call.app, user), messages.iter().map(|message| message.id).collect());
        }
    }
    sent(calls)
        .filter(|(app, user, id, _, chat)| {
            *chat
                && !gone.contains(id)
                && !erased.contains(&((*app).clone(), (*user).clone()))
                && !last.get(&(*app, *user)).is_some_and(|waiting| waiting.contains(id))
        })
        .map(|(app, user, id, ..)| format!("11: {id} waits for {user} of {app} no more"))
        .collect()
}
