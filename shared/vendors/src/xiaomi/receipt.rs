//! Xiaomi's receipts: a map from message id to what happened to some tokens.

use shared::domain::receipt::Event;

use crate::{
    receipts::{Names, Receipt, ReceiptError, ReceiptReader, Report, Row, object_in_form, of_tokens, row},
    transport::form::form_field,
};

const SDK: &str = "https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1558";

/// `type` of an entry.
pub(crate) const TYPES: &[Row] = &[
    row("1", Event::Delivered, SDK),
    row("2", Event::Clicked, SDK),
    row("16", Event::Unregistered, SDK),
    row("32", Event::Refused, SDK),
    row("64", Event::Refused, SDK),
    row("128", Event::Refused, SDK),
];

const NAMES: Names = Names { code: "type", tokens: "targets", at: "timestamp" };

/// Reads Xiaomi's reports.
#[derive(Debug)]
pub struct XiaomiReceipts;

impl ReceiptReader for XiaomiReceipts {
    fn codes(&self) -> &'static [Row] {
        TYPES
    }

    fn read(&self, report: &Report<'_>) -> Result<Vec<Receipt>, ReceiptError> {
        let messages = object_in_form(report.body, form_field(report.body, "data").as_deref())?;
        Ok(messages.iter().flat_map(|(id, entry)| of_tokens(entry, NAMES, TYPES, Some(id.clone()))).collect())
    }
}
