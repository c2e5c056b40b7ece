//! Kills every function of the stack while it works.

use curlew_tests::stack::Recorder;

use super::turn::Turn;
use crate::harness::{World, until};

/// Kills every function of the deployed template in turn. A function for which the story has no work fails this.
pub async fn every_function_dies_at_its_work(world: &World, run: &Recorder<'_>, turn: &Turn) {
    for (function, name) in &world.stack.description.functions {
        turn.comes_to(function);
        dies_at_its_work(world, run, (function, name)).await;
    }
}

/// Kills the function's processes until one of them died with an invocation that it had not answered.
async fn dies_at_its_work(world: &World, run: &Recorder<'_>, (function, name): (&str, &str)) {
    let before = world.stack.invocations.now().await.unwrap().died(name);
    until(&format!("the death of {function} at its work"), async || {
        let mut processes = world.stack.function_processes();
        processes.retain(|process| process.function == name);
        let running = world.stack.invocations.now().await.unwrap().running(name);
        if running.is_empty() || processes.is_empty() {
            return None;
        }
        run.kill(&processes).unwrap();
        // An invocation that was answered before the kill returns too.
        until(&format!("the end of what {function} did"), async || {
            world.stack.invocations.now().await.unwrap().running(name).is_disjoint(&running).then_some(())
        })
        .await;
        (world.stack.invocations.now().await.unwrap().died(name) > before).then_some(())
    })
    .await;
}
