//! Honor's delivery receipts. One status is known; nothing else is taken for a reason to act.

use shared::domain::receipt::Event;

use crate::{
    hms::receipts::read,
    receipts::{Receipt, ReceiptError, ReceiptReader, Report, Row, row},
};

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
        read(report, STATUSES)
    }
}
