//! Concurrent changes of bindings.

use futures::future::{join, join_all};

use super::{
    Case, UserStore,
    bindings::{MAX_BINDINGS, bind, every_binding_owns_its_token, list},
    run::suite,
};
use crate::testing::sample::{binding, device, user};

/// How often each race runs: once for each pair of delays of [`at_once`].
pub(super) const ROUNDS: usize = 16;

suite! { "racing bindings" on dyn UserStore:
    two_users_that_race_for_a_token_leave_one_owner,
    two_devices_that_race_for_a_token_leave_one_owner,
    several_users_that_race_for_a_token_leave_one_owner,
    a_device_that_gets_a_new_token_while_another_user_takes_the_old_one_keeps_the_new_one,
    two_users_that_swap_tokens_leave_each_token_one_owner,
    a_bind_that_races_with_an_unbind_leaves_no_half,
    a_bind_that_races_with_a_removal_never_loses_the_new_token,
    a_removal_that_races_with_a_renewal_happens,
}

async fn two_users_that_race_for_a_token_leave_one_owner(users: &dyn UserStore, case: &Case) {
    for round in 0..ROUNDS {
        let bound = binding("phone", "fcm", &format!("token-{round}"), case.at(0));
        let (former, owner) = (format!("former{round}"), [format!("ann{round}"), format!("bob{round}")]);
        if round % 2 == 0 {
            bind(users, case, &former, &bound).await;
        }
        let [ann, bob] = owner.each_ref().map(|name| bind(users, case, name, &bound));
        at_once(users, case, round, ann, bob).await;
        let held = list(users, case, &owner[0]).await.len() + list(users, case, &owner[1]).await.len();
        assert_eq!(held, 1, "owners in round {round}");
        every_binding_owns_its_token(users, case, &[&former, &owner[0], &owner[1]]).await;
    }
}

async fn two_devices_that_race_for_a_token_leave_one_owner(users: &dyn UserStore, case: &Case) {
    for round in 0..ROUNDS {
        let name = format!("ann{round}");
        let token = format!("token-{round}");
        let bound = ["phone", "tablet"].map(|device| binding(device, "fcm", &token, case.at(0)));
        if round % 2 == 0 {
            bind(users, case, &name, &binding("old phone", "fcm", &token, case.at(0))).await;
        }
        let [phone, tablet] = bound.each_ref().map(|bound| bind(users, case, &name, bound));
        at_once(users, case, round, phone, tablet).await;
        assert_eq!(list(users, case, &name).await.len(), 1, "owners in round {round}");
        every_binding_owns_its_token(users, case, &[&name]).await;
    }
}

async fn several_users_that_race_for_a_token_leave_one_owner(users: &dyn UserStore, case: &Case) {
    let names = ["ann", "bob", "cid", "dot", "eve"];
    let bound = binding("phone", "fcm", "token", case.at(0));
    join_all(names.map(|name| bind(users, case, name, &bound))).await;
    let held = join_all(names.map(|name| list(users, case, name))).await.concat();
    assert_eq!(held, [bound]);
    every_binding_owns_its_token(users, case, &names).await;
}

async fn a_device_that_gets_a_new_token_while_another_user_takes_the_old_one_keeps_the_new_one(
    users: &dyn UserStore,
    case: &Case,
) {
    for round in 0..ROUNDS {
        let (ann, bob) = (format!("ann{round}"), format!("bob{round}"));
        let old = binding("phone", "fcm", &format!("old-{round}"), case.at(0));
        let new = binding("phone", "fcm", &format!("new-{round}"), case.at(1));
        bind(users, case, &ann, &old).await;
        at_once(users, case, round, bind(users, case, &ann, &new), bind(users, case, &bob, &old)).await;
        assert_eq!(list(users, case, &ann).await, [new], "round {round}");
        assert_eq!(list(users, case, &bob).await, [old], "round {round}");
        every_binding_owns_its_token(users, case, &[&ann, &bob]).await;
    }
}

