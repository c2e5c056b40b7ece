//! Traces: what was recorded about a message.

use serde_json::{Value, json};
use shared::{
    domain::{
        attempt::Attempt,
        decision::{Decision, DeviceDecision, Verdict},
        message::Receiver,
        outcome::DeviceOutcome,
        receipt::DeviceReceipt,
        time::Timestamp,
    },
    ports::{apps::AppConfig, messages::StoredMessage},
};

use crate::{rebuild::Rebuilt, request::Viewer, view};

/// Returns the recorded decision, and the vendor's results for each device. Only rebuilt requests contain the message's
/// text.
pub(crate) fn trace(
    config: &AppConfig,
    receiver: &Receiver,
    message: &StoredMessage,
    viewer: Viewer<'_>,
    rebuilt: Option<&Rebuilt>,
    recalled: Option<Timestamp>,
) -> Value {
    let StoredMessage { content, decision, outcomes, receipts } = message;
    let undecided = view::undecided;
    let mut shown = decision.as_ref().map_or_else(undecided, |decision| view::decision(decision, viewer.visibility));
    let devices = devices(decision.as_ref(), outcomes);
    let devices = devices.iter().map(|device| {
        let mut shown = view::device(config, device);
        let own: Vec<&DeviceOutcome> = outcomes.iter().filter(|outcome| is_of(device, outcome)).collect();
        shown.insert("attempts".into(), own.iter().copied().flat_map(attempts).collect());
        let left_out: usize = own.iter().copied().map(left_out).sum();
        if left_out > 0 {
            shown.insert("attempts_left_out".into(), json!(left_out));
        }
        let receipts = receipts.iter().filter(|receipt| reports(device, receipt)).map(receipt);
        shown.insert("receipts".into(), receipts.collect());
        if let Some(rebuilt) = rebuilt {
            rebuilt.add_to(&mut shown, device, message, viewer);
        }
        Value::Object(shown)
    });
    shown.insert("devices".into(), devices.collect());
    if let Some(rebuilt) = rebuilt {
        rebuilt.note_in(&mut shown);
    }
    shown.insert("msg_id".into(), json!(receiver.msg_id));
    shown.insert("user".into(), json!(receiver.user));
    shown.insert("accepted_at".into(), json!(content.accepted_at));
    shown.insert("expires_at".into(), json!(content.expires_at));
    if let Some(at) = recalled {
        shown.insert("recalled_at".into(), json!(at));
    }
    Value::Object(shown)
}

/// Returns the devices of the recorded decision, and those that it lacks.
pub(crate) fn devices(decision: Option<&Decision>, outcomes: &[DeviceOutcome]) -> Vec<DeviceDecision> {
    let mut decided: Vec<DeviceDecision> = decision.map(|decision| decision.devices.clone()).unwrap_or_default();
    decided.extend(unbound_since(&decided, outcomes));
    decided
}

/// Returns devices whose pushes ended and that the recorded decision lacks. They lost their bindings while the pushes
/// were deferred.
fn unbound_since(decided: &[DeviceDecision], outcomes: &[DeviceOutcome]) -> Vec<DeviceDecision> {
    let unknown = outcomes.iter().filter(|outcome| !decided.iter().any(|device| is_of(device, outcome)));
    let device = |outcome: &DeviceOutcome| DeviceDecision {
        device_id: outcome.device_id.clone(),
        notifier: Some(outcome.notifier.clone()),
        verdict: outcome.reason.map_or(Verdict::Push, |reason| Verdict::Skip { reason }),
    };
    unknown.map(device).collect()
}

/// Returns whether it is the outcome of a push to this device.
pub(crate) fn is_of(device: &DeviceDecision, outcome: &DeviceOutcome) -> bool {
    outcome.device_id == device.device_id && Some(&outcome.notifier) == device.notifier.as_ref()
}

fn reports(device: &DeviceDecision, receipt: &DeviceReceipt) -> bool {
    receipt.device_id == device.device_id && Some(&receipt.notifier) == device.notifier.as_ref()
}

/// Returns the stored attempts in their order. The last one ended the push.
fn attempts(outcome: &DeviceOutcome) -> impl Iterator<Item = Value> {
    outcome.earlier.iter().map(earlier).chain([last(outcome)])
}

fn earlier(attempt: &Attempt) -> Value {
    let Attempt { number, at, retry_reason, detail } = attempt;
    shown(*number, *at, json!(retry_reason), [("detail", detail.as_ref().map(|text| json!(text)))])
}

fn last(outcome: &DeviceOutcome) -> Value {
    let DeviceOutcome { at, status, reason, detail, vendor_message_id, attempts, .. } = outcome;
    let optional = [
        ("reason", reason.map(|reason| json!(reason))),
        ("detail", detail.as_ref().map(|text| json!(text))),
        ("vendor_message_id", vendor_message_id.as_ref().map(|id| json!(id))),
    ];
    shown(*attempts, *at, json!(status), optional)
}

fn shown<const N: usize>(number: u32, at: Timestamp, outcome: Value, optional: [(&str, Option<Value>); N]) -> Value {
    let always = [("at", Some(json!(at))), ("outcome", Some(outcome)), ("attempt", Some(json!(number)))];
    let all = always.into_iter().chain(optional);
    Value::Object(all.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
}

/// Returns how many attempts were counted but not stored.
fn left_out(outcome: &DeviceOutcome) -> usize {
    let before_the_last = usize::try_from(outcome.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    before_the_last.saturating_sub(outcome.earlier.len())
}

fn receipt(receipt: &DeviceReceipt) -> Value {
    let mut shown = json!({"at": receipt.at, "event": receipt.event, "code": receipt.code});
    if let Some(id) = &receipt.vendor_message_id {
        shown["vendor_message_id"] = json!(id);
    }
    shown
}
