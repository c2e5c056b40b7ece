//! A recent message as the API shows it, without its content.

use serde_json::{Map, Value, json};
use shared::{
    domain::{decision::DeviceDecision, outcome::DeviceOutcome},
    offline::ChatType,
    ports::traces::MessageTrace,
};

use super::walk::Header;
use crate::{trace, view};

pub(super) fn message(header: &Header, recorded: &MessageTrace) -> Value {
    let MessageTrace { decision, outcomes } = recorded;
    let mut shown = decision.as_ref().map_or_else(view::pending, |decision| view::verdict(decision.verdict));
    let Header { msg_id, from, group, kind, accepted_at } = header;
    let chat_type = if group.is_some() { ChatType::GroupChat } else { ChatType::Chat };
    shown.insert("msg_id".into(), json!(msg_id));
    shown.insert("from".into(), json!(from));
    shown.insert("chat_type".into(), json!(chat_type));
    if let Some(group) = group {
        shown.insert("group_id".into(), json!(group));
    }
    shown.insert("type".into(), json!(kind));
    shown.insert("timestamp".into(), json!(accepted_at));
    let devices = trace::devices(decision.as_ref(), outcomes);
    shown.insert("devices".into(), devices.iter().map(|one| device(one, outcomes)).collect());
    Value::Object(shown)
}

fn device(device: &DeviceDecision, outcomes: &[DeviceOutcome]) -> Value {
    let mut shown = Map::from_iter([("device_id".to_owned(), json!(device.device_id))]);
    if let Some(name) = &device.notifier {
        shown.insert("notifier_name".into(), json!(name));
    }
    if let Some(outcome) = outcomes.iter().find(|outcome| trace::is_of(device, outcome)) {
        shown.insert("outcome".into(), json!(outcome.status));
    }
    Value::Object(shown)
}
