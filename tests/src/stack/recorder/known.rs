//! What the recorded calls tell: which tokens, texts and messages the rest of the history is about.

use std::collections::{BTreeMap, BTreeSet};

use shared::domain::id::{GroupId, MessageId, NotifierName, UserId};

use crate::history::{Answer, Audience, CallId, Event, Request, Sending, What};

/// What the calls tell about the rest of the history.
pub(super) struct Known {
    /// device tokens that were bound
    pub(super) tokens: BTreeMap<String, NotifierName>,
    /// texts that were sent
    pub(super) texts: Vec<String>,
    /// messages with an id, and their receivers
    pub(super) messages: Vec<(UserId, MessageId)>,
    /// users who bound a token
    pub(super) users: Vec<UserId>,
    /// pushes of tasks, of which no answer names the ids: receiver, id and text
    pub(super) of_tasks: Vec<(UserId, MessageId, String)>,
    /// whether anything was sent to all users
    pub(super) has_tasks: bool,
}

impl Known {
    pub(super) fn of(events: &[Event]) -> Self {
        let (mut known, mut members) = (Self::nothing(), BTreeMap::<GroupId, BTreeSet<UserId>>::new());
        let mut sent: BTreeMap<CallId, &Sending> = BTreeMap::new();
        for event in events {
            match &event.what {
                What::Asked { request: Request::Bind { user, notifier, token, .. }, .. } => {
                    known.tokens.insert(token.clone(), notifier.clone());
                    known.users.push(user.clone());
                }
                What::Asked { request: Request::CreateGroup { group, members: named }, .. } => {
                    members.entry(group.clone()).or_default().extend(named.iter().cloned());
                }
                What::Asked { request: Request::Join { group, users }, .. } => {
                    members.entry(group.clone()).or_default().extend(users.iter().cloned());
                }
                What::Asked { call, request: Request::Send(sending), .. } => {
                    sent.insert(*call, sending);
                    known.texts.push(sending.text.clone());
                    known.has_tasks |= sending.to == Audience::Everyone;
                }
                What::Answered { call, answer: Answer::Sent { ids, .. } } => {
                    let Some(sending) = sent.get(call) else { continue };
                    for (user, id) in ids {
                        known.messages.extend(receivers(sending, user.as_ref(), &members).map(|user| (user, *id)));
                    }
                }
                _ => {}
            }
        }
        known.texts.sort();
        known.texts.dedup();
        known.users.sort();
        known.users.dedup();
        known.messages.sort();
        known.messages.dedup();
        known
    }

    const fn nothing() -> Self {
        Self {
            tokens: BTreeMap::new(),
            texts: Vec::new(),
            messages: Vec::new(),
            users: Vec::new(),
            of_tasks: Vec::new(),
            has_tasks: false,
        }
    }
}

/// Returns whom an id concerns: its user, or the members of its group.
fn receivers(
    sending: &Sending,
    user: Option<&UserId>,
    members: &BTreeMap<GroupId, BTreeSet<UserId>>,
) -> impl Iterator<Item = UserId> {
    let users: Vec<UserId> = match (user, &sending.to) {
        (Some(user), _) => vec![user.clone()],
        (None, Audience::Group(group)) => members.get(group).into_iter().flatten().cloned().collect(),
        (None, Audience::Members { users, .. } | Audience::Users(users)) => users.clone(),
        (None, Audience::Everyone) => Vec::new(),
    };
    let from = sending.from.clone();
    users.into_iter().filter(move |user| *user != from)
}
