//! Runs many seeds on all cores, and tells what failed.

use std::{
    fmt::Write,
    panic::catch_unwind,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use curlew_tests::history::{Violation, check};

use super::{run::run, shrink::shrink, story::Story};

/// How often the progress is told.
const PROGRESS: Duration = Duration::from_secs(10);

/// How many seeds, or for how long.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    Seeds(u64),
    Time(Duration),
}

/// Returns a violation with its proof, cut to a readable length.
fn short(violation: &Violation) -> String {
    let mut text = format!("invariant {}: {}", violation.invariant, violation.story);
    for event in violation.events.iter().take(8) {
        let told = format!("{:?}", event.what);
        let told: String = told.chars().take(500).collect();
        write!(text, "\n      {} {told}", event.at.as_millis()).unwrap();
    }
    text
}

/// Returns what is wrong with a story, in words.
pub fn verdict(story: &Story) -> Vec<String> {
    let told = catch_unwind(|| {
        let (history, panics) = run(story);
        panics.into_iter().chain(check(&history).iter().map(short)).collect::<Vec<_>>()
    });
    told.unwrap_or_else(|_| vec!["the run itself panicked".to_owned()])
}

/// Runs seeds from `first` on, until one fails. Returns how many were run, and the first failure.
pub fn search(first: u64, until: Until) -> (u64, Option<(u64, Vec<String>)>) {
    let (next, done) = (AtomicU64::new(first), AtomicU64::new(0));
    let failed: Mutex<Option<(u64, Vec<String>)>> = Mutex::default();
    let begun = Instant::now();
    let is_over = |seed: u64| match until {
        Until::Seeds(seeds) => seed >= first + seeds,
        Until::Time(time) => begun.elapsed() >= time,
    };
    let work = || loop {
        let seed = next.fetch_add(1, Ordering::SeqCst);
        if is_over(seed) || failed.lock().unwrap().is_some() {
            return;
        }
        let wrong = verdict(&Story::of(seed));
        if !wrong.is_empty() {
            failed.lock().unwrap().get_or_insert((seed, wrong));
        }
        done.fetch_add(1, Ordering::SeqCst);
    };
    let told = AtomicU64::new(0);
    thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        while !workers.iter().all(|worker| worker.is_finished()) {
            thread::sleep(Duration::from_millis(100));
            let round = begun.elapsed().as_secs() / PROGRESS.as_secs();
            if told.swap(round, Ordering::SeqCst) < round {
                eprintln!("{} seeds in {} s", done.load(Ordering::SeqCst), begun.elapsed().as_secs());
            }
        }
    });
    (done.into_inner(), failed.into_inner().unwrap())
}

/// Returns the report of a seed that fails: how to replay it, its story in short, and how to keep it.
pub fn report(seed: u64, wrong: &[String]) -> String {
    let story = Story::of(seed);
    let kind = |wrong: &[String]| wrong.first().and_then(|one| one.split(':').next().map(str::to_owned));
    let same = kind(wrong);
    let short = shrink(&story, |story| {
        let wrong = verdict(story);
        !wrong.is_empty() && kind(&wrong) == same
    });
    let mut text = format!("seed {seed} fails:\n");
    for one in wrong {
        writeln!(text, "  {one}").unwrap();
    }
    writeln!(text, "replay it: make simulate SEED={seed}").unwrap();
    writeln!(text, "its story in short, {} steps and {} troubles:", short.steps.len(), short.troubles.len()).unwrap();
    text.push_str(&tell(&short));
    for one in verdict(&short) {
        writeln!(text, "  {one}").unwrap();
    }
    writeln!(text, "keep it as tests/fixtures/simulation/<what-it-shows>.json:").unwrap();
    writeln!(text, "{}", serde_json::json!({"reason": "say what it showed", "story": short})).unwrap();
    text
}

/// Returns a story, one line a step.
pub fn tell(story: &Story) -> String {
    let mut text = String::new();
    for step in &story.steps {
        let overlaps = if step.overlaps { " ..." } else { "" };
        writeln!(text, "  {:>3} after {:>6} ms: {:?}{overlaps}", step.number, step.after, step.action).unwrap();
    }
    for one in &story.troubles {
        writeln!(text, "  from {} ms for {} ms: {:?}", one.from, one.lasts, one.kind).unwrap();
    }
    text
}
