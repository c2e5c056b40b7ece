//! Connections to Curlew: their devices, and their state in presence.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;

use super::{Case, ConnectionStores, run::suite};
use crate::{
    domain::{
        connection::{CONNECTION_LEASE, Link},
        ending::ENDING_CONNECTIONS,
        id::SessionId,
        presence::{Presence, PresenceEvent, PresenceStatus, State},
        time::Timestamp,
    },
    ports::{
        connections::{Connection, OpenConnection},
        effect::Effect,
        users::Applied,
    },
    testing::sample::{device, event, user},
};

const MAX: usize = 32;
/// The key that verified access tokens.
const KEY: &str = "k1";

suite! { "connections" on ConnectionStores:
    a_connection_is_kept_until_it_is_forgotten,
    a_connection_is_kept_for_as_long_as_one_can_last,
    a_connection_without_an_end_of_its_token_is_kept_as_well,
    only_a_kept_connection_is_noted_as_live,
    a_new_connection_is_connecting_until_it_is_marked_as_live,
    only_the_devices_own_connection_is_marked_as_live,
    only_the_devices_own_connection_is_held,
    a_newer_connection_names_those_that_ended_until_they_are_closed,
    what_ends_a_connection_names_it_until_it_is_closed,
    a_logout_names_the_connection_until_it_is_closed,
    a_connection_that_is_closed_has_ended_by_any_clock,
    only_so_many_connections_are_remembered_until_they_are_closed,
    a_gateways_session_is_no_connection,
    connections_that_race_leave_one_and_name_the_others,
    a_connection_that_is_marked_as_live_stays_so_when_older_ones_are_heard_of,
    a_connected_device_makes_no_room_for_one_that_is_silent,
    a_connected_device_that_makes_room_stays_until_its_end_is_queued,
    a_device_that_is_heard_of_while_it_makes_room_stays,
}

fn connection(case: &Case, id: &str) -> Connection {
    let id = SessionId::parse(id).unwrap_or_else(|_| panic!("{id} is no session"));
    Connection { id, app: case.app.clone(), user: user("ann"), device_id: device("phone") }
}

fn open(case: &Case, id: &str) -> OpenConnection {
    OpenConnection {
        connection: connection(case, &format!("{}-{id}", case.app)),
        token_key: "k1".into(),
        token_until: Some(case.at(3600)),
        backlog_read: false,
        live: false,
        since: case.at(0),
    }
}

async fn a_connection_is_kept_until_it_is_forgotten(stores: &ConnectionStores, case: &Case) {
    let (kept, other) = (open(case, "a="), open(case, "b="));
    stores.kept.open(&kept).await.unwrap();
    stores.kept.open(&other).await.unwrap();
    let id = &kept.connection.id;
    assert_eq!(stores.kept.find(id, case.at(1)).await.unwrap(), Some(kept.clone()));
    stores.kept.forget(id).await.unwrap();
    stores.kept.forget(id).await.unwrap();
    assert_eq!(stores.kept.find(id, case.at(1)).await.unwrap(), None);
    assert_eq!(stores.kept.find(&other.connection.id, case.at(1)).await.unwrap(), Some(other));
}

async fn a_connection_is_kept_for_as_long_as_one_can_last(stores: &ConnectionStores, case: &Case) {
    let kept = open(case, "a");
    stores.kept.open(&kept).await.unwrap();
    let end = kept.since.plus(CONNECTION_LEASE);
    let found = async |at: Timestamp| stores.kept.find(&kept.connection.id, at).await.unwrap().is_some();
    assert!(found(end.minus(Duration::from_secs(1))).await);
    assert!(!found(end).await);
}

async fn a_connection_without_an_end_of_its_token_is_kept_as_well(stores: &ConnectionStores, case: &Case) {
    let kept = OpenConnection { token_until: None, ..open(case, "a") };
    stores.kept.open(&kept).await.unwrap();
    assert_eq!(stores.kept.find(&kept.connection.id, case.at(1)).await.unwrap(), Some(kept));
}

async fn only_a_kept_connection_is_noted_as_live(stores: &ConnectionStores, case: &Case) {
    let kept = open(case, "a");
    stores.kept.note_backlog_read(&kept.connection.id).await.unwrap();
    stores.kept.note_live(&kept.connection.id).await.unwrap();
    assert_eq!(stores.kept.find(&kept.connection.id, case.at(1)).await.unwrap(), None);
    stores.kept.open(&kept).await.unwrap();
    stores.kept.note_backlog_read(&kept.connection.id).await.unwrap();
    let backlog_read = OpenConnection { backlog_read: true, ..kept };
    assert_eq!(stores.kept.find(&backlog_read.connection.id, case.at(1)).await.unwrap(), Some(backlog_read.clone()));
    stores.kept.note_live(&backlog_read.connection.id).await.unwrap();
    let live = OpenConnection { live: true, ..backlog_read };
    assert_eq!(stores.kept.find(&live.connection.id, case.at(1)).await.unwrap(), Some(live));
}

