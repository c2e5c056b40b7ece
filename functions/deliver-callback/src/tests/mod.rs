//! The use case with fakes: servers that answer, fail, or never answer.

mod servers;
mod world;

use std::time::Duration;

use shared::{
    domain::callback::{
        endpoint::{BANNING_FAILURES, MAX_PAUSE},
        event::CallbackEvent,
    },
    ports::{
        callbacks::{CallbackFailure, StoredCallback},
        clock::Clock,
    },
};

use self::{
    servers::Answer,
    world::{World, event},
};

#[tokio::test(start_paused = true)]
async fn an_event_that_is_taken_is_forgotten() {
    let world = World::start();
    let app = world.app("chat", Answer::Status(204)).await;
    world.send(&app, [event(&world, 1), event(&world, 2)]).await;
    let calls = world.servers.calls(&app);
    assert_eq!(calls.len(), 2);
    assert!(world.queue.is_empty() && world.runtime.all_callbacks(&app).is_empty());
    assert_ne!(calls[0].header("webhook-id"), calls[1].header("webhook-id"));
    let body = calls[0].json();
    assert_eq!((&body["event"], &body["target"]), (&"suppressed".into(), &"ann".into()));
}

#[tokio::test(start_paused = true)]
async fn an_event_is_tried_ten_times_under_one_id_and_then_waits_for_the_app() {
    let world = World::start();
    let app = world.app("chat", Answer::Status(500)).await;
    world.send(&app, [event(&world, 1)]).await;
    let mut turns = 0;
    while let Some(at) = world.next_try(&app) {
        turns += 1;
        assert!(turns < 50, "an event still comes back");
        world.clock.set(at.max(world.clock.now()));
        world.take_due(&app).await;
    }
    let calls = world.servers.calls(&app);
    assert_eq!(calls.len(), 10);
    assert!(calls.iter().all(|call| call.header("webhook-id") == calls[0].header("webhook-id")));
    assert_ne!(calls[0].header("webhook-timestamp"), calls[9].header("webhook-timestamp"));
    let stored = world.runtime.all_callbacks(&app);
    assert_eq!(stored.iter().map(|one| (one.due, one.event.tries)).collect::<Vec<_>>(), [(None, 10)]);
}

#[tokio::test(start_paused = true)]
async fn a_dead_server_delays_no_other_apps_events() {
    let world = World::start();
    let dead = world.app("dead", Answer::Never).await;
    let alive = world.app("alive", Answer::Status(200)).await;
    let begun = tokio::time::Instant::now();
    let of_dead: Vec<CallbackEvent> = (0..200).map(|number| event(&world, number)).collect();
    world.put(&dead, of_dead);
    world.put(&alive, [event(&world, 1)]);
    world.work().await;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let at = world.servers.calls(&alive)[0].at.duration_since(begun);
    assert_eq!(at, Duration::ZERO, "the other app's event went out at once");
    assert_eq!(world.servers.calls(&dead).len(), 8, "a server that fails eight times in a row is left alone");
    // Nothing is lost: those that were called wait in the queue, the others in rows.
    assert_eq!(world.queued_events(&dead) + world.runtime.all_callbacks(&dead).len(), 200);
}

