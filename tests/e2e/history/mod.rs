//! Runs whose whole history is recorded and checked: every function dies at its work while an app goes on, with an AWS
//! that works and with one that fails.
//!
//! | file | part of the story |
//! |---|---|
//! | `messages` | messages to users and a group; phones change hands, people read |
//! | `connections` | phones with a connection, which come, go and stay |
//! | `tasks` | pushes to everyone |
//! | `erasures` | users come and are erased |
//! | `receipts` | a vendor reports what became of its pushes |
//! | `callbacks` | the app's own server is told of it |
//! | `operators` | calls that change little, for the other functions of the API |
//! | `schedule` | the schedule, and the round through the credentials that it starts |

mod app_server;
mod callbacks;
mod connections;
mod erasures;
mod killing;
mod messages;
mod operators;
mod receipts;
mod recording;
mod schedule;
mod story;
mod tasks;
mod turn;

use std::collections::BTreeSet;

use curlew_tests::{
    aws_faults::{FaultsClient, Plan},
    history::FaultScope,
};

use self::{
    killing::every_function_dies_at_its_work,
    recording::{holds, recorded},
};
use crate::harness::World;

/// The services that functions call, as the proxy names them.
const SERVICES: [&str; 6] = ["API Gateway", "DynamoDB", "KMS", "Lambda", "SQS", "Secrets Manager"];

#[tokio::test]
async fn a_history_in_which_every_function_dies_at_its_work_breaks_no_invariant() {
    let world = World::alone().await;
    let history = recorded(&world, async |run, turn| every_function_dies_at_its_work(&world, run, turn).await).await;
    println!("{} events", history.events.len());
    holds(&world, &history);
}

#[tokio::test]
async fn a_history_in_which_aws_fails_and_every_function_dies_breaks_no_invariant() {
    let world = World::alone().await;
    let url = world.stack.description.faults_url.as_ref();
    let url = url.expect("the proxy for AWS faults: start the stack with CURLEW_AWS_FAULTS_PORT, as `make e2e` does");
    let faults = FaultsClient::new(url).unwrap();
    let history = recorded(&world, async |run, turn| {
        run.fault_begins(FaultScope::Everything);
        faults.begin(Plan { seed: 17, per_thousand: 150 }).await.unwrap();
        every_function_dies_at_its_work(&world, run, turn).await;
        faults.end().await.unwrap();
        run.fault_ends(FaultScope::Everything);
    })
    .await;
    let played = faults.played().await.unwrap();
    println!("AWS failed: {played:?}");
    let kinds: BTreeSet<&String> = played.values().flat_map(|faults| faults.keys()).collect();
    assert_eq!(kinds.len(), 5, "every fault is played");
    assert!(SERVICES.iter().all(|service| played.contains_key(*service)), "a service never failed: {played:?}");
    println!("{} events", history.events.len());
    holds(&world, &history);
}
