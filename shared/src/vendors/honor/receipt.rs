//! Honor's delivery receipts. One status is known; nothing else is taken for a reason to act.

use serde_json::Value;

use crate::{
    domain::receipt::Event,
    vendors::receipt::{Receipt, ReceiptError, ReceiptReader, Report, Row, meaning, millis, object, row, word},
};

const DOOPUSH: &str = "https://github.com/doopush/doopush";

/// `status` of an entry.
pub(in crate::vendors) const STATUSES: &[Row] = &[row("40000002", Event::Delivered, DOOPUSH)];

/// Reads Honor's reports.
#[derive(Debug)]
pub struct HonorReceipts;

impl ReceiptReader for HonorReceipts {
    fn read(&self, report: &Report<'_>) -> Result<Vec<Receipt>, ReceiptError> {
        let body = object(report.body)?;
        let statuses = body.get("statuses").and_then(Value::as_array).ok_or(ReceiptError::Malformed)?;
        Ok(statuses.iter().filter_map(entry).collect())
    }
}

fn entry(entry: &Value) -> Option<Receipt> {
    let code = word(entry.get("status"))?;
    let event = meaning(STATUSES, &code);
    Some(Receipt {
        token: word(entry.get("token"))?,
        param: word(entry.get("biTag")),
        vendor_message_id: word(entry.get("requestId")),
        event,
        code,
        at: millis(entry.get("timestamp")),
    })
}
