//! Connections to us in a device's presence: how they begin and end, and that one that ended is remembered until it is closed.

use std::time::Duration;

use super::{
    connection::Link,
    id::SessionId,
    presence::{Presence, PresenceChange, PresenceEvent, State},
};

/// Maximum connections to us that a device remembers until they are closed. One that is forgotten closes after two hours at most.
pub const ENDING_CONNECTIONS: usize = 8;

impl Presence {
    /// What the `online` event of a new connection to us makes of `current`; `token_key` verified its access token.
    pub fn connected(
        current: Option<&Self>,
        event: &PresenceEvent,
        lease: Duration,
        token_key: &str,
    ) -> PresenceChange {
        match Self::after(current, event, lease) {
            PresenceChange::Applied(presence) => PresenceChange::Applied(Self {
                link: Some(Link::Connecting),
                token_key: Some(token_key.to_owned()),
                ..presence.without_ending(&event.session)
            }),
            stale => stale,
        }
    }

    /// What the end of a connection to us makes of `current`. It may come long after others were opened: then the presence forgets that
    /// this one may be open, and nothing else. A connection that is closed has ended, whatever its clock says.
    pub fn disconnected(current: Option<&Self>, event: &PresenceEvent) -> PresenceChange {
        let Some(current) = current else {
            return PresenceChange::Stale;
        };
        let at = event.at.max(current.at);
        let is_own = current.session == event.session;
        match current.after_own(&PresenceEvent { at, ..event.clone() }, Duration::ZERO) {
            PresenceChange::Applied(next) if is_own => PresenceChange::Applied(next.without_ending(&event.session)),
            _ if current.ending.contains(&event.session) => {
                PresenceChange::Superseded(current.clone().without_ending(&event.session))
            }
            _ => PresenceChange::Stale,
        }
    }

    /// The device's connection to us, unless its end is known.
    pub fn connection(&self) -> Option<&SessionId> {
        (self.link.is_some() && self.state == State::Online).then_some(&self.session)
    }

    /// The connections to us that may be open: the device's own, and those that are ending.
    pub fn connections(&self) -> impl Iterator<Item = &SessionId> {
        self.connection().into_iter().chain(&self.ending)
    }

    /// What follows `before`: it remembers the connections to us that are not the device's any more and may still be open.
    pub(super) fn following(self, before: &Self) -> Self {
        let ended = before.connection().filter(|id| self.connection() != Some(id));
        let ending = ended.into_iter().chain(&before.ending).take(ENDING_CONNECTIONS).cloned().collect();
        Self { ending, ..self }
    }

    fn without_ending(mut self, closed: &SessionId) -> Self {
        self.ending.retain(|id| id != closed);
        self
    }
}
