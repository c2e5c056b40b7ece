//! Which devices make room for others. The domain has the rules. A store must remove no device more, and lose no concurrent event.

use futures::future::join_all;

use super::{
    Case, UserStore,
    presence::{LEASE, devices, of},
    races::{ROUNDS, at_once},
    run::suite,
};
use crate::{
    domain::presence::{PresenceStatus, State},
    ports::users::{Applied, MAX_DEVICES_REMOVED},
    testing::sample::{binding, event, user},
};

suite! { "room for devices" on dyn UserStore:
    above_the_limit_the_device_silent_longest_makes_room,
    a_kicked_device_is_remembered_beside_the_others,
    a_device_that_is_kicked_while_it_makes_room_stays_kicked,
    devices_that_race_for_room_leave_as_many_as_may_be,
    many_devices_come_down_in_bounded_steps,
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

/// Brings a device of Ann online in its own session.
async fn heard(users: &dyn UserStore, case: &Case, name: &str, second: u64, max: usize) {
    let online = event("ann", name, name, PresenceStatus::Online, case.at(second));
    assert_eq!(users.apply(&case.app, &online, LEASE, max).await.unwrap(), Applied::Applied);
}
