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
        time::Timestamp,
    },
    ports::{
        clock::Entropy,
        users::{Applied, MAX_DEVICES_REMOVED},
    },
    testing::sample::{binding, device, event, gateway, user},
};

const LEASE: Duration = Duration::from_secs(300);
const MAX: usize = 32;
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
    above_the_limit_the_device_silent_longest_makes_room,
    a_kicked_device_is_remembered_beside_the_others,
    a_device_that_is_kicked_while_it_makes_room_stays_kicked,
    devices_that_race_for_room_leave_as_many_as_may_be,
    many_devices_come_down_in_bounded_steps,
    the_platform_is_kept,
    the_gateway_is_that_of_the_last_event,
    any_sequence_ends_as_the_domain_says,
    events_that_race_end_as_the_newest,
    an_old_end_that_races_with_a_new_beginning_leaves_the_device_online,
    logging_out_ends_the_current_session,
    logging_out_counts_even_by_a_slow_clock,
    logging_out_an_unknown_device_leaves_no_trace,
    logging_out_beats_a_racing_heartbeat,
    logging_out_does_not_end_a_kick,
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

async fn above_the_limit_the_device_silent_longest_makes_room(users: &dyn UserStore, case: &Case) {
    for (name, second) in [("a", 3), ("b", 1), ("c", 2)] {
        heard(users, case, name, second, 3).await;
    }
    heard(users, case, "b", 4, 3).await;
    assert_eq!(devices(users, case).await, ["a", "b", "c"]);
    heard(users, case, "d", 5, 3).await;
    assert_eq!(devices(users, case).await, ["a", "b", "d"]);
    // A late report of a new device does not count.
    heard(users, case, "late", 1, 3).await;
    assert_eq!(devices(users, case).await, ["a", "b", "d"]);
    // A known device removes others if fewer are allowed by now.
    heard(users, case, "a", 6, 2).await;
    assert_eq!(devices(users, case).await, ["a", "d"]);
    heard(users, case, "e", 7, 1).await;
    assert_eq!(devices(users, case).await, ["e"]);
}

async fn a_kicked_device_is_remembered_beside_the_others(users: &dyn UserStore, case: &Case) {
    for status in [PresenceStatus::Online, PresenceStatus::Kicked] {
        users.apply(&case.app, &event("ann", "kicked", "s", status, case.at(0)), LEASE, 1).await.unwrap();
    }
    for second in 1..4 {
        heard(users, case, &format!("d{second}"), second, 1).await;
    }
    assert_eq!(devices(users, case).await, ["d3", "kicked"]);
}

async fn a_device_that_is_kicked_while_it_makes_room_stays_kicked(users: &dyn UserStore, case: &Case) {
    for round in 0..ROUNDS {
        let name = format!("ann{round}");
        let of_phone = |status| event(&name, "phone", "a", status, case.at(0));
        // A device without a binding is unknown once its row was removed.
        let token = format!("token-of-{name}");
        users.bind(&case.app, &user(&name), &binding("phone", "fcm", &token, case.at(0)), 16).await.unwrap();
        users.apply(&case.app, &of_phone(PresenceStatus::Online), LEASE, 1).await.unwrap();
        let (kick, tablet) =
            (of_phone(PresenceStatus::Kicked), event(&name, "tablet", "b", PresenceStatus::Online, case.at(10)));
        let (kick, tablet) = (users.apply(&case.app, &kick, LEASE, 1), users.apply(&case.app, &tablet, LEASE, 1));
        let (kicked, began) = at_once(users, case, round, kick, tablet).await;
        assert_eq!((kicked.unwrap(), began.unwrap()), (Applied::Applied, Applied::Applied), "round {round}");
        assert_eq!(of(users, case, &name).await.map(|phone| phone.state), Some(State::Kicked), "round {round}");
    }
}

async fn devices_that_race_for_room_leave_as_many_as_may_be(users: &dyn UserStore, case: &Case) {
    for second in 0..4 {
        heard(users, case, &format!("old{second}"), second, 4).await;
    }
    let names: Vec<String> = (0..8).map(|number| format!("new{number}")).collect();
    join_all(names.iter().zip(10..).map(|(name, second)| heard(users, case, name, second, 4))).await;
    assert_eq!(devices(users, case).await, ["new4", "new5", "new6", "new7"]);
}