async fn two_users_that_swap_tokens_leave_each_token_one_owner(users: &dyn UserStore, case: &Case) {
    for round in 0..ROUNDS {
        let (ann, bob) = (format!("ann{round}"), format!("bob{round}"));
        let first = binding("phone", "fcm", &format!("first-{round}"), case.at(0));
        let second = binding("phone", "fcm", &format!("second-{round}"), case.at(0));
        bind(users, case, &ann, &first).await;
        bind(users, case, &bob, &second).await;
        at_once(users, case, round, bind(users, case, &ann, &second), bind(users, case, &bob, &first)).await;
        // The last one has a token. The other one's token may have been removed with it.
        let held = [list(users, case, &ann).await, list(users, case, &bob).await].concat();
        assert!(held.contains(&first) || held.contains(&second), "nobody holds a token in round {round}");
        every_binding_owns_its_token(users, case, &[&ann, &bob]).await;
    }
}

async fn a_bind_that_races_with_an_unbind_leaves_no_half(users: &dyn UserStore, case: &Case) {
    for round in 0..ROUNDS {
        let (ann, bob) = (format!("ann{round}"), format!("bob{round}"));
        let bound = binding("phone", "fcm", &format!("token-{round}"), case.at(0));
        bind(users, case, &ann, &bound).await;
        let (whose, phone) = (user(&ann), device("phone"));
        let unbind = users.unbind(&case.app, &whose, &phone, None);
        let (_, left) = at_once(users, case, round, bind(users, case, &bob, &bound), unbind).await;
        assert_eq!(left.unwrap(), [], "round {round}");
        assert_eq!(list(users, case, &bob).await, [bound], "round {round}");
        every_binding_owns_its_token(users, case, &[&ann, &bob]).await;
    }
}

async fn a_bind_that_races_with_a_removal_never_loses_the_new_token(users: &dyn UserStore, case: &Case) {
    for round in 0..ROUNDS {
        let name = format!("ann{round}");
        let dead = binding("phone", "fcm", &format!("dead-{round}"), case.at(0));
        let new = binding("phone", "fcm", &format!("new-{round}"), case.at(1));
        bind(users, case, &name, &dead).await;
        let whose = user(&name);
        let removal =
            users.remove_if_current(&case.app, &whose, &dead.device_id, &dead.notifier, &dead.token, dead.bound_at);
        let renewal = users.bind(&case.app, &whose, &new, MAX_BINDINGS);
        let (bound, removed) = at_once(users, case, round, renewal, removal).await;
        removed.unwrap();
        assert_eq!(bound.unwrap(), [new.clone()], "round {round}");
        assert_eq!(list(users, case, &name).await, [new], "round {round}");
        every_binding_owns_its_token(users, case, &[&name]).await;
    }
}

async fn a_removal_that_races_with_a_renewal_happens(users: &dyn UserStore, case: &Case) {
    for round in 0..ROUNDS {
        let name = format!("ann{round}");
        let dead = binding("phone", "fcm", &format!("dead-{round}"), case.at(0));
        bind(users, case, &name, &dead).await;
        let whose = user(&name);
        let removal =
            users.remove_if_current(&case.app, &whose, &dead.device_id, &dead.notifier, &dead.token, dead.bound_at);
        let renewal = users.bind(&case.app, &whose, &dead, MAX_BINDINGS);
        let (renewed, removed) = at_once(users, case, round, renewal, removal).await;
        renewed.unwrap();
        assert!(removed.unwrap(), "the token was current all the time, round {round}");
        every_binding_owns_its_token(users, case, &[&name]).await;
    }
}

/// Runs both at the same time, each delayed by up to three reads. The [`ROUNDS`] rounds cover every combination.
pub(super) async fn at_once<A, B>(
    users: &dyn UserStore,
    case: &Case,
    round: usize,
    one: impl Future<Output = A>,
    other: impl Future<Output = B>,
) -> (A, B) {
    let late = async |reads: usize| {
        for _ in 0..reads {
            list(users, case, "nobody").await;
        }
    };
    let one = async {
        late(round % 4).await;
        one.await
    };
    let other = async {
        late(round / 4).await;
        other.await
    };
    join(one, other).await
}
