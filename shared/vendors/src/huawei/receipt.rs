//! Huawei's delivery receipts, in both of their shapes.

use ring::hmac;
use shared::crypto::encoding::from_base64;

use crate::{hms::receipts::read, prelude::*, receipts::WINDOW};

const RECEIPTS: &str = "https://github.com/doopush/doopush";
const SIGNATURE: &str = "x-huawei-callback-id";

/// `status` or `result` of an entry.
pub(crate) const STATUSES: &[EventRow] = &[
    event_row("0", Event::Delivered, RECEIPTS),
    event_row("2", Event::Unregistered, RECEIPTS),
    event_row("5", Event::Unregistered, RECEIPTS),
    // notifications are switched off; the token stays good
    event_row("6", Event::Refused, RECEIPTS),
    // not seen for a month; it may come back
    event_row("10", Event::Refused, RECEIPTS),
    event_row("31", Event::Refused, RECEIPTS),
    event_row("102", Event::Refused, RECEIPTS),
    event_row("201", Event::Refused, RECEIPTS),
    event_row("256", Event::Refused, RECEIPTS),
    event_row("259", Event::Refused, RECEIPTS),
];

/// Reads Huawei's reports.
pub(super) static READER: ReceiptReader = ReceiptReader { codes: STATUSES, take_signing, read: read_signed };

fn take_signing(credential: &mut Value) -> Option<Value> {
    let receipt = credential.get_mut("receipt")?.as_object_mut()?;
    let [secret, user_name, key_mode] = ["secret", "user_name", "key_mode"].map(|name| receipt.remove(name));
    Some(json!({"secret": secret?, "user_name": user_name, "key_mode": key_mode}))
}

fn read_signed(report: &Report<'_>) -> Result<Vec<Receipt>, ReceiptError> {
    if let Some(signing) = report.signing {
        let header = report.headers.get(SIGNATURE).and_then(|value| value.to_str().ok());
        let signed = header.is_some_and(|header| is_signed(header, signing, report.now));
        signed.then_some(()).ok_or(ReceiptError::Unsigned)?;
    }
    read(report, STATUSES)
}

/// Whether a header of the form `timestamp=..; nonce=..; value=..` is signed with the configured secret, just now.
fn is_signed(header: &str, signing: &Value, now: Timestamp) -> bool {
    let part = |name: &str| {
        let mut pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
    };
    let text = |name: &str| signing.get(name).and_then(Value::as_str);
    let (Some(timestamp), Some(nonce), Some(value), Some(secret)) =
        (part("timestamp"), part("nonce"), part("value"), text("secret"))
    else {
        return false;
    };
    let key = match text("key_mode") {
        Some("utf8") => Some(secret.as_bytes().to_vec()),
        _ => from_base64(secret),
    };
    let (Some(key), Some(value), Ok(at)) = (key, from_base64(value), timestamp.parse().map(Timestamp::from_millis))
    else {
        return false;
    };
    let fresh = now.since(at).max(at.since(now)) <= WINDOW;
    let message = format!("{timestamp}{nonce}{}", text("user_name").unwrap_or_default());
    fresh && hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), message.as_bytes(), &value).is_ok()
}
