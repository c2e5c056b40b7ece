//! Invariant 16: once a new secret is entered, every process uses it within the time of its caches, and the vendor accepts
//! it.

use std::time::Duration;

use crate::history::{
    FaultScope, VendorAnswer, VendorGot, What,
    check::{Violation, fact::Position, run::Run},
};

const NUMBER: u8 = 16;
/// How long a process may use a credential that it cached, and a vendor may take to answer.
const CACHED: Duration = Duration::from_secs(75);
/// The same while the app's configuration cannot be read.
const CACHED_IN_TROUBLE: Duration = Duration::from_secs(15 * 60 + 15);

pub(super) fn check(run: &Run<'_>) -> Vec<Violation> {
    let got = run.find(|what| if let What::VendorGot(got) = what { Some(got) } else { None });
    got.filter_map(|(position, got)| if got.outdated { kept(run, position, got) } else { refused(run, position, got) })
        .collect()
}

/// Returns a request with an old secret that came too late.
fn kept(run: &Run<'_>, position: Position, got: &VendorGot) -> Option<Violation> {
    let since = run.apps.entered_since(&got.app, &got.notifier, position)?;
    let of_app = |scope: &FaultScope| matches!(scope, FaultScope::App(app) if *app == got.app);
    let from = run.before(position, CACHED);
    let is_unread = run.was_troubled(from, position) || run.was_faulty(from, position, of_app);
    let cached = if is_unread { CACHED_IN_TROUBLE } else { CACHED };
    let story = || format!("{} was called with the old secret of {} long after the new one", got.vendor, got.notifier);
    (run.at(position).since(run.at(since)) > cached).then(|| run.violation(NUMBER, story(), &[since, position]))
}

/// Returns a refusal of a credential that is the vendor's. A fault of the vendor may meet a later request.
fn refused(run: &Run<'_>, position: Position, got: &VendorGot) -> Option<Violation> {
    let is_of_vendor = |scope: &FaultScope| match scope {
        FaultScope::Vendor(vendor) => *vendor == got.vendor,
        FaultScope::Notifier(app, notifier) => *app == got.app && *notifier == got.notifier,
        _ => false,
    };
    if got.answer != VendorAnswer::Credential || run.was_faulty(0, position, is_of_vendor) {
        return None;
    }
    let since = run.apps.entered_since(&got.app, &got.notifier, position)?;
    let story = format!("{} refused the new secret of {}", got.vendor, got.notifier);
    Some(run.violation(NUMBER, story, &[since, position]))
}
