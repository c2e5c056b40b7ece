//! Invariant 13: counts may be lost, but are never doubled. A receipt that is repeated counts once.

use std::collections::BTreeSet;

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
            .filter(|(reported, _)| *reported < position)
            .collect();
        let pushes: BTreeSet<(&str, u64)> =
            reports.iter().map(|(_, Receipt { token, push, .. })| (token.as_str(), *push)).collect();
        let story = format!("{app} counts {delivered} delivered pushes, and vendors reported {}", pushes.len());
        let positions: Vec<_> = reports.iter().map(|(position, _)| *position).chain([position]).collect();
        let is_doubled = delivered > pushes.len() as u64;
        is_doubled.then(|| run.violation(NUMBER, story, &positions))
    });
    doubled.collect()
}
