//! Delivery receipts (<https://developer.huawei.com/consumer/en/doc/HMSCore-Guides/msg-receipt-guide-0000001050040176>), and in
//! the second format those of HarmonyOS (<https://developer.huawei.com/consumer/cn/doc/harmonyos-guides/push-msg-receipt>).

use serde_json::{Value, json};

use crate::simulators::engine::{Notice, ReceiptEvent, Report};
use crate::simulators::spec::Reported;

pub fn report(notice: &Notice, event: ReceiptEvent, at_ms: u64) -> Report {
    let status = match event {
        ReceiptEvent::Delivered => 0,
        ReceiptEvent::Unregistered => 2,
    };
    let options = &notice.detail["pushOptions"];
    if options.is_object() {
        return Report::json(&json!({"statuses": [{
            "token": notice.token,
            "pushType": 0,
            "biTag": options["biTag"],
            "requestId": notice.message_id,
            "deliveryStatus": {"result": status, "timestamp": at_ms},
        }]}));
    }
    Report::json(&json!({"statuses": [{
        "token": notice.token,
        "status": status,
        "timestamp": at_ms,
        "biTag": notice.detail["bi_tag"],
        "requestId": notice.message_id,
    }]}))
}

/// Returns the shortest report of one push.
pub fn shortest(push: &Reported<'_>) -> Value {
    let status = if push.unregistered { 2 } else { 0 };
    let entry = json!({"token": push.device_token, "status": status, "biTag": push.message_id, "requestId": "r"});
    json!({"statuses": [null, entry]})
}
