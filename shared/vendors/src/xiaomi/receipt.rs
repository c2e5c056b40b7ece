//! Xiaomi's receipts: a map from message id to what happened to some tokens.

use crate::{prelude::*, receipts::receipts_of};

const SDK: &str = "https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1558";

/// `type` of an entry.
pub(crate) const TYPES: &[EventRow] = &[
    event_row("1", Event::Delivered, SDK),
    event_row("2", Event::Clicked, SDK),
    event_row("16", Event::Unregistered, SDK),
    event_row("32", Event::Refused, SDK),
    event_row("64", Event::Refused, SDK),
    event_row("128", Event::Refused, SDK),
];

const NAMES: Names = Names { code: "type", usual_code: None, tokens: "targets", at: Some("timestamp") };

/// Reads Xiaomi's reports.
pub(super) static READER: ReceiptReader = ReceiptReader { codes: TYPES, take_signing: unsigned, read };

fn read(report: &Report<'_>) -> Result<Vec<Receipt>, ReceiptError> {
    let messages = object_in_form(report.body, form_field(report.body, "data").as_deref())?;
    Ok(messages.iter().flat_map(|(id, entry)| receipts_of(entry, &NAMES, TYPES, Some(id.clone()))).collect())
}