#[tokio::test(start_paused = true)]
async fn no_more_than_eight_calls_of_a_server_run_at_once() {
    let world = World::start();
    let app = world.app("chat", Answer::Slow(Duration::from_secs(1), 200)).await;
    world.send(&app, (0..40).map(|number| event(&world, number)).collect::<Vec<_>>()).await;
    assert_eq!(world.servers.max_at_once(&app), 8);
    assert_eq!(world.servers.calls(&app).len(), 40);
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_gets_the_rest_in_the_next_invocation() {
    let world = World::start();
    let app = world.app("chat", Answer::Slow(Duration::from_secs(4), 200)).await;
    world.send(&app, (0..100).map(|number| event(&world, number)).collect::<Vec<_>>()).await;
    let first = world.servers.calls(&app).len();
    assert!((8..100).contains(&first), "{first}");
    assert_eq!(world.queued_events(&app), 100 - first);
    assert!(world.runtime.all_callbacks(&app).is_empty(), "waiting for time is no failure");
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_that_comes_back_costs_waiting_events_no_try() {
    let world = World::start();
    let app = world.app("chat", Answer::Slow(Duration::from_secs(4), 200)).await;
    let waited = |number| CallbackEvent { tries: 4, ..event(&world, number) };
    let waited: Vec<CallbackEvent> = (0..100).map(waited).collect();
    world.clock.advance(Duration::from_secs(8 * 3600));
    world.send(&app, waited).await;
    let rows = world.runtime.all_callbacks(&app);
    assert_eq!(rows.len() + world.servers.calls(&app).len(), 100);
    // A sixty-fourth of its age, so that a server that is too slow costs few writes.
    let soon = world.clock.now().plus(Duration::from_secs(8 * 3600 / 64));
    assert!(rows.iter().all(|one| one.event.tries == 4 && one.due == Some(soon)));
}

#[tokio::test(start_paused = true)]
async fn ninety_failures_ban_a_server_and_one_probe_opens_it() {
    let world = World::start();
    let app = world.app("chat", Answer::Fails(CallbackFailure::Unreachable)).await;
    for batch in 0..12 {
        world.send(&app, (0..8).map(|number| event(&world, batch * 8 + number)).collect::<Vec<_>>()).await;
    }
    assert!(world.servers.calls(&app).len() >= usize::try_from(BANNING_FAILURES).unwrap());
    world.servers.forget_calls();
    world.queue.take(100);
    world.send(&app, [event(&world, 1000)]).await;
    assert!(world.servers.calls(&app).is_empty(), "a banned server is not called");
    let waits = |one: &StoredCallback| one.due.is_some_and(|due| due.since(world.clock.now()).as_secs() >= 290);
    let number = |one: &StoredCallback| one.event.message().map(|(_, id, _)| id);
    let stored = world.runtime.all_callbacks(&app);
    let last = stored.iter().find(|one| number(one) == event(&world, 1000).message().map(|(_, id, _)| id)).unwrap();
    assert!(waits(last), "{last:?}");
    // The probe fails, and nothing else is called.
    world.clock.advance(Duration::from_secs(301));
    world.send(&app, [event(&world, 1001), event(&world, 1002)]).await;
    assert_eq!(world.servers.calls(&app).len(), 1);
    // The next one succeeds, and the others follow.
    world.clock.advance(Duration::from_secs(601));
    world.servers.set(&app, Answer::Status(200));
    world.servers.forget_calls();
    world.send(&app, [event(&world, 1003), event(&world, 1004), event(&world, 1005)]).await;
    assert_eq!(world.servers.calls(&app).len(), 3);
    world.send(&app, [event(&world, 1006)]).await;
    assert_eq!(world.servers.calls(&app).len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_new_address_does_not_wait_for_the_ban_of_the_old_one() {
    let world = World::start();
    let app = world.app("chat", Answer::Status(503)).await;
    for batch in 0..12 {
        world.send(&app, (0..8).map(|number| event(&world, batch * 8 + number)).collect::<Vec<_>>()).await;
    }
    world.send(&app, [event(&world, 1000)]).await;
    assert_eq!(world.servers.calls(&app).len(), 96, "it is banned");
    world.clock.advance(Duration::from_secs(61));
    world.servers.set(&app, Answer::Status(200));
    world.set_again(&app).await;
    world.send(&app, [event(&world, 1001), event(&world, 1002)]).await;
    assert_eq!(world.servers.calls(&app).len(), 98);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_asks_for_it_is_left_alone() {
    for (answer, seconds) in
        [(Answer::Later(429, Some(120)), 120), (Answer::Later(502, None), 60), (Answer::Later(504, None), 60)]
    {
        let world = World::start();
        let app = world.app("chat", answer).await;
        world.send(&app, (0..50).map(|number| event(&world, number)).collect::<Vec<_>>()).await;
        let first = world.servers.calls(&app).len();
        assert!(first <= 8, "{first} calls");
        world.servers.set(&app, Answer::Status(200));
        world.clock.advance(Duration::from_secs(seconds - 1));
        world.send(&app, [event(&world, 100)]).await;
        assert_eq!(world.servers.calls(&app).len(), first);
        world.clock.advance(Duration::from_secs(62));
        world.send(&app, [event(&world, 101)]).await;
        assert_eq!(world.servers.calls(&app).len(), first + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_asks_again_is_not_banned_for_it() {
    let world = World::start();
    let app = world.app("chat", Answer::Later(429, Some(10))).await;
    for number in 0..3 {
        world.send(&app, [event(&world, number)]).await;
        world.clock.advance(Duration::from_secs(15));
    }
    assert_eq!(world.servers.calls(&app).len(), 3, "each wish is for ten seconds");
}

#[tokio::test(start_paused = true)]
async fn no_wish_of_a_server_holds_an_event_back_for_more_than_an_hour() {
    let world = World::start();
    let app = world.app("chat", Answer::Later(429, Some(10 * 365 * 86_400))).await;
    world.send(&app, (0..50).map(|number| event(&world, number)).collect::<Vec<_>>()).await;
    let rows = world.runtime.all_callbacks(&app);
    assert!(rows.len() >= 42, "{} of 50 were not called", rows.len());
    let longest = rows.iter().filter_map(|one| one.due).max().unwrap().since(world.clock.now());
    assert!(longest <= MAX_PAUSE, "{longest:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_gone_gets_no_more_events() {
    let world = World::start();
    let app = world.app("chat", Answer::Status(410)).await;
    world.send(&app, [event(&world, 1), event(&world, 2)]).await;
    let stored = world.stored_app(&app).await;
    assert!(stored.callback().is_none() && stored.callback_switched_off().is_some());
    let calls = world.servers.calls(&app).len();
    world.send(&app, [event(&world, 3)]).await;
    assert_eq!(world.servers.calls(&app).len(), calls);
    assert!(world.queue.is_empty() && world.runtime.all_callbacks(&app).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_redirect_and_a_refused_address_are_failures() {
    for answer in [Answer::Status(302), Answer::Status(404), Answer::Fails(CallbackFailure::Refused)] {
        let world = World::start();
        let app = world.app("chat", answer).await;
        world.send(&app, [event(&world, 1)]).await;
        assert_eq!(world.queued_events(&app), 1, "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn events_of_an_erased_user_are_dropped_wherever_they_waited() {
    let world = World::start();
    let app = world.app("chat", Answer::Status(200)).await;
    let waited = [0, 1, 3, 10].map(|tries| CallbackEvent { tries, ..event(&world, u64::from(tries)) });
    world.clock.advance(Duration::from_secs(60));
    world.erase_ann(&app).await;
    world.clock.advance(Duration::from_secs(1));
    world.send(&app, waited).await;
    assert!(world.servers.calls(&app).is_empty() && world.queue.is_empty());
    // A push that ends after the erasure still shows a message from before it.
    let ended = event(&world, 11);
    world.clock.advance(Duration::from_secs(60));
    world.send(&app, [ended]).await;
    assert!(world.servers.calls(&app).is_empty());
}

#[tokio::test(start_paused = true)]
async fn events_of_a_gone_app_or_an_unwanted_kind_are_dropped() {
    let world = World::start();
    let app = world.app("chat", Answer::Status(200)).await;
    world.want(&app, &["push"]).await;
    world.clock.advance(Duration::from_secs(61));
    world.send(&app, [event(&world, 2)]).await;
    world.send(&shared::testing::sample::app_key("acme#gone"), [event(&world, 3)]).await;
    assert!(world.servers.calls(&app).is_empty() && world.queue.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_stored_stays_in_the_queue_and_what_cannot_be_queued_is_redelivered() {
    let world = World::start();
    let app = world.app("chat", Answer::Status(500)).await;
    let late = CallbackEvent { tries: 1, ..event(&world, 1) };
    world.runtime.faults.fail_next_of("store_callbacks", 1);
    assert!(world.send(&app, [late.clone()]).await.is_empty());
    assert_eq!(world.queued_events(&app), 1);
    world.runtime.faults.fail_next_of("store_callbacks", 1);
    world.queue.faults.fail_next_of("queue_callbacks", 1);
    assert_eq!(world.send(&app, [late]).await.len(), 1, "SQS keeps the record");
}

#[tokio::test(start_paused = true)]
async fn a_table_that_hangs_costs_no_event_and_none_is_sent_twice() {
    for method in ["store_callbacks", "list_waiting", "endpoint", "change_endpoint"] {
        let world = World::start();
        let good = world.app("good", Answer::Status(200)).await;
        let bad = world.app("bad", Answer::Status(500)).await;
        world.runtime.faults.slow_down_of(method, Duration::from_secs(3600));
        let late = |number| CallbackEvent { tries: 1, ..event(&world, number) };
        assert!(world.send(&good, [late(1)]).await.is_empty(), "{method}: SQS does not redeliver what was delivered");
        assert!(world.send(&bad, [late(2)]).await.is_empty(), "{method}: SQS does not redeliver what is put away");
        let kept = world.queued_events(&bad) + world.runtime.all_callbacks(&bad).len();
        assert_eq!((kept, world.queued_events(&good)), (1, 0), "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn messages_that_cannot_be_read_in_time_wait_and_delay_no_other_event() {
    let world = World::start();
    let app = world.app("chat", Answer::Status(200)).await;
    world.contents.faults.slow_next_of("content", Duration::from_secs(3600));
    world.send(&app, (0..20).map(|number| event(&world, number)).collect::<Vec<_>>()).await;
    assert_eq!((world.servers.calls(&app).len(), world.queued_events(&app)), (19, 1));
}

#[tokio::test(start_paused = true)]
async fn a_table_that_fails_costs_no_event() {
    let world = World::start();
    let app = world.app("chat", Answer::Status(200)).await;
    world.runtime.faults.fail_next_of("endpoint", 1);
    world.send(&app, [event(&world, 1)]).await;
    assert_eq!(world.servers.calls(&app).len(), 1, "a server whose health is unknown is called");
    world.apps.faults.fail_next_of("app", 1);
    world.clock.advance(Duration::from_secs(61));
    world.send(&app, [event(&world, 2)]).await;
    assert_eq!((world.servers.calls(&app).len(), world.queued_events(&app)), (1, 1));
    world.cipher.faults.fail_next_of("decrypt", 1);
    world.touch(&app).await;
    world.clock.advance(Duration::from_secs(61));
    world.send(&app, [event(&world, 3)]).await;
    assert_eq!(world.runtime.all_callbacks(&app).len(), 1);
}
