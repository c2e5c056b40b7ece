//! Runs one story.

use std::time::Duration;

use curlew_tests::history::History;
use tokio::{runtime::Builder, task::LocalSet};

use super::{process::take_panics, story::Story, world::World};

/// Runs a story in one thread and in virtual time. The same story gives the same history. Returns it, and where
/// processes panicked.
pub fn run(story: &Story) -> (History, Vec<String>) {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let tasks = LocalSet::new();
    let history = runtime.block_on(tasks.run_until(tell(story)));
    // Tasks hold the world, and the world their queues: dropping the tasks frees both.
    drop(tasks);
    (history, take_panics())
}

async fn tell(story: &Story) -> History {
    let world = World::start(story);
    world.furnish().await;
    if story.told {
        world.tell_server().await;
    }
    world.begin_troubles(&story.troubles);
    let mut running = Vec::new();
    for step in &story.steps {
        tokio::time::sleep(Duration::from_millis(step.after)).await;
        let (world, number, action) = (world.clone(), step.number, step.action.clone());
        let done = tokio::task::spawn_local(async move { world.perform(number, &action).await });
        if step.overlaps { running.push(done) } else { done.await.unwrap() }
    }
    for done in running {
        done.await.unwrap();
    }
    world.finish().await;
    world.recorder.take()
}
