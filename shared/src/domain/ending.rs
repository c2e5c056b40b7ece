//! How connections to Curlew begin and end in a device's presence. The presence remembers an ending connection until it
//! is closed.

use std::time::Duration;

use super::{
    connection::Link,
    id::SessionId,
    presence::{Presence, PresenceChange, PresenceEvent, State},
};

/// Maximum ending connections that a device's row remembers until they are closed. A forgotten one closes after two
/// hours at most.
pub const ENDING_CONNECTIONS: usize = 8;

impl Presence {
    /// Applies the `online` event of a new connection to Curlew. `token_key` is the key that verified its access token.
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

    /// Applies the end of a connection to Curlew. If a newer connection has replaced it, the presence only forgets that
    /// it may be open. A closed connection has ended, whatever the time of the event.
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

    /// Returns the device's connection to Curlew, unless it is known to have ended.
    pub fn connection(&self) -> Option<&SessionId> {
        (self.link.is_some() && self.state == State::Online).then_some(&self.session)
    }

    /// Returns the connections to Curlew that may be open: the device's own, and the ending ones.
    pub fn connections(&self) -> impl Iterator<Item = &SessionId> {
        self.connection().into_iter().chain(&self.ending)
    }

    /// Takes over from `before` the connections to Curlew that the device no longer uses and that may still be open.
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
