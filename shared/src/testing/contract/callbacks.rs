//! Stored events for apps' servers, and the health of these servers.

use std::time::Duration;

use super::{Case, RuntimeStore, run::suite};
use crate::{
    domain::{
        callback::{
            endpoint::{Door, ENDPOINT_RETENTION, Endpoint},
            event::{CallbackEvent, Happening, Suppressed},
            schedule::STORED,
        },
        id::{AppKey, MessageId},
        reason::Reason,
        time::Timestamp,
    },
    ports::{
        callbacks::{StoredCallback, WaitingApp},
        error::StoreError,
    },
    testing::sample,
};

suite! { "callbacks" on dyn RuntimeStore:
    a_server_is_healthy_until_something_is_stored,
    of_two_who_change_the_health_one_is_refused,
    the_health_is_forgotten_after_a_day,
    events_are_due_at_their_time_and_until_they_are_removed,
    no_more_events_are_taken_than_asked_for,
    events_that_expired_hold_up_none_that_is_due,
    an_event_that_is_never_due_is_listed_only,
    events_expire_some_days_after_their_last_try,
    an_app_stays_listed_until_nothing_waits,
    an_app_that_was_listed_again_stays_listed,
    everything_of_a_deleted_app_goes,
}

fn event(case: &Case, number: u64) -> CallbackEvent {
    let msg_id = MessageId::new(case.at(number), number.into());
    let one = Suppressed { user: sample::user("ann"), msg_id, group: None, reason: Reason::NoPushBinding };
    CallbackEvent { tries: 2, ..CallbackEvent::new(case.at(number), Happening::Suppressed(one)) }
}

fn stored(case: &Case, number: u64, due: Option<Timestamp>) -> StoredCallback {
    StoredCallback { id: format!("msg_{number:04}"), due, event: event(case, number) }
}

/// Returns the ids of events, sorted.
fn ids(events: &[StoredCallback]) -> Vec<&str> {
    let mut ids: Vec<&str> = events.iter().map(|one| one.id.as_str()).collect();
    ids.sort_unstable();
    ids
}

async fn listed(runtime: &dyn RuntimeStore, app: &AppKey, now: Timestamp) -> Option<WaitingApp> {
    runtime.waiting_apps(now).await.unwrap().into_iter().find(|one| one.app == *app)
}

async fn a_server_is_healthy_until_something_is_stored(runtime: &dyn RuntimeStore, case: &Case) {
    assert_eq!(runtime.endpoint(&case.app, case.at(0)).await.unwrap(), Endpoint::default());
    let banned = Endpoint::default().after_failures(90, false, case.at(1));
    runtime.change_endpoint(&case.app, &banned, case.at(1)).await.unwrap();
    let found = runtime.endpoint(&case.app, case.at(2)).await.unwrap();
    assert_eq!(found, Endpoint { version: 1, ..banned });
    assert_eq!(runtime.endpoint(&case.elsewhere, case.at(2)).await.unwrap(), Endpoint::default());
}

async fn of_two_who_change_the_health_one_is_refused(runtime: &dyn RuntimeStore, case: &Case) {
    for _ in 0..2 {
        let seen = runtime.endpoint(&case.app, case.at(0)).await.unwrap();
        runtime.change_endpoint(&case.app, &seen.probing(case.at(1)), case.at(1)).await.unwrap();
        let late = runtime.change_endpoint(&case.app, &seen.after_success(), case.at(1)).await;
        assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
    }
}

async fn the_health_is_forgotten_after_a_day(runtime: &dyn RuntimeStore, case: &Case) {
    let banned = Endpoint::default().after_failures(90, false, case.at(1));
    runtime.change_endpoint(&case.app, &banned, case.at(1)).await.unwrap();
    let later = case.at(1).plus(ENDPOINT_RETENTION + Duration::from_secs(1));
    let found = runtime.endpoint(&case.app, later).await.unwrap();
    assert_eq!((found.door(case.at(2)), found.bans), (Door::Open, 0));
    runtime.change_endpoint(&case.app, &found, later).await.unwrap();
}

async fn events_are_due_at_their_time_and_until_they_are_removed(runtime: &dyn RuntimeStore, case: &Case) {
    let all: Vec<StoredCallback> = (1..=60).map(|number| stored(case, number, Some(case.at(number)))).collect();
    runtime.store_callbacks(&case.app, &all, case.at(0)).await.unwrap();
    runtime.store_callbacks(&case.app, &all[..1], case.at(0)).await.unwrap();
    assert!(runtime.due_callbacks(&case.app, case.at(0), 100).await.unwrap().is_empty());
    let due = runtime.due_callbacks(&case.app, case.at(30), 400).await.unwrap();
    assert_eq!(ids(&due), ids(&all[..30]));
    assert!(due.iter().all(|one| all.contains(one)), "each is read as it was stored");
    assert!(runtime.due_callbacks(&case.elsewhere, case.at(99), 100).await.unwrap().is_empty());
    runtime.remove_callbacks(&case.app, &due).await.unwrap();
    assert_eq!(ids(&runtime.due_callbacks(&case.app, case.at(31), 400).await.unwrap()), ["msg_0031"]);
    assert!(runtime.has_waiting(&case.app).await.unwrap());
    runtime.remove_callbacks(&case.app, &all).await.unwrap();
    assert!(!runtime.has_waiting(&case.app).await.unwrap());
}

