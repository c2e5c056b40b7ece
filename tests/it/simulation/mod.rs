//! The simulation: the whole product in one process, with clock, randomness and scheduling from one seed.
//!
//! A story is made from the seed: what users, apps' servers and operators do, and what goes wrong meanwhile. The run
//! writes a history, as an observer outside of the product sees it, and the checker judges the history.

mod answers;
mod asked;
mod beginning;
mod cast;
mod ending;
mod functions;
mod gateways;
mod generate;
mod kept;
mod malformed;
mod new_app;
mod observed;
mod operators;
mod parts;
mod picking;
mod process;
mod queues;
mod random;
mod receipts;
mod recorder;
mod run;
mod scenes;
mod seeds;
mod server;
mod settings;
mod shrink;
mod sockets;
mod steps;
mod story;
mod tasks;
mod themes;
mod troubles;
mod vendors;
mod versions;
mod weather;
mod world;

use std::time::Duration;

use shared::config::{Environment, Vars};

use self::{
    run::run,
    seeds::{Until, report, search, tell, verdict},
    story::Story,
};

/// How many seeds `make test` runs.
const SEEDS: u64 = 2000;

fn number(name: &str) -> Option<u64> {
    Environment.get(name).filter(|text| !text.is_empty()).map(|text| text.parse().unwrap())
}

#[test]
fn stories_of_many_seeds_keep_the_invariants() {
    if let Some(seed) = number("CURLEW_SEED") {
        let story = Story::of(seed);
        eprintln!("{}", tell(&story));
        for event in run(&story).0.events {
            eprintln!("{} {:?}", event.at.as_millis(), event.what);
        }
        let wrong = verdict(&story);
        assert!(wrong.is_empty(), "{}", report(seed, &wrong));
        return;
    }
    let minutes = number("CURLEW_MINUTES").map(|minutes| Until::Time(Duration::from_secs(60 * minutes)));
    let until = minutes.unwrap_or(Until::Seeds(number("CURLEW_SEEDS").unwrap_or(SEEDS)));
    let (done, failed) = search(number("CURLEW_FIRST_SEED").unwrap_or(0), until);
    eprintln!("{done} seeds");
    if let Some((seed, wrong)) = failed {
        panic!("after {done} seeds: {}", report(seed, &wrong));
    }
}

#[test]
fn the_same_seed_gives_the_same_history() {
    for seed in 0..20 {
        let story = Story::of(seed);
        let [first, second] = [run(&story), run(&story)].map(|told| serde_json::to_string(&told).unwrap());
        if first != second {
            let same = first.bytes().zip(second.bytes()).take_while(|(a, b)| a == b).count();
            let around = |text: &str| text.chars().skip(same.saturating_sub(600)).take(900).collect::<String>();
            panic!("seed {seed} differs:\n{}\n\n{}", around(&first), around(&second));
        }
    }
}
