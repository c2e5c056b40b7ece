//! Presence. The domain has the rules. A store must apply them to its rows, and lose no concurrent event.

use std::time::Duration;

use futures::future::join_all;

use super::{
    Case, UserStore,
    races::{ROUNDS, at_once},
    run::suite,
    with_bob,
};
use crate::{
    domain::{
        id::{AppKey, UserId},
        presence::{Presence, PresenceEvent, PresenceStatus, State},
    },
    ports::{clock::Entropy, users::Applied},
    testing::sample::{binding, device, event, gateway, user},
};

pub(super) const LEASE: Duration = Duration::from_secs(300);
pub(super) const MAX: usize = 32;
const STATUSES: [PresenceStatus; 5] = [
    PresenceStatus::Online,
    PresenceStatus::Heartbeat,
    PresenceStatus::Offline,
    PresenceStatus::Kicked,
    PresenceStatus::Logout,
];

suite! { "presence" on dyn UserStore:
    a_device_is_online_until_its_lease_runs_out,
    a_heartbeat_extends_the_lease,
    an_older_event_of_the_session_is_stale,
    the_end_of_a_replaced_session_is_stale,
    a_session_that_was_replaced_stays_replaced,
    an_event_older_than_the_session_is_stale,
    an_end_that_overtakes_its_beginning_counts,
    a_heartbeat_revives_nothing_that_ended,
    a_kicked_device_stays_kicked_until_a_new_session,
    only_a_beginning_makes_a_device_known,
    a_kick_of_an_unknown_device_counts_while_it_has_a_binding,
    a_late_beginning_makes_its_session_superseded,
    late_beginnings_that_race_are_all_remembered,
    the_platform_is_kept,
    the_gateway_is_that_of_the_last_event,
    any_sequence_ends_as_the_domain_says,
    events_that_race_end_as_the_newest,
    an_old_end_that_races_with_a_new_beginning_leaves_the_device_online,
    devices_users_and_apps_are_apart,
    the_presence_of_many_users_comes_in_the_order_of_the_question,
}

async fn a_device_is_online_until_its_lease_runs_out(users: &dyn UserStore, case: &Case) {
    assert_eq!(find(users, case).await, None);
    assert_eq!(apply(users, case, "a", PresenceStatus::Online, 0).await, Applied::Applied);
    let presence = find(users, case).await.unwrap();
    let expected = Presence {
        state: State::Online,
        session: presence.session.clone(),
        session_since: case.at(0),
        at: case.at(0),
        lease_until: case.at(300),
        platform: None,
        link: None,
        token_key: None,
        superseded: Vec::new(),
        gateway: None,
        ending: Vec::new(),
    };
    assert_eq!(presence, expected);
    assert!(presence.is_online(case.at(299)) && !presence.is_online(case.at(300)));
}

async fn a_heartbeat_extends_the_lease(users: &dyn UserStore, case: &Case) {
    apply(users, case, "a", PresenceStatus::Online, 0).await;
    assert_eq!(apply(users, case, "a", PresenceStatus::Heartbeat, 100).await, Applied::Applied);
    let presence = find(users, case).await.unwrap();
    assert_eq!((presence.session_since, presence.at), (case.at(0), case.at(100)));
    assert!(presence.is_online(case.at(399)) && !presence.is_online(case.at(400)));
}

async fn an_older_event_of_the_session_is_stale(users: &dyn UserStore, case: &Case) {
    apply(users, case, "a", PresenceStatus::Online, 10).await;
    assert_eq!(apply(users, case, "a", PresenceStatus::Offline, 9).await, Applied::Stale);
    assert_eq!(state(users, case).await, State::Online);
    assert_eq!(apply(users, case, "a", PresenceStatus::Offline, 10).await, Applied::Applied);
    assert_eq!(state(users, case).await, State::Offline);
}

async fn the_end_of_a_replaced_session_is_stale(users: &dyn UserStore, case: &Case) {
    apply(users, case, "a", PresenceStatus::Online, 0).await;
    assert_eq!(apply(users, case, "b", PresenceStatus::Online, 10).await, Applied::Applied);
    for status in [PresenceStatus::Offline, PresenceStatus::Kicked, PresenceStatus::Logout, PresenceStatus::Heartbeat] {
        assert_eq!(apply(users, case, "a", status, 20).await, Applied::Stale, "{status:?}");
    }
    assert_eq!(state(users, case).await, State::Online);
}

