//! What was recorded of a message.

use serde_json::{Map, Value, json};
use shared::{
    domain::{
        decision::DeviceDecision,
        id::{MessageId, UserId},
        outcome::DeviceOutcome,
        receipt::DeviceReceipt,
    },
    ports::{apps::AppConfig, messages::StoredMessage},
};

use crate::view;

/// The recorded decision, and per device what the vendor made of the push. The message's text is not in it.
pub(crate) fn trace(config: &AppConfig, user: &UserId, msg_id: MessageId, message: StoredMessage) -> Value {
    let StoredMessage { content, decision, outcomes, receipts } = message;
    let mut shown = decision.as_ref().map_or_else(view::undecided, view::decision);
    let devices = decision.iter().flat_map(|decision| &decision.devices).map(|device| {
        let mut shown = view::device(config, device);
        shown
            .insert("attempts".into(), outcomes.iter().filter(|outcome| is_of(device, outcome)).map(attempt).collect());
        let receipts = receipts.iter().filter(|receipt| reports(device, receipt)).map(receipt);
        shown.insert("receipts".into(), receipts.collect());
        Value::Object(shown)
    });
    shown.insert("devices".into(), devices.collect());
    shown.insert("msg_id".into(), json!(msg_id));
    shown.insert("user".into(), json!(user));
    shown.insert("accepted_at".into(), json!(content.accepted_at));
    shown.insert("expires_at".into(), json!(content.expires_at));
    Value::Object(shown)
}

fn is_of(device: &DeviceDecision, outcome: &DeviceOutcome) -> bool {
    outcome.device_id == device.device_id && Some(&outcome.notifier) == device.notifier.as_ref()
}

fn reports(device: &DeviceDecision, receipt: &DeviceReceipt) -> bool {
    receipt.device_id == device.device_id && Some(&receipt.notifier) == device.notifier.as_ref()
}

/// The attempt that ended the push. Those before it are counted, not kept.
fn attempt(outcome: &DeviceOutcome) -> Value {
    let DeviceOutcome { at, status, reason, detail, vendor_message_id, attempts, .. } = outcome;
    let mut shown = Map::from_iter([
        ("at".to_owned(), json!(at)),
        ("outcome".to_owned(), json!(status)),
        ("attempt".to_owned(), json!(attempts)),
    ]);
    let optional =
        [("reason", reason.map(|reason| json!(reason))), ("detail", detail.as_ref().map(|text| json!(text)))];
    let id = [("vendor_message_id", vendor_message_id.as_ref().map(|id| json!(id)))];
    shown.extend(optional.into_iter().chain(id).filter_map(|(name, value)| Some((name.to_owned(), value?))));
    Value::Object(shown)
}

fn receipt(receipt: &DeviceReceipt) -> Value {
    json!({"at": receipt.at, "event": receipt.event, "code": receipt.code})
}
