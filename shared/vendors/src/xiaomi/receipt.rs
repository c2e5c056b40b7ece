//! Xiaomi's receipts: a map from message id to what happened to some tokens.

use shared::domain::receipt::Event;

use crate::{
    receipts::{Receipt, ReceiptError, ReceiptReader, Report, Row, meaning, millis, object_in_form, row, tokens, word},
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

/// Reads Xiaomi's reports.
#[derive(Debug)]
pub struct XiaomiReceipts;

impl ReceiptReader for XiaomiReceipts {
    fn codes(&self) -> &'static [Row] {
        TYPES
    }

    fn read(&self, report: &Report<'_>) -> Result<Vec<Receipt>, ReceiptError> {
        let messages = object_in_form(report.body, form_field(report.body, "data").as_deref())?;
        let mut receipts = Vec::new();
        for (message, entry) in &messages {
            let Some(code) = word(entry.get("type")) else {
                continue;
            };
            let event = meaning(TYPES, &code);
            receipts.extend(tokens(entry.get("targets")).into_iter().map(|token| Receipt {
                token,
                param: word(entry.get("param")),
                vendor_message_id: Some(message.clone()),
                event,
                code: code.clone(),
                at: millis(entry.get("timestamp")),
            }));
        }
        Ok(receipts)
    }
}
