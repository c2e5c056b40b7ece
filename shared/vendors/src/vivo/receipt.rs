//! vivo's receipts, of the older scheme and, as far as it is known, of the newer one: a map from task to its token.

use crate::{
    prelude::*,
    receipts::{object, receipts_of},
};

const DOOPUSH: &str = "https://github.com/doopush/doopush";

/// `ackType` of an entry.
pub(crate) const KINDS: &[EventRow] = &[event_row("0", Event::Delivered, DOOPUSH)];

/// The older scheme reports deliveries only and does not say so.
const NAMES: Names = Names { code: "ackType", usual_code: Some("0"), tokens: "targets", at: Some("ackTime") };

/// Reads vivo's reports.
pub(super) static READER: ReceiptReader = ReceiptReader { codes: KINDS, take_signing: unsigned, read };

fn read(report: &Report<'_>) -> Result<Vec<Receipt>, ReceiptError> {
    let tasks = object(report.body)?;
    Ok(tasks.iter().flat_map(|(task, entry)| receipts_of(entry, &NAMES, KINDS, Some(task.clone()))).collect())
}