async fn many_devices_come_down_in_bounded_steps(users: &dyn UserStore, case: &Case) {
    let all = MAX_DEVICES_REMOVED as u64 + 50;
    for second in 0..all {
        heard(users, case, &format!("d{second:04}"), second, usize::MAX).await;
    }
    heard(users, case, "e", all, 10).await;
    assert_eq!(devices(users, case).await.len(), 51);
    heard(users, case, "f", all + 1, 10).await;
    let left = devices(users, case).await;
    assert_eq!((left.len(), left.first().unwrap().as_str()), (10, "d0142"));
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

async fn logging_out_ends_the_current_session(users: &dyn UserStore, case: &Case) {
    apply(users, case, "a", PresenceStatus::Online, 0).await;
    log_out(users, case, "ann", case.at(5)).await;
    let presence = find(users, case).await.unwrap();
    assert_eq!((presence.state, presence.at), (State::Logout, case.at(5)));
    assert_eq!(apply(users, case, "a", PresenceStatus::Heartbeat, 6).await, Applied::Stale);
    assert_eq!(apply(users, case, "b", PresenceStatus::Online, 7).await, Applied::Applied);
    assert_eq!(state(users, case).await, State::Online);
}

async fn logging_out_counts_even_by_a_slow_clock(users: &dyn UserStore, case: &Case) {
    apply(users, case, "a", PresenceStatus::Online, 100).await;
    log_out(users, case, "ann", case.at(5)).await;
    let presence = find(users, case).await.unwrap();
    assert_eq!((presence.state, presence.at), (State::Logout, case.at(100)));
    log_out(users, case, "ann", case.at(101)).await;
    assert_eq!(state(users, case).await, State::Logout);
}

async fn logging_out_an_unknown_device_leaves_no_trace(users: &dyn UserStore, case: &Case) {
    log_out(users, case, "ann", case.at(5)).await;
    assert!(!users.facts(&case.app, &user("ann"), &with_bob()).await.unwrap().known);
}

async fn logging_out_beats_a_racing_heartbeat(users: &dyn UserStore, case: &Case) {
    for round in 0..ROUNDS {
        let name = format!("ann{round}");
        users
            .apply(&case.app, &event(&name, "phone", "a", PresenceStatus::Online, case.at(0)), LEASE, MAX)
            .await
            .unwrap();
        let heartbeat = event(&name, "phone", "a", PresenceStatus::Heartbeat, case.at(9));
        let logout = log_out(users, case, &name, case.at(8));
        let (beat, _) = at_once(users, case, round, users.apply(&case.app, &heartbeat, LEASE, MAX), logout).await;
        beat.unwrap();
        assert_eq!(of(users, case, &name).await.unwrap().state, State::Logout, "round {round}");
    }
}

async fn logging_out_does_not_end_a_kick(users: &dyn UserStore, case: &Case) {
    apply(users, case, "a", PresenceStatus::Online, 0).await;
    apply(users, case, "a", PresenceStatus::Kicked, 5).await;
    log_out(users, case, "ann", case.at(6)).await;
    assert_eq!(state(users, case).await, State::Kicked);
    for (status, second) in [(PresenceStatus::Offline, 7), (PresenceStatus::Online, 8)] {
        assert_eq!(apply(users, case, "a", status, second).await, Applied::Stale, "{status:?}");
    }
    assert_eq!(state(users, case).await, State::Kicked);
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

async fn apply(users: &dyn UserStore, case: &Case, session: &str, status: PresenceStatus, second: u64) -> Applied {
    users.apply(&case.app, &event("ann", "phone", session, status, case.at(second)), LEASE, MAX).await.unwrap()
}

/// Brings a device of Ann online in its own session.
async fn heard(users: &dyn UserStore, case: &Case, name: &str, second: u64, max: usize) {
    let online = event("ann", name, name, PresenceStatus::Online, case.at(second));
    assert_eq!(users.apply(&case.app, &online, LEASE, max).await.unwrap(), Applied::Applied);
}

/// Returns the names of Ann's devices.
async fn devices(users: &dyn UserStore, case: &Case) -> Vec<String> {
    let found = users.presence(&case.app, &[user("ann")]).await.unwrap();
    let mut names: Vec<String> =
        found.into_iter().flat_map(|(_, devices)| devices).map(|(device, _)| device.to_string()).collect();
    names.sort();
    names
}

async fn log_out(users: &dyn UserStore, case: &Case, name: &str, at: Timestamp) {
    // A gateway's session is no connection to Curlew.
    assert_eq!(users.log_out(&case.app, &user(name), &device("phone"), at).await.unwrap(), []);
}

/// Returns the presence of a user's phone.
async fn of(users: &dyn UserStore, case: &Case, name: &str) -> Option<Presence> {
    let found = users.presence(&case.app, &[user(name)]).await.unwrap();
    let devices = found.into_iter().flat_map(|(_, devices)| devices);
    devices.into_iter().find(|(id, _)| *id == device("phone")).map(|(_, presence)| presence)
}

async fn find(users: &dyn UserStore, case: &Case) -> Option<Presence> {
    of(users, case, "ann").await
}

async fn state(users: &dyn UserStore, case: &Case) -> State {
    find(users, case).await.unwrap().state
}
