//! Facts of decisions.

use std::time::Duration;

use super::{
    Case, UserStore,
    bindings::{MAX_BINDINGS, bind},
    run::suite,
    with_bob,
};
use crate::{
    domain::{
        decision::Facts,
        presence::{PresenceStatus, State},
    },
    testing::sample::{binding, device, event, user},
};

const LEASE: Duration = Duration::from_secs(300);

suite! { "facts" on dyn UserStore:
    nothing_is_known_of_a_stranger,
    a_user_is_known_by_a_binding_alone,
    a_user_is_known_by_presence_alone,
    facts_hold_every_row_of_the_user,
    facts_are_those_of_the_moment,
    another_app_knows_nothing,
}

async fn nothing_is_known_of_a_stranger(users: &dyn UserStore, case: &Case) {
    bind(users, case, "ann.b", &binding("phone", "fcm", "token", case.at(0))).await;
    assert_eq!(users.facts(&case.app, &user("ann"), &with_bob()).await.unwrap(), Facts::default());
}

async fn a_user_is_known_by_a_binding_alone(users: &dyn UserStore, case: &Case) {
    let bound = binding("phone", "fcm", "token", case.at(0));
    bind(users, case, "ann", &bound).await;
    let facts = users.facts(&case.app, &user("ann"), &with_bob()).await.unwrap();
    assert_eq!(facts, Facts { known: true, bindings: vec![bound], ..Facts::default() });
}

async fn a_user_is_known_by_presence_alone(users: &dyn UserStore, case: &Case) {
    users.apply(&case.app, &event("ann", "phone", "a", PresenceStatus::Online, case.at(0)), LEASE, 32).await.unwrap();
    let facts = users.facts(&case.app, &user("ann"), &with_bob()).await.unwrap();
    assert!(facts.known && facts.bindings.is_empty());
    let [(id, presence)] = facts.presence.as_slice() else { panic!("one device, not {:?}", facts.presence) };
    assert_eq!((id, presence.state), (&device("phone"), State::Online));
}

async fn facts_hold_every_row_of_the_user(users: &dyn UserStore, case: &Case) {
    for number in 0..MAX_BINDINGS {
        bind(users, case, "ann", &binding(&format!("d{number}"), "fcm", &format!("t{number}"), case.at(0))).await;
    }
    for number in 0..30 {
        let online = event("ann", &format!("e{number}"), "a", PresenceStatus::Online, case.at(0));
        users.apply(&case.app, &online, LEASE, 32).await.unwrap();
    }
    let facts = users.facts(&case.app, &user("ann"), &with_bob()).await.unwrap();
    assert_eq!((facts.bindings.len(), facts.presence.len()), (MAX_BINDINGS, 30));
    let mut bindings = facts.bindings;
    bindings.sort_by(|a, b| (&a.device_id, &a.notifier).cmp(&(&b.device_id, &b.notifier)));
    assert_eq!(bindings, users.bindings(&case.app, &user("ann")).await.unwrap());
}

async fn facts_are_those_of_the_moment(users: &dyn UserStore, case: &Case) {
    let (old, new) = (binding("phone", "fcm", "old", case.at(0)), binding("phone", "fcm", "new", case.at(1)));
    bind(users, case, "ann", &old).await;
    bind(users, case, "ann", &new).await;
    assert_eq!(users.facts(&case.app, &user("ann"), &with_bob()).await.unwrap().bindings, [new.clone()]);
    bind(users, case, "bob", &new).await;
    assert_eq!(users.facts(&case.app, &user("ann"), &with_bob()).await.unwrap().bindings, []);
    for (second, status, state) in
        [(0, PresenceStatus::Online, State::Online), (1, PresenceStatus::Kicked, State::Kicked)]
    {
        users.apply(&case.app, &event("ann", "phone", "a", status, case.at(second)), LEASE, 32).await.unwrap();
        assert_eq!(users.facts(&case.app, &user("ann"), &with_bob()).await.unwrap().presence[0].1.state, state);
    }
}

async fn another_app_knows_nothing(users: &dyn UserStore, case: &Case) {
    bind(users, case, "ann", &binding("phone", "fcm", "token", case.at(0))).await;
    users.apply(&case.app, &event("ann", "phone", "a", PresenceStatus::Online, case.at(0)), LEASE, 32).await.unwrap();
    assert_eq!(users.facts(&case.elsewhere, &user("ann"), &with_bob()).await.unwrap(), Facts::default());
}
