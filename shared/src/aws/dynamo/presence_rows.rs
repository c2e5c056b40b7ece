//! Stored form of a device's presence.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    item::{Item, ItemReader, corrupt, number, row, text, user_pk},
    users::PRESENCE,
};
use crate::{
    domain::{
        connection::Link,
        id::{AppKey, DeviceId, GatewayId, SessionId, UserId},
        presence::{Presence, State},
    },
    ports::error::StoreError,
};

/// Attribute with the progress of a connection to Curlew. Earlier versions lack it.
pub(super) const LINK: &str = "link";

/// Attribute with the key that verified a connection's access token. Earlier versions lack it.
const TOKEN_KEY: &str = "token_key";
/// Attribute with the superseded sessions.
pub(super) const SUPERSEDED: &str = "retired";
/// Attribute with the connections to Curlew that are not closed yet. Earlier versions lack it.
pub(super) const ENDING: &str = "ending";

/// Attribute with the end of a connection's lease.
const LINK_UNTIL: &str = "link_until";
/// Time for which earlier versions take a connection to Curlew for alive. After it they push to the device; the client
/// recognises duplicates by their ids.
const LEASE_FOR_VERSIONS_BEFORE: Duration = Duration::from_secs(60);

pub(super) fn presence_sk(device: &DeviceId) -> String {
    format!("{PRESENCE}{device}")
}

pub(super) fn link_name(link: Link) -> &'static str {
    match link {
        Link::Connecting => "connecting",
        Link::Live => "live",
    }
}

pub(super) fn state_name(state: State) -> &'static str {
    match state {
        State::Online => "online",
        State::Offline => "offline",
        State::Kicked => "kicked",
        State::Logout => "logout",
    }
}

pub(super) fn presence_row(app: &AppKey, user: &UserId, device: &DeviceId, presence: &Presence) -> Item {
    let mut item = row(user_pk(app, user), presence_sk(device));
    item.insert("device_id".into(), text(device.as_str()));
    item.insert("state".into(), text(state_name(presence.state)));
    item.insert("session".into(), text(presence.session.as_str()));
    item.insert("session_since".into(), number(presence.session_since.as_millis()));
    item.insert("at".into(), number(presence.at.as_millis()));
    item.insert("lease_until".into(), number(presence.lease_until.as_millis()));
    if presence.link.is_some() {
        // An earlier version does not know connections to Curlew and must not rely on one for two hours.
        let lease_until = presence.lease_until.min(presence.at.plus(LEASE_FOR_VERSIONS_BEFORE));
        item.insert("lease_until".into(), number(lease_until.as_millis()));
        item.insert(LINK_UNTIL.into(), number(presence.lease_until.as_millis()));
    }
    if let Some(platform) = &presence.platform {
        item.insert("platform".into(), text(platform));
    }
    if let Some(key) = &presence.token_key {
        item.insert(TOKEN_KEY.into(), text(key));
    }
    if let Some(link) = presence.link {
        item.insert(LINK.into(), text(link_name(link)));
    }
    for (name, sessions) in [(SUPERSEDED, &presence.superseded), (ENDING, &presence.ending)] {
        if let Some(list) = session_list(sessions) {
            item.insert(name.into(), list);
        }
    }
    if let Some(gateway) = &presence.gateway {
        item.insert("gateway".into(), text(gateway.as_str()));
    }
    item
}

/// Returns sessions as an attribute; `None` for an empty list.
pub(super) fn session_list(sessions: &[SessionId]) -> Option<AttributeValue> {
    let list: Vec<_> = sessions.iter().map(|session| text(session.as_str())).collect();
    (!list.is_empty()).then_some(AttributeValue::L(list))
}

