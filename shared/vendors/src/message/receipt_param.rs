//! What comes back in receipts.

use serde_json::Value;
use shared::domain::push::Notification;

/// Returns what a receipt names the message by: its message id, else its replace id, in at most `max` bytes.
pub fn receipt_param(notification: &Notification, max: usize) -> &str {
    let id = notification.custom.get("m").and_then(Value::as_str).unwrap_or(&notification.replace_id);
    &id[..id.floor_char_boundary(max)]
}
