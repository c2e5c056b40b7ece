//! Runs the contract suites of the real adapters on the fakes.

use shared::{
    ports::clock::Clock,
    testing::{
        chance::{FixedClock, SeededEntropy},
        contract::{self, Run, Stores},
    },
};

#[tokio::test]
async fn the_fakes_keep_the_contract() {
    let clock = FixedClock::default();
    let mut run = Run::new(clock.now(), &SeededEntropy::default());
    contract::stores(&Stores::in_memory(&clock), &mut run).await;
    contract::cipher(&*contract::cipher_in_memory(), &mut run).await;
    let report = run.report();
    println!("{report}");
    report.assert();
}
