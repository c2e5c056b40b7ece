//! Delivery receipts (<https://developer.huawei.com/consumer/en/doc/HMSCore-Guides/msg-receipt-guide-0000001050040176>).

use serde_json::json;

use crate::simulators::engine::{Notice, ReceiptEvent, Report};

pub fn report(notice: &Notice, event: ReceiptEvent, at_ms: u64) -> Report {
    let status = match event {
        ReceiptEvent::Delivered => 0,
        ReceiptEvent::Condemned => 2,
    };
    Report::json(&json!({"statuses": [{
        "token": notice.token,
        "status": status,
        "timestamp": at_ms,
        "biTag": notice.detail["bi_tag"],
        "requestId": notice.message_id,
    }]}))
}