async fn a_session_that_was_replaced_stays_replaced(users: &dyn UserStore, case: &Case) {
    for (second, session) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        apply(users, case, session, PresenceStatus::Online, second as u64).await;
    }
    for session in ["a", "b", "c", "d"] {
        assert_eq!(apply(users, case, session, PresenceStatus::Online, 100).await, Applied::Stale, "{session}");
    }
    let superseded = find(users, case).await.unwrap().superseded;
    assert_eq!(superseded.iter().map(|session| session.as_str()).collect::<Vec<_>>(), ["d", "c", "b", "a"]);
}

async fn an_event_older_than_the_session_is_stale(users: &dyn UserStore, case: &Case) {
    apply(users, case, "new", PresenceStatus::Online, 10).await;
    for status in STATUSES {
        assert_eq!(apply(users, case, "old", status, 9).await, Applied::Stale, "{status:?}");
        assert_eq!(apply(users, case, "old", status, 10).await, Applied::Stale, "{status:?}");
    }
}

async fn an_end_that_overtakes_its_beginning_counts(users: &dyn UserStore, case: &Case) {
    apply(users, case, "a", PresenceStatus::Online, 0).await;
    assert_eq!(apply(users, case, "b", PresenceStatus::Offline, 12).await, Applied::Applied);
    assert_eq!(apply(users, case, "b", PresenceStatus::Online, 10).await, Applied::Stale);
    assert_eq!(state(users, case).await, State::Offline);
}

async fn a_heartbeat_revives_nothing_that_ended(users: &dyn UserStore, case: &Case) {
    for (end, status) in
        [PresenceStatus::Offline, PresenceStatus::Kicked, PresenceStatus::Logout].into_iter().enumerate()
    {
        let (session, second) = (format!("s{end}"), end as u64 * 10 + 1);
        apply(users, case, &session, PresenceStatus::Online, second).await;
        apply(users, case, &session, status, second + 1).await;
        assert_eq!(
            apply(users, case, &session, PresenceStatus::Heartbeat, second + 2).await,
            Applied::Stale,
            "{status:?}"
        );
    }
    assert_eq!(state(users, case).await, State::Logout);
}

async fn a_kicked_device_stays_kicked_until_a_new_session(users: &dyn UserStore, case: &Case) {
    apply(users, case, "a", PresenceStatus::Online, 0).await;
    apply(users, case, "a", PresenceStatus::Kicked, 5).await;
    assert_eq!(state(users, case).await, State::Kicked);
    assert_eq!(apply(users, case, "b", PresenceStatus::Online, 6).await, Applied::Applied);
    assert_eq!(state(users, case).await, State::Online);
}

async fn only_a_beginning_makes_a_device_known(users: &dyn UserStore, case: &Case) {
    for status in [PresenceStatus::Heartbeat, PresenceStatus::Offline, PresenceStatus::Kicked, PresenceStatus::Logout] {
        assert_eq!(apply(users, case, "a", status, 1).await, Applied::Stale, "{status:?}");
    }
    assert!(!users.facts(&case.app, &user("ann"), &with_bob()).await.unwrap().known);
    assert_eq!(apply(users, case, "a", PresenceStatus::Online, 0).await, Applied::Applied);
}

async fn a_kick_of_an_unknown_device_counts_while_it_has_a_binding(users: &dyn UserStore, case: &Case) {
    let bound = binding("phone", "fcm", "token", case.at(0));
    users.bind(&case.app, &user("ann"), &bound, 16).await.unwrap();
    users.bind(&case.app, &user("ann"), &binding("tablet", "fcm", "other", case.at(0)), 16).await.unwrap();
    let of_tablet = event("ann", "tablet", "a", PresenceStatus::Logout, case.at(1));
    assert_eq!(users.apply(&case.app, &of_tablet, LEASE, MAX).await.unwrap(), Applied::Stale);
    assert_eq!(apply(users, case, "a", PresenceStatus::Kicked, 1).await, Applied::Applied);
    assert_eq!(state(users, case).await, State::Kicked);
    assert_eq!(devices(users, case).await, ["phone"]);
}

