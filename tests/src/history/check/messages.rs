//! Messages: every call that sent one, its ids, and how long it may be pushed.

use std::{collections::HashMap, time::Duration};

use shared::domain::{
    id::{AppKey, MessageId, UserId},
    time::Timestamp,
};

use super::{
    super::{Answer, Event, Request, Sending},
    call::Call,
    fact::{NEVER, Position},
};

/// Longest time after its begin at which a call without an answer may still accept a message. A function of the API
/// ends within it, and writes no message under an older id.
const LONGEST_CALL: Duration = Duration::from_secs(60);

/// Index of a message.
pub(super) type Place = usize;

/// A message. A repeat under the same `Idempotency-Key` is the same message.
#[derive(Debug)]
pub(super) struct Message<'h> {
    pub(super) app: &'h AppKey,
    pub(super) sending: &'h Sending,
    /// where its first call began
    pub(super) began: Position,
    /// where it was accepted for certain: the first answer 2xx
    pub(super) accepted: Option<Position>,
    /// whether every call was refused
    pub(super) refused: bool,
    /// it was not accepted before
    pub(super) not_before: Timestamp,
    /// it was not accepted after
    pub(super) not_after: Timestamp,
    /// the ids that answers named; a group's or a task's is of nobody
    pub(super) ids: Vec<(Option<&'h UserId>, MessageId)>,
}

impl Message<'_> {
    /// Returns the id of a receiver's copy, if an answer named it.
    pub(super) fn id_of(&self, user: &UserId) -> Option<MessageId> {
        let of = |wanted: Option<&UserId>| self.ids.iter().find(|(owner, _)| *owner == wanted).map(|(_, id)| *id);
        of(Some(user)).or_else(|| of(None))
    }

    /// Returns the time from which on it may have expired.
    pub(super) fn may_expire_at(&self) -> Timestamp {
        self.not_before.plus(self.sending.time_to_live)
    }

    /// Returns the time from which on it has expired for certain.
    pub(super) fn has_expired_at(&self) -> Timestamp {
        self.not_after.plus(self.sending.time_to_live)
    }
}

/// The messages of a history.
#[derive(Debug, Default)]
pub(super) struct Messages<'h> {
    all: Vec<Message<'h>>,
    by_text: HashMap<&'h str, Place>,
    by_id: HashMap<MessageId, Place>,
}

impl<'h> Messages<'h> {
    pub(super) fn of(events: &[Event], calls: &[Call<'h>]) -> Self {
        let mut messages = Self::default();
        for call in calls {
            if let Request::Send(sending) = call.request {
                messages.add(events, call, sending);
            }
        }
        messages
    }

    fn add(&mut self, events: &[Event], call: &Call<'h>, sending: &'h Sending) {
        let place = *self.by_text.entry(&sending.text).or_insert(self.all.len());
        let began = events[call.began].at;
        if place == self.all.len() {
            self.all.push(Message {
                app: call.app,
                sending,
                began: call.began,
                accepted: None,
                refused: true,
                not_before: began,
                not_after: began,
                ids: Vec::new(),
            });
        }
        let message = &mut self.all[place];
        let Some(effect) = call.effect() else { return };
        message.refused = false;
        let latest = if effect.ended == NEVER { began.plus(LONGEST_CALL) } else { events[effect.ended].at };
        message.not_after = message.not_after.max(latest);
        if effect.certain && message.accepted.is_none() {
            message.accepted = Some(effect.ended);
        }
        if let Answer::Sent { ids, .. } = call.answer {
            for (user, id) in ids {
                message.ids.push((user.as_ref(), *id));
                self.by_id.insert(*id, place);
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Place, &Message<'h>)> {
        self.all.iter().enumerate()
    }

    pub(super) fn get(&self, place: Place) -> &Message<'h> {
        &self.all[place]
    }

    /// Finds a message by its text, or else by its id.
    pub(super) fn find(&self, text: Option<&str>, id: Option<MessageId>) -> Option<Place> {
        let by_text = text.and_then(|text| self.by_text.get(text));
        by_text.or_else(|| self.by_id.get(&id?)).copied()
    }
}
