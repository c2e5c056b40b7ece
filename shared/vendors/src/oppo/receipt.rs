//! OPPO's receipts: a list of events, each of some tokens.

use serde_json::Value;
use shared::domain::receipt::Event;

use crate::receipts::{Receipt, ReceiptError, ReceiptReader, Report, Row, meaning, millis, row, tokens, word};

const RECEIPTS: &str = "https://github.com/Mininglamp-OSS/octo-server";

/// `eventType` of an entry.
pub(crate) const EVENTS: &[Row] = &[
    row("push_arrive", Event::Delivered, RECEIPTS),
    row("regid_invalid", Event::Unregistered, RECEIPTS),
    row("user_daily_limit", Event::Refused, RECEIPTS),
];

/// Reads OPPO's reports.
#[derive(Debug)]
pub struct OppoReceipts;

impl ReceiptReader for OppoReceipts {
    fn codes(&self) -> &'static [Row] {
        EVENTS
    }

    fn read(&self, report: &Report<'_>) -> Result<Vec<Receipt>, ReceiptError> {
        let events: Vec<Value> = serde_json::from_slice(report.body).map_err(|_| ReceiptError::Malformed)?;
        let mut receipts = Vec::new();
        for entry in &events {
            let Some(code) = word(entry.get("eventType")) else {
                continue;
            };
            let event = meaning(EVENTS, &code);
            receipts.extend(tokens(entry.get("registrationIds")).into_iter().map(|token| Receipt {
                token,
                param: word(entry.get("param")),
                vendor_message_id: word(entry.get("messageId")),
                event,
                code: code.clone(),
                at: millis(entry.get("eventTime")),
            }));
        }
        Ok(receipts)
    }
}
