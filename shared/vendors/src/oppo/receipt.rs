//! OPPO's receipts: a list of events, each of some tokens.

use serde_json::Value;
use shared::domain::receipt::Event;

use crate::receipts::{Names, Receipt, ReceiptError, ReceiptReader, Report, Row, of_tokens, row, word};

const RECEIPTS: &str = "https://github.com/Mininglamp-OSS/octo-server";

/// `eventType` of an entry.
pub(crate) const EVENTS: &[Row] = &[
    row("push_arrive", Event::Delivered, RECEIPTS),
    row("regid_invalid", Event::Unregistered, RECEIPTS),
    row("user_daily_limit", Event::Refused, RECEIPTS),
];

const NAMES: Names = Names { code: "eventType", tokens: "registrationIds", at: "eventTime" };

/// Reads OPPO's reports.
#[derive(Debug)]
pub struct OppoReceipts;

impl ReceiptReader for OppoReceipts {
    fn codes(&self) -> &'static [Row] {
        EVENTS
    }

    fn read(&self, report: &Report<'_>) -> Result<Vec<Receipt>, ReceiptError> {
        let events: Vec<Value> = serde_json::from_slice(report.body).map_err(|_| ReceiptError::Malformed)?;
        let id = |entry: &Value| word(entry.get("messageId"));
        Ok(events.iter().flat_map(|entry| of_tokens(entry, NAMES, EVENTS, id(entry))).collect())
    }
}