async fn a_late_beginning_makes_its_session_superseded(users: &dyn UserStore, case: &Case) {
    apply(users, case, "new", PresenceStatus::Online, 10).await;
    assert_eq!(apply(users, case, "old", PresenceStatus::Online, 4).await, Applied::Stale);
    let remembering = find(users, case).await.unwrap();
    assert_eq!((remembering.session.as_str(), remembering.at), ("new", case.at(10)));
    assert_eq!(apply(users, case, "old", PresenceStatus::Offline, 20).await, Applied::Stale);
    assert_eq!(find(users, case).await, Some(remembering));
}

async fn late_beginnings_that_race_are_all_remembered(users: &dyn UserStore, case: &Case) {
    for round in 0..ROUNDS {
        let name = format!("ann{round}");
        let report = |session, status, second| event(&name, "phone", session, status, case.at(second));
        users.apply(&case.app, &report("new", PresenceStatus::Online, 10), LEASE, MAX).await.unwrap();
        let late = [
            report("a", PresenceStatus::Online, 4),
            report("new", PresenceStatus::Heartbeat, 11),
            report("b", PresenceStatus::Online, 5),
        ];
        for applied in join_all(late.iter().map(|event| users.apply(&case.app, event, LEASE, MAX))).await {
            applied.unwrap();
        }
        let presence = of(users, case, &name).await.unwrap();
        assert_eq!((presence.superseded.len(), presence.at), (2, case.at(11)), "round {round}");
    }
}

async fn the_platform_is_kept(users: &dyn UserStore, case: &Case) {
    let online = event("ann", "phone", "a", PresenceStatus::Online, case.at(0));
    let online = PresenceEvent { platform: Some("android".into()), ..online };
    users.apply(&case.app, &online, LEASE, MAX).await.unwrap();
    apply(users, case, "a", PresenceStatus::Heartbeat, 1).await;
    assert_eq!(find(users, case).await.unwrap().platform.as_deref(), Some("android"));
    apply(users, case, "b", PresenceStatus::Online, 2).await;
    assert_eq!(find(users, case).await.unwrap().platform, None);
}

async fn the_gateway_is_that_of_the_last_event(users: &dyn UserStore, case: &Case) {
    let online = event("ann", "phone", "a", PresenceStatus::Online, case.at(0));
    let online = PresenceEvent { gateway: Some(gateway("gw7")), ..online };
    users.apply(&case.app, &online, LEASE, MAX).await.unwrap();
    assert_eq!(find(users, case).await.unwrap().gateway, Some(gateway("gw7")));
    let facts = users.facts(&case.app, &user("ann"), &with_bob()).await.unwrap();
    assert_eq!(facts.presence[0].1.carried_by(), Some(&gateway("gw7")));
    apply(users, case, "a", PresenceStatus::Heartbeat, 1).await;
    assert_eq!(find(users, case).await.unwrap().gateway, None);
}

async fn any_sequence_ends_as_the_domain_says(users: &dyn UserStore, case: &Case) {
    for round in 0..ROUNDS {
        let name = format!("ann{round}");
        let (mut expected, mut past) = (None, Vec::new());
        for _ in 0..14 {
            let chance = case.entropy.bits() as usize;
            let (session, status) = (["a", "b", "c", "d", "e", "f", "g"][chance % 7], STATUSES[chance / 7 % 5]);
            let happened = event(&name, "phone", session, status, case.at((chance / 35 % 12) as u64));
            let change = Presence::after(expected.as_ref(), &happened, LEASE);
            past.push((session, status, happened.at));
            let applied = users.apply(&case.app, &happened, LEASE, MAX).await.unwrap();
            assert_eq!(applied, Applied::from(&change), "the last of {past:?}");
            expected = change.presence().cloned().or(expected);
            assert_eq!(of(users, case, &name).await, expected, "after {past:?}");
        }
    }
}

async fn events_that_race_end_as_the_newest(users: &dyn UserStore, case: &Case) {
    for round in 0..ROUNDS {
        let name = format!("ann{round}");
        if round % 2 == 0 {
            users
                .apply(&case.app, &event(&name, "phone", "a", PresenceStatus::Online, case.at(0)), LEASE, MAX)
                .await
                .unwrap();
        }
        let events: Vec<_> =
            [3, 1, 4, 2].map(|second| event(&name, "phone", "a", PresenceStatus::Online, case.at(second))).into();
        join_all(events.iter().map(|event| users.apply(&case.app, event, LEASE, MAX))).await;
        assert_eq!(of(users, case, &name).await.unwrap().at, case.at(4), "round {round}");
    }
}

