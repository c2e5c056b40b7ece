//! Logging a device out, whatever its session says.

use super::{
    Case, UserStore,
    presence::{LEASE, MAX, apply, find, of, state},
    races::{ROUNDS, at_once},
    run::suite,
    with_bob,
};
use crate::{
    domain::{
        presence::{PresenceStatus, State},
        time::Timestamp,
    },
    ports::users::Applied,
    testing::sample::{device, event, user},
};

suite! { "logging out" on dyn UserStore:
    logging_out_ends_the_current_session,
    logging_out_counts_even_by_a_slow_clock,
    logging_out_an_unknown_device_leaves_no_trace,
    logging_out_beats_a_racing_heartbeat,
    logging_out_does_not_end_a_kick,
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

async fn log_out(users: &dyn UserStore, case: &Case, name: &str, at: Timestamp) {
    // A gateway's session is no connection to Curlew.
    assert_eq!(users.log_out(&case.app, &user(name), &device("phone"), at).await.unwrap(), []);
}
