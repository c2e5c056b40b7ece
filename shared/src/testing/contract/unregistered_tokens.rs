//! Removal of unregistered tokens.

use super::{
    Case, UserStore,
    bindings::{MAX_BINDINGS, bind, every_binding_owns_its_token, list},
    run::suite,
    with_bob,
};
use crate::{
    domain::{binding::Binding, id::AppKey},
    testing::sample::{binding, user},
};

suite! { "dead tokens" on dyn UserStore:
    a_current_token_is_removed_once,
    a_replaced_token_costs_the_new_one_nothing,
    a_token_that_moved_is_not_taken_from_its_new_owner,
    a_token_that_was_registered_later_stays,
    a_token_of_nobody_is_not_removed,
    a_removed_token_is_free,
    another_app_keeps_its_token,
}

async fn a_current_token_is_removed_once(users: &dyn UserStore, case: &Case) {
    let (dead, kept) = (binding("phone", "fcm", "dead", case.at(0)), binding("phone", "huawei", "kept", case.at(0)));
    bind(users, case, "ann", &dead).await;
    bind(users, case, "ann", &kept).await;
    assert!(remove(users, &case.app, "ann", &dead).await);
    assert!(!remove(users, &case.app, "ann", &dead).await);
    assert_eq!(list(users, case, "ann").await, [kept]);
    every_binding_owns_its_token(users, case, &["ann"]).await;
}

async fn a_replaced_token_costs_the_new_one_nothing(users: &dyn UserStore, case: &Case) {
    let (dead, new) = (binding("phone", "fcm", "dead", case.at(0)), binding("phone", "fcm", "new", case.at(1)));
    bind(users, case, "ann", &dead).await;
    bind(users, case, "ann", &new).await;
    assert!(!remove(users, &case.app, "ann", &dead).await);
    assert_eq!(list(users, case, "ann").await, [new]);
    every_binding_owns_its_token(users, case, &["ann"]).await;
}

async fn a_token_that_moved_is_not_taken_from_its_new_owner(users: &dyn UserStore, case: &Case) {
    let moved = binding("phone", "fcm", "moved", case.at(0));
    bind(users, case, "ann", &moved).await;
    bind(users, case, "bob", &moved).await;
    assert!(!remove(users, &case.app, "ann", &moved).await);
    assert_eq!(list(users, case, "bob").await, [moved]);
    every_binding_owns_its_token(users, case, &["bob"]).await;
}

async fn a_token_that_was_registered_later_stays(users: &dyn UserStore, case: &Case) {
    let dead = binding("phone", "fcm", "token", case.at(0));
    let renewed = Binding { bound_at: case.at(2), ..dead.clone() };
    bind(users, case, "ann", &dead).await;
    bind(users, case, "ann", &renewed).await;
    assert!(!remove(users, &case.app, "ann", &Binding { bound_at: case.at(1), ..dead.clone() }).await);
    assert_eq!(list(users, case, "ann").await, [renewed.clone()]);
    assert!(remove(users, &case.app, "ann", &renewed).await);
    assert_eq!(list(users, case, "ann").await, []);
}

async fn a_token_of_nobody_is_not_removed(users: &dyn UserStore, case: &Case) {
    let bound = binding("phone", "fcm", "token", case.at(0));
    assert!(!remove(users, &case.app, "ann", &bound).await);
    assert!(!users.facts(&case.app, &user("ann"), &with_bob()).await.unwrap().known);
    bind(users, case, "ann", &bound).await;
    for other in [binding("tablet", "fcm", "token", case.at(0)), binding("phone", "huawei", "token", case.at(0))] {
        assert!(!remove(users, &case.app, "ann", &other).await);
    }
    assert_eq!(list(users, case, "ann").await, [bound]);
}

async fn a_removed_token_is_free(users: &dyn UserStore, case: &Case) {
    let bound = binding("phone", "fcm", "token", case.at(0));
    bind(users, case, "ann", &bound).await;
    assert!(remove(users, &case.app, "ann", &bound).await);
    assert_eq!(bind(users, case, "bob", &bound).await, [bound.clone()]);
    assert!(remove(users, &case.app, "bob", &bound).await);
    assert_eq!(bind(users, case, "ann", &bound).await, [bound]);
}

async fn another_app_keeps_its_token(users: &dyn UserStore, case: &Case) {
    let bound = binding("phone", "fcm", "token", case.at(0));
    users.bind(&case.elsewhere, &user("ann"), &bound, MAX_BINDINGS).await.unwrap();
    assert!(!remove(users, &case.app, "ann", &bound).await);
    bind(users, case, "ann", &bound).await;
    assert!(remove(users, &case.app, "ann", &bound).await);
    assert_eq!(users.bindings(&case.elsewhere, &user("ann")).await.unwrap(), [bound]);
}

async fn remove(users: &dyn UserStore, app: &AppKey, name: &str, dead: &Binding) -> bool {
    let Binding { device_id, notifier, token, bound_at } = dead;
    users.remove_if_current(app, &user(name), device_id, notifier, token, *bound_at).await.unwrap()
}
