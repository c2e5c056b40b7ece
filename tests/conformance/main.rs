//! Runs the store's contract suites on the DynamoDB at `CURLEW_DYNAMODB_ENDPOINT`. `make conformance` starts one.

mod admins;
mod backfill;
mod directory;
mod meanwhile;
mod older;

use curlew_tests::{conformance, upgrade};
use shared::config::{Environment, Vars};

#[tokio::test]
async fn the_dynamodb_adapters_keep_the_contract() {
    let report = conformance::run(&endpoint()).await;
    println!("{report}");
    report.assert();
}

#[tokio::test]
async fn rows_of_landed_versions_can_be_read_and_changed() {
    upgrade::run(&endpoint()).await;
}

fn endpoint() -> String {
    Environment
        .get("CURLEW_DYNAMODB_ENDPOINT")
        .expect("CURLEW_DYNAMODB_ENDPOINT must name a DynamoDB endpoint; `make conformance` starts one")
}
