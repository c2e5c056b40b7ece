//! Meizu's receipts: a map from message id and kind to some tokens, with an access token that the console holds.

use serde_json::{Value, json};
use shared::{crypto::encoding::same_secret, domain::receipt::Event};

use crate::{
    receipts::{Receipt, ReceiptError, ReceiptReader, Report, Row, meaning, object_in_form, row, tokens, word},
    transport::form::form_field,
};

const API: &str = "https://github.com/MEIZUPUSH/PushAPI#api说明";

/// `type` of an entry.
pub(crate) const TYPES: &[Row] = &[row("1", Event::Delivered, API), row("2", Event::Clicked, API)];

/// Reads Meizu's reports.
#[derive(Debug)]
pub struct MeizuReceipts;

impl ReceiptReader for MeizuReceipts {
    fn codes(&self) -> &'static [Row] {
        TYPES
    }

    fn take_signing(&self, credential: &mut Value) -> Option<Value> {
        let token = credential.as_object_mut()?.remove("receipt_access_token")?;
        Some(json!({ "access_token": token }))
    }

    fn read(&self, report: &Report<'_>) -> Result<Vec<Receipt>, ReceiptError> {
        if let Some(signing) = report.signing {
            let expected = signing.get("access_token").and_then(Value::as_str);
            let given = form_field(report.body, "access_token");
            let signed = expected.zip(given.as_deref()).is_some_and(|(expected, given)| same_secret(given, expected));
            signed.then_some(()).ok_or(ReceiptError::Unsigned)?;
        }
        let messages = object_in_form(report.body, form_field(report.body, "cb").as_deref())?;
        let mut receipts = Vec::new();
        for (key, entry) in &messages {
            let Some(code) = word(entry.get("type")) else {
                continue;
            };
            let event = meaning(TYPES, &code);
            let message = key.strip_suffix(&format!("-{code}")).unwrap_or(key);
            receipts.extend(tokens(entry.get("targets")).into_iter().map(|token| Receipt {
                token,
                param: word(entry.get("param")),
                vendor_message_id: Some(message.to_owned()),
                event,
                code: code.clone(),
                at: None,
            }));
        }
        Ok(receipts)
    }
}
