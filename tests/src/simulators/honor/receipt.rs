//! Delivery receipts. Only one status is documented.

use serde_json::{Value, json};

use crate::simulators::engine::{Notice, ReceiptEvent, Report};
use crate::simulators::spec::Reported;

pub fn report(notice: &Notice, event: ReceiptEvent, at_ms: u64) -> Option<Report> {
    (event == ReceiptEvent::Delivered).then(|| {
        Report::json(&json!({"statuses": [{
            "token": notice.token,
            "biTag": notice.detail["biTag"],
            "status": 40_000_002,
            "timestamp": at_ms,
            "requestId": notice.message_id,
        }]}))
    })
}

/// Returns the shortest report of one push.
pub fn shortest(push: &Reported<'_>) -> Value {
    let entry = json!({"token": push.device_token, "status": 40_000_002, "biTag": push.message_id, "requestId": "r"});
    json!({"statuses": [entry]})
}
