//! Vendors' receipts: a byte names the vendor, a line is the content type, the rest is the body.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use curlew_tests::simulators::interfaces;
use serde_json::Value;
use shared::domain::{time::Timestamp, vendor::Vendor};
use vendors::{receipt_reader, receipts::Report};

use crate::input::Input;

const NOW: Timestamp = Timestamp::from_millis(1_768_467_600_000);

/// The vendors that sign, with what a signature of the test account is checked with.
static SIGNING: LazyLock<Vec<(Vendor, Value)>> = LazyLock::new(|| {
    let signing = interfaces().filter_map(|(simulator, interface)| {
        let vendor = Vendor::parse(simulator.name()).ok()?;
        let mut record = (interface.account)().record;
        Some((vendor, (receipt_reader(vendor)?.take_signing)(&mut record)?))
    });
    signing.collect()
});

/// Reads a report that nobody signed.
pub(super) fn check(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let vendor = input.choose(&Vendor::ALL);
    let Some(reader) = receipt_reader(vendor) else { return };
    let mut headers = HeaderMap::new();
    if let Ok(kind) = HeaderValue::from_bytes(input.line()) {
        headers.insert(CONTENT_TYPE, kind);
    }
    let report = Report { headers: &headers, body: input.rest(), signing: None, now: NOW };
    if let Ok(receipts) = (reader.read)(&report) {
        assert!(receipts.len() <= report.body.len(), "more receipts than bytes");
        assert_eq!((reader.read)(&report), Ok(receipts.clone()), "two readings differ");
        let text: usize = receipts.iter().map(|one| one.token.len() + one.code.len()).max().unwrap_or_default();
        assert!(text <= 4 * report.body.len(), "a receipt that is longer than its report");
    }
    for (_, signing) in SIGNING.iter().filter(|(of, _)| *of == vendor) {
        let signed = Report { signing: Some(signing), ..report };
        let read = (reader.read)(&signed);
        assert!(!read.is_ok_and(|receipts| !receipts.is_empty()), "{vendor} takes a report that nobody signed");
    }
}
