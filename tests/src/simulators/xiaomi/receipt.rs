//! Receipts, for messages that asked for them: a form with a map from message id to event.

use serde_json::{Value, json};

use crate::simulators::engine::{Notice, ReceiptEvent, Report};
use crate::simulators::spec::Reported;

pub fn report(notice: &Notice, event: ReceiptEvent, at_ms: u64) -> Option<Report> {
    notice.detail.get("extra.callback")?;
    let kind = match event {
        ReceiptEvent::Delivered => 1,
        ReceiptEvent::Unregistered => 16,
    };
    let map = json!({&notice.message_id: {
        "param": notice.detail["extra.callback.param"],
        "type": kind,
        "targets": notice.token,
        "jobkey": "",
        "timestamp": at_ms,
    }});
    Some(Report::form(&[("data", &map.to_string())]).to(&notice.detail["extra.callback"]))
}

/// Returns the shortest report of one push.
pub fn shortest(push: &Reported<'_>) -> Value {
    let kind = if push.unregistered { 16 } else { 1 };
    json!({"slm1": {"param": push.message_id, "type": kind, "targets": push.device_token}})
}