async fn an_old_end_that_races_with_a_new_beginning_leaves_the_device_online(users: &dyn UserStore, case: &Case) {
    for round in 0..ROUNDS {
        let name = format!("ann{round}");
        let first = event(&name, "phone", "old", PresenceStatus::Online, case.at(0));
        users.apply(&case.app, &first, LEASE, MAX).await.unwrap();
        let end = event(&name, "phone", "old", PresenceStatus::Offline, case.at(20));
        let beginning = event(&name, "phone", "new", PresenceStatus::Online, case.at(10));
        let (end, beginning) =
            (users.apply(&case.app, &end, LEASE, MAX), users.apply(&case.app, &beginning, LEASE, MAX));
        let (ended, began) = at_once(users, case, round, end, beginning).await;
        ended.unwrap();
        assert_eq!(began.unwrap(), Applied::Applied, "round {round}");
        assert_eq!(of(users, case, &name).await.unwrap().state, State::Online, "round {round}");
    }
}

async fn devices_users_and_apps_are_apart(users: &dyn UserStore, case: &Case) {
    let online = event("ann", "phone", "a", PresenceStatus::Online, case.at(0));
    users.apply(&case.app, &online, LEASE, MAX).await.unwrap();
    let kick = async |app: &AppKey, of: PresenceEvent| {
        for status in [PresenceStatus::Online, PresenceStatus::Kicked] {
            users.apply(app, &PresenceEvent { status, ..of.clone() }, LEASE, MAX).await.unwrap();
        }
    };
    for other in ["phone#", "phone%23", "phon", "\u{10ffff}"] {
        kick(&case.app, PresenceEvent { device_id: device(other), ..online.clone() }).await;
    }
    kick(&case.elsewhere, online.clone()).await;
    kick(&case.app, PresenceEvent { user: user("ann.b"), ..online.clone() }).await;
    assert_eq!(state(users, case).await, State::Online);
    let devices = users.presence(&case.app, &[user("ann")]).await.unwrap().remove(0).1;
    assert_eq!(devices.len(), 5);
    assert_eq!(devices.iter().filter(|(_, presence)| presence.state == State::Kicked).count(), 4);
}

async fn the_presence_of_many_users_comes_in_the_order_of_the_question(users: &dyn UserStore, case: &Case) {
    assert_eq!(users.presence(&case.app, &[]).await.unwrap(), []);
    let asked: Vec<UserId> = (0..100).rev().map(|number| user(&format!("u{number}"))).collect();
    let known: Vec<UserId> = asked.iter().step_by(3).cloned().collect();
    for user in &known {
        let online =
            PresenceEvent { user: user.clone(), ..event("u", "phone", "a", PresenceStatus::Online, case.at(0)) };
        users.apply(&case.app, &online, LEASE, MAX).await.unwrap();
    }
    let found = users.presence(&case.app, &asked).await.unwrap();
    assert_eq!(found.iter().map(|(user, _)| user.clone()).collect::<Vec<_>>(), known);
    assert!(found.iter().all(|(_, devices)| devices.len() == 1 && devices[0].0 == device("phone")));
}

pub(super) async fn apply(
    users: &dyn UserStore,
    case: &Case,
    session: &str,
    status: PresenceStatus,
    second: u64,
) -> Applied {
    users.apply(&case.app, &event("ann", "phone", session, status, case.at(second)), LEASE, MAX).await.unwrap()
}

/// Returns the names of Ann's devices.
pub(super) async fn devices(users: &dyn UserStore, case: &Case) -> Vec<String> {
    let found = users.presence(&case.app, &[user("ann")]).await.unwrap();
    let mut names: Vec<String> =
        found.into_iter().flat_map(|(_, devices)| devices).map(|(device, _)| device.to_string()).collect();
    names.sort();
    names
}

/// Returns the presence of a user's phone.
pub(super) async fn of(users: &dyn UserStore, case: &Case, name: &str) -> Option<Presence> {
    let found = users.presence(&case.app, &[user(name)]).await.unwrap();
    let devices = found.into_iter().flat_map(|(_, devices)| devices);
    devices.into_iter().find(|(id, _)| *id == device("phone")).map(|(_, presence)| presence)
}

pub(super) async fn find(users: &dyn UserStore, case: &Case) -> Option<Presence> {
    of(users, case, "ann").await
}

pub(super) async fn state(users: &dyn UserStore, case: &Case) -> State {
    find(users, case).await.unwrap().state
}
