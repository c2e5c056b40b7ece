//! Delivery receipts. One status is known.

use serde_json::json;

use crate::simulators::engine::{Notice, ReceiptEvent, Report};

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
