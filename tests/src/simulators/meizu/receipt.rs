//! Receipts of messages that asked for them: a form with the access token that the console holds.

use serde_json::json;

use crate::simulators::engine::{Notice, ReceiptEvent, Report};

pub fn report(notice: &Notice, event: ReceiptEvent, secret: &str) -> Option<Report> {
    let extra = &notice.detail["extra"];
    extra["callback"].as_str().filter(|_| event == ReceiptEvent::Delivered)?;
    let key = format!("{}-1", notice.message_id);
    let map = json!({key: {"param": extra["callback.param"], "type": 1, "targets": [notice.token]}});
    Some(Report::form(&[("access_token", secret), ("cb", &map.to_string())]).to(&extra["callback"]))
}
