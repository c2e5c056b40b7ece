//! Invariant 7: one malformed record costs that record only.
//!
//! It is dead-lettered with a reason, and nothing else is. That its neighbours are decided, and in time, the first and
//! the sixth invariant say.

use crate::history::{
    Planted, What,
    check::{Violation, run::Run},
};

const NUMBER: u8 = 7;

pub(super) fn check(run: &Run<'_>) -> Vec<Violation> {
    let finished = run.find(|what| matches!(what, What::FaultsEnded).then_some(())).next().is_some();
    let planted = run.planted().filter_map(|(position, planted)| match planted {
        Planted::Malformed { queue, body } => Some((position, queue, body)),
        Planted::OtherVersion { .. } => None,
    });
    let violations = planted.filter_map(|(position, queue, body)| {
        let mut letters = run.find(|what| match what {
            What::DeadLettered(letter) if letter.body.contains(body.as_str()) => Some(letter),
            _ => None,
        });
        match letters.next() {
            None if finished => {
                let story = format!("a malformed record on {queue} vanished, and nobody will ever see it");
                Some(run.violation(NUMBER, story, &[position]))
            }
            Some((letter, found)) if found.reason.is_none() && run.kills() == 0 => {
                let story =
                    format!("a malformed record on {queue} was redelivered until SQS gave up, with its neighbours");
                Some(run.violation(NUMBER, story, &[position, letter]))
            }
            None | Some(_) => None,
        }
    });
    violations.collect()
}
