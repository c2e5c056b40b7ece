//! Invariant 13: counts may be lost, but are never doubled. A receipt that is repeated counts once.

use std::collections::BTreeSet;

use shared::domain::id::AppKey;

use crate::history::{
    Receipt, What,
    check::{Violation, run::Run},
};

const NUMBER: u8 = 13;

pub(super) fn check(run: &Run<'_>) -> Vec<Violation> {
    let counted = run.find(|what| match what {
        What::Counted { app, delivered } => Some((app, *delivered)),
        _ => None,
    });
    let doubled = counted.filter_map(|(position, (app, delivered))| {
        let reports: Vec<_> = run
            .find(|what| match what {
                What::Receipt(receipt) if receipt.app == *app && !receipt.unregistered => Some(receipt),
                _ => None,
            })
            .collect();
        let pushes: BTreeSet<(&str, u64)> =
            reports.iter().map(|(_, Receipt { token, push, .. })| (token.as_str(), *push)).collect();
        let story = format!("{app} counts {delivered} delivered pushes, and vendors reported {}", pushes.len());
        let positions: Vec<_> = reports.iter().map(|(position, _)| *position).chain([position]).collect();
        let at_most: usize = pushes.iter().map(|(token, _)| holders(run, app, token)).sum();
        let is_doubled = delivered > at_most as u64;
        is_doubled.then(|| run.violation(NUMBER, story, &positions))
    });
    doubled.collect()
}

/// Returns how many devices ever bound the token. A report is recorded for the present holder of its token, so it may count
/// once more after the token changed hands.
fn holders(run: &Run<'_>, app: &AppKey, token: &str) -> usize {
    run.bindings.of_app(app).filter(|(key, ..)| key.2 == token).count().max(1)
}
