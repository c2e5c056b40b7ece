//! The entries of a report, one for each token.

use crate::{
    prelude::*,
    receipts::{meaning, millis, object},
};

/// Returns the receipts of a report's `statuses`.
pub fn read(report: &Report<'_>, rows: &[EventRow]) -> Result<Vec<Receipt>, ReceiptError> {
    let body = object(report.body)?;
    let statuses = body.get("statuses").and_then(Value::as_array).ok_or(ReceiptError::Malformed)?;
    Ok(statuses.iter().filter_map(|status| entry(status, rows)).collect())
}

/// Huawei's newer shape has result and time one level down.
fn entry(entry: &Value, rows: &[EventRow]) -> Option<Receipt> {
    let delivery = entry.get("deliveryStatus").unwrap_or(entry);
    let code = word(delivery.get("status").or_else(|| delivery.get("result")))?;
    Some(Receipt {
        token: word(entry.get("token"))?,
        param: word(entry.get("biTag")),
        vendor_message_id: word(entry.get("requestId")),
        event: meaning(rows, &code),
        code,
        at: millis(delivery.get("timestamp")),
    })
}
