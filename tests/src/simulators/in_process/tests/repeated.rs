//! The same seed and the same requests give the same recordings.

use std::sync::Arc;

use serde_json::{Value, json};
use shared::domain::time::Timestamp;
use shared::ports::clock::Clock;
use shared::testing::chance::SeededEntropy;
use tokio::time::Instant;

use super::{Sender, faults, told};
use crate::simulators::{Filter, InProcess, Part, interfaces, test_accounts};

/// A clock that shows tokio's time.
#[derive(Clone, Copy)]
struct TokioClock(Instant);

impl TokioClock {
    fn millis(self) -> u64 {
        1_768_467_600_000 + u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.millis()).unwrap())
    }
}

/// Plays every fault of every vendor. Returns all that the simulators recorded, and what the product made of it.
async fn run(seed: u64) -> Vec<Value> {
    let clock = TokioClock(Instant::now());
    let simulators = InProcess::new(Box::new(move || clock.millis()), seed);
    for credential in test_accounts() {
        simulators.add_credential(credential).unwrap();
    }
    let mut run = Vec::new();
    for which in interfaces() {
        let way = (InProcess::base_url(), simulators.transport());
        let mut sender = Sender::new(which, way, Arc::new(clock), Arc::new(SeededEntropy::new(seed)));
        for number in 0..faults(which.0, "").len() {
            simulators.reset(&[Part::Faults]);
            simulators.add_faults([faults(which.0, &sender.next_tokens()[0]).remove(number)]).unwrap();
            run.push(json!(told(&sender.push().await)));
        }
    }
    run.extend(simulators.requests(&Filter::default()).iter().map(|request| json!(request)));
    run.extend(simulators.deliveries(&Filter::default()).iter().map(|delivery| json!(delivery)));
    run.extend(simulators.devices(None).iter().map(|phone| json!(phone)));
    run
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_and_requests_give_the_same_recordings_to_the_byte() {
    let (first, again) = (run(7).await, run(7).await);
    for (first, again) in first.iter().zip(&again) {
        assert_eq!(first.to_string(), again.to_string());
    }
    assert_eq!(first.len(), again.len());
    assert_ne!(first, run(8).await, "the seed decides ids and access tokens");
}
