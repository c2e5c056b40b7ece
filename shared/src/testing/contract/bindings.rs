//! Bindings, and who owns a token.

use super::{Case, UserStore, run::suite};
use crate::{
    domain::{
        binding::{Binding, TokenHolder},
        time::Timestamp,
    },
    testing::sample::{binding, device, notifier_name, user},
};

/// More bindings than any case creates.
pub(super) const MAX_BINDINGS: usize = 100;

suite! { "bindings" on dyn UserStore:
    what_is_bound_is_listed,
    bindings_are_listed_in_one_order,
    the_same_token_again_only_renews_the_time,
    a_device_may_use_several_notifiers,
    a_new_token_replaces_the_old_one_and_frees_it,
    the_last_bind_takes_a_token_from_another_user,
    the_last_bind_takes_a_token_from_another_device_of_the_user,
    a_token_that_moved_can_move_back,
    the_same_token_of_another_notifier_is_another_token,
    above_the_limit_the_oldest_goes_and_frees_its_token,
    a_lower_limit_takes_all_above_it_with_the_next_binding,
    renewing_makes_a_binding_young,
    a_new_token_of_a_bound_device_evicts_nobody,
    a_token_that_moves_within_the_user_evicts_nobody,
    the_new_binding_itself_always_stays,
    a_lowered_limit_counts_at_the_next_renewal,
    one_notifier_of_a_device_can_be_unbound,
    a_whole_device_can_be_unbound,
    a_device_with_very_many_bindings_can_be_unbound,
    an_unbound_token_is_free,
    the_owners_of_many_tokens_are_read_in_their_order,
    a_token_is_held_since_its_device_took_it_and_not_since_it_registered_it_again,
    a_device_that_registers_again_above_a_lowered_limit_holds_its_token_as_long_as_before,
    unbinding_nothing_changes_nothing,
    keys_never_run_into_each_other,
    the_longest_names_can_be_bound,
    another_app_sees_none_of_it,
}

async fn what_is_bound_is_listed(users: &dyn UserStore, case: &Case) {
    assert_eq!(list(users, case, "ann").await, []);
    let bound = binding("phone", "fcm", "token", case.at(0));
    assert_eq!(bind(users, case, "ann", &bound).await, [bound.clone()]);
    assert_eq!(list(users, case, "ann").await, [bound]);
    assert_eq!(list(users, case, "bob").await, []);
}

async fn bindings_are_listed_in_one_order(users: &dyn UserStore, case: &Case) {
    let names = ["b", "a", "a!", "a#", "a%", "A", "a b", "\u{e4}"];
    let mut answered = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        answered = bind(users, case, "ann", &binding(name, "fcm", &format!("token-{index}"), case.at(0))).await;
        assert_eq!(answered, list(users, case, "ann").await, "after {name}");
    }
    assert_eq!(answered.len(), names.len());
    let left = users.unbind(&case.app, &user("ann"), &device("a"), None).await.unwrap();
    assert_eq!(left, list(users, case, "ann").await);
}

async fn the_same_token_again_only_renews_the_time(users: &dyn UserStore, case: &Case) {
    bind(users, case, "ann", &binding("phone", "fcm", "token", case.at(0))).await;
    let renewed = binding("phone", "fcm", "token", case.at(9));
    assert_eq!(bind(users, case, "ann", &renewed).await, [renewed.clone()]);
    assert_eq!(list(users, case, "ann").await, [renewed]);
    every_binding_owns_its_token(users, case, &["ann"]).await;
}

async fn a_device_may_use_several_notifiers(users: &dyn UserStore, case: &Case) {
    let fcm = binding("phone", "fcm", "token-1", case.at(0));
    let huawei = binding("phone", "huawei", "token-2", case.at(1));
    bind(users, case, "ann", &huawei).await;
    bind(users, case, "ann", &fcm).await;
    assert_eq!(list(users, case, "ann").await, [fcm, huawei]);
    every_binding_owns_its_token(users, case, &["ann"]).await;
}

async fn a_new_token_replaces_the_old_one_and_frees_it(users: &dyn UserStore, case: &Case) {
    let (old, new) = (binding("phone", "fcm", "old", case.at(0)), binding("phone", "fcm", "new", case.at(1)));
    bind(users, case, "ann", &old).await;
    assert_eq!(bind(users, case, "ann", &new).await, [new.clone()]);
    bind(users, case, "bob", &old).await;
    assert_eq!(list(users, case, "ann").await, [new]);
    assert_eq!(list(users, case, "bob").await, [old]);
    every_binding_owns_its_token(users, case, &["ann", "bob"]).await;
}

