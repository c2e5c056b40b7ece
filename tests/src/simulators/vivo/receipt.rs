//! Receipts, for messages that asked for them: a map from task to delivery. It has more fields if the console issued a
//! receipt id.

use serde_json::{Value, json};

use crate::simulators::engine::{Notice, ReceiptEvent, Report};
use crate::simulators::spec::Reported;

pub fn report(notice: &Notice, event: ReceiptEvent, at_ms: u64) -> Option<Report> {
    let extra = &notice.detail["extra"];
    let param = &extra["callback.param"];
    match event {
        ReceiptEvent::Unregistered => None,
        ReceiptEvent::Delivered if extra["callback.id"].is_string() => {
            let entry = json!({"param": param, "targets": notice.token, "ackTime": at_ms, "ackType": "0"});
            Some(Report::json(&json!({&notice.message_id: entry})))
        }
        ReceiptEvent::Delivered => {
            extra["callback"].as_str()?;
            let report = Report::json(&json!({&notice.message_id: {"param": param, "targets": notice.token}}));
            Some(report.to(&extra["callback"]))
        }
    }
}

/// Returns the shortest report of one push.
pub fn shortest(push: &Reported<'_>) -> Value {
    json!({"1213": {"param": push.message_id, "targets": push.device_token}})
}
