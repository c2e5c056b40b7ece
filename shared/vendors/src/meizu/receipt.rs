//! Meizu's receipts: a map from message id and kind to some tokens, with an access token that the console holds.

use shared::crypto::encoding::same_secret;

use crate::{prelude::*, receipts::receipts_of};

const API: &str = "https://github.com/MEIZUPUSH/PushAPI#api说明";

/// `type` of an entry.
pub(crate) const TYPES: &[EventRow] = &[event_row("1", Event::Delivered, API), event_row("2", Event::Clicked, API)];

const NAMES: Names = Names { code: "type", usual_code: None, tokens: "targets", at: None };

/// Reads Meizu's reports.
pub(super) static READER: ReceiptReader = ReceiptReader { codes: TYPES, take_signing, read };

fn take_signing(credential: &mut Value) -> Option<Value> {
    let token = credential.as_object_mut()?.remove("receipt_access_token")?;
    Some(json!({ "access_token": token }))
}

fn read(report: &Report<'_>) -> Result<Vec<Receipt>, ReceiptError> {
    if let Some(signing) = report.signing {
        let expected = signing.get("access_token").and_then(Value::as_str);
        let given = form_field(report.body, "access_token");
        let signed = expected.zip(given.as_deref()).is_some_and(|(expected, given)| same_secret(given, expected));
        signed.then_some(()).ok_or(ReceiptError::Unsigned)?;
    }
    let messages = object_in_form(report.body, form_field(report.body, "cb").as_deref())?;
    // A key is a message id, and often its code behind it.
    let id = |key: &str, entry: &Value| {
        let suffix = format!("-{}", NAMES.code_of(entry).unwrap_or_default());
        Some(key.strip_suffix(&suffix).unwrap_or(key).to_owned())
    };
    Ok(messages.iter().flat_map(|(key, entry)| receipts_of(entry, &NAMES, TYPES, id(key, entry))).collect())
}