async fn the_last_bind_takes_a_token_from_another_user(users: &dyn UserStore, case: &Case) {
    let (shared, other) = (binding("phone", "fcm", "token", case.at(0)), binding("phone", "fcm", "other", case.at(0)));
    bind(users, case, "ann", &shared).await;
    bind(users, case, "ann", &Binding { device_id: device("tablet"), ..other.clone() }).await;
    bind(users, case, "bob", &other).await;
    assert_eq!(bind(users, case, "bob", &shared).await, [shared.clone()]);
    assert_eq!(list(users, case, "bob").await, [shared]);
    assert_eq!(list(users, case, "ann").await, []);
    every_binding_owns_its_token(users, case, &["ann", "bob"]).await;
}

async fn the_last_bind_takes_a_token_from_another_device_of_the_user(users: &dyn UserStore, case: &Case) {
    bind(users, case, "ann", &binding("old phone", "fcm", "token", case.at(0))).await;
    let moved = binding("new phone", "fcm", "token", case.at(1));
    assert_eq!(bind(users, case, "ann", &moved).await, [moved.clone()]);
    assert_eq!(list(users, case, "ann").await, [moved]);
    every_binding_owns_its_token(users, case, &["ann"]).await;
}

async fn a_token_that_moved_can_move_back(users: &dyn UserStore, case: &Case) {
    for (turn, name) in ["ann", "bob", "ann", "bob", "bob", "ann"].into_iter().enumerate() {
        let bound = binding("phone", "fcm", "token", case.at(turn as u64));
        assert_eq!(bind(users, case, name, &bound).await, [bound]);
    }
    assert_eq!(list(users, case, "bob").await, []);
    every_binding_owns_its_token(users, case, &["ann", "bob"]).await;
}

async fn the_same_token_of_another_notifier_is_another_token(users: &dyn UserStore, case: &Case) {
    let (fcm, huawei) = (binding("phone", "fcm", "token", case.at(0)), binding("phone", "huawei", "token", case.at(0)));
    bind(users, case, "ann", &fcm).await;
    bind(users, case, "bob", &huawei).await;
    assert_eq!(list(users, case, "ann").await, [fcm]);
    assert_eq!(list(users, case, "bob").await, [huawei]);
    every_binding_owns_its_token(users, case, &["ann", "bob"]).await;
}

async fn above_the_limit_the_oldest_goes_and_frees_its_token(users: &dyn UserStore, case: &Case) {
    // The binding with the oldest time, whatever the order of calls and names.
    let young = binding("a", "fcm", "young", case.at(8));
    let oldest = binding("b", "fcm", "oldest", case.at(2));
    let middle = binding("c", "fcm", "middle", case.at(5));
    let newest = binding("d", "fcm", "newest", case.at(9));
    for bound in [&young, &oldest, &middle] {
        bind_up_to(users, case, "ann", bound, 3).await;
    }
    let answered = bind_up_to(users, case, "ann", &newest, 3).await;
    assert_eq!(answered, [young, middle, newest]);
    assert_eq!(list(users, case, "ann").await, answered);
    bind(users, case, "bob", &oldest).await;
    assert_eq!(list(users, case, "ann").await, answered);
    every_binding_owns_its_token(users, case, &["ann", "bob"]).await;
}

async fn renewing_makes_a_binding_young(users: &dyn UserStore, case: &Case) {
    bind_up_to(users, case, "ann", &binding("a", "fcm", "a", case.at(0)), 2).await;
    bind_up_to(users, case, "ann", &binding("b", "fcm", "b", case.at(1)), 2).await;
    let renewed = binding("a", "fcm", "a", case.at(2));
    bind_up_to(users, case, "ann", &renewed, 2).await;
    let third = binding("c", "fcm", "c", case.at(3));
    assert_eq!(bind_up_to(users, case, "ann", &third, 2).await, [renewed, third]);
}

async fn a_lower_limit_takes_all_above_it_with_the_next_binding(users: &dyn UserStore, case: &Case) {
    for (second, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
        bind_up_to(users, case, "ann", &binding(name, "fcm", name, case.at(second as u64)), 4).await;
    }
    let newest = binding("e", "fcm", "e", case.at(9));
    let kept = [binding("d", "fcm", "d", case.at(3)), newest.clone()];
    assert_eq!(bind_up_to(users, case, "ann", &newest, 2).await, kept);
    assert_eq!(list(users, case, "ann").await, kept);
}

