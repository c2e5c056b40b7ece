//! Plays the story while something goes wrong, and returns its history.

use curlew_tests::{
    history::{History, check},
    stack::{CallbackServer, Recorder},
};
use futures::future::join;
use serde_json::json;

use super::{callbacks::Told, story::Story, turn::Turn};
use crate::harness::{World, canary};

/// Records of a killed process are redelivered after this time.
const VISIBILITY_SECONDS: u64 = 10;
/// Sweeps of erased users and apps wait there for minutes, those of earlier tests too.
const ERASE_QUEUE: &str = "EraseQueue";

/// Plays the story beside `disturb`, waits until the work is done, and returns the history.
pub async fn recorded(world: &World, disturb: impl AsyncFnOnce(&Recorder<'_>, &Turn)) -> History {
    let secret = canary::credential();
    let server = CallbackServer::start(&world.stack.description, &secret).await.unwrap();
    let callback = json!({"url": server.url(), "secret": secret, "events": ["push", "suppressed", "receipt"]});
    let tenant = world.tenant_with(json!({"callback": callback})).await;
    let run = Recorder::of(&world.stack, &tenant.app, tenant.key.clone());
    let mut queues: Vec<&str> = world.stack.description.queues.keys().map(String::as_str).collect();
    queues.retain(|queue| !queue.contains("DeadLetter"));

    let story = Story::begin(&run, &tenant).await;
    world
        .while_records_return_after(&queues, VISIBILITY_SECONDS, async || {
            let turn = Turn::default();
            let play = async {
                let disturb = async {
                    disturb(&run, &turn).await;
                    turn.ends();
                };
                join(story.play(&turn), disturb).await;
                for queue in queues.iter().filter(|queue| **queue != ERASE_QUEUE) {
                    world.holds(queue, 0).await;
                }
                story.has_its_ends().await;
            };
            tokio::select! {
                () = story.stay_connected() => unreachable!("it lasts for ever"),
                () = play => {}
            }
        })
        .await;
    Told { tenant: &tenant, server: &server, run: &run }.was_told_of_everything().await;
    story.come_back().await;
    run.finish().await.unwrap()
}

/// Checks that a history breaks nothing. The whole of it is among the stack's logs.
pub fn holds(world: &World, history: &History) {
    let file = world.stack.description.log_dir.join("history.json");
    std::fs::write(&file, serde_json::to_vec(history).unwrap()).unwrap();
    let violations = check(history);
    let shown: Vec<String> = violations.iter().take(5).map(ToString::to_string).collect();
    assert!(violations.is_empty(), "{} violations, see {}:\n{}", violations.len(), file.display(), shown.join("\n"));
}
