//! Invariant 5: a valid token is never deleted.
//!
//! A vendor's answer or report that the token is unregistered may delete it, but not if the vendor says so of most
//! tokens of a large request.

use shared::domain::id::AppKey;

use crate::history::{
    Request, What,
    check::{
        Violation,
        bindings::{Holder, TokenKey},
        fact::Position,
        run::Run,
    },
};

const NUMBER: u8 = 5;

pub(super) fn check(run: &Run<'_>) -> Vec<Violation> {
    let listed = run.find(|what| if let What::BindingsListed { app } = what { Some(app) } else { None });
    listed.flat_map(|(position, app)| deleted(run, app, position)).collect()
}

/// Returns the bindings that are certain to hold and are not stored.
fn deleted(run: &Run<'_>, app: &AppKey, listed: Position) -> Vec<Violation> {
    let is_stored = |key: &TokenKey<'_>, holder: &Holder<'_>| {
        run.find(|what| if let What::Bound(row) = what { Some(row) } else { None }).any(|(_, row)| {
            (&row.app, &row.notifier, row.token.as_str()) == *key
                && row.user == *holder.user
                && row.device == *holder.device
        })
    };
    let missing =
        run.bindings.of_app(app).filter(|(key, holder, fact)| fact.holds(listed, listed) && !is_stored(key, holder));
    missing.map(|(key, holder, _)| violation(run, key, holder, listed)).collect()
}

fn violation(run: &Run<'_>, key: &TokenKey<'_>, holder: &Holder<'_>, listed: Position) -> Violation {
    let (_, notifier, token) = key;
    let Holder { user, device } = holder;
    let story = format!("the token {token} of {user} on {device} works, and its binding for {notifier} is gone");
    let of_token = run.calls.iter().filter(|call| {
        matches!(call.request, Request::Bind { token: bound, .. } if bound == token) && call.app == key.0
    });
    let answers = run.deliveries.pushes.iter().filter(|push| push.got.token == **token);
    let positions = of_token.map(|call| call.began).chain(answers.map(|push| push.position)).chain([listed]);
    run.violation(NUMBER, story, &positions.collect::<Vec<_>>())
}