async fn connect(stores: &ConnectionStores, case: &Case, session: &str, at: u64) -> Effect {
    let online = event("ann", "phone", session, PresenceStatus::Online, case.at(at));
    stores.presence.connect(&case.app, &online, CONNECTION_LEASE, KEY, MAX).await.unwrap()
}

/// Connects one of Ann's devices, of which `max` are allowed.
async fn connect_device(stores: &ConnectionStores, case: &Case, name: &str, at: u64, max: usize) -> Effect {
    let online = event("ann", name, &format!("of {name}"), PresenceStatus::Online, case.at(at));
    stores.presence.connect(&case.app, &online, CONNECTION_LEASE, KEY, max).await.unwrap()
}

/// Returns the names of Ann's devices.
async fn devices(stores: &ConnectionStores, case: &Case) -> Vec<String> {
    let found = stores.presence.presence(&case.app, &[user("ann")]).await.unwrap();
    let mut names: Vec<String> = found[0].1.iter().map(|(device, _)| device.to_string()).collect();
    names.sort();
    names
}

async fn make_room(stores: &ConnectionStores, case: &Case, effect: &Effect) {
    stores.presence.make_room(&case.app, &user("ann"), &effect.surplus).await.unwrap();
}

/// Returns the names of the surplus devices.
fn surplus(effect: &Effect) -> Vec<&str> {
    effect.surplus.iter().map(|(device, _)| device.as_str()).collect()
}

async fn apply(stores: &ConnectionStores, case: &Case, event: PresenceEvent) -> Effect {
    stores.presence.apply_to_connections(&case.app, &event, Duration::from_secs(300), MAX).await.unwrap()
}

async fn find(stores: &ConnectionStores, case: &Case) -> Presence {
    let found = stores.presence.presence(&case.app, &[user("ann")]).await.unwrap();
    found[0].1[0].1.clone()
}

async fn a_new_connection_is_connecting_until_it_is_marked_as_live(stores: &ConnectionStores, case: &Case) {
    let effect = connect(stores, case, "a", 0).await;
    let expected = Effect { applied: Applied::Applied, state: State::Online, ended: vec![], surplus: vec![] };
    assert_eq!(effect, expected);
    let presence = find(stores, case).await;
    assert_eq!((presence.state, presence.link), (State::Online, Some(Link::Connecting)));
    assert_eq!(presence.lease_until, case.at(0).plus(CONNECTION_LEASE));
    assert!(stores.presence.mark_live(&connection(case, "a")).await.unwrap());
    assert_eq!(find(stores, case).await, Presence { link: Some(Link::Live), ..presence });
    assert!(!stores.presence.mark_live(&connection(case, "a")).await.unwrap());
}

async fn only_the_devices_own_connection_is_marked_as_live(stores: &ConnectionStores, case: &Case) {
    assert!(!stores.presence.mark_live(&connection(case, "a")).await.unwrap());
    assert!(stores.presence.presence(&case.app, &[user("ann")]).await.unwrap().is_empty());
    connect(stores, case, "a", 0).await;
    connect(stores, case, "b", 5).await;
    assert!(!stores.presence.mark_live(&connection(case, "a")).await.unwrap());
    apply(stores, case, event("ann", "phone", "b", PresenceStatus::Offline, case.at(6))).await;
    assert!(!stores.presence.mark_live(&connection(case, "b")).await.unwrap());
    assert_eq!(find(stores, case).await.link, None);
}

async fn only_the_devices_own_connection_is_held(stores: &ConnectionStores, case: &Case) {
    let held = async |id: &str| stores.presence.held(&connection(case, id)).await.unwrap();
    assert_eq!(held("a").await, None);
    connect(stores, case, "a", 0).await;
    assert!(stores.presence.mark_live(&connection(case, "a")).await.unwrap());
    apply(stores, case, event("ann", "phone", "a", PresenceStatus::Heartbeat, case.at(1))).await;
    let presence = held("a").await.unwrap();
    assert_eq!((presence.link, presence.token_key.as_deref()), (Some(Link::Live), Some(KEY)));
    connect(stores, case, "b", 5).await;
    assert_eq!(held("a").await, None);
    assert!(held("b").await.is_some());
    apply(stores, case, event("ann", "phone", "b", PresenceStatus::Kicked, case.at(6))).await;
    assert_eq!((held("b").await, find(stores, case).await.token_key), (None, None));
    apply(stores, case, event("ann", "phone", "g", PresenceStatus::Online, case.at(7))).await;
    assert_eq!(held("g").await, None);
}

