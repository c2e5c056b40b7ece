//! Honor's delivery receipts. One status is known; nothing else is taken for a reason to act.

use serde_json::Value;
use shared::domain::receipt::Event;

use crate::receipts::{Receipt, ReceiptError, ReceiptReader, Report, Row, entry, object, row};

const DOOPUSH: &str = "https://github.com/doopush/doopush";

/// `status` of an entry.
pub(crate) const STATUSES: &[Row] = &[row("40000002", Event::Delivered, DOOPUSH)];

/// Reads Honor's reports.
#[derive(Debug)]
pub struct HonorReceipts;

impl ReceiptReader for HonorReceipts {
    fn codes(&self) -> &'static [Row] {
        STATUSES
    }

    fn read(&self, report: &Report<'_>) -> Result<Vec<Receipt>, ReceiptError> {
        let body = object(report.body)?;
        let statuses = body.get("statuses").and_then(Value::as_array).ok_or(ReceiptError::Malformed)?;
        Ok(statuses.iter().filter_map(|status| entry(status, STATUSES)).collect())
    }
}
