//! Claims of idempotency keys.

use std::time::Duration;

use futures::future::{join, join_all};

use super::{Case, RuntimeStore, run::suite};
use crate::ports::{
    claims::{CLAIM_RETENTION, Claim, Claimed},
    clock::Entropy,
    error::StoreError,
};

const HOLD: Duration = Duration::from_secs(30);

suite! { "claims" on dyn RuntimeStore:
    the_first_claim_goes_on,
    a_claim_that_is_held_is_running,
    of_two_claims_at_once_one_is_first,
    an_answered_claim_gets_the_first_answer,
    another_body_is_refused,
    a_claim_whose_hold_expired_is_taken_over,
    an_abandoned_claim_is_taken_over_at_once,
    whoever_lost_a_claim_neither_abandons_nor_gives_it_back,
    new_times_of_ids_are_told_to_whoever_takes_over,
    of_two_that_take_over_one_does,
    a_claim_given_back_is_free_for_another_body,
    an_answer_survives_a_late_abandon,
    a_claim_is_forgotten_after_its_retention,
    keys_are_apart,
    a_claim_that_an_earlier_try_made_is_ones_own,
    a_takeover_that_an_earlier_try_made_is_ones_own,
    a_claim_of_an_app_of_the_same_name_counts_for_nothing,
}

async fn the_first_claim_goes_on(runtime: &dyn RuntimeStore, case: &Case) {
    assert_eq!(claim(runtime, case, "key", 0).await, first(case, 0));
}

async fn a_claim_that_is_held_is_running(runtime: &dyn RuntimeStore, case: &Case) {
    claim(runtime, case, "key", 0).await;
    assert_eq!(claim(runtime, case, "key", 0).await, Claimed::Running);
    assert_eq!(claim(runtime, case, "key", 29).await, Claimed::Running);
}

async fn of_two_claims_at_once_one_is_first(runtime: &dyn RuntimeStore, case: &Case) {
    for round in 0..12 {
        let key = format!("key-{round}");
        let mut found = join_all([0, 0, 0].map(|second| claim(runtime, case, &key, second))).await;
        found.sort_by_key(|claimed| *claimed == Claimed::Running);
        assert_eq!(found, [first(case, 0), Claimed::Running, Claimed::Running], "round {round}");
    }
}

async fn an_answered_claim_gets_the_first_answer(runtime: &dyn RuntimeStore, case: &Case) {
    claim(runtime, case, "key", 0).await;
    let answer = format!("{{\"status\":200,\"body\":\"{}\"}}", "\u{4f60}".repeat(20_000));
    runtime.answer(&named(case, "key"), &answer).await.unwrap();
    for second in [1, 31, 23 * 3600] {
        assert_eq!(claim(runtime, case, "key", second).await, Claimed::Answered(answer.clone()));
    }
}

async fn another_body_is_refused(runtime: &dyn RuntimeStore, case: &Case) {
    claim(runtime, case, "key", 0).await;
    let other = Claim { body_sha256: "other".into(), ..named(case, "key") };
    assert_eq!(runtime.claim(&other, case.at(1), HOLD).await.unwrap(), Claimed::OtherBody);
    // This also holds for a claim that nobody holds any more, and for an answered one.
    assert_eq!(runtime.claim(&other, case.at(31), HOLD).await.unwrap(), Claimed::OtherBody);
    runtime.answer(&named(case, "key"), "done").await.unwrap();
    assert_eq!(runtime.claim(&other, case.at(32), HOLD).await.unwrap(), Claimed::OtherBody);
}

async fn a_claim_whose_hold_expired_is_taken_over(runtime: &dyn RuntimeStore, case: &Case) {
    claim(runtime, case, "key", 0).await;
    assert_eq!(claim(runtime, case, "key", 30).await, abandoned(case, 0));
    assert_eq!(claim(runtime, case, "key", 31).await, Claimed::Running);
    assert_eq!(claim(runtime, case, "key", 60).await, abandoned(case, 0));
    runtime.answer(&named(case, "key"), "done").await.unwrap();
    assert_eq!(claim(runtime, case, "key", 100).await, Claimed::Answered("done".into()));
}

