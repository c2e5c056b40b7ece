//! Invariant 8: no secret, device token or message text appears in a log, a metric or an error answer.

use std::collections::BTreeMap;

use crate::history::{
    Request, What,
    check::{Violation, fact::Position, run::Run},
};

const NUMBER: u8 = 8;

pub(super) fn check(run: &Run<'_>) -> Vec<Violation> {
    let secrets = secrets(run);
    let outputs = run.find(|what| match what {
        What::Output { place, text } => Some((place, text)),
        _ => None,
    });
    let shown = outputs.flat_map(|(position, (place, text))| {
        let found = secrets.iter().filter(|(secret, _)| text.contains(**secret));
        found.map(move |(_, (kind, known))| {
            run.violation(NUMBER, format!("{place} shows a {kind}"), &[*known, position])
        })
    });
    shown.collect()
}

/// Returns what nobody but the vendor, the store and the phone may see, with its kind and where the run told it.
fn secrets<'a>(run: &'a Run<'_>) -> BTreeMap<&'a str, (&'a str, Position)> {
    let mut secrets = BTreeMap::new();
    for call in &run.calls {
        let (secret, kind) = match call.request {
            Request::Bind { token, .. } | Request::TestNotifier { token, .. } => (token, "device token"),
            Request::Send(sending) => (&sending.text, "message text"),
            _ => continue,
        };
        secrets.insert(secret.as_str(), (kind, call.began));
    }
    let named = run.find(|what| match what {
        What::Secret { kind, text } => Some((kind, text)),
        _ => None,
    });
    secrets.extend(named.map(|(position, (kind, text))| (text.as_str(), (kind.as_str(), position))));
    secrets.remove("");
    secrets
}