fn read_sessions(reader: &ItemReader<'_>, name: &'static str) -> Result<Vec<SessionId>, StoreError> {
    let Some(stored) = reader.0.get(name) else {
        return Ok(Vec::new());
    };
    let sessions = stored.as_l().map_err(|_| corrupt(name))?;
    let session = |one: &AttributeValue| one.as_s().ok().and_then(|text| SessionId::parse(text).ok());
    sessions.iter().map(|one| session(one).ok_or_else(|| corrupt(name))).collect()
}

pub(super) fn read_device_presence(reader: &ItemReader<'_>) -> Result<(DeviceId, Presence), StoreError> {
    Ok((reader.parsed("device_id", DeviceId::parse)?, read_presence(reader)?))
}

pub(super) fn read_presence(reader: &ItemReader<'_>) -> Result<Presence, StoreError> {
    let state = match reader.text("state")? {
        "online" => State::Online,
        "offline" => State::Offline,
        "kicked" => State::Kicked,
        "logout" => State::Logout,
        // A newer version wrote this state. An unneeded push is better than a missing one.
        _ => State::Offline,
    };
    Ok(Presence {
        state,
        session: reader.parsed("session", SessionId::parse)?,
        session_since: reader.time("session_since")?,
        at: reader.time("at")?,
        lease_until: reader.time(if reader.0.contains_key(LINK_UNTIL) { LINK_UNTIL } else { "lease_until" })?,
        platform: reader.optional_text("platform").map(str::to_owned),
        // An unknown value of a newer version counts as a device online without a connection.
        link: reader
            .optional_text(LINK)
            .and_then(|name| [Link::Connecting, Link::Live].into_iter().find(|link| link_name(*link) == name)),
        token_key: reader.optional_text(TOKEN_KEY).map(str::to_owned),
        superseded: read_sessions(reader, SUPERSEDED)?,
        ending: read_sessions(reader, ENDING)?,
        gateway: reader.optional_text("gateway").map(GatewayId::parse).transpose().map_err(|_| corrupt("gateway"))?,
    })
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests {
    use super::*;
    use crate::{
        domain::{connection::CONNECTION_LEASE, presence::PresenceStatus, time::Timestamp},
        testing::sample,
    };

    #[test]
    fn versions_before_count_on_a_connection_for_a_minute_and_this_one_for_as_long_as_it_may_last() {
        let (app, now) = (sample::app_key("acme#chat"), Timestamp::from_millis(1_000_000));
        let online = sample::event("ann", "phone", "s", PresenceStatus::Online, now);
        let connected = Presence::connected(None, &online, CONNECTION_LEASE, "k1");
        let presence = connected.presence().unwrap();
        let item = presence_row(&app, &sample::user("ann"), &sample::device("phone"), presence);
        let seen_before = ItemReader(&item).time("lease_until").unwrap();
        assert_eq!(seen_before, now.plus(Duration::from_secs(60)));
        assert_eq!(read_presence(&ItemReader(&item)).unwrap(), *presence);
    }

    #[test]
    fn a_row_of_a_version_before_tells_neither_the_key_of_its_token_nor_what_is_ending() {
        let (app, now) = (sample::app_key("acme#chat"), Timestamp::from_millis(1_000_000));
        let online = |session: &str, at| sample::event("ann", "phone", session, PresenceStatus::Online, at);
        let first = Presence::connected(None, &online("a", now), CONNECTION_LEASE, "k1");
        let later = online("b", now.plus(Duration::from_secs(1)));
        let connected = Presence::connected(first.presence(), &later, CONNECTION_LEASE, "k1");
        let presence = connected.presence().unwrap();
        let mut item = presence_row(&app, &sample::user("ann"), &sample::device("phone"), presence);
        assert_eq!(read_presence(&ItemReader(&item)).unwrap(), *presence);
        item.remove(TOKEN_KEY).unwrap();
        item.remove(ENDING).unwrap();
        let before = Presence { token_key: None, ending: Vec::new(), ..presence.clone() };
        assert_eq!(read_presence(&ItemReader(&item)).unwrap(), before);
    }
}