async fn a_new_token_of_a_bound_device_evicts_nobody(users: &dyn UserStore, case: &Case) {
    let oldest = binding("a", "fcm", "a", case.at(0));
    bind_up_to(users, case, "ann", &oldest, 2).await;
    bind_up_to(users, case, "ann", &binding("b", "fcm", "b", case.at(1)), 2).await;
    let rotated = binding("b", "fcm", "b-again", case.at(2));
    assert_eq!(bind_up_to(users, case, "ann", &rotated, 2).await, [oldest, rotated]);
}

async fn a_token_that_moves_within_the_user_evicts_nobody(users: &dyn UserStore, case: &Case) {
    let oldest = binding("a", "fcm", "a", case.at(0));
    bind_up_to(users, case, "ann", &oldest, 2).await;
    bind_up_to(users, case, "ann", &binding("b", "fcm", "moving", case.at(1)), 2).await;
    let moved = binding("c", "fcm", "moving", case.at(2));
    assert_eq!(bind_up_to(users, case, "ann", &moved, 2).await, [oldest, moved]);
    every_binding_owns_its_token(users, case, &["ann"]).await;
}

async fn the_new_binding_itself_always_stays(users: &dyn UserStore, case: &Case) {
    bind_up_to(users, case, "ann", &binding("a", "fcm", "a", case.at(5)), 1).await;
    let older = binding("b", "fcm", "b", case.at(1));
    assert_eq!(bind_up_to(users, case, "ann", &older, 1).await, [older.clone()]);
    assert_eq!(list(users, case, "ann").await, [older]);
}

async fn a_lowered_limit_counts_at_the_next_renewal(users: &dyn UserStore, case: &Case) {
    for (index, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
        bind(users, case, "ann", &binding(name, "fcm", name, case.at(index as u64))).await;
    }
    let renewed = binding("a", "fcm", "a", case.at(9));
    let kept = [renewed.clone(), binding("d", "fcm", "d", case.at(3))];
    assert_eq!(bind_up_to(users, case, "ann", &renewed, 2).await, kept);
    assert_eq!(list(users, case, "ann").await, kept);
    every_binding_owns_its_token(users, case, &["ann"]).await;
}

async fn one_notifier_of_a_device_can_be_unbound(users: &dyn UserStore, case: &Case) {
    let kept = binding("phone", "huawei", "b", case.at(0));
    bind(users, case, "ann", &binding("phone", "fcm", "a", case.at(0))).await;
    bind(users, case, "ann", &kept).await;
    let left = users.unbind(&case.app, &user("ann"), &device("phone"), Some(&notifier_name("fcm"))).await.unwrap();
    assert_eq!(left, [kept]);
    assert_eq!(list(users, case, "ann").await, left);
    every_binding_owns_its_token(users, case, &["ann"]).await;
}

async fn a_whole_device_can_be_unbound(users: &dyn UserStore, case: &Case) {
    let kept = binding("tablet", "fcm", "c", case.at(0));
    bind(users, case, "ann", &binding("phone", "fcm", "a", case.at(0))).await;
    bind(users, case, "ann", &binding("phone", "huawei", "b", case.at(0))).await;
    bind(users, case, "ann", &kept).await;
    let left = users.unbind(&case.app, &user("ann"), &device("phone"), None).await.unwrap();
    assert_eq!(left, [kept]);
    assert_eq!(list(users, case, "ann").await, left);
}

async fn a_device_with_very_many_bindings_can_be_unbound(users: &dyn UserStore, case: &Case) {
    for index in 0..MAX_BINDINGS {
        bind(users, case, "ann", &binding("phone", &format!("n{index}"), "token", case.at(0))).await;
    }
    assert_eq!(list(users, case, "ann").await.len(), MAX_BINDINGS);
    assert_eq!(users.unbind(&case.app, &user("ann"), &device("phone"), None).await.unwrap(), []);
    assert_eq!(list(users, case, "ann").await, []);
    bind(users, case, "bob", &binding("phone", "n99", "token", case.at(1))).await;
}