async fn an_abandoned_claim_is_taken_over_at_once(runtime: &dyn RuntimeStore, case: &Case) {
    let [one, other, third] = [(); 3].map(|()| named(case, "key"));
    assert_eq!(runtime.claim(&one, case.at(0), HOLD).await.unwrap(), first(case, 0));
    runtime.abandon(&one).await.unwrap();
    assert_eq!(runtime.claim(&other, case.at(1), HOLD).await.unwrap(), abandoned(case, 0));
    assert_eq!(claim(runtime, case, "key", 2).await, Claimed::Running);
    runtime.abandon(&other).await.unwrap();
    assert_eq!(runtime.claim(&third, case.at(3), HOLD).await.unwrap(), abandoned(case, 0));
}

async fn whoever_lost_a_claim_neither_abandons_nor_gives_it_back(runtime: &dyn RuntimeStore, case: &Case) {
    let slow = named(case, "key");
    runtime.claim(&slow, case.at(0), HOLD).await.unwrap();
    assert_eq!(claim(runtime, case, "key", 30).await, abandoned(case, 0));
    runtime.abandon(&slow).await.unwrap();
    runtime.give_back(&slow).await.unwrap();
    assert_eq!(claim(runtime, case, "key", 31).await, Claimed::Running);
}

async fn new_times_of_ids_are_told_to_whoever_takes_over(runtime: &dyn RuntimeStore, case: &Case) {
    let [one, other] = [(); 2].map(|()| named(case, "key"));
    runtime.claim(&one, case.at(0), HOLD).await.unwrap();
    runtime.abandon(&one).await.unwrap();
    runtime.claim(&other, case.at(40), HOLD).await.unwrap();
    for renamed in [vec![case.at(40)], vec![case.at(40), case.at(41)]] {
        runtime.rename(&other, &renamed).await.unwrap();
        let found = runtime.claim(&other, case.at(42), HOLD).await.unwrap();
        assert_eq!(found, Claimed::First { since: case.at(0), abandoned: true, renamed: renamed.clone() });
    }
    // A request that lost the claim cannot store new ids.
    assert!(matches!(runtime.rename(&one, &[case.at(50)]).await, Err(StoreError::Conflict)));
    let renamed = vec![case.at(40), case.at(41)];
    assert_eq!(
        claim(runtime, case, "key", 100).await,
        Claimed::First { since: case.at(0), abandoned: true, renamed: renamed.clone() }
    );
    runtime.answer(&other, "done").await.unwrap();
    assert!(matches!(runtime.rename(&other, &renamed).await, Err(StoreError::Conflict)));
    let unknown = named(case, "unknown");
    assert!(matches!(runtime.rename(&unknown, &renamed).await, Err(StoreError::Conflict)));
}

async fn of_two_that_take_over_one_does(runtime: &dyn RuntimeStore, case: &Case) {
    for round in 0..12 {
        let key = format!("key-{round}");
        let own = named(case, &key);
        runtime.claim(&own, case.at(0), HOLD).await.unwrap();
        if round % 2 == 0 {
            runtime.abandon(&own).await.unwrap();
        }
        let (one, other) = join(claim(runtime, case, &key, 30), claim(runtime, case, &key, 30)).await;
        let mut found = [one, other];
        found.sort_by_key(|claimed| *claimed == Claimed::Running);
        assert_eq!(found, [abandoned(case, 0), Claimed::Running], "round {round}");
    }
}

async fn a_claim_given_back_is_free_for_another_body(runtime: &dyn RuntimeStore, case: &Case) {
    let own = named(case, "key");
    runtime.claim(&own, case.at(0), HOLD).await.unwrap();
    runtime.give_back(&own).await.unwrap();
    let corrected = Claim { body_sha256: "corrected".into(), ..named(case, "key") };
    assert_eq!(runtime.claim(&corrected, case.at(1), HOLD).await.unwrap(), first(case, 1));
}

async fn an_answer_survives_a_late_abandon(runtime: &dyn RuntimeStore, case: &Case) {
    let own = named(case, "key");
    runtime.claim(&own, case.at(0), HOLD).await.unwrap();
    runtime.answer(&own, "done").await.unwrap();
    runtime.abandon(&own).await.unwrap();
    assert_eq!(claim(runtime, case, "key", 1).await, Claimed::Answered("done".into()));
}

