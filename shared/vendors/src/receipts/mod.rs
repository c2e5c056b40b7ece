//! What the vendors' readers of receipts share: a receipt, why a report is refused, and lenient ways to read values.

#[cfg(test)]
mod tests;

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use shared::domain::{receipt::Event, time::Timestamp};

/// One token's part of a vendor's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// the token that the vendor names
    pub token: String,
    /// what we gave the vendor to send back: our message id
    pub param: Option<String>,
    /// the vendor's own id of the message
    pub vendor_message_id: Option<String>,
    /// what it means
    pub event: Event,
    /// the vendor's own word or number for it
    pub code: String,
    /// when it happened, if the vendor says so
    pub at: Option<Timestamp>,
}

/// Why a report is refused as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// it does not have the vendor's form
    #[error("the body is not a report of this vendor")]
    Malformed,
    /// it is not signed as it must be
    #[error("the report is not signed as configured")]
    Unsigned,
}

/// A report as it came.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// the request's headers
    pub headers: &'a HeaderMap,
    /// the request's body
    pub body: &'a [u8],
    /// what its signature is checked with, if the operator configured that
    pub signing: Option<&'a Value>,
    /// the time of the request
    pub now: Timestamp,
}

/// How a vendor's reports are read.
pub struct ReceiptReader {
    /// what the codes of its reports mean, as far as the vendor documents them
    pub codes: &'static [EventRow],
    /// moves what reports are signed with out of a credential record, so that it can be kept apart
    pub take_signing: fn(&mut Value) -> Option<Value>,
    /// returns the receipts of a report; an entry that cannot be read costs only itself
    pub read: fn(&Report<'_>) -> Result<Vec<Receipt>, ReceiptError>,
}

/// For vendors that sign nothing.
pub(crate) fn unsigned(_: &mut Value) -> Option<Value> {
    None
}

/// Returns what vendors want to hear in answer to a report.
pub fn reply() -> Value {
    serde_json::json!({"code": "0", "message": "success"})
}

/// A code of a report with what it means and where that is written.
#[derive(Debug, Clone, Copy)]
pub struct EventRow {
    /// the code
    pub key: &'static str,
    /// what it means
    pub event: Event,
    /// the page that says so
    pub source: &'static str,
}

pub(crate) const fn event_row(key: &'static str, event: Event, source: &'static str) -> EventRow {
    EventRow { key, event, source }
}

/// What a code means. Codes that nobody documents are other events.
pub(crate) fn meaning(rows: &[EventRow], code: &str) -> Event {
    rows.iter().find(|row| row.key == code).map_or(Event::Other, |row| row.event)
}

/// The fields of an entry that names several tokens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    pub(crate) code: &'static str,
    /// the code of an entry without one; `None` if such an entry says nothing
    pub(crate) usual_code: Option<&'static str>,
    pub(crate) tokens: &'static str,
    /// the time; `None` if the vendor does not say it
    pub(crate) at: Option<&'static str>,
}

impl Names {
    /// Returns the code of an entry.
    pub(crate) fn code_of(&self, entry: &Value) -> Option<String> {
        word(entry.get(self.code)).or_else(|| self.usual_code.map(str::to_owned))
    }
}

/// Returns the receipts of an entry that names several tokens; none without a code.
pub(crate) fn receipts_of(
    entry: &Value,
    names: &Names,
    rows: &[EventRow],
    vendor_message_id: Option<String>,
) -> Vec<Receipt> {
    let Some(code) = names.code_of(entry) else {
        return Vec::new();
    };
    let receipt = |token| Receipt {
        token,
        param: word(entry.get("param")),
        vendor_message_id: vendor_message_id.clone(),
        event: meaning(rows, &code),
        code: code.clone(),
        at: millis(names.at.and_then(|at| entry.get(at))),
    };
    tokens(entry.get(names.tokens)).into_iter().map(receipt).collect()
}

/// A value as text, whether it is sent as a string or as a number.
pub(crate) fn word(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Reads a field of an answer in that way; for serde's `deserialize_with`.
pub(crate) fn read_word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(word(Some(&Value::deserialize(deserializer)?)))
}

/// A point in time in milliseconds, as a string or a number.
pub(crate) fn millis(value: Option<&Value>) -> Option<Timestamp> {
    word(value)?.parse().ok().map(Timestamp::from_millis)
}

/// Tokens as one text joined by commas, or as a list of texts.
pub(crate) fn tokens(value: Option<&Value>) -> Vec<String> {
    let split = |text: &str| -> Vec<String> {
        text.split(',').map(str::trim).filter(|token| !token.is_empty()).map(str::to_owned).collect()
    };
    match value {
        Some(Value::String(text)) => split(text),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).flat_map(split).collect(),
        _ => Vec::new(),
    }
}

/// A JSON object.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, ReceiptError> {
    serde_json::from_slice(body).map_err(|_| ReceiptError::Malformed)
}

/// The JSON object in a field of a form, or the body itself where it is the bare object.
pub(crate) fn object_in_form(body: &[u8], field: Option<&str>) -> Result<Map<String, Value>, ReceiptError> {
    match field {
        Some(text) => object(text.as_bytes()),
        None => object(body),
    }
}

/// How far a signed time may be from now.
pub(crate) const WINDOW: Duration = Duration::from_secs(300);