async fn an_unbound_token_is_free(users: &dyn UserStore, case: &Case) {
    let bound = binding("phone", "fcm", "token", case.at(0));
    bind(users, case, "ann", &bound).await;
    users.unbind(&case.app, &user("ann"), &device("phone"), None).await.unwrap();
    assert_eq!(bind(users, case, "bob", &bound).await, [bound.clone()]);
    users.unbind(&case.app, &user("bob"), &device("phone"), None).await.unwrap();
    assert_eq!(bind(users, case, "ann", &bound).await, [bound]);
}

async fn the_owners_of_many_tokens_are_read_in_their_order(users: &dyn UserStore, case: &Case) {
    let bound: Vec<Binding> =
        (0..130).map(|number| binding("phone", "fcm", &format!("token-{number}"), case.at(0))).collect();
    for (number, one) in bound.iter().enumerate().filter(|(number, _)| number % 3 != 0) {
        bind(users, case, &format!("u{number}"), one).await;
    }
    let huawei = notifier_name("huawei");
    let mut asked: Vec<_> = bound.iter().map(|one| (&one.notifier, &one.token)).collect();
    asked.push((&huawei, &bound[1].token));
    let owners = users.token_owners(&case.app, &asked).await.unwrap();
    let expected =
        |number: usize| (number < 130 && !number.is_multiple_of(3)).then(|| holder(&format!("u{number}"), case.at(0)));
    assert_eq!(owners, (0..=130).map(expected).collect::<Vec<_>>());
    assert_eq!(users.token_owners(&case.elsewhere, &asked[1..2]).await.unwrap(), [None]);
}

fn holder(name: &str, since: Timestamp) -> TokenHolder {
    TokenHolder { user: user(name), device: device("phone"), since: Some(since) }
}

async fn a_token_is_held_since_its_device_took_it_and_not_since_it_registered_it_again(
    users: &dyn UserStore,
    case: &Case,
) {
    let at = |seconds| binding("phone", "fcm", "token", case.at(seconds));
    let asked = at(0);
    let since = async || users.token_owners(&case.app, &[(&asked.notifier, &asked.token)]).await.unwrap();
    bind(users, case, "ann", &at(0)).await;
    bind(users, case, "ann", &at(10)).await;
    assert_eq!(since().await, [Some(holder("ann", case.at(0)))]);
    users.unbind(&case.app, &user("ann"), &device("phone"), None).await.unwrap();
    bind(users, case, "ann", &at(20)).await;
    assert_eq!(since().await, [Some(holder("ann", case.at(20)))]);
    bind(users, case, "bob", &at(30)).await;
    assert_eq!(since().await, [Some(holder("bob", case.at(30)))]);
}

async fn a_device_that_registers_again_above_a_lowered_limit_holds_its_token_as_long_as_before(
    users: &dyn UserStore,
    case: &Case,
) {
    let at = |seconds| binding("phone", "fcm", "token", case.at(seconds));
    for one in [binding("tablet", "fcm", "a", case.at(0)), binding("watch", "fcm", "b", case.at(1)), at(2)] {
        bind(users, case, "ann", &one).await;
    }
    assert_eq!(bind_up_to(users, case, "ann", &at(9), 1).await, [at(9)]);
    let owner = users.token_owner(&case.app, &at(9).notifier, &at(9).token).await.unwrap();
    assert_eq!(owner, Some(holder("ann", case.at(2))));
}

async fn unbinding_nothing_changes_nothing(users: &dyn UserStore, case: &Case) {
    assert_eq!(users.unbind(&case.app, &user("nobody"), &device("phone"), None).await.unwrap(), []);
    let bound = binding("phone", "fcm", "token", case.at(0));
    bind(users, case, "ann", &bound).await;
    let (other, huawei) = (device("other"), notifier_name("huawei"));
    assert_eq!(users.unbind(&case.app, &user("ann"), &other, None).await.unwrap(), [bound.clone()]);
    assert_eq!(users.unbind(&case.app, &user("ann"), &bound.device_id, Some(&huawei)).await.unwrap(), [bound.clone()]);
    assert_eq!(users.unbind(&case.app, &user("bob"), &bound.device_id, None).await.unwrap(), []);
    assert_eq!(list(users, case, "ann").await, [bound]);
}

