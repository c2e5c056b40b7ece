//! Invariant 10: the queues are empty when the work is done; a dead-letter queue holds only what a person must see. A
//! slow or throttled dependency never fills it.

use crate::history::{
    DeadLetter, Planted, What,
    check::{Violation, run::Run},
};

const NUMBER: u8 = 10;
/// Receives after which SQS dead-letters a record. Only processes that die leave it on the queue.
const MAX_RECEIVES: usize = 5;

pub(super) fn check(run: &Run<'_>) -> Vec<Violation> {
    let left = run.find(|what| match what {
        What::Left { queue, records } if *records > 0 => Some((queue, records)),
        _ => None,
    });
    let left = left.map(|(position, (queue, records))| {
        let story = format!("the work is done, and {queue} still holds {records} records");
        run.violation(NUMBER, story, &[position])
    });
    let letters = run.find(|what| if let What::DeadLettered(letter) = what { Some(letter) } else { None });
    let letters = letters.filter(|(_, letter)| !is_malformed(run, letter) && !is_of_crashes(run, letter));
    let letters = letters.map(|(position, letter)| {
        let reason = letter.reason.as_deref().unwrap_or("no reason");
        let story = format!("a record of {} that the product wrote was dead-lettered: {reason}", letter.queue);
        run.violation(NUMBER, story, &[position])
    });
    left.chain(letters).collect()
}

/// Returns whether a person must see the record, because no version can read it.
fn is_malformed(run: &Run<'_>, letter: &DeadLetter) -> bool {
    run.planted().any(|(_, planted)| match planted {
        Planted::Malformed { body, .. } => letter.body.contains(body.as_str()),
        Planted::OtherVersion { .. } => false,
    })
}

/// Returns whether enough processes died for SQS to give the record up.
fn is_of_crashes(run: &Run<'_>, letter: &DeadLetter) -> bool {
    letter.reason.is_none() && run.kills() >= MAX_RECEIVES
}
