//! Honor's delivery receipts. One status is known; nothing else is taken for a reason to act.

use crate::{hms::receipts::read, prelude::*};

const DOOPUSH: &str = "https://github.com/doopush/doopush";

/// `status` of an entry.
pub(crate) const STATUSES: &[EventRow] = &[event_row("40000002", Event::Delivered, DOOPUSH)];

/// Reads Honor's reports.
pub(super) static READER: ReceiptReader =
    ReceiptReader { codes: STATUSES, take_signing: unsigned, read: |report| read(report, STATUSES) };
