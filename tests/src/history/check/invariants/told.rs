//! Invariant 14: an app's server is told how every push ended, at least once, under an id that names nothing else.
//!
//! Events are lost with the process that holds them, and when their queue fails. A server that fails is told later.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use shared::domain::id::{AppKey, MessageId, UserId};

use crate::history::{
    Decided, DecidedDevice, What,
    check::{
        Violation,
        fact::{NEVER, Position},
        run::Run,
    },
};

const NUMBER: u8 = 14;
/// A function may use a setting from so long ago.
const OLD_SETTING: Duration = Duration::from_secs(120);
/// A process may hold an event so long before it is queued.
const INVOCATION: Duration = Duration::from_secs(60);

pub(super) fn check(run: &Run<'_>) -> Vec<Violation> {
    [untold(run), renamed(run)].concat()
}

/// Returns the ends of pushes of which the server was not told.
fn untold(run: &Run<'_>) -> Vec<Violation> {
    let finished = run.find(|what| matches!(what, What::FaultsEnded).then_some(())).next();
    let Some((finished, ())) = finished else { return Vec::new() };
    let ends = run
        .deliveries
        .decided()
        .flat_map(|(_, position, decided)| decided.devices.iter().map(move |device| (position, decided, device)));
    let untold = ends.filter(|(_, decided, device)| {
        must_be_told(run, decided, device, finished) && !calls(run).any(|call| call.is_of(decided, device))
    });
    let story = |decided: &Decided, device: &DecidedDevice| {
        format!(
            "the server of {} was not told what became of the push to {} of {}",
            decided.app, device.device, decided.user
        )
    };
    untold.map(|(position, decided, device)| run.violation(NUMBER, story(decided, device), &[position])).collect()
}

/// Returns whether the app wanted to know of the push, and nothing failed that may lose an event.
fn must_be_told(run: &Run<'_>, decided: &Decided, device: &DecidedDevice, finished: Position) -> bool {
    let Some(end) = &device.end else { return false };
    let (from, to) = (run.first_at(end.at.minus(OLD_SETTING)), run.first_at(end.at.plus(INVOCATION)));
    let was_erased = || {
        let erased = &run.users.get(&decided.app, &decided.user).erased;
        erased.iter().any(|span| span.ended >= from)
    };
    run.apps.get(&decided.app).callback.holds(from, finished)
        && !run.was_troubled(run.first_at(end.at.minus(INVOCATION)), to)
        && !run.may_be_deleted(&decided.app, from, NEVER)
        && !was_erased()
}

/// A callback, as a server reads it.
struct Call<'h> {
    position: Position,
    app: &'h AppKey,
    user: &'h UserId,
    message: MessageId,
    webhook_id: &'h str,
    body: Value,
}

impl Call<'_> {
    /// Returns whether the call tells of the recorded end of this push: a server that got another one believes that.
    fn is_of(&self, decided: &Decided, device: &DecidedDevice) -> bool {
        let status = device.end.as_ref().map(|end| json!(end.status));
        (self.app, self.user, self.message) == (&decided.app, &decided.user, decided.message)
            && self.body["event"] == "push"
            && Some(&self.body["status"]) == status.as_ref()
            && self.body["device_id"] == device.device.as_str()
            && self.body["notifier_name"].as_str() == device.notifier.as_ref().map(|name| name.as_str())
    }
}

fn calls<'h>(run: &Run<'h>) -> impl Iterator<Item = Call<'h>> {
    let told = run.find(|what| match what {
        What::Callback { app, user, message, webhook_id, body } => Some((app, user, *message, webhook_id, body)),
        _ => None,
    });
    told.map(|(position, (app, user, message, webhook_id, body))| {
        let body = serde_json::from_str(body).unwrap_or_default();
        Call { position, app, user, message, webhook_id, body }
    })
}

/// Returns ids that name two events: a server that knows the first one would drop the second.
fn renamed(run: &Run<'_>) -> Vec<Violation> {
    let mut named = BTreeMap::new();
    let mut violations = Vec::new();
    for call in calls(run) {
        let text = |name: &str| call.body[name].to_string();
        let of = (call.app, call.user, call.message, text("event"), text("device_id"), text("notifier_name"));
        let (first, known) = named.entry(call.webhook_id).or_insert_with(|| (call.position, of.clone()));
        if *known != of {
            let story = format!("the server of {} got two events under the id {}", call.app, call.webhook_id);
            violations.push(run.violation(NUMBER, story, &[*first, call.position]));
        }
    }
    violations
}