async fn no_more_events_are_taken_than_asked_for(runtime: &dyn RuntimeStore, case: &Case) {
    let all: Vec<StoredCallback> = (1..=100).map(|number| stored(case, number, Some(case.at(1)))).collect();
    runtime.store_callbacks(&case.app, &all, case.at(0)).await.unwrap();
    let due = runtime.due_callbacks(&case.app, case.at(1), 20).await.unwrap();
    assert!((1..=20).contains(&due.len()), "{}", due.len());
    let (listed, more) = runtime.stored_callbacks(&case.app, case.at(1), 40).await.unwrap();
    assert!(more && (1..=40).contains(&listed.len()), "{}", listed.len());
}

async fn events_that_expired_hold_up_none_that_is_due(runtime: &dyn RuntimeStore, case: &Case) {
    let old: Vec<StoredCallback> = (1..=60).map(|number| stored(case, number, Some(case.at(number)))).collect();
    let now = case.at(61).plus(STORED);
    let due: Vec<StoredCallback> = (100..108).map(|number| stored(case, number, Some(now))).collect();
    runtime.store_callbacks(&case.app, &[old, due.clone()].concat(), case.at(0)).await.unwrap();
    let taken = runtime.due_callbacks(&case.app, now, 40).await.unwrap();
    assert_eq!(ids(&taken), ids(&due), "TTL deletes late");
}

async fn an_event_that_is_never_due_is_listed_only(runtime: &dyn RuntimeStore, case: &Case) {
    let all = [stored(case, 1, None), stored(case, 2, Some(case.at(500)))];
    runtime.store_callbacks(&case.app, &all, case.at(0)).await.unwrap();
    assert_eq!(ids(&runtime.due_callbacks(&case.app, case.at(900), 100).await.unwrap()), ["msg_0002"]);
    let (listed, more) = runtime.stored_callbacks(&case.app, case.at(0), 100).await.unwrap();
    assert_eq!((ids(&listed), more), (vec!["msg_0001", "msg_0002"], false));
    assert!(listed.iter().all(|one| all.contains(one)));
    runtime.remove_callbacks(&case.app, &all[1..]).await.unwrap();
    assert!(!runtime.has_waiting(&case.app).await.unwrap());
    runtime.remove_callbacks(&case.app, &all).await.unwrap();
    assert!(runtime.stored_callbacks(&case.app, case.at(0), 100).await.unwrap().0.is_empty());
}

async fn events_expire_some_days_after_their_last_try(runtime: &dyn RuntimeStore, case: &Case) {
    let all = [stored(case, 1, None), stored(case, 2, Some(case.at(500)))];
    runtime.store_callbacks(&case.app, &all, case.at(0)).await.unwrap();
    let first_end = case.at(1).plus(STORED);
    assert_eq!(ids(&runtime.stored_callbacks(&case.app, first_end, 100).await.unwrap().0), ["msg_0002"]);
    assert_eq!(runtime.due_callbacks(&case.app, first_end, 100).await.unwrap().len(), 1);
    assert!(runtime.due_callbacks(&case.app, case.at(501).plus(STORED), 100).await.unwrap().is_empty());
}

async fn an_app_stays_listed_until_nothing_waits(runtime: &dyn RuntimeStore, case: &Case) {
    assert_eq!(listed(runtime, &case.app, case.at(0)).await, None);
    runtime.list_waiting(&case.app, case.at(1)).await.unwrap();
    let found = listed(runtime, &case.app, case.at(2)).await.unwrap();
    assert_eq!(found.listed_at, case.at(1));
    assert_eq!(listed(runtime, &case.app, case.at(2).plus(STORED)).await, None);
    runtime.unlist_waiting(&found).await.unwrap();
    assert_eq!(listed(runtime, &case.app, case.at(2)).await, None);
}

async fn an_app_that_was_listed_again_stays_listed(runtime: &dyn RuntimeStore, case: &Case) {
    runtime.list_waiting(&case.app, case.at(1)).await.unwrap();
    let found = listed(runtime, &case.app, case.at(2)).await.unwrap();
    runtime.list_waiting(&case.app, case.at(2)).await.unwrap();
    runtime.unlist_waiting(&found).await.unwrap();
    assert_eq!(listed(runtime, &case.app, case.at(3)).await.unwrap().listed_at, case.at(2));
}

async fn everything_of_a_deleted_app_goes(runtime: &dyn RuntimeStore, case: &Case) {
    let due = |number: u64| number.is_multiple_of(2).then(|| case.at(number));
    let all: Vec<StoredCallback> = (1..=60).map(|number| stored(case, number, due(number))).collect();
    for app in [&case.app, &case.elsewhere] {
        runtime.store_callbacks(app, &all, case.at(0)).await.unwrap();
        runtime.list_waiting(app, case.at(0)).await.unwrap();
        runtime.change_endpoint(app, &Endpoint::default().probing(case.at(0)), case.at(0)).await.unwrap();
    }
    let mut steps = 0;
    while runtime.erase_callbacks(&case.app, 20).await.unwrap() {
        steps += 1;
    }
    assert!(steps >= 2, "{steps} steps");
    assert!(runtime.stored_callbacks(&case.app, case.at(0), 100).await.unwrap().0.is_empty());
    assert_eq!(listed(runtime, &case.app, case.at(0)).await, None);
    assert_eq!(runtime.endpoint(&case.app, case.at(0)).await.unwrap(), Endpoint::default());
    assert_eq!(runtime.stored_callbacks(&case.elsewhere, case.at(0), 100).await.unwrap().0.len(), 60);
    assert!(listed(runtime, &case.elsewhere, case.at(0)).await.is_some());
}
