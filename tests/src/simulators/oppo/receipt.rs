//! Receipts, for messages that asked for them: a list of events.

use serde_json::{Value, json};

use crate::simulators::engine::{Notice, ReceiptEvent, Report};
use crate::simulators::spec::Reported;

pub fn report(notice: &Notice, event: ReceiptEvent, at_ms: u64) -> Option<Report> {
    let shown = &notice.detail["notification"];
    shown["call_back_url"].as_str()?;
    let kind = match event {
        ReceiptEvent::Delivered => "push_arrive",
        ReceiptEvent::Unregistered => "regid_invalid",
    };
    let report = Report::json(&json!([{
        "messageId": notice.message_id,
        "taskId": notice.message_id,
        "registrationIds": notice.token,
        "eventTime": at_ms.to_string(),
        "param": shown["call_back_parameter"],
        "eventType": kind,
    }]));
    Some(report.to(&shown["call_back_url"]))
}

/// Returns the shortest report of one push.
pub fn shortest(push: &Reported<'_>) -> Value {
    let event = if push.unregistered { "regid_invalid" } else { "push_arrive" };
    json!([{"messageId": "1", "registrationIds": push.device_token, "param": push.message_id, "eventType": event}])
}
