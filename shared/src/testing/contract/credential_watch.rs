//! The walk of `watch-credentials`.

use std::time::Duration;

use futures::future::join_all;

use super::{Case, RuntimeStore, run::suite};
use crate::{
    domain::{credential_check::CHECKED_EVERY, id::AppKey},
    ports::credential_watch::WatchSlice,
};

const HOLD: Duration = Duration::from_secs(240);

suite! { "credential watch" on dyn RuntimeStore:
    the_first_round_begins_an_hour_after_it_was_asked_for,
    a_slice_that_is_taken_is_not_due,
    of_several_that_want_a_slice_one_takes_it,
    a_round_goes_on_where_its_slice_left_it,
    a_slice_of_a_process_that_died_is_due_again_behind_what_it_reached,
    a_round_that_ended_is_followed_by_the_next_one_when_it_is_due,
    who_lost_his_slice_moves_nothing,
    walks_are_apart,
}

/// Asks for a walk, so that its first round is due at second 0.
async fn begin(runtime: &dyn RuntimeStore, case: &Case) {
    let asked = case.at(0).minus(CHECKED_EVERY);
    assert_eq!(runtime.take_watch(case.app.as_str(), asked, HOLD).await.unwrap(), None);
}

async fn take(runtime: &dyn RuntimeStore, case: &Case, second: u64) -> Option<WatchSlice> {
    runtime.take_watch(case.app.as_str(), case.at(second), HOLD).await.unwrap()
}

async fn go_on(runtime: &dyn RuntimeStore, case: &Case, slice: &WatchSlice, after: Option<&AppKey>, due: u64) -> bool {
    runtime.move_watch(case.app.as_str(), slice, after, case.at(due)).await.unwrap()
}

fn slice(case: &Case, round: u64, after: Option<&AppKey>, taken: u64) -> WatchSlice {
    WatchSlice { round: case.at(round), after: after.cloned(), taken: case.at(taken) }
}

async fn the_first_round_begins_an_hour_after_it_was_asked_for(runtime: &dyn RuntimeStore, case: &Case) {
    assert_eq!(take(runtime, case, 0).await, None);
    assert_eq!(take(runtime, case, 3599).await, None);
    assert_eq!(take(runtime, case, 3600).await, Some(slice(case, 3600, None, 3600)));
}

async fn a_slice_that_is_taken_is_not_due(runtime: &dyn RuntimeStore, case: &Case) {
    begin(runtime, case).await;
    take(runtime, case, 0).await.unwrap();
    assert_eq!(take(runtime, case, 239).await, None);
    assert_eq!(take(runtime, case, 240).await, Some(slice(case, 240, None, 240)));
}

async fn of_several_that_want_a_slice_one_takes_it(runtime: &dyn RuntimeStore, case: &Case) {
    begin(runtime, case).await;
    let taken = join_all((0..8).map(|_| take(runtime, case, 0))).await;
    assert_eq!(taken.into_iter().flatten().count(), 1);
}

async fn a_round_goes_on_where_its_slice_left_it(runtime: &dyn RuntimeStore, case: &Case) {
    begin(runtime, case).await;
    let first = take(runtime, case, 0).await.unwrap();
    assert!(go_on(runtime, case, &first, Some(&case.elsewhere), 60).await);
    assert_eq!(take(runtime, case, 59).await, None);
    assert_eq!(take(runtime, case, 60).await, Some(slice(case, 0, Some(&case.elsewhere), 60)));
}

async fn a_slice_of_a_process_that_died_is_due_again_behind_what_it_reached(runtime: &dyn RuntimeStore, case: &Case) {
    begin(runtime, case).await;
    let first = take(runtime, case, 0).await.unwrap();
    assert!(go_on(runtime, case, &first, Some(&case.elsewhere), 240).await);
    assert_eq!(take(runtime, case, 240).await, Some(slice(case, 0, Some(&case.elsewhere), 240)));
}

async fn a_round_that_ended_is_followed_by_the_next_one_when_it_is_due(runtime: &dyn RuntimeStore, case: &Case) {
    begin(runtime, case).await;
    let first = take(runtime, case, 0).await.unwrap();
    assert!(go_on(runtime, case, &first, Some(&case.elsewhere), 10).await);
    let last = take(runtime, case, 10).await.unwrap();
    assert!(go_on(runtime, case, &last, None, 3600).await);
    assert_eq!(take(runtime, case, 3599).await, None);
    assert_eq!(take(runtime, case, 3600).await, Some(slice(case, 3600, None, 3600)));
}

async fn who_lost_his_slice_moves_nothing(runtime: &dyn RuntimeStore, case: &Case) {
    begin(runtime, case).await;
    let slow = take(runtime, case, 0).await.unwrap();
    let next = take(runtime, case, 240).await.unwrap();
    assert!(!go_on(runtime, case, &slow, Some(&case.elsewhere), 250).await);
    assert_eq!(take(runtime, case, 479).await, None);
    assert!(go_on(runtime, case, &next, None, 300).await);
}

async fn walks_are_apart(runtime: &dyn RuntimeStore, case: &Case) {
    begin(runtime, case).await;
    take(runtime, case, 0).await.unwrap();
    let elsewhere = async |at| runtime.take_watch(case.elsewhere.as_str(), at, HOLD).await.unwrap();
    assert_eq!(elsewhere(case.at(0)).await, None);
    assert!(elsewhere(case.at(3600)).await.is_some());
    let unknown = slice(case, 0, None, 0);
    assert!(!runtime.move_watch("a walk that nobody began", &unknown, None, case.at(0)).await.unwrap());
}
