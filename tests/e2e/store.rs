//! Runs the store's contract on the emulator's DynamoDB.

use curlew_tests::{conformance, upgrade};

use crate::harness::World;

#[tokio::test]
async fn the_dynamodb_adapters_keep_the_contract() {
    let world = World::side_by_side().await;
    let report = conformance::run(&world.stack.description.aws_endpoint_url).await;
    println!("{report}");
    report.assert();
}

#[tokio::test]
async fn rows_of_landed_versions_can_be_read_and_changed() {
    let world = World::side_by_side().await;
    upgrade::run(&world.stack.description.aws_endpoint_url).await;
}