async fn a_newer_connection_names_those_that_ended_until_they_are_closed(stores: &ConnectionStores, case: &Case) {
    connect(stores, case, "a", 0).await;
    let newer = connect(stores, case, "b", 5).await;
    assert_eq!((newer.applied, newer.ended), (Applied::Applied, vec![connection(case, "a").id]));
    let older = connect(stores, case, "c", 3).await;
    assert_eq!((older.applied, older.ended), (Applied::Stale, vec![connection(case, "a").id]));
    assert_eq!(connect(stores, case, "b", 5).await.ended, [connection(case, "a").id]);
    let open = find(stores, case).await;
    assert_eq!(open.connections().map(SessionId::as_str).collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(connect(stores, case, "d", 8).await.ended, ["b", "a"].map(|id| connection(case, id).id));
    // A closed connection of another session does not change the device.
    for closed in ["a", "b", "a", "c"] {
        stores.presence.end(&connection(case, closed), case.at(9)).await.unwrap();
    }
    assert_eq!(connect(stores, case, "d", 8).await.ended, []);
    let left = find(stores, case).await;
    assert_eq!((left.state, left.session, left.at), (State::Online, connection(case, "d").id, case.at(8)));
    // An event of a session that superseded others names them, even its end.
    connect(stores, case, "e", 10).await;
    let ended = stores.presence.end(&connection(case, "e"), case.at(11)).await.unwrap();
    assert_eq!((ended.applied, ended.ended), (Applied::Applied, vec![connection(case, "d").id]));
}

async fn what_ends_a_connection_names_it_until_it_is_closed(stores: &ConnectionStores, case: &Case) {
    for (round, status) in
        [PresenceStatus::Offline, PresenceStatus::Kicked, PresenceStatus::Logout].into_iter().enumerate()
    {
        let at = u64::try_from(round).unwrap_or_default() * 10;
        let id = format!("c{round}");
        connect(stores, case, &id, at).await;
        let end = event("ann", "phone", &format!("s{round}"), status, case.at(at + 1));
        let effect = apply(stores, case, end.clone()).await;
        assert_eq!((effect.applied, effect.ended), (Applied::Applied, vec![connection(case, &id).id]), "{status:?}");
        assert_eq!(apply(stores, case, end.clone()).await.ended, [connection(case, &id).id]);
        stores.presence.end(&connection(case, &id), case.at(at + 2)).await.unwrap();
        let repeated = apply(stores, case, end).await;
        assert_eq!((repeated.applied, repeated.ended), (Applied::Applied, vec![]), "{status:?}");
    }
}

async fn a_logout_names_the_connection_until_it_is_closed(stores: &ConnectionStores, case: &Case) {
    let log_out =
        async |at| stores.presence.log_out(&case.app, &user("ann"), &device("phone"), case.at(at)).await.unwrap();
    connect(stores, case, "a", 0).await;
    for at in 1..3 {
        assert_eq!(log_out(at).await, [connection(case, "a").id]);
    }
    stores.presence.end(&connection(case, "a"), case.at(5)).await.unwrap();
    assert_eq!((log_out(6).await, find(stores, case).await.state), (vec![], State::Logout));
}

async fn a_connection_that_is_closed_has_ended_by_any_clock(stores: &ConnectionStores, case: &Case) {
    connect(stores, case, "a", 10).await;
    stores.presence.end(&connection(case, "a"), case.at(9)).await.unwrap();
    let ended = find(stores, case).await;
    assert_eq!((ended.state, ended.at, ended.ending), (State::Offline, case.at(10), vec![]));
}

async fn only_so_many_connections_are_remembered_until_they_are_closed(stores: &ConnectionStores, case: &Case) {
    for at in 0..20 {
        connect(stores, case, &format!("c{at}"), at).await;
    }
    let ending = find(stores, case).await.ending;
    assert_eq!((ending.len(), ending[0].as_str()), (ENDING_CONNECTIONS, "c18"));
}

async fn a_gateways_session_is_no_connection(stores: &ConnectionStores, case: &Case) {
    apply(stores, case, event("ann", "phone", "g", PresenceStatus::Online, case.at(0))).await;
    assert!(!stores.presence.mark_live(&connection(case, "g")).await.unwrap());
    assert_eq!(connect(stores, case, "a", 5).await.ended, []);
    let gateway = apply(stores, case, event("ann", "phone", "h", PresenceStatus::Online, case.at(9))).await;
    assert_eq!(gateway.ended, [connection(case, "a").id]);
    assert_eq!(find(stores, case).await.link, None);
}

async fn connections_that_race_leave_one_and_name_the_others(stores: &ConnectionStores, case: &Case) {
    let sessions: Vec<String> = (0..4).map(|number| format!("c{number}")).collect();
    let racing = sessions.iter().zip(0..).map(|(session, at)| connect(stores, case, session, at));
    let effects = join_all(racing).await;
    let left = find(stores, case).await.session;
    assert_eq!(left, connection(case, "c3").id);
    let took: Vec<&String> =
        sessions.iter().zip(&effects).filter(|(_, one)| one.applied == Applied::Applied).map(|(id, _)| id).collect();
    let ended: Vec<String> = effects.iter().flat_map(|one| &one.ended).map(ToString::to_string).collect();
    for session in took.iter().filter(|session| ***session != left.as_str()) {
        assert!(ended.contains(session), "{session} was taken, and nobody ends it");
    }
    assert!(ended.iter().all(|session| took.contains(&session) && session.as_str() != left.as_str()));
}

async fn a_connection_that_is_marked_as_live_stays_so_when_older_ones_are_heard_of(
    stores: &ConnectionStores,
    case: &Case,
) {
    connect(stores, case, "a", 10).await;
    let late = (0..4u64).map(|number| {
        let late = event("ann", "phone", &format!("late-{number}"), PresenceStatus::Heartbeat, case.at(number));
        apply(stores, case, late)
    });
    let live = connection(case, "a");
    let (marked, _) = futures::join!(stores.presence.mark_live(&live), join_all(late));
    assert!(marked.unwrap());
    assert_eq!(find(stores, case).await.link, Some(Link::Live));
}

async fn a_connected_device_makes_no_room_for_one_that_is_silent(stores: &ConnectionStores, case: &Case) {
    connect_device(stores, case, "phone", 0, 2).await;
    for (name, at) in [("watch", 3000), ("pad", 3300), ("tv", 3600)] {
        for status in [PresenceStatus::Online, PresenceStatus::Offline] {
            let event = event("ann", name, "s", status, case.at(at));
            stores.presence.apply_to_connections(&case.app, &event, Duration::from_secs(300), 2).await.unwrap();
        }
    }
    assert_eq!(devices(stores, case).await, ["phone", "tv"]);
    let end = CONNECTION_LEASE.as_secs();
    let late = event("ann", "laptop", "s", PresenceStatus::Online, case.at(end));
    let effect = stores.presence.apply_to_connections(&case.app, &late, Duration::from_secs(300), 2).await.unwrap();
    assert_eq!(surplus(&effect), ["phone"]);
}

async fn a_connected_device_that_makes_room_stays_until_its_end_is_queued(stores: &ConnectionStores, case: &Case) {
    connect_device(stores, case, "phone", 0, 1).await;
    let first = connect_device(stores, case, "pad", 5, 1).await;
    assert_eq!(surplus(&first), ["phone"]);
    assert_eq!(devices(stores, case).await, ["pad", "phone"]);
    // If the end could not be queued, a repeat names it again, and so does the device's next session.
    assert_eq!(connect_device(stores, case, "pad", 5, 1).await.surplus, first.surplus);
    let next = event("ann", "pad", "next", PresenceStatus::Online, case.at(6));
    let next = stores.presence.connect(&case.app, &next, CONNECTION_LEASE, KEY, 1).await.unwrap();
    assert_eq!(next.surplus, first.surplus);
    make_room(stores, case, &next).await;
    make_room(stores, case, &next).await;
    assert_eq!(devices(stores, case).await, ["pad"]);
    // A device that comes late is itself removed.
    let late = connect_device(stores, case, "watch", 4, 1).await;
    assert_eq!(surplus(&late), ["watch"]);
}

async fn a_device_that_is_heard_of_while_it_makes_room_stays(stores: &ConnectionStores, case: &Case) {
    connect_device(stores, case, "phone", 0, 1).await;
    let effect = connect_device(stores, case, "pad", 5, 1).await;
    let again = event("ann", "phone", "again", PresenceStatus::Online, case.at(9));
    stores.presence.connect(&case.app, &again, CONNECTION_LEASE, KEY, 2).await.unwrap();
    make_room(stores, case, &effect).await;
    assert_eq!(devices(stores, case).await, ["pad", "phone"]);
}

/// Returns both stores of connections.
pub(super) fn stores(kept: &Arc<dyn super::RuntimeStore>, presence: &Arc<dyn super::UserStore>) -> ConnectionStores {
    ConnectionStores { kept: kept.clone(), presence: presence.clone() }
}
