//! What happens to a task while it walks: users come and go, the app pauses or cancels it, its label or its app is
//! deleted, and records come twice.

use std::time::Duration;

use curlew_tests::simulators::{Endpoint, Fault, FaultRule};
use serde_json::json;
use shared::{
    domain::{
        directory::Shard,
        task::{AskedState, Audience, TaskState},
    },
    ports::clock::Clock,
    testing::sample,
};

use super::{harness::OPERATOR_KEY, task_world::World};

/// Starts an app in which a page has the minimum of 25 users.
async fn slow(users: usize) -> World {
    World::with(users, json!({"task_pushes_per_second": 5})).await
}

#[tokio::test]
async fn a_paused_task_pushes_to_nobody_and_goes_on_where_it_stood() {
    let world = slow(60).await;
    let id = world.task(2).await;
    world.push_all().await;
    assert_eq!(world.phones_with(1), 0);
    world.stack.step().await;
    world.ask(id, AskedState::Paused).await;
    world.stack.drain().await;
    assert_eq!((world.phones_with(1), world.state(id).await.walk.done), (25, 25));
    world.stack.clock.advance(Duration::from_secs(86_400));
    world.ask(id, AskedState::Running).await;
    world.queue(id, world.state(id).await.walk.step).await;
    world.stack.drain().await;
    assert_eq!((world.phones_with(1), world.state(id).await.total()), (60, Some(60)));
}

#[tokio::test]
async fn a_task_that_is_paused_or_cancelled_within_a_page_ends_the_page() {
    for (asked, state) in [(AskedState::Paused, TaskState::Paused), (AskedState::Cancelled, TaskState::Cancelled)] {
        let world = slow(60).await;
        let id = world.task(2).await;
        // The page is begun, and its users are not pushed to yet.
        world.stack.messages.faults.slow_next_of("store", Duration::from_millis(1));
        let change = async {
            assert!(world.state(id).await.walk.page.is_some());
            world.ask(id, asked).await;
        };
        futures::join!(world.stack.step(), change);
        world.stack.drain().await;
        let task = world.state(id).await;
        assert_eq!((task.state, task.walk.done, task.walk.page), (state, 25, None));
        assert_eq!(world.phones_with(1), 25, "{state:?}");
    }
}

#[tokio::test]
async fn a_cancelled_task_pushes_to_nobody_else_and_cannot_go_on() {
    let world = slow(60).await;
    let id = world.task(2).await;
    world.stack.step().await;
    world.ask(id, AskedState::Cancelled).await;
    world.stack.drain().await;
    let task = world.state(id).await;
    assert_eq!((world.phones_with(1), task.state, task.walk.done), (25, TaskState::Cancelled, 25));
    assert!(task.asked(AskedState::Running, world.stack.clock.now()).is_err());
    world.queue(id, task.walk.step).await;
    world.stack.drain().await;
    assert_eq!(world.phones_with(1), 25);
}

#[tokio::test]
async fn a_record_that_comes_twice_neither_pushes_twice_nor_starts_a_second_chain() {
    let world = slow(60).await;
    let id = world.task(2).await;
    (0..3).for_each(|_| {
        let record = world.stack.dispatch_queue.records()[0].body.clone();
        world.stack.dispatch_queue.put(record);
    });
    let (mut chains, mut walked) = (Vec::new(), 0);
    while world.state(id).await.state == TaskState::Running {
        while world.stack.step().await {}
        chains.push(world.stack.dispatch_queue.task_jobs().len());
        let step = world.state(id).await.walk.step;
        if step > walked {
            // A redelivered record of the page before, and one that run-schedule queued.
            world.queue(id, walked).await;
            world.queue(id, step).await;
            walked = step;
        } else if let Some(next) = world.stack.next_visible() {
            world.stack.clock.set(next);
        }
    }
    world.stack.drain().await;
    assert_eq!((world.phones_with(1), world.state(id).await.total()), (60, Some(60)));
    assert!(chains.iter().all(|records| *records <= 6), "{chains:?}");
    assert!(world.stack.dispatch_queue.is_empty());
}

#[tokio::test]
async fn users_who_are_erased_or_join_meanwhile_get_it_at_most_once_and_those_who_stay_once() {
    let mut world = slow(60).await;
    let id = world.task(2).await;
    world.stack.step().await;
    let erased: Vec<usize> = (0..60).step_by(7).collect();
    for user in &erased {
        world.stack.ok("DELETE", &world.app.path(&format!("users/u{user}")), &world.app.token, json!({})).await;
    }
    (0..20).for_each(|_| world.join());
    world.stack.drain().await;
    let shown = world.shown();
    assert!(shown.iter().all(|notifications| *notifications <= 1), "{shown:?}");
    let stayed = (0..60).filter(|user| !erased.contains(user));
    assert!(stayed.into_iter().all(|user| shown[user] == 1), "{shown:?}");
    assert_eq!(world.state(id).await.state, TaskState::Done);
}

#[tokio::test]
async fn a_deleted_label_ends_its_task_with_those_it_walked() {
    let world = slow(60).await;
    let label = world.label(&(0..60).collect::<Vec<_>>()).await;
    let id = world.task_for(2, Audience::Label(label)).await;
    world.stack.step().await;
    world.stack.ok("DELETE", &world.app.path("push/label/vips"), &world.app.token, json!({})).await;
    world.stack.drain().await;
    assert_eq!((world.phones_with(1), world.state(id).await.total()), (25, Some(25)));
}

#[tokio::test]
async fn a_deleted_app_ends_its_tasks_and_the_next_one_of_its_name_gets_none() {
    let world = slow(60).await;
    world.task(2).await;
    world.stack.step().await;
    let path = format!("/management/apps/{}/{}", world.app.key.org(), world.app.key.app());
    world.stack.ok("DELETE", &path, OPERATOR_KEY, json!({})).await;
    let late = world.stack.dispatch_queue.task_jobs();
    world.stack.drain().await;
    let shown = world.shown().iter().sum::<usize>();
    assert!(shown <= 25, "{shown}");
    world.stack.app("chat", json!({})).await;
    world.queue(late[0].task, late[0].step).await;
    world.stack.drain().await;
    assert_eq!(world.shown().iter().sum::<usize>(), shown);
}

#[tokio::test]
async fn an_erased_user_costs_no_other_user_of_the_page_a_push_that_waits_for_its_vendor() {
    let world = World::with(10, json!({})).await;
    let down = FaultRule::new("huawei", Fault::status(503)).at(Endpoint::Send).times(7);
    world.stack.simulators.add_faults([down]).unwrap();
    world.task(2).await;
    world.stack.step().await;
    world.stack.step().await;
    assert_eq!(world.phones_with(1), 0);
    // The one whose message would be read for the new decision of all.
    let first = (0..10).min_by_key(|number| {
        let user = sample::user(&format!("u{number}"));
        (Shard::of(&user), user)
    });
    let first = first.unwrap();
    world.stack.ok("DELETE", &world.app.path(&format!("users/u{first}")), &world.app.token, json!({})).await;
    world.stack.drain().await;
    assert!((0..10).all(|user| (world.shown()[user] == 1) == (user != first)), "{:?}", world.shown());
}