async fn a_claim_is_forgotten_after_its_retention(runtime: &dyn RuntimeStore, case: &Case) {
    let day = CLAIM_RETENTION.as_secs();
    for key in ["answered", "held", "other body"] {
        claim(runtime, case, key, 0).await;
    }
    runtime.answer(&named(case, "answered"), "done").await.unwrap();
    assert_eq!(claim(runtime, case, "answered", day - 2).await, Claimed::Answered("done".into()));
    assert_eq!(claim(runtime, case, "answered", day + 1).await, first(case, day + 1));
    assert_eq!(claim(runtime, case, "held", day + 1).await, first(case, day + 1));
    let other = Claim { body_sha256: "other".into(), ..named(case, "other body") };
    assert_eq!(runtime.claim(&other, case.at(day + 1), HOLD).await.unwrap(), first(case, day + 1));
    // A forgotten claim begins from scratch, without the earlier answer.
    assert_eq!(claim(runtime, case, "answered", day + 2).await, Claimed::Running);
}

async fn keys_are_apart(runtime: &dyn RuntimeStore, case: &Case) {
    let long = "k".repeat(2000);
    for key in ["key", "Key", "key ", "", "ke", long.as_str()] {
        assert_eq!(claim(runtime, case, key, 0).await, first(case, 0), "{key:?}");
    }
    let other = named(case, "another key");
    runtime.claim(&other, case.at(0), HOLD).await.unwrap();
    runtime.give_back(&other).await.unwrap();
    assert_eq!(claim(runtime, case, "Key", 1).await, Claimed::Running);
}

async fn a_claim_that_an_earlier_try_made_is_ones_own(runtime: &dyn RuntimeStore, case: &Case) {
    let own = named(case, "key");
    assert_eq!(runtime.claim(&own, case.at(0), HOLD).await.unwrap(), first(case, 0));
    // The answer was lost.
    assert_eq!(runtime.claim(&own, case.at(1), HOLD).await.unwrap(), first(case, 0));
    assert_eq!(claim(runtime, case, "key", 2).await, Claimed::Running);
    assert_eq!(claim(runtime, case, "key", 30).await, abandoned(case, 0));
    assert_eq!(runtime.claim(&own, case.at(31), HOLD).await.unwrap(), Claimed::Running);
    runtime.answer(&own, "done").await.unwrap();
    assert_eq!(runtime.claim(&own, case.at(32), HOLD).await.unwrap(), Claimed::Answered("done".into()));
}

async fn a_takeover_that_an_earlier_try_made_is_ones_own(runtime: &dyn RuntimeStore, case: &Case) {
    claim(runtime, case, "key", 0).await;
    let own = named(case, "key");
    for second in [30, 31] {
        assert_eq!(runtime.claim(&own, case.at(second), HOLD).await.unwrap(), abandoned(case, 0));
    }
    assert_eq!(claim(runtime, case, "key", 32).await, Claimed::Running);
}

async fn claim(runtime: &dyn RuntimeStore, case: &Case, key: &str, second: u64) -> Claimed {
    runtime.claim(&named(case, key), case.at(second), HOLD).await.unwrap()
}

async fn a_claim_of_an_app_of_the_same_name_counts_for_nothing(runtime: &dyn RuntimeStore, case: &Case) {
    claim(runtime, case, "key", 0).await;
    runtime.answer(&named(case, "key"), "the answer").await.unwrap();
    for (not_before, expected) in [(0, Claimed::Answered("the answer".into())), (100, first(case, 200))] {
        let later = Claim { not_before: case.at(not_before), ..named(case, "key") };
        assert_eq!(runtime.claim(&later, case.at(200), HOLD).await.unwrap(), expected);
    }
}

/// Returns a new request under this key.
fn named(case: &Case, key: &str) -> Claim {
    let owner = format!("{:032x}", case.entropy.bits());
    Claim {
        key: format!("{} POST /messages {key}", case.app),
        body_sha256: "body".into(),
        not_before: case.at(0),
        owner,
    }
}

fn first(case: &Case, second: u64) -> Claimed {
    Claimed::First { since: case.at(second), abandoned: false, renamed: Vec::new() }
}

fn abandoned(case: &Case, second: u64) -> Claimed {
    Claimed::First { since: case.at(second), abandoned: true, renamed: Vec::new() }
}
