//! vivo's receipts, of the older scheme and, as far as it is known, of the newer one: a map from task to its token.

use shared::domain::receipt::Event;

use crate::receipts::{Receipt, ReceiptError, ReceiptReader, Report, Row, meaning, millis, object, row, tokens, word};

const DOOPUSH: &str = "https://github.com/doopush/doopush";
/// The older scheme reports deliveries only and does not say so.
const DELIVERED: &str = "0";

/// `ackType` of an entry.
pub(crate) const KINDS: &[Row] = &[row(DELIVERED, Event::Delivered, DOOPUSH)];

/// Reads vivo's reports.
#[derive(Debug)]
pub struct VivoReceipts;

impl ReceiptReader for VivoReceipts {
    fn codes(&self) -> &'static [Row] {
        KINDS
    }

    fn read(&self, report: &Report<'_>) -> Result<Vec<Receipt>, ReceiptError> {
        let mut receipts = Vec::new();
        for (task, entry) in &object(report.body)? {
            let code = word(entry.get("ackType")).unwrap_or_else(|| DELIVERED.to_owned());
            let event = meaning(KINDS, &code);
            receipts.extend(tokens(entry.get("targets")).into_iter().map(|token| Receipt {
                token,
                param: word(entry.get("param")),
                vendor_message_id: Some(task.clone()),
                event,
                code: code.clone(),
                at: millis(entry.get("ackTime")),
            }));
        }
        Ok(receipts)
    }
}
