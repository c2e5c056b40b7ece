//! Vendor access tokens.

use std::time::Duration;

use futures::future::join_all;

use super::{Case, RuntimeStore, run::suite};
use crate::{
    domain::id::AppKey,
    ports::access_tokens::{Lease, SealedToken, TokenOwner},
    testing::sample::notifier_name,
};

const HOLD: Duration = Duration::from_secs(10);

suite! { "access tokens" on dyn RuntimeStore:
    nothing_is_shared_at_first,
    a_shared_token_is_read_until_it_expires,
    a_newer_token_replaces_the_older_one,
    the_first_takes_the_lease,
    of_several_that_want_the_lease_one_takes_it,
    a_lease_that_expired_can_be_taken,
    a_released_lease_can_be_taken,
    sharing_ends_the_lease,
    a_lease_leaves_the_token_as_it_is,
    releasing_nothing_does_nothing,
    owners_are_apart,
}

async fn nothing_is_shared_at_first(runtime: &dyn RuntimeStore, case: &Case) {
    assert_eq!(runtime.shared(&owner(case), case.at(0)).await.unwrap(), None);
    // Nor while the first process fetches a token.
    take(runtime, case, 0).await;
    assert_eq!(runtime.shared(&owner(case), case.at(0)).await.unwrap(), None);
}

async fn a_shared_token_is_read_until_it_expires(runtime: &dyn RuntimeStore, case: &Case) {
    let token = SealedToken { sealed: (0..=255).collect(), expires_at: case.at(3600) };
    runtime.share(&owner(case), &token).await.unwrap();
    assert_eq!(runtime.shared(&owner(case), case.at(0)).await.unwrap(), Some(token.clone()));
    assert_eq!(runtime.shared(&owner(case), case.at(3599)).await.unwrap(), Some(token));
    assert_eq!(runtime.shared(&owner(case), case.at(3600)).await.unwrap(), None);
}

async fn a_newer_token_replaces_the_older_one(runtime: &dyn RuntimeStore, case: &Case) {
    for number in 1..=3 {
        let token = token(case, number);
        runtime.share(&owner(case), &token).await.unwrap();
        assert_eq!(runtime.shared(&owner(case), case.at(0)).await.unwrap(), Some(token));
    }
}

async fn the_first_takes_the_lease(runtime: &dyn RuntimeStore, case: &Case) {
    assert_eq!(take(runtime, case, 0).await, Lease::Taken);
    assert_eq!(take(runtime, case, 0).await, Lease::Held(case.at(10)));
    assert_eq!(take(runtime, case, 9).await, Lease::Held(case.at(10)));
}

async fn of_several_that_want_the_lease_one_takes_it(runtime: &dyn RuntimeStore, case: &Case) {
    let found = join_all([0; 5].map(|second| take(runtime, case, second))).await;
    assert_eq!(found.iter().filter(|lease| **lease == Lease::Taken).count(), 1, "{found:?}");
}

async fn a_lease_that_expired_can_be_taken(runtime: &dyn RuntimeStore, case: &Case) {
    take(runtime, case, 0).await;
    assert_eq!(take(runtime, case, 10).await, Lease::Taken);
    assert_eq!(take(runtime, case, 11).await, Lease::Held(case.at(20)));
}

async fn a_released_lease_can_be_taken(runtime: &dyn RuntimeStore, case: &Case) {
    take(runtime, case, 0).await;
    runtime.release(&owner(case)).await.unwrap();
    assert_eq!(take(runtime, case, 1).await, Lease::Taken);
}

async fn sharing_ends_the_lease(runtime: &dyn RuntimeStore, case: &Case) {
    take(runtime, case, 0).await;
    runtime.share(&owner(case), &token(case, 1)).await.unwrap();
    assert_eq!(take(runtime, case, 1).await, Lease::Taken);
}

async fn a_lease_leaves_the_token_as_it_is(runtime: &dyn RuntimeStore, case: &Case) {
    runtime.share(&owner(case), &token(case, 1)).await.unwrap();
    take(runtime, case, 0).await;
    assert_eq!(runtime.shared(&owner(case), case.at(1)).await.unwrap(), Some(token(case, 1)));
    runtime.release(&owner(case)).await.unwrap();
    assert_eq!(runtime.shared(&owner(case), case.at(1)).await.unwrap(), Some(token(case, 1)));
}

async fn releasing_nothing_does_nothing(runtime: &dyn RuntimeStore, case: &Case) {
    for owner in [owner(case), owned(&case.elsewhere, "fcm")] {
        runtime.release(&owner).await.unwrap();
        assert_eq!(runtime.shared(&owner, case.at(0)).await.unwrap(), None);
    }
    assert_eq!(take(runtime, case, 0).await, Lease::Taken);
}

async fn owners_are_apart(runtime: &dyn RuntimeStore, case: &Case) {
    let owners =
        [owned(&case.app, "fcm"), owned(&case.app, "fcm#2"), owned(&case.app, "Fcm"), owned(&case.elsewhere, "fcm")];
    for (number, owner) in owners.iter().enumerate() {
        assert_eq!(runtime.lease(owner, case.at(0), HOLD).await.unwrap(), Lease::Taken, "{owner:?}");
        runtime.share(owner, &token(case, number as u8)).await.unwrap();
    }
    for (number, owner) in owners.iter().enumerate() {
        assert_eq!(runtime.shared(owner, case.at(0)).await.unwrap(), Some(token(case, number as u8)), "{owner:?}");
    }
}

async fn take(runtime: &dyn RuntimeStore, case: &Case, second: u64) -> Lease {
    runtime.lease(&owner(case), case.at(second), HOLD).await.unwrap()
}

fn owner(case: &Case) -> TokenOwner {
    owned(&case.app, "fcm")
}

fn owned(app: &AppKey, notifier: &str) -> TokenOwner {
    TokenOwner { app: app.clone(), notifier: notifier_name(notifier) }
}

fn token(case: &Case, number: u8) -> SealedToken {
    SealedToken { sealed: vec![number; 40], expires_at: case.at(3600) }
}
