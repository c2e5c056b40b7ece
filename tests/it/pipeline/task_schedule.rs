//! The minute's look at tasks, and tasks of a deleted app.

use std::time::Duration;

use serde_json::json;
use shared::{
    domain::{
        id::MessageId,
        task::{MAX_TASK_LIFE, TASK_RETENTION},
        time::Timestamp,
    },
    ports::{
        clock::Clock,
        tasks::{ChangeTask, CreateTask, ReadTaskContent},
    },
};

use super::{
    app_deletion::operator,
    task_routes::{World, sale, start_date},
};

const MINUTE: Duration = Duration::from_secs(60);

impl World {
    /// Lets so many minutes pass, each with its look at the tasks.
    async fn minutes(&self, minutes: u32) {
        for _ in 0..minutes {
            self.stack.clock.advance(MINUTE);
            self.stack.tick().await;
        }
    }

    /// Takes what is queued, as if its function crashed.
    fn lose_pages(&self) -> usize {
        self.stack.dispatch_queue.take(usize::MAX).len()
    }
}

#[tokio::test]
async fn a_page_that_is_lost_is_queued_again_once_in_three_minutes() {
    let world = World::start().await;
    let id = world.create(json!({})).await;
    assert_eq!(world.lose_pages(), 1);
    world.minutes(2).await;
    assert_eq!(world.pages(), [], "its function may still work on it");
    world.minutes(3).await;
    assert_eq!(world.pages(), [(id.clone(), 0)]);
    world.minutes(3).await;
    assert_eq!(world.pages().len(), 2);
    // A task that goes on is left alone.
    let begun =
        world.stored(&id).await.begin_page(MessageId::new(world.stack.clock.now(), 1), None, world.stack.clock.now());
    assert!(world.stack.runtime.change_task(&world.app.key, &begun).await.unwrap());
    world.minutes(2).await;
    assert_eq!(world.pages().len(), 2);
}

#[tokio::test]
async fn a_paused_task_does_not_start_and_one_that_ended_is_looked_at_no_more() {
    let world = World::start().await;
    let at = Timestamp::from_millis((world.stack.clock.now().as_seconds() + 7200) * 1000);
    let id = world.create(json!({"startDate": start_date(at)})).await;
    world.ok("PUT", &format!("push/task/{id}"), json!({"state": "paused"})).await;
    world.stack.clock.advance(at.since(world.stack.clock.now()));
    world.minutes(12).await;
    assert_eq!((world.pages(), world.stack.runtime.listed_tasks().len()), (vec![], 1));
    world.ok("PUT", &format!("push/task/{id}"), json!({"state": "running"})).await;
    assert_eq!(world.pages(), [(id.clone(), 0)], "its start has come");
    world.ok("PUT", &format!("push/task/{id}"), json!({"state": "cancelled"})).await;
    world.lose_pages();
    world.minutes(12).await;
    assert_eq!((world.pages(), world.stack.runtime.listed_tasks().len()), (vec![], 0));
}

#[tokio::test]
async fn a_task_that_is_forgotten_is_cancelled_after_a_month_and_shown_for_another() {
    let mut world = World::start().await;
    let id = world.create(json!({})).await;
    world.ok("PUT", &format!("push/task/{id}"), json!({"state": "paused"})).await;
    world.minutes(1).await;
    world.stack.clock.advance(MAX_TASK_LIFE);
    world.minutes(1).await;
    world.stack.renew(&mut world.app).await;
    assert_eq!(world.show(&id).await["state"], "cancelled");
    world.stack.clock.advance(TASK_RETENTION - MINUTE);
    world.stack.renew(&mut world.app).await;
    world.show(&id).await;
    world.stack.clock.advance(MINUTE);
    assert_eq!(world.call("GET", &format!("push/task/{id}"), json!({})).await.0, 404);
    assert_eq!(world.ok("GET", "push/task", json!({})).await, json!([]));
}

#[tokio::test]
async fn what_a_deleted_app_had_of_tasks_goes_and_nothing_of_it_is_walked() {
    let world = World::start().await;
    world.create(json!({})).await;
    world.ok("POST", "push/message", sale(json!({}))).await;
    world.lose_pages();
    let key = world.app.key.clone();
    assert!(world.stack.runtime.task_rows(&key) > 0);
    operator(&world.stack, "DELETE").await;
    world.stack.drain().await;
    assert_eq!(world.stack.runtime.task_rows(&key), 0);
    world.minutes(12).await;
    assert_eq!((world.pages(), world.stack.runtime.listed_tasks().len()), (vec![], 0));
}

#[tokio::test]
async fn the_next_app_of_the_name_sees_no_task_that_was_created_late() {
    let world = World::start().await;
    let id = world.create(json!({})).await;
    world.lose_pages();
    let stored = world.ok("POST", "push/message", sale(json!({}))).await;
    let late = world.stored(&id).await;
    let content = world.stack.runtime.task_content(&world.app.key, late.id).await.unwrap().unwrap();
    operator(&world.stack, "DELETE").await;
    world.stack.drain().await;
    // A function that had the app cached creates its task after the last sweep.
    world.stack.runtime.create_task(&world.app.key, &late, &content).await.unwrap();
    world.stack.clock.advance(MINUTE);
    let anew = world.stack.app("chat", json!({})).await;
    let world = World { app: anew, ..world };
    assert_eq!(world.ok("GET", "push/task", json!({})).await, json!([]));
    for (method, route, body) in [
        ("GET", format!("push/task/{id}"), json!({})),
        ("PUT", format!("push/task/{id}"), json!({"state": "running"})),
        ("GET", format!("push/message/{}", stored.as_str().unwrap()), json!({})),
        ("POST", "push/task/broadcast".into(), json!({"pushMsgId": stored})),
    ] {
        assert_eq!(world.call(method, &route, body).await.0, 404, "{method} {route}");
    }
    let own = world.create(json!({})).await;
    let listed = world.ok("GET", "push/task", json!({})).await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["taskId"], json!(own));
}

#[tokio::test]
async fn one_task_whose_rows_fail_delays_no_other() {
    let world = World::start().await;
    let other = world.stack.app("other", json!({})).await;
    let first = world.create(json!({})).await;
    let second = world.stack.ok("POST", &other.path("push/task"), &other.token, sale(json!({}))).await["data"].clone();
    world.lose_pages();
    world.stack.runtime.faults.corrupt("task", world.app.key.as_str());
    world.minutes(5).await;
    assert_eq!(world.pages(), [(second.as_str().unwrap().to_owned(), 0)]);
    world.stack.runtime.faults.mend();
    world.minutes(1).await;
    assert!(world.pages().iter().any(|(task, _)| *task == first), "it is looked at again as soon as it can be read");
}
