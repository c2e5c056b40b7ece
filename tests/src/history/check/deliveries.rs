//! What reached vendors, connections and traces, by message.

use std::collections::HashMap;

use shared::domain::id::{AppKey, UserId};

use super::{
    super::{ConnectionName, Decided, Event, VendorAnswer, VendorGot, What},
    fact::Position,
    messages::{Messages, Place},
};

/// A push that reached a vendor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Push<'h> {
    pub(super) position: Position,
    pub(super) got: &'h VendorGot,
    /// its message, if the run sent it
    pub(super) message: Option<Place>,
}

impl Push<'_> {
    /// Returns whether Curlew knows from the answer what became of the push.
    pub(super) fn is_final(&self) -> bool {
        !matches!(self.got.answer, VendorAnswer::Unclear | VendorAnswer::Later)
    }
}

/// The decisions of one receiver's message.
type Decisions<'h> = Vec<(Position, &'h Decided)>;

/// What reached somebody, by message.
#[derive(Debug, Default)]
pub(super) struct Deliveries<'h> {
    /// pushes of messages; no revocations and no test pushes
    pub(super) pushes: Vec<Push<'h>>,
    of_message: HashMap<Place, Vec<usize>>,
    decided: HashMap<(Place, &'h AppKey, &'h UserId), Decisions<'h>>,
    frames: HashMap<(Place, &'h ConnectionName), Vec<Position>>,
}

impl<'h> Deliveries<'h> {
    pub(super) fn of(events: &'h [Event], messages: &Messages<'h>) -> Self {
        let mut all = Self::default();
        for (position, event) in events.iter().enumerate() {
            match &event.what {
                What::VendorGot(got) if !got.revokes && !got.test => {
                    let message = messages.find(got.text.as_deref(), got.message);
                    if let Some(place) = message {
                        all.of_message.entry(place).or_default().push(all.pushes.len());
                    }
                    all.pushes.push(Push { position, got, message });
                }
                What::Decided(decided) => {
                    if let Some(place) = messages.find(decided.text.as_deref(), Some(decided.message)) {
                        all.decided.entry((place, &decided.app, &decided.user)).or_default().push((position, decided));
                    }
                }
                What::Frame { connection, message, .. } => {
                    if let Some(place) = messages.find(Some(&message.text), Some(message.id)) {
                        all.frames.entry((place, connection)).or_default().push(position);
                    }
                }
                _ => {}
            }
        }
        all
    }

    /// Returns the pushes of a message.
    pub(super) fn pushes_of(&self, message: Place) -> impl Iterator<Item = &Push<'h>> {
        self.of_message.get(&message).into_iter().flatten().map(|index| &self.pushes[*index])
    }

    /// Returns the last decision of a receiver's message that this app shows.
    pub(super) fn decision<'a>(
        &'a self,
        message: Place,
        app: &'a AppKey,
        user: &'a UserId,
    ) -> Option<(Position, &'a Decided)> {
        self.decided.get(&(message, app, user))?.last().copied()
    }

    /// Returns every message with a decision.
    pub(super) fn decided(&self) -> impl Iterator<Item = (Place, Position, &'h Decided)> {
        let all = self.decided.iter();
        all.flat_map(|((place, ..), decided)| decided.iter().map(|(position, decided)| (*place, *position, *decided)))
    }

    /// Returns where a connection got a message first.
    pub(super) fn frame<'a>(&'a self, message: Place, connection: &'a ConnectionName) -> Option<Position> {
        self.frames.get(&(message, connection))?.first().copied()
    }
}
