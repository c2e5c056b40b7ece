//! OPPO's receipts: a list of events, each of some tokens.

use crate::{prelude::*, receipts::receipts_of};

const RECEIPTS: &str = "https://github.com/Mininglamp-OSS/octo-server";

/// `eventType` of an entry.
pub(crate) const EVENTS: &[EventRow] = &[
    event_row("push_arrive", Event::Delivered, RECEIPTS),
    event_row("regid_invalid", Event::Unregistered, RECEIPTS),
    event_row("user_daily_limit", Event::Refused, RECEIPTS),
];

const NAMES: Names = Names { code: "eventType", usual_code: None, tokens: "registrationIds", at: Some("eventTime") };

/// Reads OPPO's reports.
pub(super) static READER: ReceiptReader = ReceiptReader { codes: EVENTS, take_signing: unsigned, read };

fn read(report: &Report<'_>) -> Result<Vec<Receipt>, ReceiptError> {
    let events: Vec<Value> = serde_json::from_slice(report.body).map_err(|_| ReceiptError::Malformed)?;
    let id = |entry: &Value| word(entry.get("messageId"));
    Ok(events.iter().flat_map(|entry| receipts_of(entry, &NAMES, EVENTS, id(entry))).collect())
}
