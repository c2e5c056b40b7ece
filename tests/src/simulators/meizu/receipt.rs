//! Receipts, for messages that asked for them: a form with the access token from the console.

use serde_json::{Value, json};

use crate::simulators::engine::{Notice, ReceiptEvent, Report};
use crate::simulators::spec::Reported;

pub fn report(notice: &Notice, event: ReceiptEvent, secret: &str) -> Option<Report> {
    let extra = &notice.detail["extra"];
    extra["callback"].as_str().filter(|_| event == ReceiptEvent::Delivered)?;
    let key = format!("{}-1", notice.message_id);
    let map = json!({key: {"param": extra["callback.param"], "type": 1, "targets": [notice.token]}});
    Some(Report::form(&[("access_token", secret), ("cb", &map.to_string())]).to(&extra["callback"]))
}

/// Returns the shortest report of one push.
pub fn shortest(push: &Reported<'_>) -> Value {
    json!({"NS1-1": {"param": push.message_id, "type": 1, "targets": [push.device_token]}})
}