async fn keys_never_run_into_each_other(users: &dyn UserStore, case: &Case) {
    let pairs = [
        ("a", "b#c"),
        ("a#b", "c"),
        ("a%23b", "c"),
        ("a%2523b", "c"),
        ("a%", "23b#c"),
        ("#", "#"),
        ("%", "%"),
        ("\u{10ffff}", "last of all characters"),
        ("\u{10ffff}#", "\u{10ffff}"),
    ];
    for (index, (device, notifier)) in pairs.into_iter().enumerate() {
        bind(users, case, "ann", &binding(device, notifier, &format!("token-{index}"), case.at(0))).await;
        bind(users, case, "ann", &binding(device, notifier, &format!("token-{index}"), case.at(1))).await;
    }
    assert_eq!(list(users, case, "ann").await.len(), pairs.len());
    for (done, (device_id, notifier)) in pairs.into_iter().enumerate() {
        let notifier = notifier_name(notifier);
        let left = users.unbind(&case.app, &user("ann"), &device(device_id), Some(&notifier)).await.unwrap();
        assert_eq!(left.len(), pairs.len() - done - 1, "{device_id} {notifier}");
    }
    // A user's name that begins like another's, and names that look like parts of a key.
    for (index, name) in ["ann", "an", "ann.b", "ann-b", "a"].into_iter().enumerate() {
        bind(users, case, name, &binding("phone", "fcm", &format!("own-{index}"), case.at(0))).await;
    }
    for name in ["ann", "an", "ann.b", "ann-b", "a"] {
        assert_eq!(list(users, case, name).await.len(), 1, "{name}");
    }
}

async fn the_longest_names_can_be_bound(users: &dyn UserStore, case: &Case) {
    let name = "u".repeat(64);
    for filler in ["#", "%", "\u{20ac}x"] {
        let long = filler.repeat(128 / filler.len());
        let bound = binding(&long, &long, &"t".repeat(4096), case.at(0));
        bind(users, case, &name, &bound).await;
        let renewed = Binding { bound_at: case.at(1), ..bound };
        assert!(bind(users, case, &name, &renewed).await.contains(&renewed));
    }
    every_binding_owns_its_token(users, case, &[&name]).await;
}

async fn another_app_sees_none_of_it(users: &dyn UserStore, case: &Case) {
    let (ann, bound) = (user("ann"), binding("phone", "fcm", "token", case.at(0)));
    bind(users, case, "ann", &bound).await;
    assert_eq!(users.bindings(&case.elsewhere, &ann).await.unwrap(), []);
    assert_eq!(users.bind(&case.elsewhere, &ann, &bound, MAX_BINDINGS).await.unwrap(), [bound.clone()]);
    assert_eq!(list(users, case, "ann").await, [bound.clone()]);
    users.unbind(&case.elsewhere, &ann, &bound.device_id, None).await.unwrap();
    assert_eq!(list(users, case, "ann").await, [bound]);
    every_binding_owns_its_token(users, case, &["ann"]).await;
}

// ---- shared with the other suites of users ----

pub(super) async fn bind(users: &dyn UserStore, case: &Case, name: &str, bound: &Binding) -> Vec<Binding> {
    bind_up_to(users, case, name, bound, MAX_BINDINGS).await
}

async fn bind_up_to(users: &dyn UserStore, case: &Case, name: &str, bound: &Binding, max: usize) -> Vec<Binding> {
    users.bind(&case.app, &user(name), bound, max).await.unwrap()
}

pub(super) async fn list(users: &dyn UserStore, case: &Case, name: &str) -> Vec<Binding> {
    users.bindings(&case.app, &user(name)).await.unwrap()
}

/// Asserts that no token is bound twice and that every binding owns its token. For this it removes all of these
/// bindings, and asserts that a new user can bind every token.
pub(super) async fn every_binding_owns_its_token(users: &dyn UserStore, case: &Case, names: &[&str]) {
    let mut seen = Vec::new();
    for name in names {
        for bound in list(users, case, name).await {
            let token = (bound.notifier.clone(), bound.token.clone());
            assert!(!seen.contains(&token), "a token has two owners, {name} is one: {bound:?}");
            seen.push(token);
        }
    }
    for name in names {
        for bound in list(users, case, name).await {
            let (device, notifier, at) = (&bound.device_id, &bound.notifier, bound.bound_at);
            let removed =
                users.remove_if_current(&case.app, &user(name), device, notifier, &bound.token, at).await.unwrap();
            assert!(removed, "{name} does not own the token of {bound:?}");
        }
        assert_eq!(list(users, case, name).await, [], "{name}");
    }
    for (index, (notifier, token)) in seen.into_iter().enumerate() {
        let device_id = device(&format!("d{index}"));
        bind(users, case, "stranger", &Binding { device_id, notifier, token, bound_at: case.at(0) }).await;
    }
}
